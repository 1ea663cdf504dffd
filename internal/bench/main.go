package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

func main() {
	if child, err := isChild(); child {
		exit(err)
		return
	}
	var (
		rounds = flag.Int("rounds", 5, "interleaved rounds")
		short  = flag.Bool("short", false, "one round of a tenth of the records, to see that it works")
		only   = flag.String("only", "", "parts, separated by commas, of: "+strings.Join(partNames(), " ")+"; all if empty")
		chart  = flag.String("chart", "", "write the chart to this file, as SVG")
		readme = flag.String("readme", "", "write the table into this file, between its marks")
	)
	flag.Parse()
	sz := size{rounds: *rounds, records: 300_000, calls: 400_000, time: 10 * time.Second}
	if *short {
		sz = size{rounds: 1, records: 30_000, calls: 40_000, time: time.Second, short: true}
	}
	exit(run(sz, *only, *chart, *readme))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// A size says how long is measured.
type size struct {
	rounds  int
	records int           // on the way to a Collector, a round and contender
	calls   int           // of the hot path, the same
	time    time.Duration // of what has a rate
	short   bool          // it is for seeing that it works
}

// A part is one kind of measurement.
type part struct {
	name string
	run  func(ctx context.Context, r *report, sz size) error
}

// parts in the order in which they run.
var parts = []part{
	{"hotpath", hotPath},
	{"parallel", parallel},
	{"masking", masking},
	{"endtoend", endToEnd},
	{"steady", steadyFlow},
	{"agent", agentPath},
	{"throughput", throughput},
	{"garbage", garbage},
	{"latency", latency},
	{"calls", slowCalls},
	{"rates", rates},
	{"attributes", attributes},
	{"routes", secondRoute},
	{"idle", idleStream},
	{"storage", storage},
	{"size", weigh},
	{"outage", throughOutage},
}

func partNames() []string {
	names := make([]string, len(parts))
	for i, p := range parts {
		names[i] = p.name
	}
	return names
}

// run measures the parts that only names and writes the report.
func run(sz size, only, chartFile, readme string) error {
	if readme != "" && (only != "" || sz.short) {
		return errors.New("bench: -readme: the table needs all parts, in full")
	}
	var wanted []string
	if only != "" {
		wanted = strings.Split(only, ",")
	}
	for _, name := range wanted {
		if !slices.Contains(partNames(), name) {
			return fmt.Errorf("bench: -only: no part %q; there are %s", name, strings.Join(partNames(), ", "))
		}
	}
	r := &report{w: os.Stdout, short: sz.short}
	r.text("%s, %s/%s, %d processors, %d rounds", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), sz.rounds)
	for _, p := range parts {
		if wanted != nil && !slices.Contains(wanted, p.name) {
			continue
		}
		if err := p.run(context.Background(), r, sz); err != nil {
			return fmt.Errorf("bench: %s: %w", p.name, err)
		}
	}
	r.finish()
	if chartFile != "" {
		if err := os.WriteFile(chartFile, drawChart(r.bars), 0o644); err != nil {
			return err
		}
	}
	if readme != "" {
		return r.writeInto(readme)
	}
	return nil
}
