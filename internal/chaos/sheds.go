//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"

	"github.com/logstream-go/logstream/sink/otlptest"
)

// sheds plays a run of shedding.
func (r *run) sheds(ctx context.Context) verdict {
	return r.shed(ctx, 2*usualLongest, func(c *spec) {
		if r.rng.IntN(3) == 0 {
			c.Ring = filepath.Join(r.dir, "ring")
		}
	})
}

// fills plays a run of shedding with a storage, on a disk that is full at times.
func (r *run) fills(ctx context.Context) verdict {
	return r.shed(ctx, 4*usualLongest, func(c *spec) { c.Store, c.Full = filepath.Join(r.dir, "store"), true })
}

// shed plays a run of a program that sheds, through faults that last for so many
// milliseconds at most.
func (r *run) shed(ctx context.Context, longest int, change func(*spec)) (v verdict) {
	var servers []*otlptest.Server
	var routes []destination
	over := make(chan error, 2)
	stormy, calm := context.WithTimeout(ctx, r.length)
	defer calm()
	var storms []*storm
	for i, name := range []string{"primary", "second"} {
		server, err := otlptest.New(otlptest.WithMessages())
		if err != nil {
			return verdict{err: err}
		}
		defer func() { _ = server.Close() }()
		servers = append(servers, server)
		overHTTP := r.rng.IntN(2) == 0
		routes = append(routes, destination{Name: name, HTTP: overHTTP, Endpoint: endpoint(server, overHTTP)})
		weather := &storm{server: server, longest: longest, rng: rand.New(rand.NewPCG(r.seed, uint64(i)+1))}
		storms = append(storms, weather)
		go func() { over <- weather.blow(stormy) }()
	}
	c := r.spec(0)
	c.Rate, c.Batch, c.Queue, c.Routes = 14_000, min(c.Batch, 64<<10), 4<<20, routes
	change(&c)
	p, err := start(ctx, c)
	if err != nil {
		return verdict{err: err}
	}
	ps := []*process{p}
	defer func() { closeBoards(ps) }()
	errs := []error{<-over, <-over}
	rep, err := p.end()
	v.full = rep.Full
	errs = append(errs, err)
	for i, server := range servers {
		errs = append(errs, checkLedger(rep, p, i))
		o := newOracle(server)
		if i < len(rep.Stats.Routes) {
			line := rep.Stats.Routes[i]
			if err := o.judge(ps, line.DroppedTotal()+line.Rejected, 0, storms[i].cuts); err != nil {
				errs = append(errs, fmt.Errorf("route %s: %w", line.Name, err))
			}
			v.dropped += line.DroppedTotal()
			if kept := uint64(server.Count()); line.Delivered > kept {
				errs = append(errs, fmt.Errorf("route %s says that it has delivered %d records, and %d arrived", line.Name, line.Delivered, kept))
			}
			if gone := uint64(o.missing + o.halved + o.refused + o.poisoned); gone > line.DroppedTotal()+line.Rejected {
				errs = append(errs, fmt.Errorf("route %s: %d records are missing, and %d counted: %v", line.Name, gone, line.DroppedTotal()+line.Rejected, line))
			}
		}
		v.add(ps, o)
	}
	v.taken /= len(servers)
	v.err = errors.Join(errs...)
	return v
}
