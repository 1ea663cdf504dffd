package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otlpgrpc"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// A contender is a way from slog to an endpoint. finish flushes, and returns how
// many records were delivered.
type contender struct {
	handler slog.Handler
	finish  func() (delivered int, err error)
}

// names of the contenders, in the order of the tables.
var names = []string{"floor", "logstream", "otelslog"}

// open returns the contender of a name. Without an endpoint its exporter does
// nothing, and queues are as large as ours is by default. With one, nobody may lose
// a record: our callers wait for room, and the SDK, which cannot wait, has room for
// all.
func open(name, endpoint string, gzip bool) (contender, error) {
	switch name {
	case "floor":
		return contender{floor{}, func() (int, error) { return 0, nil }}, nil
	case "logstream":
		return openLogstream(endpoint, gzip)
	case "otelslog":
		return openOtel(endpoint, gzip)
	}
	return contender{}, fmt.Errorf("bench: no contender %q", name)
}

const finishIn = time.Minute

func openLogstream(endpoint string, gzip bool) (contender, error) {
	var out sink.Sink = sink.Func(func(context.Context, *sink.Batch) error { return nil })
	if endpoint != "" {
		compression := otlpgrpc.NoCompression
		if gzip {
			compression = otlpgrpc.GzipCompression
		}
		exp, err := otlpgrpc.New(otlpgrpc.WithEndpointURL(endpoint), otlpgrpc.WithCompression(compression))
		if err != nil {
			return contender{}, err
		}
		out = exp
	}
	overflow := stream.DropOldest
	if endpoint != "" {
		overflow = stream.Block(finishIn)
	}
	s, err := stream.New(out, stream.WithOverflow(overflow))
	if err != nil {
		return contender{}, err
	}
	return contender{slogbridge.NewHandler(s), func() (int, error) {
		ctx, cancel := context.WithTimeout(context.Background(), finishIn)
		defer cancel()
		err := s.Shutdown(ctx)
		return int(s.Stats().Routes[0].Delivered), err
	}}, nil
}

// Queues of the SDK in records. Its default, 2,048, loses records at the rates
// measured here.
const (
	otelQueue     = stream.DefaultQueueSize / 256
	otelQueueFull = 1 << 20
)

func openOtel(endpoint string, gzip bool) (contender, error) {
	var exp sdklog.Exporter = discard{}
	if endpoint != "" {
		opts := []otlploggrpc.Option{otlploggrpc.WithEndpointURL(endpoint)}
		if gzip {
			opts = append(opts, otlploggrpc.WithCompressor("gzip"))
		}
		real, err := otlploggrpc.New(context.Background(), opts...)
		if err != nil {
			return contender{}, err
		}
		exp = real
	}
	size := otelQueue
	if endpoint != "" {
		size = otelQueueFull
	}
	counted := &counter{Exporter: exp}
	lp := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(counted, sdklog.WithMaxQueueSize(size))))
	return contender{otelslog.NewHandler("bench", otelslog.WithLoggerProvider(lp)), func() (int, error) {
		ctx, cancel := context.WithTimeout(context.Background(), finishIn)
		defer cancel()
		err := lp.Shutdown(ctx)
		return int(counted.delivered.Load()), err
	}}, nil
}

// A counter counts the records that its exporter delivered.
type counter struct {
	sdklog.Exporter
	delivered atomic.Int64
}

func (c *counter) Export(ctx context.Context, records []sdklog.Record) error {
	err := c.Exporter.Export(ctx, records)
	if err == nil {
		c.delivered.Add(int64(len(records)))
	}
	return err
}

// discard is the SDK's exporter that does nothing.
type discard struct{}

func (discard) Export(context.Context, []sdklog.Record) error { return nil }
func (discard) Shutdown(context.Context) error                { return nil }
func (discard) ForceFlush(context.Context) error              { return nil }
