package otlpgrpc

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/sink/sinktest"
)

// records returns a batch of n records; body returns the text of the i-th.
func records(tb testing.TB, n int, body func(i int) string) *sinktest.Batch {
	tb.Helper()
	list := make([]*logspb.LogRecord, n)
	for i := range list {
		list[i] = &logspb.LogRecord{
			TimeUnixNano:   1700000000000000000 + uint64(i),
			SeverityNumber: logspb.SeverityNumber_SEVERITY_NUMBER_INFO,
			SeverityText:   "INFO",
			Body:           &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: body(i)}},
		}
	}
	return sinktest.NewBatch(tb, list...)
}

// some returns a batch of n small records.
func some(tb testing.TB, n int) *sinktest.Batch {
	tb.Helper()
	return records(tb, n, func(i int) string { return fmt.Sprintf("message %d", i) })
}

// receiver starts an OTLP receiver for the test.
func receiver(tb testing.TB, opts ...otlptest.Option) *otlptest.Server {
	tb.Helper()
	srv, err := otlptest.New(opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := srv.Close(); err != nil {
			tb.Errorf("closing the receiver: %v", err)
		}
	})
	return srv
}

// open returns a sink for the test.
func open(tb testing.TB, opts ...Option) *Sink {
	tb.Helper()
	s, err := New(opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			tb.Errorf("Shutdown: %v", err)
		}
	})
	return s
}

// to returns a sink that exports to srv.
func to(tb testing.TB, srv *otlptest.Server, opts ...Option) *Sink {
	tb.Helper()
	return open(tb, append([]Option{WithEndpoint(srv.Endpoint())}, opts...)...)
}

// failure returns the sink.Error of a failed export.
func failure(tb testing.TB, err error) *sink.Error {
	tb.Helper()
	e, ok := errors.AsType[*sink.Error](err)
	if !ok {
		tb.Fatalf("got error %v (%T), want a *sink.Error", err, err)
	}
	return e
}
