// Quickstart streams the logs of a small web shop for a few seconds and shows what
// became of them.
//
// Without flags it starts an OTLP receiver in its own process, so that nothing
// else is needed to see records leave a program and arrive. With -endpoint it
// streams to any OTLP/gRPC endpoint, such as an OpenTelemetry Collector:
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart -endpoint http://localhost:4317
//
// It exits with 1 when a record is missing or a secret has arrived.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"time"

	"github.com/logstream-go/logstream/sink/otlpgrpc"
	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

type config struct {
	endpoint string        // empty: a receiver in this process
	duration time.Duration // of the steady part
	rate     int           // requests a second, each of three records or so
	burst    int           // records logged as fast as possible at the end
	linger   time.Duration
}

func main() {
	var c config
	flag.StringVar(&c.endpoint, "endpoint", "", "OTLP/gRPC endpoint to stream to, such as http://localhost:4317 (default: a receiver in this process)")
	flag.DurationVar(&c.duration, "duration", 4*time.Second, "how long the service runs before the burst")
	flag.IntVar(&c.rate, "rate", 1000, "requests per second")
	flag.IntVar(&c.burst, "burst", 20_000, "records of the burst at the end")
	flag.DurationVar(&c.linger, "linger", stream.DefaultLinger, "how long a record waits for others")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, c); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// run streams the service's logs and reports on out.
func run(ctx context.Context, out io.Writer, c config) error {
	// The receiver, unless there is a real one.
	var receiver *otlptest.Server
	endpoint := c.endpoint
	if endpoint == "" {
		var err error
		if receiver, err = otlptest.New(); err != nil {
			return err
		}
		defer receiver.Close()
		endpoint = receiver.Endpoint()
	}

	// This is all that a program needs: a sink, a stream, a logger.
	exp, err := otlpgrpc.New(otlpgrpc.WithEndpointURL(endpoint))
	if err != nil {
		return err
	}
	s, err := stream.New(exp, stream.WithLinger(c.linger), stream.WithResource(slog.String("service.name", "shop")))
	if err != nil {
		return err
	}
	logger := slog.New(slogbridge.NewHandler(s, slogbridge.WithLevel(slog.LevelDebug))).With("deployment", "demo")

	// The service runs, and somebody watches.
	p := &printer{out: out, start: time.Now()}
	p.header(endpoint, receiver != nil)
	watching := p.watch(s, receiver)
	shop := newShop(logger)
	shop.serve(ctx, c.duration, c.rate)
	burst := shop.burst(ctx, c.burst)
	watching.stop()

	// Everything that was accepted is delivered before Shutdown returns; or it
	// says what is left.
	shutdownErr := s.Shutdown(context.WithoutCancel(ctx))

	stats := s.Stats()
	var arrived []otlptest.Record
	if receiver != nil {
		arrived = receiver.Records()
		p.samples(arrived)
	}
	leaks := shop.leaks(arrived)
	p.summary(summary{
		stats:    stats,
		arrived:  arrived,
		receiver: receiver != nil,
		linger:   c.linger,
		burst:    c.burst,
		burstFor: burst,
		leaks:    leaks,
	})
	if shutdownErr != nil {
		return shutdownErr
	}
	return verdict(stats, arrived, receiver != nil, leaks)
}

// verdict says whether every accepted record was delivered, and no secret.
func verdict(stats stream.Stats, arrived []otlptest.Record, receiver bool, leaks []string) error {
	var errs []error
	r := stats.Routes[0]
	if err := stats.Check(); err != nil {
		errs = append(errs, err)
	}
	if r.Delivered != stats.Accepted {
		errs = append(errs, fmt.Errorf("%d of %d records were delivered: %v", r.Delivered, stats.Accepted, r))
	}
	if receiver && uint64(len(arrived)) != stats.Accepted {
		errs = append(errs, fmt.Errorf("%d of %d records arrived", len(arrived), stats.Accepted))
	}
	for _, l := range leaks {
		errs = append(errs, fmt.Errorf("a secret has arrived: %s", l))
	}
	return errors.Join(errs...)
}
