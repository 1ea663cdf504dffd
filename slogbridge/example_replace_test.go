package slogbridge_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// A level below slog's gets the name that the program has for it; an attribute
// that nobody needs is removed.
func ExampleWithReplaceAttr() {
	const levelTrace = slog.LevelDebug - 4
	replace := func(groups []string, a slog.Attr) slog.Attr {
		if level, ok := a.Value.Any().(slog.Level); ok && level == levelTrace {
			return slog.String(slog.LevelKey, "TRACE")
		}
		if a.Key == "debug" {
			return slog.Attr{}
		}
		return a
	}

	s, err := stream.New(printer)
	if err != nil {
		fmt.Println(err)
		return
	}
	log := slog.New(slogbridge.NewHandler(s, slogbridge.WithLevel(levelTrace), slogbridge.WithReplaceAttr(replace)))

	log.Log(context.Background(), levelTrace, "cache looked at", "hit", true, "debug", "0xc000")

	if err := s.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// TRACE cache looked at hit=true
}
