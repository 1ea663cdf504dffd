//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"github.com/logstream-go/logstream/sink/otlptest"
)

// A run is one program through one storm.
type run struct {
	seed   uint64
	length time.Duration // of the storm

	rng *rand.Rand
	dir string // of the boards
}

// do plays a run in a directory of its own.
func (r *run) do(ctx context.Context, play func(context.Context) verdict) verdict {
	started := time.Now()
	dir, err := scratch()
	if err != nil {
		return verdict{err: err}
	}
	r.dir, r.rng = dir, rand.New(rand.NewPCG(r.seed, 0))
	v := play(ctx)
	v.duration = time.Since(started)
	v.err = errors.Join(v.err, os.RemoveAll(dir))
	return v
}

// scratch makes a directory, in memory if there is such a file system.
func scratch() (string, error) {
	if dir, err := os.MkdirTemp("/dev/shm", "logstream-chaos-"); err == nil {
		return dir, nil
	}
	return os.MkdirTemp("", "logstream-chaos-")
}

// spec is a program with random options.
func (r *run) spec(process int) spec {
	return spec{
		Process: process,
		Dir:     r.dir,
		Rate:    8000,
		End:     30 * time.Second,
		Batch:   []int{8 << 10, 64 << 10, 256 << 10}[r.rng.IntN(3)],
		Linger:  time.Duration(r.rng.IntN(30)) * time.Millisecond,
	}
}

func endpoint(s *otlptest.Server, overHTTP bool) string {
	if overHTTP {
		return s.HTTPEndpoint()
	}
	return s.Endpoint()
}

func closeBoards(ps []*process) {
	for _, p := range ps {
		_ = p.cmd.Process.Kill() // most have ended
		<-p.done
		_ = p.board.close()
	}
}

// runs plays a number of runs of each kind and says what they found.
func runs(ctx context.Context, out io.Writer, n int, seed uint64, length time.Duration) error {
	for i := range n {
		r := run{seed: seed + uint64(i), length: length}
		for _, kind := range []struct {
			name string
			play func(context.Context) verdict
		}{{"kills", r.kills}, {"store", r.stores}, {"sheds", r.sheds}, {"full", r.fills}} {
			v := r.do(ctx, kind.play)
			_, _ = fmt.Fprintf(out, "run %d of %d (%-5s, seed %d): %v\n", i+1, n, kind.name, r.seed, v)
			if v.err != nil {
				return errors.New("the run has failed")
			}
		}
	}
	return nil
}
