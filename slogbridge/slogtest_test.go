package slogbridge

import (
	"log/slog"
	"testing"
	"testing/slogtest"
	"time"
)

// TestSlogtest runs slog's conformance kit through the whole stream: what it looks
// at was decoded from the request that a sink got.
func TestSlogtest(t *testing.T) {
	for _, test := range []struct {
		name string
		opts []Option
	}{
		{"plain", nil},
		{"with source", []Option{WithSource(true)}},
		{"with a function that replaces nothing", []Option{WithReplaceAttr(func(_ []string, a slog.Attr) slog.Attr { return a })}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var w *wire
			slogtest.Run(t, func(t *testing.T) slog.Handler {
				w = newWire(t)
				return NewHandler(w.s, test.opts...)
			}, func(t *testing.T) map[string]any {
				return view(w.one(t))
			})
		})
	}
}

// view returns r as slogtest wants it.
func view(r record) map[string]any {
	m := unnamed(r.attrs())
	if r.TimeUnixNano != 0 {
		m[slog.TimeKey] = time.Unix(0, int64(r.TimeUnixNano))
	}
	if r.SeverityText != "" {
		m[slog.LevelKey] = r.SeverityText
	}
	m[slog.MessageKey] = r.body()
	if _, ok := m[keyFunction]; ok {
		m[slog.SourceKey] = m[keyFunction]
	}
	return m
}

// unnamed returns f, and the maps inside, as the type that slogtest looks for.
func unnamed(f fields) map[string]any {
	m := make(map[string]any, len(f))
	for k, v := range f {
		if inner, ok := v.(fields); ok {
			v = unnamed(inner)
		}
		m[k] = v
	}
	return m
}
