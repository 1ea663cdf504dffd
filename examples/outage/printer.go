package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/stream"
)

// A printer shows a person what is going on. Rows and the stream's messages come from
// several goroutines.
type printer struct {
	mu    sync.Mutex // guards the following
	out   io.Writer
	start time.Time
}

func (p *printer) printf(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.out, format, args...)
}

func (p *printer) header(a act, c config) {
	p.start = time.Now()
	p.printf("%s (%d KiB)\n\n", a.title, a.queue>>10)
	p.printf("%d records a second; the endpoint goes away after %v, for %v.\n\n", c.rate, c.before, c.down)
	p.printf("%8s %10s %10s %10s %10s %8s %8s\n", "time", "endpoint", "accepted", "delivered", "held", "on disk", "dropped")
}

// said prints what the stream has to say about itself, which can be long.
func (p *printer) said(err error) {
	text, _, _ := strings.Cut(err.Error(), "\n")
	p.printf("%8s %.100s\n", "", text)
}

// watch prints a row a few times a second until ctx ends.
func (p *printer) watch(ctx context.Context, s *stream.Stream, e *endpoint) {
	tick := time.NewTicker(350 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		p.row(s.Stats(), e.String())
	}
}

func (p *printer) row(stats stream.Stats, endpoint string) {
	r := stats.Routes[0]
	state := ""
	if r.State != stream.Sending {
		state = "  " + r.State.String()
	}
	p.printf("%8s %10s %10d %10d %10d %8d %8d%s\n", time.Since(p.start).Round(100*time.Millisecond), endpoint,
		stats.Accepted, r.Delivered, r.Held.Total(), r.Held.Spool, r.DroppedTotal(), state)
}

// ledger prints where every record is, and what the logs say about those that are
// lost.
func (p *printer) ledger(stats stream.Stats, arrived int, gaps []otlptest.Record) {
	r := stats.Routes[0]
	line := func(name string, n uint64, what string) { p.printf("  %-10s %8d%s\n", name, n, what) }
	p.printf("\n")
	own := ""
	if stats.Own > 0 {
		own = fmt.Sprintf("  (%d of them by the stream itself)", stats.Own)
	}
	line("accepted", stats.Accepted, own)
	line("delivered", r.Delivered, fmt.Sprintf("  (%d arrived)", arrived))
	line("rejected", r.Rejected, "")
	line("dropped", r.DroppedTotal(), "")
	for _, d := range r.Dropped {
		p.printf("  %19s  %v: %v, %d\n", "", d.Level, d.Reason, d.Records)
	}
	line("held", r.Held.Total(), "")
	if err := stats.Check(); err != nil {
		p.printf("  the ledger does not add up: %v\n", err)
	} else {
		p.printf("  the ledger adds up: accepted = delivered + rejected + dropped + held\n")
	}
	p.printf("\n")
	for _, g := range gaps {
		p.printf("  a record tells of the gap:  %s  %v\n", g.SeverityText, g.Body)
		for _, key := range slices.Sorted(maps.Keys(g.Attributes)) {
			p.printf("  %28s%s: %v\n", "", key, g.Attributes[key])
		}
		p.printf("\n")
	}
	if len(gaps) == 0 {
		p.printf("  no gap, and no record that tells of one\n\n")
	}
}
