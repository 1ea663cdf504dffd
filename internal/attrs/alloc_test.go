package attrs

import (
	"log/slog"
	"testing"
	"time"
)

func TestAllocations(t *testing.T) {
	when := time.Date(2026, 11, 22, 14, 30, 0, 123456789, time.FixedZone("", 3600))
	for _, test := range []struct {
		name string
		in   slog.Attr
	}{
		{"string", slog.String("key", "value")},
		{"int", slog.Int("key", 1)},
		{"bool", slog.Bool("key", true)},
		{"float", slog.Float64("key", 1.5)},
		{"uint", slog.Uint64("key", 7)},
		{"large uint", slog.Uint64("key", 1<<63)},
		{"duration", slog.Duration("key", time.Second)},
		{"time", slog.Time("key", when)},
		{"group", slog.Group("key", "a", 1, "b", "x")},
		{"nil", slog.Any("key", nil)},
		{"named string", slog.Any("key", env("prod"))},
		{"bytes", slog.Any("key", []byte("bytes"))},
		{"integers", slog.Any("key", []int{1, 2, 3})},
		{"struct", slog.Any("key", &base{1, "n"})},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newEncoder(testLimit)
			buf := make([]byte, 0, 1<<10)
			got := testing.AllocsPerRun(100, func() {
				e.Level.Keys = 0
				e.Reset(testLimit, 0)
				e.Append(buf, test.in)
			})
			if got != 0 {
				t.Errorf("got %v allocations, want 0", got)
			}
		})
	}
}
