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

// A cost is what n log calls need.
type cost struct {
	call          time.Duration // processor time of the calling thread, if it was locked
	all           time.Duration // of the process, up to the exporter that does nothing
	allocs, bytes uint64
	delivered     int
}

// measure logs n records in a loop, and waits until all are exported. The thread's
// time is the caller's only if the goroutine is locked to it; but then every switch
// to the goroutines behind costs more than it should.
func measure(name string, n int, locked bool) (c cost, err error) {
	if locked {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
	}
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
	all, call := cpuTime(), threadTime()
	for i := range n {
		w.record(i)
	}
	c.call = threadTime() - call
	c.delivered, err = k.finish()
	c.all = cpuTime() - all
	runtime.ReadMemStats(&after)
	c.allocs, c.bytes = after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
	c.delivered -= n / 20
	return c, err
}

// hotPath measures a log call of each contender, on one processor.
func hotPath(rounds int) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const n = hotPathRecords
	call, all := newSeries(), newSeries()
	last := make(map[string]cost)
	for range rounds {
		for _, name := range names {
			for _, locked := range []bool{true, false} {
				c, err := measure(name, n, locked)
				if err != nil {
					return fmt.Errorf("bench: %s: %w", name, err)
				}
				if name != "floor" && c.delivered != n {
					fmt.Printf("  %s delivered %d of %d records\n", name, c.delivered, n)
				}
				if locked {
					call.add(name, float64(c.call.Nanoseconds())/n)
				} else {
					all.add(name, float64(c.all.Nanoseconds())/n)
				}
				last[name] = c
			}
		}
	}
	fmt.Printf("\nProcessor time of a log call with 5 attributes, GOMAXPROCS=1 (%d rounds of %d records)\n", rounds, n)
	hotPathTable("in the calling thread", call)
	hotPathTable("in all threads, up to an exporter that does nothing", all)
	fmt.Println()
	for _, name := range names {
		fmt.Printf("  %-10s allocates %.2f times, %d bytes\n", name, float64(last[name].allocs)/n, last[name].bytes/n)
	}
	return nil
}

func hotPathTable(where string, ns series) {
	base := ns.median("floor")
	above := func(name string) float64 { return ns.median(name) - base }
	fmt.Printf("\n  %s\n", where)
	fmt.Printf("  %-10s %8s %18s %10s %14s\n", "", "ns", "least to greatest", "above", "of the floor")
	for _, name := range names {
		fmt.Printf("  %-10s %8.0f %18s %10.0f %14.2f\n", name, ns.median(name), ns.spread(name, 0), above(name), above(name)/base)
	}
	fmt.Printf("  logstream adds %.2f of the floor, 1/%.1f of what otelslog adds\n", above("logstream")/base, above("otelslog")/above("logstream"))
}
