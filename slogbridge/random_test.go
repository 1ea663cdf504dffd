package slogbridge

import (
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"time"
)

// A random makes attributes of which slog's JSONHandler and ours must think alike.
type random struct{ *rand.Rand }

func newRandom(seed uint64) random { return random{rand.New(rand.NewPCG(seed, seed))} }

func (r random) key() string {
	return []string{"a", "b", "c", "d", "e", "f", "a longer key", "größe", "k1", "k2", "k3", "k4"}[r.IntN(12)]
}

func (r random) attrs(depth int) []slog.Attr {
	var out []slog.Attr
	for range r.IntN(7) {
		key := r.key()
		v := r.value(depth)
		if v.Kind() == slog.KindGroup && r.IntN(4) == 0 {
			key = ""
		}
		out = append(out, slog.Attr{Key: key, Value: v})
	}
	return out
}

func (r random) value(depth int) slog.Value {
	if depth > 0 {
		switch r.IntN(6) {
		case 0:
			return slog.GroupValue(r.attrs(depth - 1)...)
		case 1:
			return slog.AnyValue(valuer{r.value(depth - 1)})
		case 2:
			return slog.AnyValue(r.plain(depth))
		}
	}
	switch r.IntN(13) {
	case 0:
		return slog.StringValue([]string{"", "text", "<&>", "größe", "a\nb\"c\\"}[r.IntN(5)])
	case 1:
		return slog.Int64Value(int64(r.Uint64()))
	case 2:
		return slog.Uint64Value(r.Uint64())
	case 3:
		return slog.BoolValue(r.IntN(2) == 0)
	case 4:
		return slog.Float64Value(r.NormFloat64())
	case 5:
		return slog.DurationValue(time.Duration(r.Uint64()))
	case 6:
		return slog.TimeValue(time.Unix(r.Int64N(1<<33), r.Int64N(1e9)).UTC())
	case 7:
		return slog.AnyValue(errors.New("broken"))
	case 8:
		return slog.AnyValue(nil)
	case 9:
		return slog.AnyValue(net.IPv4(byte(r.IntN(256)), 0, 0, 1))
	case 10:
		return slog.AnyValue(json.RawMessage(`{"x":[1,2.5,null],"y":"z"}`))
	case 11:
		return slog.AnyValue(slog.Level(r.IntN(16)))
	}
	return slog.AnyValue(env("prod"))
}

// plain returns a value that JSON encodes by its structure. Below it the two
// handlers differ in errors and LogValuers, which encoding/json does not know.
func (r random) plain(depth int) any {
	if depth == 0 {
		return []any{nil, "s", true, 1.5, 42, []string(nil), map[string]int(nil), (*int)(nil)}[r.IntN(8)]
	}
	switch r.IntN(4) {
	case 0:
		var list []any
		for range r.IntN(4) {
			list = append(list, r.plain(depth-1))
		}
		return list
	case 1:
		m := map[string]any{}
		for range r.IntN(4) {
			m[r.key()] = r.plain(depth - 1)
		}
		return m
	case 2:
		m := map[int]any{}
		for range r.IntN(4) {
			m[r.IntN(100)] = r.plain(depth - 1)
		}
		return &m
	}
	return struct {
		A any `json:"a,omitempty"`
		B any `json:"-"`
		C *any
		d int
	}{A: r.plain(depth - 1), B: 1, d: 2}
}
