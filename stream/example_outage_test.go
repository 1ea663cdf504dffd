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

// A destination that is down for two attempts costs no record, and the ledger
// says what became of each.
func Example_outage() {
	var attempts atomic.Int32
	destination := sink.Func(func(_ context.Context, b *sink.Batch) error {
		if attempts.Add(1) <= 2 {
			return errors.New("not yet")
		}
		for r := range b.Records() {
			fmt.Println(r.SeverityText(), r.Body())
		}
		return nil
	})
	s, err := stream.New(destination,
		stream.WithRetry(time.Millisecond, 10*time.Millisecond),
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
	st := s.Stats()
	fmt.Println("accepted", st.Accepted, "delivered", st.Routes[0].Delivered, "failed attempts", st.Routes[0].Failures)
	// Output:
	// INFO order placed
	// accepted 1 delivered 1 failed attempts 2
}
