package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/logstream-go/logstream/sink/otlpgrpc"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// workers is how many goroutines of a child log.
const workers = 4

// childMain is the program that gets killed: it logs until then, or until its
// standard input ends. Its arguments are its number, the records a second, the
// endpoint and the directory of the crash ring.
func childMain(args []string) error {
	if len(args) != 4 {
		return fmt.Errorf("a child takes 4 arguments, got %q", args)
	}
	number, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	rate, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	exp, err := otlpgrpc.New(otlpgrpc.WithEndpointURL(args[2]))
	if err != nil {
		return err
	}
	s, err := stream.New(exp,
		// This is what makes records outlive the process. OnDisk allows that there
		// is no memory to be had; a service leaves it out, and is told.
		stream.WithCrashRing(args[3], stream.OnDisk),

		// The rest makes for a short demonstration: a small file, quick retries, and
		// no word about an endpoint that is down on purpose.
		stream.WithQueueSize(8<<20),
		stream.WithRetry(20*time.Millisecond, 100*time.Millisecond),
		stream.WithErrorHandler(func(error) {}),
	)
	if err != nil {
		return err
	}
	log := slog.New(slogbridge.NewHandler(s)).With("process", number)

	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() { work(ctx, log.With("worker", w), w, rate/workers) })
	}
	wg.Wait()
	return s.Shutdown(context.Background())
}

// work logs at a rate, and says of each record that it was taken. The line is
// written after the log call has returned, in one piece: what is in the pipe is
// true, whenever the process is killed.
func work(ctx context.Context, log *slog.Logger, worker, rate int) {
	const ticks = 100
	tick := time.NewTicker(time.Second / ticks)
	defer tick.Stop()
	for order := 1; ; {
		for range max(1, rate/ticks) {
			log.LogAttrs(ctx, slog.LevelInfo, "order placed", slog.Int("order", order), slog.String("sku", "SKU-000042"))
			fmt.Fprintf(os.Stdout, "%d %d\n", worker, order)
			order++
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
