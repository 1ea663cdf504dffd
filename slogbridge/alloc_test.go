package slogbridge

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// scalars returns n attributes of all scalar kinds.
func scalars(n int) []slog.Attr {
	kinds := []slog.Value{
		slog.StringValue("a text of some length"), slog.IntValue(-42), slog.BoolValue(true),
		slog.DurationValue(time.Second), slog.Float64Value(1.5), slog.Uint64Value(1 << 40),
		slog.TimeValue(time.Date(2026, 11, 22, 14, 30, 0, 123456789, time.FixedZone("", 3600))), slog.StringValue("größe"),
	}
	var out []slog.Attr
	for i := range n {
		out = append(out, slog.Attr{Key: "key" + string(rune('a'+i)), Value: kinds[i%len(kinds)]})
	}
	return out
}

// spanContext returns a context with a sampled span.
func spanContext() context.Context {
	return trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled,
	}))
}

// TestAllocations holds the budget of a log call: none for up to 16 scalar
// attributes, whatever the handler was made with. The record is made beforehand,
// since slog itself allocates for more than five attributes.
func TestAllocations(t *testing.T) {
	stacked := func(h slog.Handler) slog.Handler {
		return h.WithAttrs(scalars(3)).WithGroup("g").WithAttrs(scalars(2)).WithGroup("h")
	}
	for _, test := range []struct {
		name  string
		attrs int
		ctx   context.Context
		opts  []Option
		with  func(slog.Handler) slog.Handler
	}{
		{name: "no attribute", attrs: 0},
		{name: "one attribute", attrs: 1},
		{name: "five attributes", attrs: 5},
		{name: "16 attributes", attrs: 16},
		{name: "16 attributes, WithAttrs", attrs: 16, with: func(h slog.Handler) slog.Handler { return h.WithAttrs(scalars(5)) }},
		{name: "16 attributes, groups", attrs: 16, with: stacked},
		{name: "no attribute, groups", attrs: 0, with: stacked},
		{name: "16 attributes, trace context", attrs: 16, ctx: spanContext()},
		{name: "16 attributes, source", attrs: 16, opts: []Option{WithSource(true)}},
		{name: "all of it", attrs: 16, ctx: spanContext(), opts: []Option{WithSource(true), WithLevel(new(slog.LevelVar))}, with: stacked},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire(t)
			var h slog.Handler = NewHandler(w.s, test.opts...)
			if test.with != nil {
				h = test.with(h)
			}
			ctx := test.ctx
			if ctx == nil {
				ctx = t.Context()
			}
			r := slog.NewRecord(time.Now(), slog.LevelInfo, "message", callerPC())
			r.AddAttrs(scalars(test.attrs)...)

			encode := testing.AllocsPerRun(100, func() {
				s := scratches.Get().(*scratch)
				s.encode(ctx, h.(*Handler), &r)
				s.release()
			})
			if encode != 0 && !raceEnabled {
				t.Errorf("encode: got %v allocations, want 0", encode)
			}
			// The worker allocates now and then, in its own goroutine but in
			// the same count; that is less than one a record.
			handle := testing.AllocsPerRun(1000, func() {
				if h.Enabled(ctx, r.Level) {
					h.Handle(ctx, r)
				}
			})
			if handle != 0 && !raceEnabled {
				t.Errorf("Handle: got %v allocations, want 0", handle)
			}
		})
	}
}

// TestAllocationsOfLogger is the call as a program makes it.
func TestAllocationsOfLogger(t *testing.T) {
	w := newWire(t)
	l := w.logger()
	if got := testing.AllocsPerRun(1000, func() { log5(l) }); got != 0 && !raceEnabled {
		t.Errorf("got %v allocations, want 0", got)
	}
	if got := testing.AllocsPerRun(1000, func() { l.Debug("not enabled") }); got != 0 {
		t.Errorf("got %v allocations for a level that is off, want 0", got)
	}
}
