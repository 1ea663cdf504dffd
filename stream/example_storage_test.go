package stream_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// A program that ends while its destination is down leaves its records in the storage, and
// the next one sends them.
func ExampleWithStorage() {
	tmp, err := os.MkdirTemp("", "storage")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(tmp)
	dir := filepath.Join(tmp, "logs")
	silent := stream.WithErrorHandler(func(error) {})

	down := sink.Func(func(context.Context, *sink.Batch) error { return errors.New("down") })
	s, err := stream.New(down, stream.WithStorage(dir), silent)
	if err != nil {
		fmt.Println(err)
		return
	}
	slog.New(slogbridge.NewHandler(s)).Info("order placed")
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	err = s.Shutdown(ctx)
	fmt.Println("stored:", errors.Is(err, stream.ErrStored))

	up := sink.Func(func(_ context.Context, b *sink.Batch) error {
		for r := range b.Records() {
			fmt.Println("delivered:", r.SeverityText(), r.Body())
		}
		return nil
	})
	if s, err = stream.New(up, stream.WithStorage(dir), silent); err != nil {
		fmt.Println(err)
		return
	}
	if err := s.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	fmt.Println("recovered:", s.Stats().Recovered)
	// Output:
	// stored: true
	// delivered: INFO order placed
	// recovered: 1
}
