package otlpgrpc

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/sink/sinktest"
)

// some returns a batch of n small records.
func some(tb testing.TB, n int) *sinktest.Batch {
	tb.Helper()
	return sinktest.Texts(tb, n, func(i int) string { return fmt.Sprintf("message %d", i) })
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
