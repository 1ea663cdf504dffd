package main

import (
	"context"
	"sync/atomic"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"google.golang.org/grpc"
)

// openOtel opens the OpenTelemetry SDK: otelslog, BatchProcessor, otlploggrpc.
func openOtel(t target) (contender, error) {
	var exp sdklog.Exporter = discard{}
	if t.endpoint != "" {
		opts := []otlploggrpc.Option{
			otlploggrpc.WithEndpointURL(t.endpoint),
			otlploggrpc.WithDialOption(grpc.WithContextDialer(t.dial)),
		}
		if t.gzip {
			opts = append(opts, otlploggrpc.WithCompressor("gzip"))
		}
		real, err := otlploggrpc.New(context.Background(), opts...)
		if err != nil {
			return contender{}, err
		}
		exp = real
	}
	counted := &counter{Exporter: exp}
	lp := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(counted, sdklog.WithMaxQueueSize(t.queue))))
	c := slogs(otelslog.NewHandler("bench", otelslog.WithLoggerProvider(lp)), func() (end, error) {
		ctx, cancel := context.WithTimeout(context.Background(), finishIn)
		defer cancel()
		err := lp.Shutdown(ctx)
		return end{Delivered: int(counted.delivered.Load()), Requests: int(counted.requests.Load()), Wire: t.wire.Load()}, err
	})
	c.flush = lp.ForceFlush
	return c, nil
}

// A counter counts the records that its exporter delivered.
type counter struct {
	sdklog.Exporter
	delivered, requests atomic.Int64
}

func (c *counter) Export(ctx context.Context, records []sdklog.Record) error {
	err := c.Exporter.Export(ctx, records)
	if err == nil {
		c.delivered.Add(int64(len(records)))
		c.requests.Add(1)
	}
	return err
}

// discard is the SDK's exporter that does nothing.
type discard struct{}

func (discard) Export(context.Context, []sdklog.Record) error { return nil }
func (discard) Shutdown(context.Context) error                { return nil }
func (discard) ForceFlush(context.Context) error              { return nil }
