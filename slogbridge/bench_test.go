package slogbridge

import (
	"context"
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
