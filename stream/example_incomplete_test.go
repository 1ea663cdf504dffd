package stream_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// A Shutdown that runs out of time says how many records it had to leave. It can
// be called again.
func Example_incomplete() {
	var up atomic.Bool
	destination := sink.Func(func(context.Context, *sink.Batch) error {
		if !up.Load() {
			return errors.New("down")
		}
		return nil
	})
	s, err := stream.New(destination, stream.WithErrorHandler(func(error) {}))
	if err != nil {
		fmt.Println(err)
		return
	}
	slog.New(slogbridge.NewHandler(s)).Info("last words")

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if incomplete, ok := errors.AsType[*stream.Incomplete](s.Shutdown(ctx)); ok {
		fmt.Println(incomplete.Op, "left", incomplete.Held(), "record:", incomplete.Err)
	}
	up.Store(true)
	fmt.Println("again:", s.Shutdown(context.Background()))
	// Output:
	// shutdown left 1 record: context deadline exceeded
	// again: <nil>
}
