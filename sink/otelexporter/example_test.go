package otelexporter_test

import (
	"context"
	"fmt"
	"log/slog"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/logstream-go/logstream/sink/otelexporter"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// lines is an exporter as the SDK wants it.
type lines struct{}

func (lines) Export(_ context.Context, records []sdklog.Record) error {
	for _, r := range records {
		fmt.Println(r.Severity(), r.Body().AsString(), "from", r.InstrumentationScope().Name)
	}
	return nil
}

func (lines) ForceFlush(context.Context) error { return nil }
func (lines) Shutdown(context.Context) error   { return nil }

// An exporter of the OpenTelemetry SDK behind a stream.
func Example() {
	out, err := otelexporter.New(lines{})
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := stream.New(out)
	if err != nil {
		fmt.Println(err)
		return
	}
	logger := slog.New(slogbridge.NewHandler(s, slogbridge.WithScope("example.com/shop", "")))
	logger.Info("order placed")
	if err := s.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output: INFO order placed from example.com/shop
}
