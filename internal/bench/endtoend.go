package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/logstream-go/logstream/internal/interop/collector"
)

// startCollector starts a Collector that decodes what it receives and drops it.
func startCollector(ctx context.Context) (col *collector.Collector, stop func(), err error) {
	dir, err := os.MkdirTemp("", "logstream-bench")
	if err != nil {
		return nil, nil, err
	}
	col, err = collector.New(dir, collector.WithExporter(collector.Nop))
	if err == nil {
		err = col.Start(ctx)
	}
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, nil, err
	}
	return col, func() {
		col.Kill()
		_ = os.RemoveAll(dir)
	}, nil
}

// A race is what contenders are measured by on the way to a Collector, round by
// round.
type race struct {
	names           []string
	cpu, peak, wire series
}

func newRace(names ...string) *race {
	return &race{names, series{}, series{}, series{}}
}

// lossless does the job and requires that every record arrives.
func lossless(j job) (result, error) {
	res, err := j.spawn()
	if err == nil && res.Delivered >= 0 && res.Delivered != j.Records {
		err = fmt.Errorf("bench: %s delivered %d of %d records", j.Contender, res.Delivered, j.Records)
	}
	return res, err
}

// endpoint returns where a contender sends to.
func endpoint(col *collector.Collector, name string) string {
	if name == "OTLP/HTTP" {
		return col.HTTPEndpoint()
	}
	return col.GRPCEndpoint()
}

// run does the job with each contender, once.
func (c *race) run(col *collector.Collector, j job) error {
	for _, name := range c.names {
		j.Contender, j.Endpoint = name, endpoint(col, name)
		res, err := lossless(j)
		if err != nil {
			return err
		}
		n := float64(j.Records)
		c.cpu.add(name, float64(res.CPU.Nanoseconds())/n)
		c.peak.add(name, float64(res.Peak)/(1<<20))
		c.wire.add(name, float64(res.Wire)/n)
	}
	return nil
}

// share returns how many times our processor time the SDK's is.
func (c *race) share(ours string) sample { return c.cpu.of("otelslog").per(c.cpu.of(ours)) }

func (c *race) table(r *report) {
	var rows [][]string
	for _, name := range c.names {
		row := []string{name, c.cpu.of(name).cell(0), c.share(name).cell(1), c.peak.of(name).cell(0), c.wire.of(name).cell(1)}
		if name == "floor" {
			row[4] = ""
		}
		rows = append(rows, row)
	}
	r.table([]string{"", "ns of processor time per record", "the SDK's is so many times that", "peak MiB", "bytes on the wire per record"}, rows)
}

// endToEnd measures what a record costs that is delivered to a Collector, in bursts.
func endToEnd(ctx context.Context, r *report, sz size) error {
	col, stop, err := startCollector(ctx)
	if err != nil {
		return err
	}
	defer stop()
	zipped := newRace("floor", "logstream", "unmasked", "zstd", "OTLP/HTTP", "otelslog")
	plain := newRace("floor", "logstream", "OTLP/HTTP", "otelslog")
	for range sz.rounds {
		if err := zipped.run(col, job{Gzip: true, Records: sz.records}); err != nil {
			return err
		}
		if err := plain.run(col, job{Records: sz.records}); err != nil {
			return err
		}
	}
	r.title("A record delivered to a Collector, gzip, %d in a burst", sz.records)
	zipped.table(r)
	r.text("\nunmasked, zstd and OTLP/HTTP are logstream in other settings; the other rows are over gRPC.")
	r.title("The same, uncompressed")
	plain.table(r)

	r.goal(goal{what: "processor time per delivered record: the SDK's, gzip", got: zipped.share("logstream"), digits: 1, unit: " times ours", must: 8, aim: 12, least: true})
	r.goal(goal{what: "the same, uncompressed", got: plain.share("logstream"), digits: 1, unit: " times ours", must: 9, aim: 15, least: true})
	r.goal(goal{what: "what masking adds to it, gzip", got: zipped.cpu.of("logstream").per(zipped.cpu.of("unmasked")), digits: 2, unit: " times", must: 1.25})
	r.goal(goal{what: "peak memory of the burst: the SDK's", got: zipped.peak.of("otelslog").per(zipped.peak.of("logstream")), digits: 1, unit: " times ours", must: 8, least: true})
	r.fact("processor time of a record delivered to a real Collector, gRPC with gzip, "+grouped(sz.records)+" in one burst", "1", zipped.share("logstream").cell(1))
	r.fact("the same, uncompressed", "1", plain.share("logstream").cell(1))
	r.fact("peak memory of the burst", "1", zipped.peak.of("otelslog").per(zipped.peak.of("logstream")).cell(1))
	p := panel{title: "A record delivered to a Collector over gRPC with gzip: ns of processor time"}
	for _, name := range []string{"logstream", "otelslog"} {
		p.bars = append(p.bars, bar{name, zipped.cpu.of(name).median()})
	}
	r.chart(p)
	p = panel{title: "Peak memory of that burst: MiB"}
	for _, name := range []string{"logstream", "otelslog"} {
		p.bars = append(p.bars, bar{name, zipped.peak.of(name).median()})
	}
	r.chart(p)
	return nil
}

// steadyFlow measures the same at a steady rate.
func steadyFlow(ctx context.Context, r *report, sz size) error {
	col, stop, err := startCollector(ctx)
	if err != nil {
		return err
	}
	defer stop()
	const rate = 50_000
	c := newRace("floor", "logstream", "otelslog")
	for range sz.rounds {
		if err := c.run(col, job{Gzip: true, Records: rate * int(min(sz.time, 4*time.Second)/time.Second), Rate: rate}); err != nil {
			return err
		}
	}
	r.title("The same at %d records/s in 20 portions a second, gzip", rate)
	c.table(r)
	r.fact("processor time of a delivered record at "+grouped(rate)+" a second, gzip", "1", c.share("logstream").cell(1))
	r.goal(goal{what: "processor time per delivered record at 50,000/s: the SDK's, gzip", got: c.share("logstream"), digits: 1, unit: " times ours", must: 8, aim: 12, least: true})
	return nil
}
