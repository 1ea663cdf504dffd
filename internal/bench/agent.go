package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/logstream-go/logstream/internal/interop/collector"
)

// An agent is a Collector that tails files and sends what it finds to a receiver.
type agent struct {
	*collector.Collector
	dir   string
	files int
}

func startAgent(ctx context.Context, to *receiver) (*agent, error) {
	dir, err := os.MkdirTemp("", "logstream-bench")
	if err != nil {
		return nil, err
	}
	a := &agent{dir: dir}
	a.Collector, err = collector.New(dir, collector.WithTail(filepath.Join(dir, "*.log"), strings.TrimPrefix(to.endpoint, "http://")))
	if err == nil {
		err = a.Start(ctx)
	}
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	return a, nil
}

func (a *agent) stop() {
	a.Kill()
	_ = os.RemoveAll(a.dir)
}

// next returns the name of a file that is not there yet, for a program to log into.
func (a *agent) next() string {
	a.files++
	return filepath.Join(a.dir, fmt.Sprintf("%d.log", a.files))
}

// run has a program log into a file, and waits until the agent has sent it all. What the agent used is
// added to what the program used.
func (a *agent) run(j job, to *receiver) (result, error) {
	j.Contender, j.Endpoint = "file", a.next()
	before := cpuTimeOf(a.PID())
	res, err := j.spawn()
	if err == nil {
		err = to.await(j.Records)
	}
	res.CPU += cpuTimeOf(a.PID()) - before
	res.Peak += peakMemoryOf(a.PID())
	if err != nil {
		return res, fmt.Errorf("agent: %w", err)
	}
	return res, os.Remove(j.Endpoint)
}

// agentPath measures what a record costs that a program writes into a file and an agent delivers,
// and how old it is then, beside those who deliver it themselves to the same receiver.
func agentPath(ctx context.Context, r *report, sz size) error {
	to, err := newReceiver(true)
	if err != nil {
		return err
	}
	defer func() { _ = to.close() }()
	const beside = "file + agent"
	const rate = 1000
	names := []string{"logstream", "otelslog", beside}
	cpu, peak, p50, p99 := series{}, series{}, series{}, series{}
	run := func(name string, j job) (res result, got catch, err error) {
		if name == beside {
			var a *agent // a new one, for the sake of its peak
			if a, err = startAgent(ctx, to); err == nil {
				res, err = a.run(j, to)
				a.stop()
			}
		} else {
			j.Contender, j.Endpoint, j.Gzip = name, to.endpoint, true
			res, err = lossless(j)
		}
		got, lost := to.reset()
		if err = firstOf(err, lost); err == nil && got.records != j.Records {
			err = fmt.Errorf("%s: %d of %d records arrived", name, got.records, j.Records)
		}
		return res, got, err
	}
	for range sz.rounds {
		for _, name := range names {
			res, _, err := run(name, job{Records: sz.records})
			if err != nil {
				return err
			}
			cpu.add(name, float64(res.CPU.Nanoseconds())/float64(sz.records))
			peak.add(name, float64(res.Peak)/(1<<20))
			_, got, err := run(name, job{Rate: rate, Portion: 1, Records: rate * int(min(sz.time, 3*time.Second)/time.Second)})
			if err != nil {
				return err
			}
			p50.add(name, float64(quantile(got.ages, 0.5).Microseconds())/1000)
			p99.add(name, float64(quantile(got.ages, 0.99).Microseconds())/1000)
		}
	}
	r.title("A record delivered to the benchmark's receiver, gzip, %s in a burst; its age at %s/s", grouped(sz.records), grouped(rate))
	var rows [][]string
	for _, name := range names {
		rows = append(rows, []string{name, cpu.of(name).cell(0), cpu.of(name).per(cpu.of("logstream")).cell(1), peak.of(name).cell(0), p50.of(name).cell(1), p99.of(name).cell(1)})
	}
	r.table([]string{"", "ns of processor time per record", "of ours", "peak MiB", "age at p50, ms", "at p99"}, rows)
	r.text("\nThe agent is a Collector with the file receiver, operators that put time, severity and message in their places, and batches of 200 ms. Its processor time and\npeak of memory are added to those of the program, which writes lines with slog.JSONHandler. logstream lingers for 100 ms, and the SDK for a second. Only logstream masks.")
	times := func(s series, name string) string { return s.of(name).per(s.of("logstream")).cell(1) }
	age := func(name string) string { return p50.of(name).cell(0) + " ms" }
	r.facts = append(r.facts,
		fact{"processor time of a record delivered to a receiver that counts and discards, gzip, that of an agent included", "1", times(cpu, "otelslog"), times(cpu, beside)},
		fact{"peak memory of that burst, likewise", "1", times(peak, "otelslog"), times(peak, beside)},
		fact{"age of a record when it arrives, at " + grouped(rate) + " a second, p50", age("logstream"), age("otelslog"), age(beside)})
	p := panel{title: "A record delivered, that of an agent included: ns of processor time"}
	for _, name := range names {
		p.bars = append(p.bars, bar{name, cpu.of(name).median()})
	}
	r.chart(p)
	return nil
}
