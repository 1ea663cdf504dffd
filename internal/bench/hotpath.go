package main

import (
	"fmt"
	"log/slog"
	"runtime"
	"time"
)

// hotPathRecords is how many records one measurement logs: a second or so of the
// slowest contender.
const hotPathRecords = 400_000

// A cost is what a log call needs, everything behind it up to the exporter that
// does nothing included.
type cost struct {
	cpu           time.Duration // of all records
	allocs, bytes uint64
	delivered     int
}

// measure logs n records in a loop, and waits until all are exported.
func measure(name string, n int) (c cost, err error) {
	k, err := open(name, "", false)
	if err != nil {
		return c, err
	}
	w := newWorkload(slog.New(k.handler))
	for i := range n / 20 { // fill pools and caches
		w.record(i)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := cpuTime()
	for i := range n {
		w.record(i)
	}
	c.delivered, err = k.finish()
	c.cpu = cpuTime() - start
	runtime.ReadMemStats(&after)
	c.allocs, c.bytes = after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
	c.delivered -= n / 20
	return c, err
}

// hotPath measures a log call of each contender, on one processor.
func hotPath(rounds int) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const n = hotPathRecords
	ns := newSeries()
	last := make(map[string]cost)
	for range rounds {
		for _, name := range names {
			c, err := measure(name, n)
			if err != nil {
				return fmt.Errorf("bench: %s: %w", name, err)
			}
			if name != "floor" && c.delivered != n {
				fmt.Printf("  %s delivered %d of %d records\n", name, c.delivered, n)
			}
			ns.add(name, float64(c.cpu.Nanoseconds())/n)
			last[name] = c
		}
	}
	base := ns.median("floor")
	ours := ns.median("logstream") - base
	fmt.Printf("\nProcessor time of a log call with 5 attributes, and of all that follows up to an exporter that does nothing;\none processor (%d rounds of %d records)\n\n", rounds, n)
	fmt.Printf("  %-10s %8s %18s %10s %14s %10s\n", "", "ns", "least to greatest", "above", "of the floor", "allocated")
	for _, name := range names {
		above := ns.median(name) - base
		fmt.Printf("  %-10s %8.0f %18s %10.0f %14.2f %6.2f, %dB\n", name, ns.median(name), ns.spread(name, 0), above, above/base,
			float64(last[name].allocs)/n, last[name].bytes/n)
	}
	fmt.Printf("\n  above the floor, logstream costs %.2f of it and 1/%.1f of what otelslog costs\n", ours/base, (ns.median("otelslog")-base)/ours)
	return nil
}
