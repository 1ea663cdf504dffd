package main

import (
	"fmt"
	"log/slog"
	"runtime"
	"testing"
)

// hotPath measures a log call of each contender, on one processor.
func hotPath(rounds int) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	ns := newSeries()
	allocs, bytes := make(map[string]int64), make(map[string]int64)
	for range rounds {
		for _, name := range names {
			c, err := open(name, "", false)
			if err != nil {
				return err
			}
			r := testing.Benchmark(func(b *testing.B) {
				w := newWorkload(slog.New(c.handler))
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					w.record(i)
				}
			})
			if _, err := c.finish(); err != nil {
				return fmt.Errorf("bench: %s: %w", name, err)
			}
			ns.add(name, float64(r.T.Nanoseconds())/float64(r.N))
			allocs[name], bytes[name] = r.AllocsPerOp(), r.AllocedBytesPerOp()
		}
	}
	base := ns.median("floor")
	ours := ns.median("logstream") - base
	fmt.Printf("\nA log call with 5 attributes, one processor (%d rounds)\n\n", rounds)
	fmt.Printf("  %-10s %22s %10s %12s %10s\n", "", "ns (least to greatest)", "above", "floors above", "allocs")
	for _, name := range names {
		above := ns.median(name) - base
		fmt.Printf("  %-10s %8s %13s %10.0f %12.2f %5d, %dB\n", name,
			fmt.Sprintf("%.0f", ns.median(name)), ns.spread(name, 0), above, above/base, allocs[name], bytes[name])
	}
	fmt.Printf("\n  logstream costs %.2f of the floor above it, 1/%.1f of what otelslog costs\n", ours/base, (ns.median("otelslog")-base)/ours)
	return nil
}
