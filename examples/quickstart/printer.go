package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/stream"
)

// A printer shows a person what is going on.
type printer struct {
	out   io.Writer
	start time.Time
}

func (p *printer) printf(format string, args ...any) { fmt.Fprintf(p.out, format, args...) }

func (p *printer) header(endpoint string, own bool) {
	where := endpoint
	if own {
		where += " (a receiver in this process)"
	}
	p.printf("A web shop logs with log/slog. Its records go to %s.\n\n", where)
}

// A watch prints the progress until it is stopped.
type watch struct{ quit, done chan struct{} }

func (w watch) stop() {
	close(w.quit)
	<-w.done
}

// watch starts printing a line every half second.
func (p *printer) watch(s *stream.Stream, receiver *otlptest.Server) watch {
	w := watch{make(chan struct{}), make(chan struct{})}
	p.printf("%8s %10s %10s %10s %8s\n", "time", "accepted", "delivered", "held", "dropped")
	go func() {
		defer close(w.done)
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-w.quit:
				return
			case <-tick.C:
			}
			st := s.Stats()
			r := st.Routes[0]
			p.printf("%8s %10d %10d %10d %8d", time.Since(p.start).Round(100*time.Millisecond), st.Accepted, r.Delivered, r.Held.Total(), r.DroppedTotal())
			if r.State != stream.Sending {
				p.printf("  %v", r.State)
			}
			p.printf("\n")
		}
	}()
	return w
}

// samples shows the first record of each message, as the receiver has it.
func (p *printer) samples(arrived []otlptest.Record) {
	p.printf("\nOne of each kind, as it arrived:\n\n")
	seen := make(map[any]bool)
	for _, r := range arrived {
		if seen[r.Body] {
			continue
		}
		seen[r.Body] = true
		p.printf("  %-5s %v\n", r.SeverityText, r.Body)
		for _, a := range r.Ordered {
			p.printf("          %-18s %s\n", a.Key, value(a.Value))
		}
	}
}

// value formats an attribute's value, maps with sorted keys.
func value(v any) string {
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		parts := make([]string, len(keys))
		for i, k := range keys {
			parts[i] = k + ": " + value(v[k])
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case string:
		return v
	}
	return fmt.Sprint(v)
}

// A summary is what there is to say at the end.
type summary struct {
	stats    stream.Stats
	arrived  []otlptest.Record
	receiver bool
	linger   time.Duration
	burst    int
	burstFor time.Duration
	leaks    []string
}

func (p *printer) summary(s summary) {
	r := s.stats.Routes[0]
	line := func(name, format string, args ...any) {
		p.printf("  %-12s "+format+"\n", append([]any{name}, args...)...)
	}
	p.printf("\nSummary\n\n")
	line("accepted", "%d records", s.stats.Accepted)
	line("delivered", "%d", r.Delivered)
	line("rejected", "%d", r.Rejected)
	line("dropped", "%d", r.DroppedTotal())
	line("held", "%d", r.Held.Total())
	line("masked", "%d values", s.stats.Masked)
	if s.receiver {
		line("secrets", "%d found in what arrived", len(s.leaks))
	}
	if r.Sent > 0 {
		line("bytes", "%.1f MB raw, %.1f MB on the wire (%.1f to 1) in %d requests",
			float64(r.Bytes)/1e6, float64(r.Sent)/1e6, float64(r.Bytes)/float64(r.Sent), r.Requests)
	}
	if len(s.arrived) > 0 {
		p50, p99 := latencies(s.arrived)
		line("latency", "p50 %v, p99 %v from the log call to arrival, with a linger of %v", p50, p99, s.linger)
	}
	if s.burst > 0 {
		line("log call", "%v on average in a burst of %d", s.burstFor/time.Duration(s.burst), s.burst)
	}
	p.printf("\n")
}

// latencies returns the median and the 99th percentile of the time between the
// log call and the arrival of the request at the receiver.
func latencies(arrived []otlptest.Record) (p50, p99 time.Duration) {
	all := make([]time.Duration, len(arrived))
	for i, r := range arrived {
		all[i] = r.ReceivedAt.Sub(r.Time)
	}
	slices.Sort(all)
	at := func(q float64) time.Duration {
		return all[int(q*float64(len(all)-1))].Round(100 * time.Microsecond)
	}
	return at(0.5), at(0.99)
}
