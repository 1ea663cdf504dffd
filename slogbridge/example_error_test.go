package slogbridge_test

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// An error keeps its key, and OpenTelemetry's attributes for errors come on top.
func Example_errors() {
	s, err := stream.New(printer)
	if err != nil {
		fmt.Println(err)
		return
	}
	log := slog.New(slogbridge.NewHandler(s))

	cause := &fs.PathError{Op: "open", Path: "/etc/shop.conf", Err: fs.ErrNotExist}
	log.Error("no configuration", "err", fmt.Errorf("start: %w", cause))

	if err := s.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// ERROR no configuration err=start: open /etc/shop.conf: file does not exist exception.type=*fs.PathError exception.message=start: open /etc/shop.conf: file does not exist
}
