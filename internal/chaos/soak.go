//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/logstream-go/logstream/sink/otlptest"
)

// A soak is one program through many storms that are alike.
type soak struct {
	run
	cycle  time.Duration // of a storm
	growth float64       // how much more than in the baseline a later cycle may hold, as a factor
	out    io.Writer
}

// baseline is the cycle that all later ones are compared with, from 1: by then
// everything has been in use that will ever be.
const baseline = 3

// samples is how often a cycle is measured; its rest, ten times as often.
const samples = 100

// rest is the last part of a cycle, in which there are no faults.
const rest = 8

// do plays as many cycles as fit into the length, and returns an error if what the
// program holds grows, or its ledger is wrong.
func (s *soak) do(ctx context.Context) error {
	v := s.run.do(ctx, func(ctx context.Context) verdict { return verdict{err: s.play(ctx)} })
	return v.err
}

func (s *soak) play(ctx context.Context) error {
	if s.length < (baseline+1)*s.cycle {
		return fmt.Errorf("%v has no room for %d cycles of %v", s.length, baseline+1, s.cycle)
	}
	var storms []*storm
	c := s.spec(0)
	c.Store = filepath.Join(s.dir, "store")
	// The file of dead letters grows to twice its bound and is written anew, which a cycle sees
	// more than once if the bound is small.
	c.Ring, c.Rate, c.Queue, c.Batch, c.Letters = filepath.Join(s.dir, "ring"), 10_000, 8<<20, 256<<10, 128<<10
	for i, name := range []string{"primary", "second"} {
		server, err := otlptest.New(otlptest.WithDiscard())
		if err != nil {
			return err
		}
		defer func() { _ = server.Close() }()
		storms = append(storms, &storm{server: server})
		c.Routes = append(c.Routes, destination{Name: name, HTTP: i == 1, Endpoint: endpoint(server, i == 1)})
	}
	p, err := start(ctx, c)
	if err != nil {
		return err
	}
	defer closeBoards([]*process{p})

	var errs []error
	var base usage
	for n := 1; time.Duration(n)*s.cycle <= s.length && ctx.Err() == nil; n++ {
		calm, stormy, err := s.oneCycle(ctx, p, storms)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(s.out, "cycle %3d: %v; in the storm %5.1f MB; %d records\n", n, calm.least, stormy.mean().memory/1e6, p.board.total())
		if n == baseline {
			base = calm.least
		}
		if n > baseline {
			for _, err := range calm.least.within(base, s.growth) {
				errs = append(errs, fmt.Errorf("cycle %d: %w", n, err))
			}
		}
	}
	rep, err := p.end()
	errs = append(errs, err)
	for i := range storms {
		errs = append(errs, checkLedger(rep, p, i))
	}
	_, _ = fmt.Fprintf(s.out, "%v\n", rep.Stats)
	return errors.Join(errs...)
}

// oneCycle sends a storm that is the same each time. It returns what the program holds
// when the storm is over and it has given back what it does not use, and what it held
// in the storm.
func (s *soak) oneCycle(ctx context.Context, p *process, storms []*storm) (calm, stormy span, err error) {
	bad, cancel := context.WithTimeout(ctx, s.cycle-s.cycle/rest)
	defer cancel()
	over := make(chan error, len(storms))
	for i, weather := range storms {
		weather.rng = rand.New(rand.NewPCG(s.seed, uint64(i)))
		go func() {
			err := weather.blow(bad)
			weather.usual()
			over <- err
		}()
	}
	stormy, err = s.sample(bad, p, s.cycle/samples, func() {})
	cancel()
	for range storms {
		err = errors.Join(err, <-over)
	}
	if err != nil {
		return calm, stormy, err
	}
	// What the storm has left is sent first, which takes a busy machine longer, and one
	// that is too slow for the rate for ever.
	patience, cancel := context.WithTimeout(ctx, s.cycle)
	defer cancel()
	toRest(patience, p)
	// At one moment a compressor more may be at work than at another. So the program rests
	// before each measurement, and what counts is the least.
	good, cancel := context.WithTimeout(ctx, s.cycle/rest/2)
	defer cancel()
	calm, err = s.sample(good, p, s.cycle/samples/10, func() { toRest(good, p) })
	return calm, stormy, err
}

// toRest makes the program give back the memory that it does not use, as soon as it is calm.
func toRest(ctx context.Context, p *process) {
	rested := p.board.rested()
	for p.board.askRest(); p.board.rested() == rested && pause(ctx, time.Millisecond); {
	}
}

// sample measures the program until ctx ends, after calls of before.
func (s *soak) sample(ctx context.Context, p *process, every time.Duration, before func()) (m span, err error) {
	for {
		before()
		select {
		case <-p.done:
			return m, p.failure("ended by itself")
		default:
		}
		u, err := usageOf(p)
		if err != nil {
			return m, err
		}
		m.add(u)
		if !pause(ctx, every) {
			return m, nil
		}
	}
}
