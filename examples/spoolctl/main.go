// Spoolctl shows what lies in the directory of a storage (stream.WithStorage), and
// whether it can be read.
//
//	go run ./examples/spoolctl inspect DIR    # headers: takes a moment
//	go run ./examples/spoolctl verify DIR     # reads and checks every record
//	go run ./examples/spoolctl letters DIR    # what destinations have refused, and why
//
// It changes nothing, and a program may be using the directory meanwhile. It exits with 1
// when records cannot be read or files between others are missing, and with 2 when it cannot
// do what it was asked to. That the last file is missing nothing shows.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/logstream-go/logstream/buffer/spool"
)

// errDamaged says that records cannot be read.
var errDamaged = errors.New("damaged")

func main() {
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: spoolctl inspect|verify|letters DIR")
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	switch err := run(ctx, os.Stdout, os.Stderr, flag.Args()); {
	case errors.Is(err, errDamaged):
		fmt.Fprintln(os.Stderr, "spoolctl:", err)
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "spoolctl:", err)
		os.Exit(2)
	}
}

// run does what args say, writes what it finds to out and how far it is to progress.
func run(ctx context.Context, out, progress io.Writer, args []string) error {
	if len(args) != 2 || args[0] != "inspect" && args[0] != "verify" && args[0] != "letters" {
		return errors.New("want inspect, verify or letters, and a directory")
	}
	verify, dir := args[0] == "verify", args[1]
	total, err := bytesIn(dir)
	if err != nil {
		return err
	}
	if args[0] == "letters" {
		return printLetters(out, dir)
	}
	s := survey{dir: dir, meter: meter{out: progress, total: total, said: time.Now()}}
	err = spool.Inspect(dir, verify, func(r spool.Report) error {
		s.add(r)
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	return errors.Join(s.print(out, verify), countLetters(out, dir))
}

// bytesIn returns the size of the files in dir.
func bytesIn(dir string) (n int64, err error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	for _, e := range list {
		if info, err := e.Info(); err == nil { // or it is gone, which is no harm
			n += info.Size()
		}
	}
	return n, nil
}

// A meter tells how far a long run is, once a second.
type meter struct {
	out         io.Writer
	total, done int64
	said        time.Time
}

func (m *meter) add(bytes int64) {
	m.done += bytes
	if time.Since(m.said) < time.Second {
		return
	}
	m.said = time.Now()
	fmt.Fprintf(m.out, "%d of %d MiB, %d %%\n", m.done>>20, m.total>>20, 100*m.done/max(m.total, 1))
}

// A survey is what was found.
type survey struct {
	dir     string
	meter   meter
	classes [spool.Classes]struct {
		files, blocks, origins int
		bytes                  int64
		from, to               uint64
		last                   uint64 // number of the segment before
		name                   string // of its file
	}
	cursors []spool.CursorReport
	damage  []string
	lost    uint64 // records
	gone    uint64 // files between others
	foreign int
}

// has reports whether the directory has a file still. A program removes the oldest first, so
// that where it has removed some meanwhile the one before them is gone as well.
func (s *survey) has(name string) bool {
	_, err := os.Stat(filepath.Join(s.dir, name))
	return !errors.Is(err, os.ErrNotExist)
}

// add takes in one file. A number without a record is of a file that could not be made, as
// when the disk was full.
func (s *survey) add(r spool.Report) {
	s.meter.add(r.Bytes)
	switch {
	case r.Err != nil:
		s.foreign++
		s.damage = append(s.damage, fmt.Sprintf("%s: %v", r.Name, r.Err))
	case r.Cursor != nil:
		s.cursors = append(s.cursors, *r.Cursor)
	case r.Segment != nil:
		seg := r.Segment
		c := &s.classes[seg.Class]
		if c.files == 0 {
			c.from = seg.Records.From
		} else if n := seg.Number - c.last - 1; n > 0 && seg.Records.From > c.to && s.has(c.name) {
			gone := spool.Span{Class: seg.Class, From: c.to, To: seg.Records.From}
			s.lost += gone.Len()
			s.gone += n
			s.damage = append(s.damage, fmt.Sprintf("before %s: %d files are missing, with %v", r.Name, n, gone))
		}
		c.last, c.name = seg.Number, r.Name
		c.files++
		c.blocks += seg.Blocks
		c.origins += seg.Origins
		c.bytes += r.Bytes
		c.to = max(c.to, seg.Records.To)
		for _, d := range seg.Damaged {
			s.lost += d.Span.Len()
			s.damage = append(s.damage, d.Error())
		}
	}
}

// print writes what was found to out. The error is errDamaged if records cannot be read; the
// end of a segment that was cut off when its process was killed holds none.
func (s *survey) print(out io.Writer, verified bool) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "class\tfiles\tMiB\tblocks\torigins\trecords")
	for i := range s.classes {
		c := &s.classes[i]
		fmt.Fprintf(w, "%v\t%d\t%.1f\t%d\t%d\t%d to %d\n", spool.Class(i), c.files, float64(c.bytes)/(1<<20), c.blocks, c.origins, c.from, c.to)
	}
	fmt.Fprintln(w, "\nroute\tclass\tplace\tdelivered\tshed\texpired\tdamaged\tbehind it")
	for _, r := range s.cursors {
		for i, c := range r.Classes {
			left := s.classes[i].to - min(s.classes[i].to, max(c.Place, s.classes[i].from))
			fmt.Fprintf(w, "%s\t%v\t%d\t%d\t%d\t%d\t%d\t%d\n", r.Cursor, spool.Class(i), c.Place, c.Settled, c.Shed, c.Expired, c.Damaged, left)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, d := range s.damage {
		fmt.Fprintln(out, d)
	}
	switch {
	case s.lost > 0 || s.foreign > 0 || s.gone > 0:
		return fmt.Errorf("%w: %d records cannot be read, and %d files; %d files are missing", errDamaged, s.lost, s.foreign, s.gone)
	case verified:
		fmt.Fprintln(out, "every record can be read")
	}
	return nil
}
