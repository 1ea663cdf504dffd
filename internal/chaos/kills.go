//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/logstream-go/logstream/sink/otlptest"
)

// kills plays a run of kills with a crash ring.
func (r *run) kills(ctx context.Context) verdict {
	return r.killAll(ctx, usualLongest, func(c *spec) { c.Queue = 4 << 20 })
}

// stores plays a run of kills with a storage besides, which is used, for the queue is
// small and the programs log much. Some are not killed, but told to end by a deadline
// that is too short.
func (r *run) stores(ctx context.Context) verdict {
	return r.killAll(ctx, 3*usualLongest, func(c *spec) {
		c.Queue, c.Batch, c.Rate, c.Store = 2<<20, min(c.Batch, 64<<10), 14_000, filepath.Join(r.dir, "store")
		c.End = 50 * time.Millisecond
	})
}

// killAll plays a run of kills of programs that are alike, through faults that last for
// so many milliseconds at most.
func (r *run) killAll(ctx context.Context, longest int, change func(*spec)) (v verdict) {
	server, err := otlptest.New(otlptest.WithMessages())
	if err != nil {
		return verdict{err: err}
	}
	defer func() { _ = server.Close() }()
	overHTTP := r.rng.IntN(2) == 0
	program := func(n int) spec {
		c := r.spec(n)
		c.Ring, c.Wait = filepath.Join(r.dir, "ring"), true
		c.Routes = []destination{{HTTP: overHTTP, Endpoint: endpoint(server, overHTTP)}}
		change(&c)
		return c
	}
	weather := &storm{server: server, longest: longest, rng: rand.New(rand.NewPCG(r.seed, 1))}
	stormy, calm := context.WithTimeout(ctx, r.length)
	defer calm()
	over := make(chan error, 1)
	go func() { over <- weather.blow(stormy) }()

	var ps []*process
	defer func() { closeBoards(ps) }()
	for stormy.Err() == nil {
		p, err := start(ctx, program(len(ps)))
		if err != nil {
			return verdict{err: err}
		}
		ps = append(ps, p)
		// Some die while they take over what the one before has left.
		pause(stormy, time.Duration(20+r.rng.IntN(1200))*time.Millisecond)
		if stored, _ := filepath.Glob(filepath.Join(r.dir, "store", "*.seg")); len(stored) > 0 {
			v.stored++
		}
		if p.spec.Store != "" && r.rng.IntN(4) == 0 {
			if _, err := p.end(); err != nil {
				return verdict{err: errors.Join(err, <-over)}
			}
			v.ends++
			continue
		}
		if err := p.kill(); err != nil {
			return verdict{err: errors.Join(err, <-over)}
		}
		v.kills++
	}
	if err := <-over; err != nil {
		return verdict{err: err}
	}

	// All is well, and the last one sends what is left and what it logs itself. That is
	// little: while its queue has no room, it takes nothing over.
	c := program(len(ps))
	c.Rate, c.End = 1000, 30*time.Second
	last, err := start(ctx, c)
	if err != nil {
		return verdict{err: err}
	}
	ps = append(ps, last)
	o := newOracle(server)
	o.settle(ctx, ps[:len(ps)-1])
	rep, err := last.end()
	errs := []error{err, checkLedger(rep, last, 0)}
	errs = append(errs, o.judge(ps, 0, v.kills+v.ends, weather.cuts), left(c.Ring))
	v.add(ps, o)
	if rep.Stats.Routes != nil {
		v.dropped = rep.Stats.Routes[0].DroppedTotal()
	}
	v.err = errors.Join(errs...)
	return v
}

// left returns an error if the crash ring has files although nobody runs.
func left(ring string) error {
	files, err := os.ReadDir(ring)
	if err != nil {
		return err
	}
	if len(files) > 0 {
		return fmt.Errorf("%d files are left in the crash ring: %v", len(files), files)
	}
	return nil
}
