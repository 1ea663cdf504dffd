package slogbridge_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// The level can change while the program runs.
func ExampleWithLevel() {
	s, err := stream.New(printer)
	if err != nil {
		fmt.Println(err)
		return
	}
	var level slog.LevelVar // INFO
	log := slog.New(slogbridge.NewHandler(s, slogbridge.WithLevel(&level)))

	log.Debug("not yet")
	level.Set(slog.LevelDebug)
	log.Debug("now")

	if err := s.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// DEBUG now
}
