package stream_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// A destination that is gone for longer than the route waits: its fallback takes
// over, and the ledger says how much went there.
func ExampleWithFallback() {
	gone := sink.Func(func(context.Context, *sink.Batch) error { return errors.New("connection refused") })
	backup := sink.Func(func(_ context.Context, b *sink.Batch) error {
		for r := range b.Records() {
			fmt.Println("backup:", r.Body())
		}
		return nil
	})
	s, err := stream.New(gone,
		stream.WithFallback(backup),
		stream.WithFailoverAfter(time.Second),
		stream.WithRetry(10*time.Millisecond, 100*time.Millisecond),
		stream.WithErrorHandler(func(error) {}))
	if err != nil {
		fmt.Println(err)
		return
	}
	slog.New(slogbridge.NewHandler(s)).Info("order placed")

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	r := s.Stats().Routes[0]
	fmt.Println("delivered", r.Delivered, "by", r.Fallbacks[0].Name)
	// Output:
	// backup: order placed
	// delivered 1 by fallback 1
}
