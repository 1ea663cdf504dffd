// Outage takes an endpoint away from a program that logs, and gives it back.
//
//	go run ./examples/outage
//
// It shows three acts, each with a receiver in this process that is gone for some
// seconds. In the first the queue has room for the outage, and nothing is lost. In the
// second the queue is small: the least severe records are dropped, counted, and told
// of by a record of the stream's own when the endpoint is back. In the third the queue is
// not much larger, and what it has no room for waits on a disk.
//
// It exits with 1 when a record is missing that the ledger does not name.
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
	before, down, after time.Duration
	rate                int // records a second
}

// An act is an outage with a queue of one size.
type act struct {
	title string
	queue int // bytes
	batch int // bytes
	disk  bool
	lossy bool
}

var acts = []act{
	{"A queue that has room for the outage", stream.DefaultQueueSize, stream.DefaultBatchBytes, false, false},
	{"A queue that has not", 1 << 20, 64 << 10, false, true},
	{"A small queue and a storage", 2 << 20, 64 << 10, true, false},
}

func main() {
	var c config
	flag.DurationVar(&c.before, "before", 700*time.Millisecond, "how long all is well at first")
	flag.DurationVar(&c.down, "down", 2500*time.Millisecond, "how long the endpoint is gone")
	flag.DurationVar(&c.after, "after", time.Second, "how long all is well again")
	flag.IntVar(&c.rate, "rate", 5000, "records a second")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, c); err != nil {
		fmt.Fprintln(os.Stderr, "outage:", err)
		os.Exit(1)
	}
}

// run plays the acts and reports on out.
func run(ctx context.Context, out io.Writer, c config) error {
	p := &printer{out: out}
	for _, a := range acts {
		if err := a.play(ctx, p, c); err != nil {
			return err
		}
	}
	return nil
}

// play runs a program through the outage.
func (a act) play(ctx context.Context, p *printer, c config) error {
	receiver, err := otlptest.New()
	if err != nil {
		return err
	}
	defer receiver.Close()
	exp, err := otlpgrpc.New(otlpgrpc.WithEndpointURL(receiver.Endpoint()))
	if err != nil {
		return err
	}
	opts := []stream.Option{
		stream.WithQueueSize(a.queue),
		stream.WithBatchBytes(a.batch),
		stream.WithErrorHandler(p.said), // by default a line on standard error
		// By default a pause grows to 30 s; nobody waits for that here.
		stream.WithRetry(100*time.Millisecond, 500*time.Millisecond),
	}
	if a.disk {
		dir, err := os.MkdirTemp("", "logstream-outage-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		opts = append(opts, stream.WithStorage(dir))
	}
	s, err := stream.New(exp, opts...)
	if err != nil {
		return err
	}

	p.header(a, c)
	ctx, cancel := context.WithTimeout(ctx, c.before+c.down+c.after)
	defer cancel()
	endpoint := schedule(ctx, receiver, c)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		p.watch(ctx, s, endpoint)
	}()
	work(ctx, slog.New(slogbridge.NewHandler(s, slogbridge.WithLevel(slog.LevelDebug))), c.rate)
	<-watched
	if err := endpoint.wait(); err != nil {
		return err
	}

	// The endpoint is back, and what was held is on its way. Shutdown waits for it.
	shutdown := s.Shutdown(context.WithoutCancel(ctx))
	stats, arrived := s.Stats(), receiver.Records()
	p.row(stats, "up")
	p.ledger(stats, len(arrived), gaps(arrived))
	return errors.Join(shutdown, a.verdict(stats, arrived))
}

// work logs at a rate until ctx ends, also on a busy machine: mostly DEBUG, as services do
// that have trouble.
func work(ctx context.Context, log *slog.Logger, rate int) {
	start := time.Now()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for due := int(time.Since(start).Seconds() * float64(rate)); n < due; {
			n++
			switch {
			case n%100 == 0:
				log.ErrorContext(ctx, "payment failed", "n", n, "err", errors.New("card declined"))
			case n%10 == 0:
				log.InfoContext(ctx, "order placed", "n", n, "sku", "SKU-000042")
			default:
				log.DebugContext(ctx, "cache lookup", "n", n, "key", "cart:4711", "hit", n%3 == 0)
			}
		}
	}
}

// gaps returns the records that tell of losses.
func gaps(arrived []otlptest.Record) []otlptest.Record {
	var found []otlptest.Record
	for _, r := range arrived {
		if r.Scope.Name == stream.OwnScope && r.EventName == "logstream.gap" {
			found = append(found, r)
		}
	}
	return found
}

// verdict says whether every record arrived or is counted, and as many are missing
// as this act allows.
func (a act) verdict(stats stream.Stats, arrived []otlptest.Record) error {
	var errs []error
	if err := stats.Check(); err != nil {
		errs = append(errs, err)
	}
	seen := make(map[any]bool)
	for _, r := range arrived {
		if r.Scope.Name == stream.OwnScope {
			continue
		}
		seen[r.Attributes["n"]] = true
	}
	r := stats.Routes[0]
	if got, want := uint64(len(seen))+r.DroppedTotal(), stats.Accepted-stats.Own; got != want {
		errs = append(errs, fmt.Errorf("%d of %d records arrived or are counted as dropped", got, want))
	}
	if lost := r.DroppedTotal(); lost > 0 != a.lossy {
		errs = append(errs, fmt.Errorf("%d records were dropped: %v", lost, r))
	}
	for _, d := range r.Dropped {
		if d.Level.String() == "ERROR" {
			errs = append(errs, fmt.Errorf("%d errors were dropped", d.Records))
		}
	}
	return errors.Join(errs...)
}
