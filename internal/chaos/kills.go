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

// kills plays a run of kills.
func (r *run) kills(ctx context.Context) (v verdict) {
	server, err := otlptest.New(otlptest.WithMessages())
	if err != nil {
		return verdict{err: err}
	}
	defer func() { _ = server.Close() }()
	overHTTP := r.rng.IntN(2) == 0
	program := func(n int) spec {
		c := r.spec(n)
		c.Ring, c.Queue, c.Wait = filepath.Join(r.dir, "ring"), 4<<20, true
		c.Routes = []destination{{HTTP: overHTTP, Endpoint: endpoint(server, overHTTP)}}
		return c
	}
	weather := &storm{server: server, rng: rand.New(rand.NewPCG(r.seed, 1))}
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
		if err := p.kill(); err != nil {
			return verdict{err: errors.Join(err, <-over)}
		}
		v.kills++
	}
	if err := <-over; err != nil {
		return verdict{err: err}
	}

	// All is well, and the last one sends what is left and what it logs itself.
	last, err := start(ctx, program(len(ps)))
	if err != nil {
		return verdict{err: err}
	}
	ps = append(ps, last)
	o := newOracle(server)
	o.settle(ctx, ps[:len(ps)-1])
	rep, err := last.end()
	errs := []error{err, checkLedger(rep, last, 0)}
	errs = append(errs, o.judge(ps, 0, v.kills, weather.cuts), left(program(0).Ring))
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
