package spool_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/logstream-go/logstream/buffer/spool"
)

// A block outlives the Spool that it was appended to. A cursor that was advanced in
// the meantime goes on where it was.
func Example() {
	tmp, err := os.MkdirTemp("", "spool")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(tmp)
	dir := filepath.Join(tmp, "app") // made with mode 0700

	for run := range 2 {
		s, _, err := spool.Open(dir, spool.WithMaxBytes(64<<20))
		if err != nil {
			log.Fatal(err)
		}
		c, err := s.Cursor("default")
		if err != nil {
			log.Fatal(err)
		}
		if run == 0 {
			for _, text := range []string{"first", "second"} {
				if _, err := s.Append(&spool.Block{Class: spool.High, Records: 1, Data: []byte(text)}); err != nil {
					log.Fatal(err)
				}
			}
		}
		var b spool.Block
		if ok, err := c.Next(spool.High, &b); !ok || err != nil {
			log.Fatal(ok, err)
		}
		fmt.Printf("run %d: record %d is %s\n", run, b.First, b.Data)
		if err := c.Advance(spool.High, b.First+uint64(b.Records)); err != nil {
			log.Fatal(err)
		}
		if err := s.Close(); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// run 0: record 0 is first
	// run 1: record 1 is second
}
