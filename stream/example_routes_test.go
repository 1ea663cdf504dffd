package stream_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// Everything goes to one destination, and what somebody should look at to a
// second one as well.
func ExampleWithRoute() {
	print := func(name string) sink.Sink {
		return sink.Func(func(_ context.Context, b *sink.Batch) error {
			for r := range b.Records() {
				fmt.Println(name, r.SeverityText(), r.Body())
			}
			return nil
		})
	}
	s, err := stream.New(print("archive"),
		stream.WithRoute("alerts", print("alerts"), stream.WithRouteLevel(slog.LevelError)))
	if err != nil {
		fmt.Println(err)
		return
	}
	log := slog.New(slogbridge.NewHandler(s))
	log.Info("order placed")
	log.Error("payment failed")
	if err := s.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	for _, r := range s.Stats().Routes {
		fmt.Println(r.Name, "delivered", r.Delivered, "filtered", r.Filtered)
	}
	// Unordered output:
	// archive INFO order placed
	// archive ERROR payment failed
	// alerts ERROR payment failed
	// primary delivered 2 filtered 0
	// alerts delivered 1 filtered 1
}
