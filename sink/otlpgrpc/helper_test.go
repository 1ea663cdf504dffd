package otlpgrpc

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otlptest"
)

// unmasked passes records through.
type unmasked struct{}

func (unmasked) AppendRecord(dst, record []byte) []byte { return append(dst, record...) }

// A testBatch is a batch and what the stream does with it when it is settled.
type testBatch struct {
	*sink.Batch
	inner *block.Batch
}

func (b testBatch) Release() { b.inner.Release() }

// records returns a batch of n records; body returns the text of the i-th.
func records(tb testing.TB, n int, body func(i int) string) testBatch {
	tb.Helper()
	origins := new(block.Origins)
	origin := origins.Add(block.Origin{
		Resource: otlp.AppendString(nil, otlp.TagResourceAttribute, "service.name", "checkout"),
		Scope:    otlp.AppendScope(nil, "otlpgrpc_test", "1"),
	})
	encoded := make([][]byte, n)
	size := 0
	for i := range encoded {
		r := otlp.AppendTime(nil, 1700000000000000000+uint64(i))
		r = otlp.AppendSeverity(r, 9, "INFO")
		r = otlp.AppendStringValue(r, otlp.TagRecordBody, body(i))
		encoded[i] = r
		size += block.Room(len(r))
	}
	page := block.New(size, origins)
	for i, r := range encoded {
		if !page.Append(block.Slot{Origin: origin, Severity: 9, Seq: uint64(i)}, unmasked{}, r) {
			tb.Fatalf("record %d does not fit into the block", i)
		}
	}
	inner := new(block.Batch)
	if got := inner.Add(page, 0, n, n, 1<<30); got != n {
		tb.Fatalf("got %d records into the batch, want %d", got, n)
	}
	b := testBatch{sink.NewBatch(inner), inner}
	tb.Cleanup(func() { b.Release() })
	return b
}

// some returns a batch of n small records.
func some(tb testing.TB, n int) testBatch {
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
