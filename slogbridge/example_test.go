package slogbridge_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

func Example() {
	s, err := stream.New(printer)
	if err != nil {
		fmt.Println(err)
		return
	}
	log := slog.New(slogbridge.NewHandler(s))

	log.Info("order placed", "id", 17, slog.Group("customer", "name", "Ada", "vip", true))

	if err := s.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// INFO order placed id=17 customer={name=Ada vip=true}
}
