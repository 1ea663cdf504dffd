package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/logstream-go/logstream/sink/otlpgrpc"
	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// An outage is a receiver that is bad from the start: for the first half it
// answers UNAVAILABLE, then it takes requests and never answers.
type outage struct {
	bad     time.Duration
	records int
	rate    int // a second
}

// An outageResult tells what came of it.
type outageResult struct {
	logged, arrived, different int
	dropped                    uint64
	median, p999, worst        time.Duration // of a log call
}

// run logs at the rate, each call on the clock, and counts what has arrived.
func (o outage) run() (r outageResult, err error) {
	srv, err := otlptest.New()
	if err != nil {
		return r, err
	}
	defer srv.Close()
	srv.Script(otlptest.Status(codes.Unavailable, "down").For(o.bad/2), otlptest.Hang().For(o.bad/2))

	exp, err := otlpgrpc.New(otlpgrpc.WithEndpointURL(srv.Endpoint()))
	if err != nil {
		return r, err
	}
	s, err := stream.New(exp, stream.WithErrorHandler(func(error) {}))
	if err != nil {
		return r, err
	}
	log := slog.New(slogbridge.NewHandler(s))
	ctx := context.Background()
	calls := make([]time.Duration, 0, o.records)
	const ticks = 200
	tick := time.NewTicker(time.Second / ticks)
	defer tick.Stop()
	for i := 0; i < o.records; {
		<-tick.C
		for range min(o.rate/ticks, o.records-i) {
			start := time.Now()
			log.LogAttrs(ctx, slog.LevelInfo, "request served", slog.Int("n", i), slog.String("user.id", "user-42"))
			calls = append(calls, time.Since(start))
			i++
		}
	}
	ctx, cancel := context.WithTimeout(ctx, finishIn)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		return r, err
	}
	r.logged = o.records
	seen := make(map[any]bool)
	for _, rec := range srv.Records() {
		r.arrived++
		seen[rec.Attributes["n"]] = true
	}
	r.different = len(seen)
	r.dropped = s.Stats().Routes[0].DroppedTotal()
	slices.Sort(calls)
	r.median, r.p999, r.worst = calls[len(calls)/2], calls[len(calls)*999/1000], calls[len(calls)-1]
	return r, nil
}

// throughOutage prints what came of ten bad seconds.
func throughOutage() error {
	o := outage{bad: 10 * time.Second, records: 30_000, rate: 2000}
	r, err := o.run()
	if err != nil {
		return err
	}
	fmt.Printf("\nA receiver that answers UNAVAILABLE, then hangs, for the first %v: %d records at %d/s\n\n", o.bad, o.records, o.rate)
	fmt.Printf("  %-10s %d of %d, each once: %v, dropped %d\n", "delivered", r.different, r.logged, r.arrived == r.different, r.dropped)
	fmt.Printf("  %-10s median %v, p99.9 %v, worst %v\n", "log call", r.median, r.p999, r.worst)
	return nil
}
