package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"time"

	"github.com/logstream-go/logstream/internal/interop/collector"
)

// A job is what a child process does.
type job struct {
	Contender string
	Endpoint  string
	Gzip      bool
	Records   int
	Rate      int // records a second; 0 is as fast as it goes
}

// A result is what it reports.
type result struct {
	Delivered int
	CPU       time.Duration // user and system, from the first record to the end of the flush
	Error     string
}

// run logs at the job's rate, a twentieth of a second's worth at a time: to wake
// a sleeping process costs a virtual machine as much as many records do, and is
// nobody's merit here.
func (j job) run() (r result) {
	c, err := open(j.Contender, j.Endpoint, j.Gzip)
	if err != nil {
		return result{Error: err.Error()}
	}
	w := newWorkload(slog.New(c.handler))
	const ticks = 20
	portion := j.Rate / ticks
	if j.Rate == 0 {
		portion = j.Records
	}
	start := cpuTime()
	tick := time.NewTicker(time.Second / ticks)
	defer tick.Stop()
	for i := 0; i < j.Records; {
		<-tick.C
		for range min(portion, j.Records-i) {
			w.record(i)
			i++
		}
	}
	r.Delivered, err = c.finish()
	r.CPU = cpuTime() - start
	if err != nil {
		r.Error = err.Error()
	}
	return r
}

// spawn does the job in a child process.
func (j job) spawn() (r result, err error) {
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	arg, err := json.Marshal(j)
	if err != nil {
		return r, err
	}
	cmd := exec.Command(self, "-child", string(arg))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return r, fmt.Errorf("bench: child: %w", err)
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return r, fmt.Errorf("bench: child says %q: %w", out, err)
	}
	if r.Error != "" {
		return r, errors.New("bench: child: " + r.Error)
	}
	return r, nil
}

// endToEnd measures the processor time per delivered record into a Collector.
func endToEnd(rounds, records, rate int) error {
	dir, err := os.MkdirTemp("", "logstream-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	col, err := collector.New(dir, collector.WithExporter(collector.Nop))
	if err != nil {
		return err
	}
	if err := col.Start(context.Background()); err != nil {
		return err
	}
	defer col.Kill()

	for _, mode := range []struct {
		gzip bool
		rate int
	}{{true, 0}, {false, 0}, {true, rate}} {
		ns := newSeries()
		for range rounds {
			for _, name := range names {
				r, err := job{Contender: name, Endpoint: col.GRPCEndpoint(), Gzip: mode.gzip, Records: records, Rate: mode.rate}.spawn()
				if err != nil {
					return err
				}
				n := r.Delivered
				if name == "floor" {
					n = records
				} else if n != records {
					fmt.Printf("  %s delivered %d of %d records\n", name, n, records)
				}
				ns.add(name, float64(r.CPU.Nanoseconds())/float64(max(n, 1)))
			}
		}
		how := "gzip"
		if !mode.gzip {
			how = "uncompressed"
		}
		pace := "in one burst"
		if mode.rate > 0 {
			pace = fmt.Sprintf("at %d/s", mode.rate)
		}
		fmt.Printf("\nProcessor time per record delivered to a Collector, OTLP/gRPC, %s (%d rounds of %d records %s)\n\n", how, rounds, records, pace)
		fmt.Printf("  %-10s %22s\n", "", "ns (least to greatest)")
		for _, name := range names {
			fmt.Printf("  %-10s %8.0f %13s\n", name, ns.median(name), ns.spread(name, 0))
		}
		fmt.Printf("\n  logstream needs 1/%.1f of the OpenTelemetry SDK's processor time\n", ns.median("otelslog")/ns.median("logstream"))
	}
	return nil
}
