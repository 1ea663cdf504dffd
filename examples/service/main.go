// Service ends as a service should: on SIGTERM or an interrupt it finishes what it is
// doing, and then delivers its last log records, for as long as it is given; a panic
// does not cost the records that led to it.
//
//	go run ./examples/service            # end it with Ctrl-C
//	go run ./examples/service -panic     # it ends itself
//
// Signals are the program's business and not the library's, so this is a few lines to
// copy. Records go to OTEL_EXPORTER_OTLP_ENDPOINT, or to http://localhost:4318.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/logstream-go/logstream/sink/otlphttp"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// grace is what is left for log records of the time between SIGTERM and SIGKILL, of
// which Kubernetes grants 30 s by default.
const grace = 10 * time.Second

func main() {
	panics := flag.Bool("panic", false, "panic after a while")
	flag.Parse()
	if err := run(context.Background(), *panics); err != nil {
		fmt.Fprintln(os.Stderr, "service:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, panics bool) (err error) {
	// The first signal ends ctx; a second one ends the program the hard way.
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	exp, err := otlphttp.New()
	if err != nil {
		return err
	}
	s, err := stream.New(exp)
	if err != nil {
		return err
	}
	// Deferred calls run last to first, so a panic meets this one first. Goroutines
	// of the service need their own.
	defer func() {
		if e := shutdown(s); err == nil {
			err = e
		}
	}()
	defer s.FlushOnPanic()

	log := slog.New(slogbridge.NewHandler(s))
	log.Info("service started", "pid", os.Getpid())
	serve(ctx, log, panics)
	log.Info("service stopped", "why", context.Cause(ctx))
	return nil
}

// shutdown delivers what is left. It needs a context of its own: that of the service
// has ended. Its error says how many records could not be delivered in time.
func shutdown(s *stream.Stream) error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	return s.Shutdown(ctx)
}

// serve does what the service is for, until ctx ends.
func serve(ctx context.Context, log *slog.Logger, panics bool) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		log.Info("request served", "n", n)
		if panics && n == 20 {
			log.Error("about to panic", "n", n)
			panic("something is wrong")
		}
	}
}
