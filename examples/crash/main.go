// Crash kills a program with SIGKILL, again and again, and shows that none of its
// log records is lost.
//
//	go run ./examples/crash
//
// It starts itself as a child that logs from several goroutines, with the records in
// a crash ring ([stream.WithCrashRing]), and sends them to a receiver in this process,
// which fails half of the time. Each child is killed at a random moment; the next one
// sends what it left. A child writes a line to a pipe whenever a log call has returned,
// so this program knows what was taken, whatever became of the child.
//
// It exits with 1 when a record is missing that a log call had taken, or when one has
// arrived that nobody logged.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/logstream-go/logstream/sink/otlptest"
)

// childArg is the first argument of a child.
const childArg = "child"

type config struct {
	kills int
	rate  int           // records a second
	dir   string        // of the crash ring; empty: a new one
	least time.Duration // that a child lives once it logs
	most  time.Duration
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == childArg {
		exit(childMain(os.Args[2:]))
	}
	c := config{least: 50 * time.Millisecond, most: 700 * time.Millisecond}
	flag.IntVar(&c.kills, "kills", 12, "how many children are killed")
	flag.IntVar(&c.rate, "rate", 8000, "records a second")
	flag.StringVar(&c.dir, "dir", "", "directory of the crash ring (default: a new one in /dev/shm, or else in the temporary directory)")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	exit(run(ctx, os.Stdout, c))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "crash:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// run kills the children and reports on out.
func run(ctx context.Context, out io.Writer, c config) (err error) {
	dir, where, err := c.ringDir()
	if err != nil {
		return err
	}
	if c.dir == "" {
		defer func() { err = errors.Join(err, os.RemoveAll(filepath.Dir(dir))) }()
	}
	receiver, err := otlptest.New()
	if err != nil {
		return err
	}
	defer receiver.Close()

	p := &printer{out: out}
	p.header(c, dir, where)
	t := newTally(receiver)
	for n := 1; n <= c.kills && ctx.Err() == nil; n++ {
		down := n%2 == 0
		if down {
			receiver.SetFault(otlptest.Status(codes.Unavailable, "down"))
		} else {
			// Slow, so that a kill finds records in flight.
			receiver.SetFault(otlptest.Delay(20 * time.Millisecond))
		}
		if err := t.killOne(ctx, n, c, receiver.Endpoint(), dir); err != nil {
			return err
		}
		p.row(n, down, t.count())
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}

	// The last one is not killed: it delivers what all of them have left.
	receiver.ClearFault()
	if err := t.letOneEnd(ctx, c.kills+1, c, receiver.Endpoint(), dir); err != nil {
		return err
	}
	s := t.count()
	p.row(0, false, s)
	p.summary(c, s)
	return s.verdict()
}

// life returns how long the next child lives.
func (c config) life() time.Duration {
	return c.least + rand.N(c.most-c.least)
}

// ringDir returns a directory for the crash ring, and says where it is. One in
// memory is what a service would use.
func (c config) ringDir() (dir, where string, err error) {
	if c.dir != "" {
		return c.dir, "as you wish", nil
	}
	if parent, err := os.MkdirTemp("/dev/shm", "logstream-crash-"); err == nil {
		return filepath.Join(parent, "ring"), "in memory", nil
	}
	parent, err := os.MkdirTemp("", "logstream-crash-")
	if err != nil {
		return "", "", fmt.Errorf("no place for a crash ring: %w", err)
	}
	return filepath.Join(parent, "ring"), "on a disk, for want of /dev/shm", nil
}
