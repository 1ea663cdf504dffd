package slogbridge

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/logstream-go/logstream/stream"
)

// floor is a handler that does nothing: what remains is the cost of slog itself.
type floor struct{}

func (floor) Enabled(context.Context, slog.Level) bool  { return true }
func (floor) Handle(context.Context, slog.Record) error { return nil }
func (h floor) WithAttrs([]slog.Attr) slog.Handler      { return h }
func (h floor) WithGroup(string) slog.Handler           { return h }

// newStream returns a stream into nothing.
func newStream(tb testing.TB) *stream.Stream {
	tb.Helper()
	s, err := stream.New(discard)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Shutdown(context.Background()) })
	return s
}

func log5(l *slog.Logger) {
	l.LogAttrs(context.Background(), slog.LevelInfo, "request done",
		slog.String("method", "GET"),
		slog.String("path", "/api/v1/orders/17"),
		slog.Int("status", 200),
		slog.Duration("took", 3*time.Millisecond),
		slog.Bool("cached", true))
}

// BenchmarkHandle is one log call with five attributes. floor is the part of slog,
// encode the call without the stream, stream the whole.
func BenchmarkHandle(b *testing.B) {
	b.Run("floor", func(b *testing.B) {
		l := slog.New(floor{})
		b.ReportAllocs()
		for b.Loop() {
			log5(l)
		}
	})
	b.Run("encode", func(b *testing.B) {
		l := slog.New(encodeOnly{Handler: newHandler()})
		b.ReportAllocs()
		for b.Loop() {
			log5(l)
		}
	})
	b.Run("stream", func(b *testing.B) {
		l := slog.New(NewHandler(newStream(b)))
		b.ReportAllocs()
		for b.Loop() {
			log5(l)
		}
	})
}

// BenchmarkEncode is what Handle does before the stream, for records of several
// shapes.
func BenchmarkEncode(b *testing.B) {
	type order struct {
		ID    int      `json:"id"`
		Items []string `json:"items"`
		Total float64  `json:"total,omitempty"`
	}
	for _, bench := range []struct {
		name  string
		attrs []slog.Attr
		ctx   context.Context
		opts  []Option
		with  func(slog.Handler) slog.Handler
	}{
		{name: "no attribute"},
		{name: "5 scalars", attrs: scalars(5)},
		{name: "16 scalars", attrs: scalars(16)},
		{name: "5 scalars, 5 of WithAttrs in groups", attrs: scalars(5), with: func(h slog.Handler) slog.Handler {
			return h.WithAttrs(scalars(2)).WithGroup("g").WithAttrs(scalars(3)).WithGroup("h")
		}},
		{name: "5 scalars, span, source", attrs: scalars(5), ctx: spanContext(), opts: []Option{WithSource(true)}},
		{name: "error", attrs: []slog.Attr{slog.Any("err", context.DeadlineExceeded)}},
		{name: "group", attrs: []slog.Attr{slog.Group("g", "a", 1, "b", "x")}},
		{name: "struct", attrs: []slog.Attr{slog.Any("order", &order{17, []string{"tea", "cup"}, 9.5})}},
		{name: "map", attrs: []slog.Attr{slog.Any("m", map[string]any{"a": 1, "b": "x", "c": nil})}},
		{name: "replaced", attrs: scalars(5), opts: []Option{WithReplaceAttr(func(_ []string, a slog.Attr) slog.Attr { return a })}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			var h slog.Handler = encodeOnly{Handler: newHandler(bench.opts...)}
			if bench.with != nil {
				h = bench.with(h)
			}
			ctx := bench.ctx
			if ctx == nil {
				ctx = context.Background()
			}
			r := slog.NewRecord(time.Now(), slog.LevelInfo, "message", callerPC())
			r.AddAttrs(bench.attrs...)
			var last []byte
			encodeOnly{h.(encodeOnly).Handler, &last}.Handle(ctx, r)
			b.SetBytes(int64(len(last)))
			b.ReportAllocs()
			for b.Loop() {
				h.Handle(ctx, r)
			}
		})
	}
}

// BenchmarkAttributes shows by its time per attribute that the cost of a log call
// grows with their number and no faster.
func BenchmarkAttributes(b *testing.B) {
	for _, n := range []int{1, 4, 16, 32, 64, 128} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := slog.NewRecord(time.Now(), slog.LevelInfo, "message", 0)
			for i := range n {
				r.AddAttrs(slog.Int(fmt.Sprint("some.key.", i), i))
			}
			h := encodeOnly{Handler: newHandler()}
			for b.Loop() {
				h.Handle(context.Background(), r)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/attribute")
		})
	}
}
