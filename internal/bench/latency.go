package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// latency measures how old records are when they arrive.
func latency(_ context.Context, r *report, sz size) error {
	to, err := newReceiver(true)
	if err != nil {
		return err
	}
	defer func() { _ = to.close() }()
	names := []string{"logstream", "linger 0", "otelslog"}
	loads := []int{100, 1000, 20_000}
	quantiles := []float64{0.5, 0.99, 0.999}
	ms := series{}
	key := func(name string, load int, q float64) string { return fmt.Sprint(name, load, q) }
	rounds := min(sz.rounds, 3) // by the clock it is the longest part
	for range rounds {
		for _, load := range loads {
			for _, name := range names {
				j := job{Contender: name, Endpoint: to.endpoint, Gzip: true, Rate: load, Portion: max(1, load/1000)}
				j.Records = load * int(min(sz.time, 4*time.Second)/time.Second)
				if _, err := lossless(j); err != nil {
					return err
				}
				got, err := to.reset()
				if err != nil {
					return err
				}
				if len(got.ages) != j.Records {
					return fmt.Errorf("%d of %d records arrived", len(got.ages), j.Records)
				}
				for _, q := range quantiles {
					ms.add(key(name, load, q), float64(quantile(got.ages, q).Microseconds())/1000)
				}
			}
		}
	}
	r.title("From the log call to the receiver, gRPC with gzip: milliseconds at p50, p99, p99.9")
	head := []string{""}
	for _, load := range loads {
		head = append(head, fmt.Sprintf("%d/s", load))
	}
	var rows [][]string
	for _, name := range names {
		row := []string{name}
		for _, load := range loads {
			cell := ""
			for i, q := range quantiles {
				if i > 0 {
					cell += ", "
				}
				cell += fmt.Sprintf("%.1f", ms.of(key(name, load, q)).median())
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	r.table(head, rows)
	r.text("\nEverybody has the defaults but \"linger 0\", which is logstream with stream.WithLinger(0).")
	r.goal(goal{what: "p50 from log call to receipt at 1,000/s with WithLinger(0)", got: ms.of(key("linger 0", 1000, 0.5)), digits: 2, unit: " ms", must: 2})
	return nil
}

// slowCalls measures the slowest calls in a thousand against the median, while the
// sink is well and while it hangs, and with the ring in shared memory.
func slowCalls(_ context.Context, r *report, sz size) error {
	names := []string{"floor", "logstream", "hung sink", "crash ring", "otelslog"}
	median, p999, worst, times := series{}, series{}, series{}, series{}
	const rate = 20_000
	for range sz.rounds {
		for _, name := range names {
			res, err := job{Contender: name, Records: rate * int(min(sz.time, 3*time.Second)/time.Second), Warm: rate / 10, Rate: rate, Portion: 1, Each: true}.spawn()
			if err != nil {
				return err
			}
			median.add(name, float64(res.Median.Nanoseconds()))
			p999.add(name, float64(res.P999.Nanoseconds()))
			worst.add(name, float64(res.Worst.Microseconds()))
			times.add(name, float64(res.P999)/float64(res.Median))
		}
	}
	r.title("Single log calls at %d/s by a goroutine that is busy in between, on the clock", rate)
	var rows [][]string
	for _, name := range names {
		rows = append(rows, []string{name, median.of(name).cell(0), p999.of(name).cell(0), times.of(name).cell(1), worst.of(name).cell(0)})
	}
	r.table([]string{"", "median, ns", "p99.9, ns", "p99.9 of the median", "worst, µs"}, rows)
	r.fact("the slowest of 1,000 log calls at "+grouped(rate)+" a second, in times of the median one", times.of("logstream").cell(1), times.of("otelslog").cell(1))
	for _, name := range names[1:4] {
		r.goal(goal{what: "p99.9 of a log call against its median: " + name, got: times.of(name), digits: 1, unit: " times", must: 10})
	}
	return nil
}

// rates measures a log call at more and more records a second. The caller is busy between
// portions: a processor that sleeps meanwhile is cold, and slower for everybody.
func rates(_ context.Context, r *report, sz size) error {
	loads := []int{10_000, 50_000, 100_000, 250_000, 500_000}
	names := []string{"floor", "logstream"}
	ns := series{}
	key := func(name string, load int) string { return fmt.Sprint(name, load) }
	for range sz.rounds {
		for _, name := range names {
			for _, load := range loads {
				res, err := job{Contender: name, Rate: load, Portion: 500, Busy: true, Records: load * int(min(sz.time, 2*time.Second)/time.Second), Warm: 10_000}.spawn()
				if err != nil {
					return err
				}
				ns.add(key(name, load), float64(res.Median.Nanoseconds()))
			}
		}
	}
	head := []string{""}
	for _, load := range loads {
		head = append(head, fmt.Sprintf("%d/s", load))
	}
	var rows [][]string
	for _, name := range names {
		row := []string{name}
		for _, load := range loads {
			row = append(row, ns.of(key(name, load)).cell(0))
		}
		rows = append(rows, row)
	}
	r.title("A log call by rate, ns on the clock in portions of 500, the median portion")
	r.table(head, rows)
	var flat sample
	for i := range sz.rounds {
		var at []float64
		for _, load := range loads {
			at = append(at, ns.of(key("logstream", load))[i])
		}
		flat = append(flat, slices.Max(at)/slices.Min(at))
	}
	r.goal(goal{what: "the dearest rate against the cheapest, 10,000 to 500,000/s", got: flat, digits: 2, unit: " times", must: 1.15})
	return nil
}
