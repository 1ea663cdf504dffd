package slogbridge

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"testing"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/leak"
	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/mask"
	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/stream"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m)) }

// A wire is a stream whose records end up here, as a decoder that is not ours
// sees them.
type wire struct {
	s *stream.Stream

	mu       sync.Mutex // guards the following
	requests [][]byte
}

// newWire returns a wire without masking. It is shut down with the test.
func newWire(tb testing.TB, opts ...stream.Option) *wire {
	tb.Helper()
	w := &wire{}
	out := sink.Func(func(_ context.Context, b *sink.Batch) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.requests = append(w.requests, b.AppendRequest(nil))
		return nil
	})
	s, err := stream.New(out, append([]stream.Option{stream.WithMask(mask.None())}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	w.s = s
	tb.Cleanup(func() {
		if err := s.Shutdown(context.Background()); err != nil {
			tb.Errorf("got %v from Shutdown, want nil", err)
		}
	})
	return w
}

// logger returns a logger into w.
func (w *wire) logger(opts ...Option) *slog.Logger { return slog.New(NewHandler(w.s, opts...)) }

// A record is what arrived.
type record struct {
	*logspb.LogRecord
	scope *commonpb.InstrumentationScope
}

// records flushes w and returns what arrived since the last call.
func (w *wire) records(tb testing.TB) []record {
	tb.Helper()
	if err := w.s.Flush(context.Background()); err != nil {
		tb.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []record
	for _, b := range w.requests {
		var req collogspb.ExportLogsServiceRequest
		if err := proto.Unmarshal(b, &req); err != nil {
			tb.Fatalf("got %v, want a request that decodes", err)
		}
		for _, rl := range req.ResourceLogs {
			for _, sl := range rl.ScopeLogs {
				for _, r := range sl.LogRecords {
					out = append(out, record{r, sl.Scope})
				}
			}
		}
	}
	w.requests = nil
	return out
}

// one returns the only record that arrived since the last call.
func (w *wire) one(tb testing.TB) record {
	tb.Helper()
	list := w.records(tb)
	if len(list) != 1 {
		tb.Fatalf("got %d records, want 1", len(list))
	}
	return list[0]
}

// body returns the body as a Go value.
func (r record) body() any { return plain(r.Body) }

// attrs returns the attributes as a Go value.
func (r record) attrs() fields { return fieldsOf(r.Attributes) }

// fields are attributes, or a map inside, by key. Should a key stand twice, the
// value says so.
type fields map[string]any

func fieldsOf(list []*commonpb.KeyValue) fields {
	out := fields{}
	for _, x := range list {
		if _, ok := out[x.Key]; ok {
			out[x.Key] = "REPEATED"
			continue
		}
		out[x.Key] = plain(x.Value)
	}
	return out
}

// plain returns v as nil, string, bool, int64, float64, []byte, []any or fields.
func plain(v *commonpb.AnyValue) any {
	switch x := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return x.StringValue
	case *commonpb.AnyValue_BoolValue:
		return x.BoolValue
	case *commonpb.AnyValue_IntValue:
		return x.IntValue
	case *commonpb.AnyValue_DoubleValue:
		return x.DoubleValue
	case *commonpb.AnyValue_BytesValue:
		return x.BytesValue
	case *commonpb.AnyValue_ArrayValue:
		out := []any{}
		for _, e := range x.ArrayValue.Values {
			out = append(out, plain(e))
		}
		return out
	case *commonpb.AnyValue_KvlistValue:
		return fieldsOf(x.KvlistValue.Values)
	}
	return nil
}

// encodeOnly is a Handler that ends before the stream; what it encoded last is in
// *last, unless that is nil.
type encodeOnly struct {
	*Handler
	last *[]byte
}

func (h encodeOnly) Enabled(context.Context, slog.Level) bool { return true }

func (h encodeOnly) WithAttrs(as []slog.Attr) slog.Handler {
	return encodeOnly{h.Handler.WithAttrs(as).(*Handler), h.last}
}

func (h encodeOnly) WithGroup(name string) slog.Handler {
	return encodeOnly{h.Handler.WithGroup(name).(*Handler), h.last}
}

func (h encodeOnly) Handle(ctx context.Context, r slog.Record) error {
	s := scratches.Get().(*scratch)
	s.encode(ctx, h.Handler, &r)
	if h.last != nil {
		*h.last = append((*h.last)[:0], s.buf...)
	}
	s.release()
	return nil
}

// newHandler returns a handler for encodeOnly: one without a stream that encodes
// as if it had one.
func newHandler(opts ...Option) *Handler {
	h := NewHandler(nil, opts...)
	h.maxRecord = stream.DefaultMaxRecordSize
	h.fit = func(record []byte) []byte {
		return otlp.AppendLimited(nil, record, otlp.Limits{MaxBytes: h.maxRecord, MaxAttributes: -1})
	}
	return h
}

// decode returns a record that was only encoded.
func decode(tb testing.TB, b []byte) record {
	tb.Helper()
	if err := otlp.Validate(b, otlp.MaxDepth); err != nil {
		tb.Fatalf("got %v, want a valid record", err)
	}
	var r logspb.LogRecord
	if err := proto.Unmarshal(b, &r); err != nil {
		tb.Fatalf("got %v, want a record that decodes", err)
	}
	return record{LogRecord: &r}
}

// A valuer is a LogValuer that answers with v.
type valuer struct{ v any }

func (v valuer) LogValue() slog.Value { return slog.AnyValue(v.v) }

// discard is a sink that accepts everything.
var discard = sink.Func(func(context.Context, *sink.Batch) error { return nil })
