package spool

import (
	"fmt"
	"path/filepath"
	"testing"
)

// BenchmarkOpen opens and closes a directory that holds 256 MiB: what a start costs.
func BenchmarkOpen(b *testing.B) {
	for _, size := range []int{256 << 10, 16 << 10} {
		b.Run(fmt.Sprintf("block=%d", size), func(b *testing.B) {
			dir := filepath.Join(b.TempDir(), "spool")
			s, _, err := Open(dir, WithSync(SyncNever()))
			if err != nil {
				b.Fatal(err)
			}
			mustCursor(b, s, "a")
			blk := &Block{Class: Info, Records: 1, Data: make([]byte, size)}
			for range 256 << 20 / size {
				mustAppend(b, s, blk)
			}
			mustClose(b, s)
			for b.Loop() {
				s, _, err := Open(dir, WithSync(SyncNever()))
				if err != nil {
					b.Fatal(err)
				}
				mustClose(b, s)
			}
		})
	}
}
