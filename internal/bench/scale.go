package main

import (
	"context"
	"strconv"
	"time"
)

// attributes measures a log call by the number of attributes.
func attributes(_ context.Context, r *report, sz size) error {
	counts := []int{1, 2, 4, 8, 16, 32, 64}
	ns, allocs := series{}, series{}
	key := func(name string, n int) string { return name + strconv.Itoa(n) }
	names := []string{"floor", "logstream", "otelslog"}
	for range sz.rounds {
		for _, name := range names {
			for _, n := range counts {
				records := sz.calls / max(1, n/4)
				res, err := job{Contender: name, Records: records, Warm: records / 20, Procs: 1, Locked: true, Attrs: n}.spawn()
				if err != nil {
					return err
				}
				ns.add(key(name, n), float64(res.Caller.Nanoseconds())/float64(records))
				allocs.add(key(name, n), float64(res.Allocs)/float64(records))
			}
		}
	}
	head := []string{""}
	for _, n := range counts {
		head = append(head, strconv.Itoa(n))
	}
	var rows [][]string
	for _, name := range names {
		row := []string{name}
		for _, n := range counts {
			row = append(row, ns.of(key(name, n)).cell(0))
		}
		rows = append(rows, row)
	}
	row := []string{"logstream, allocations"}
	for _, n := range counts {
		row = append(row, allocs.of(key("logstream", n)).cell(2))
	}
	r.title("A log call by the number of attributes, ns of processor time in the calling thread")
	r.table(head, append(rows, row))
	slope := func(a, b int) sample {
		rise := ns.of(key("logstream", b)).above(ns.of(key("logstream", a)))
		return rise.with(rise, func(x, _ float64) float64 { return x / float64(b-a) })
	}
	r.goal(goal{what: "an attribute beyond 16 against one below, in ns", got: slope(16, 64).per(slope(1, 16)), digits: 2, unit: " times", must: 1.5})
	r.goal(goal{what: "allocations of a log call with 16 attributes", got: allocs.of(key("logstream", 16)).above(allocs.of(key("floor", 16))), digits: 1, must: 0.05})
	return nil
}

// secondRoute measures what a further route with a filter costs that takes nothing.
func secondRoute(ctx context.Context, r *report, sz size) error {
	col, stop, err := startCollector(ctx)
	if err != nil {
		return err
	}
	defer stop()
	c := newRace("logstream", "second route")
	for range sz.rounds {
		if err := c.run(col, job{Gzip: true, Records: 2 * sz.records}); err != nil {
			return err
		}
	}
	times := c.cpu.of("second route").per(c.cpu.of("logstream"))
	r.title("A second route that takes only ERROR, on the way to a Collector, gzip")
	r.table([]string{"", "ns of processor time per record"}, [][]string{
		{"one route", c.cpu.of("logstream").cell(0)},
		{"two", c.cpu.of("second route").cell(0)},
	})
	r.goal(goal{what: "a further route with a filter", got: times, digits: 2, unit: " times", must: 1.05})
	return nil
}

// idleStream measures a stream that has nothing to do.
func idleStream(ctx context.Context, r *report, sz size) error {
	col, stop, err := startCollector(ctx)
	if err != nil {
		return err
	}
	defer stop()
	look := min(sz.time, 2*time.Second)
	sleeps, memory := series{}, series{}
	names := []string{"floor", "logstream", "otelslog"}
	for range min(sz.rounds, 3) {
		for _, name := range names {
			res, err := job{Contender: name, Endpoint: col.GRPCEndpoint(), Gzip: true, Idle: look}.spawn()
			if err != nil {
				return err
			}
			sleeps.add(name, float64(res.Switches)/look.Seconds())
			memory.add(name, float64(res.Resident)/(1<<20))
		}
	}
	r.title("A process that has sent one record and does nothing for %v", look)
	var rows [][]string
	for _, name := range names {
		rows = append(rows, []string{name, sleeps.of(name).cell(1), memory.of(name).cell(1), memory.of(name).above(memory.of("floor")).cell(1)})
	}
	r.table([]string{"", "wake-ups a second", "resident MiB", "above the floor"}, rows)
	r.goal(goal{what: "wake-ups a second of an idle stream, above the floor's", got: sleeps.of("logstream").above(sleeps.of("floor")), digits: 1, must: 0.2})
	r.goal(goal{what: "memory of an idle stream with gRPC, above the floor's", got: memory.of("logstream").above(memory.of("floor")), digits: 1, unit: " MiB", must: 8})
	return nil
}
