package main

import (
	"context"
	"fmt"
)

// hotPath measures a log call of each contender, on one processor: in the calling
// thread, and in a pass of its own all that follows in the process. The thread's time
// is the caller's only if the goroutine is locked to it; but then every switch to the
// goroutines behind costs more than it should.
func hotPath(_ context.Context, r *report, sz size) error {
	call, all, allocs, bytes := series{}, series{}, series{}, series{}
	n := float64(sz.calls)
	for range sz.rounds {
		for _, name := range rivals {
			j := job{Contender: name, Records: sz.calls, Warm: 2 * sz.calls, Procs: 1, Locked: true}
			locked, err := j.spawn()
			if err != nil {
				return err
			}
			j.Locked = false
			free, err := j.spawn()
			if err != nil {
				return err
			}
			call.add(name, float64(locked.Caller.Nanoseconds())/n)
			all.add(name, float64(free.CPU.Nanoseconds())/n)
			allocs.add(name, float64(free.Allocs)/n)
			bytes.add(name, float64(free.Bytes)/n)
		}
	}
	r.title("A log call with 5 attributes, GOMAXPROCS=1, ns of processor time")
	var rows [][]string
	floor := call.of("floor")
	above := func(name string) sample { return call.of(name).above(floor) }
	for _, name := range rivals {
		rows = append(rows, []string{
			name, call.of(name).cell(0), above(name).per(floor).cell(2), all.of(name).cell(0),
			fmt.Sprintf("%.2f", allocs.of(name).median()), fmt.Sprintf("%.0f", bytes.of(name).median()),
		})
	}
	r.table([]string{"", "in the calling thread", "above the floor, of the floor", "with all that follows, up to nothing", "allocations", "bytes"}, rows)
	r.text("\nphuslu, zerolog and zap are called without log/slog.")

	r.goal(goal{what: "log call above the floor, of the floor", got: above("logstream").per(floor), digits: 2, must: 0.7, aim: 0.35})
	r.goal(goal{what: "the same: otelslog's is so many times ours", got: above("otelslog").per(above("logstream")), digits: 1, must: 12, aim: 25, least: true})
	r.goal(goal{what: "allocations of a log call with 5 attributes", got: allocs.of("logstream"), digits: 2, must: 0.01})
	r.goal(goal{what: "bytes of garbage per record before the sink", got: bytes.of("logstream"), digits: 0, must: 1})
	of := func(name string) string {
		return fmt.Sprintf("%s of it, %.0f allocations", above(name).per(floor).cell(2), allocs.of(name).median())
	}
	r.fact("a log call with 5 attributes, in the calling thread, above what `log/slog` itself costs", of("logstream"), of("otelslog"))
	whole := func(name string) string {
		return all.of(name).above(all.of("floor")).per(all.of("floor")).cell(1) + " of it"
	}
	r.fact("the same with all that follows in the process, masking too, up to an exporter that does nothing", whole("logstream"), whole("otelslog"))
	p := panel{title: "A log call with 5 attributes: ns in the calling thread"}
	for _, name := range rivals {
		p.bars = append(p.bars, bar{name, call.of(name).median()})
	}
	r.chart(p)
	return nil
}

// masking measures what it adds to a log call with all that follows, on one processor.
func masking(_ context.Context, r *report, sz size) error {
	names := []string{"unmasked", "keys only", "logstream"}
	all := series{}
	for range sz.rounds {
		for _, name := range names {
			res, err := job{Contender: name, Records: sz.calls, Warm: 2 * sz.calls, Procs: 1}.spawn()
			if err != nil {
				return err
			}
			all.add(name, float64(res.CPU.Nanoseconds())/float64(sz.calls))
		}
	}
	title := map[string]string{"unmasked": "nothing is masked", "keys only": "values are, by their keys", "logstream": "secrets are looked for in all texts and numbers, too: the default"}
	var rows [][]string
	for _, name := range names {
		rows = append(rows, []string{title[name], all.of(name).cell(0), all.of(name).above(all.of("unmasked")).cell(0)})
	}
	r.title("The same with all that follows: what masking adds")
	r.table([]string{"", "ns", "more than the first"}, rows)
	return nil
}

// parallel measures log calls of as many goroutines as there are processors. What arrives
// is measured with callers that wait for room, so that the consumer keeps up: where more
// goroutines log than there are processors, the one that consumes gets the least of them.
// How much of two processors a machine really has, the floor tells, which shares nothing.
func parallel(_ context.Context, r *report, sz size) error {
	procs := []int{1, 2, 4, 8}
	names := append([]string{waiting}, rivals...)
	wall, speed := series{}, series{}
	key := func(name string, p int) string { return fmt.Sprint(name, p) }
	for range sz.rounds {
		for _, name := range names {
			for _, p := range procs {
				j := job{Contender: name, Records: 4 * sz.calls, Warm: sz.calls / 5, Procs: p}
				res, err := j.spawn()
				if err != nil {
					return err
				}
				wall.add(key(name, p), float64(res.Logging.Nanoseconds())/float64(j.Records))
				done := j.Records
				if res.Delivered >= 0 {
					done = min(done, res.Delivered)
				}
				speed.add(key(name, p), float64(done)/res.Wall.Seconds())
			}
		}
	}
	head := []string{""}
	for _, p := range procs {
		head = append(head, fmt.Sprintf("%d", p))
	}
	var rows [][]string
	row := func(name, what string, of series) {
		cells := []string{what}
		for _, p := range procs {
			cells = append(cells, of.of(key(name, p)).cell(0))
		}
		rows = append(rows, cells)
	}
	for _, name := range rivals {
		row(name, name, wall)
	}
	row("floor", "floor, calls/s", speed)
	row(waiting, "logstream, whose callers wait: records/s that arrive", speed)
	row("otelslog", "otelslog, records/s that arrive", speed)
	r.title("The same from 1, 2, 4 and 8 goroutines and GOMAXPROCS: ns on the clock per call, of all together")
	r.table(head, rows)
	eight := key("otelslog", 8)
	r.fact("records a second from 8 goroutines, into an exporter that does nothing", speed.of(key(waiting, 8)).per(speed.of(eight)).cell(1), "1")
	for _, p := range procs[1:] {
		must := 1.7
		if p > 2 {
			must = 1
		}
		gain := func(name string) sample { return speed.of(key(name, p)).per(speed.of(key(name, 1))) }
		r.goal(goal{
			what: fmt.Sprintf("records/s that arrive at %d processors against 1 (the floor: %.2f)", p, gain("floor").median()),
			got:  gain(waiting), digits: 2, must: must, least: true,
		})
	}
	return nil
}
