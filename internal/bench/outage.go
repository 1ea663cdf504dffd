package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otlpgrpc"
	"github.com/logstream-go/logstream/sink/otlphttp"
	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// An outage is a receiver that is bad from the start.
type outage struct {
	name    string
	http    bool
	faults  func(bad time.Duration) []otlptest.Fault
	bad     time.Duration
	records int
	rate    int // a second
}

// outages are the ways of being bad for ten seconds while 2,000 records a second
// are logged.
func outages(bad time.Duration, records int) []outage {
	one := func(f otlptest.Fault) func(time.Duration) []otlptest.Fault {
		return func(bad time.Duration) []otlptest.Fault { return []otlptest.Fault{f.For(bad)} }
	}
	list := []outage{
		{name: "gRPC: UNAVAILABLE, then no answer", faults: func(bad time.Duration) []otlptest.Fault {
			return []otlptest.Fault{otlptest.Status(codes.Unavailable, "down").For(bad / 2), otlptest.Hang().For(bad / 2)}
		}},
		{name: "HTTP: 503", http: true, faults: one(otlptest.HTTPStatus(503, "down"))},
		{name: "HTTP: 500", http: true, faults: one(otlptest.HTTPStatus(500, "down"))},
		{name: "HTTP: no answer", http: true, faults: one(otlptest.Hang())},
	}
	for i := range list {
		list[i].bad, list[i].records, list[i].rate = bad, records, 2000
	}
	return list
}

// An outageResult tells what came of it.
type outageResult struct {
	logged, arrived, different int
	dropped, rejected          uint64
	median, p999, worst        time.Duration // of a log call
}

// run logs at the rate, each call on the clock, and counts what has arrived.
func (o outage) run() (r outageResult, err error) {
	srv, err := otlptest.New()
	if err != nil {
		return r, err
	}
	defer func() { _ = srv.Close() }()
	srv.Script(o.faults(o.bad)...)

	exp, err := o.sink(srv)
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
	st := s.Stats().Routes[0]
	r.dropped, r.rejected = st.DroppedTotal(), st.Rejected
	slices.Sort(calls)
	r.median, r.p999, r.worst = calls[len(calls)/2], calls[len(calls)*999/1000], calls[len(calls)-1]
	return r, nil
}

func (o outage) sink(srv *otlptest.Server) (sink.Sink, error) {
	if o.http {
		return otlphttp.New(otlphttp.WithEndpoint(srv.HTTPEndpoint()))
	}
	return otlpgrpc.New(otlpgrpc.WithEndpointURL(srv.Endpoint()))
}

// throughOutage tells what came of ten bad seconds.
func throughOutage(_ context.Context, r *report, sz size) error {
	bad := sz.time
	records := 3000 * int(bad/time.Second)
	r.title("An endpoint that is bad for the first %v while %d records are logged at 2000/s", bad, records)
	var rows [][]string
	for _, o := range outages(bad, records) {
		x, err := o.run()
		if err != nil {
			return err
		}
		rows = append(rows, []string{
			o.name, fmt.Sprint(x.different), fmt.Sprint(x.rejected), fmt.Sprint(x.dropped), fmt.Sprint(x.arrived - x.different),
			fmt.Sprintf("%v, %v, %v", x.median, x.p999, x.worst),
		})
	}
	r.table([]string{"", "delivered", "rejected", "dropped", "duplicates", "log call: median, p99.9, worst"}, rows)
	return nil
}
