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

// samples is how often a cycle is measured.
const samples = 100

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
	c.Ring, c.Rate, c.Queue, c.Batch = filepath.Join(s.dir, "ring"), 10_000, 8<<20, 256<<10
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
		u, err := s.oneCycle(ctx, p, storms)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(s.out, "cycle %3d: %v; %d records\n", n, u, p.board.total())
		if n == baseline {
			base = u
		}
		if n > baseline {
			for _, err := range u.within(base, s.growth) {
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

// oneCycle sends a storm that is the same each time, and returns the means of what the
// program held meanwhile.
func (s *soak) oneCycle(ctx context.Context, p *process, storms []*storm) (usage, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cycle)
	defer cancel()
	over := make(chan error, len(storms))
	for i, weather := range storms {
		weather.rng = rand.New(rand.NewPCG(s.seed, uint64(i)))
		go func() { over <- weather.blow(ctx) }()
	}
	var m mean
	var errs []error
	for pause(ctx, s.cycle/samples) && len(errs) == 0 {
		select {
		case <-p.done:
			errs = append(errs, p.failure("ended by itself"))
			continue
		default:
		}
		u, err := usageOf(p)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		m.add(u)
	}
	cancel()
	for range storms {
		errs = append(errs, <-over)
	}
	return m.value(), errors.Join(errs...)
}
