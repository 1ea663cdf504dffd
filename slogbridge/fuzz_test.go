package slogbridge

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/url"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"

	"github.com/logstream-go/logstream/stream"
)

// A source of choices: the fuzzer's bytes, and zeros behind them.
type choices []byte

func (c *choices) byte() byte {
	if len(*c) == 0 {
		return 0
	}
	b := (*c)[0]
	*c = (*c)[1:]
	return b
}

func (c *choices) below(n int) int { return int(c.byte()) % n }

func (c *choices) uint64() uint64 {
	var b [8]byte
	for i := range b {
		b[i] = c.byte()
	}
	return binary.LittleEndian.Uint64(b[:])
}

// text returns up to 255 bytes as they come, and now and then far more.
func (c *choices) text() string {
	n := c.below(256)
	if n == 255 {
		return string(bytes.Repeat([]byte{c.byte()}, 1<<c.below(19)))
	}
	n = min(n, len(*c))
	s := string((*c)[:n])
	*c = (*c)[n:]
	return s
}

// key returns one of few keys, so that some repeat, or any text.
func (c *choices) key() string {
	keys := []string{"a", "b", "c", "key", "exception.type", "exception.message", keyFile, "", "g"}
	if i := c.below(len(keys) + 1); i < len(keys) {
		return keys[i]
	}
	return c.text()
}

func (c *choices) attrs(depth int) []slog.Attr {
	var out []slog.Attr
	for range c.below(5) {
		out = append(out, slog.Attr{Key: c.key(), Value: c.value(depth)})
	}
	return out
}

// Types that make trouble.
type (
	selfish struct{ Self, Other any }
	tagged  struct {
		A   any            `json:"a,omitempty"`
		Map map[string]any `json:"-"`
		Err error
		URL *url.URL
	}
	thrower int
)

func (t thrower) LogValue() slog.Value          { panic(int(t)) }
func (t *thrower) MarshalText() ([]byte, error) { panic(t) }

type answering struct{ v slog.Value }

func (a answering) LogValue() slog.Value { return a.v }

// value returns a value of any kind, with at most depth values nested in it.
func (c *choices) value(depth int) slog.Value {
	if depth <= 0 {
		return slog.AnyValue(c.scalar())
	}
	switch c.below(12) {
	case 0:
		return slog.GroupValue(c.attrs(depth - 1)...)
	case 1:
		return slog.AnyValue(answering{c.value(depth - 1)})
	case 2:
		list := []any{}
		for range c.below(5) {
			list = append(list, c.value(depth-1).Any())
		}
		return slog.AnyValue(list)
	case 3:
		m := map[string]any{}
		for range c.below(5) {
			m[c.key()] = c.value(depth - 1)
		}
		return slog.AnyValue(m)
	case 4:
		m := map[any]any{}
		for range c.below(5) {
			m[c.scalar()] = c.value(depth - 1)
		}
		return slog.AnyValue(m)
	case 5:
		s := &selfish{Other: c.value(depth - 1)}
		if c.below(2) == 1 {
			s.Self = s
		}
		return slog.AnyValue(s)
	case 6:
		u, _ := url.Parse(c.text())
		return slog.AnyValue(tagged{A: c.value(depth - 1), Err: errors.New(c.text()), URL: u})
	case 7:
		return slog.AnyValue(json.RawMessage(c.text()))
	case 8:
		t := thrower(c.byte())
		return slog.AnyValue([]any{t, &t, (*thrower)(nil)})
	case 9:
		return slog.AnyValue(make([]bool, int(c.byte())<<c.below(10)))
	}
	return slog.AnyValue(c.scalar())
}

// scalar returns a value that can be the key of a map.
func (c *choices) scalar() any {
	switch c.below(14) {
	case 0:
		return nil
	case 1:
		return c.text()
	case 2:
		return int64(c.uint64())
	case 3:
		return c.uint64()
	case 4:
		return c.byte() > 127
	case 5:
		return math.Float64frombits(c.uint64())
	case 6:
		return time.Duration(c.uint64())
	case 7:
		return time.Unix(int64(c.uint64()>>20), int64(c.uint64()))
	case 8:
		return errors.New(c.text())
	case 9:
		return env(c.text())
	case 10:
		return (*selfish)(nil)
	case 11:
		return complex64(complex(float32(c.byte()), 1))
	case 12:
		return slog.Level(int8(c.byte()))
	}
	return uuid{c.byte()}
}

// FuzzHandle logs whatever the bytes make: handlers, groups, attributes. Nothing
// may panic, and each record must decode, fit, keep its message, and be marked if a
// key repeats.
func FuzzHandle(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x01m\x04\x03\x01a\x02b\x01c"))
	f.Add([]byte{1, 'm', 0, 0, 1, 1, 1, 2, 3, 3, 0, 1, 4, 2, 2, 2, 5, 1, 1, 1, 6, 1, 7, 8, 9, 200, 5})
	for op := range byte(12) {
		f.Add(append([]byte{1, 'm', 0, 3, 1, op, 4}, bytes.Repeat([]byte{op, 2, 1, 'x', 1, op + 1, 3}, 20)...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c := choices(data)
		msg := c.text()
		level := slog.Level(int8(c.byte()))
		opts := []Option{WithSource(c.below(2) == 1)}
		if c.below(4) == 3 {
			opts = append(opts, WithReplaceAttr(func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == "b" {
					return slog.Attr{}
				}
				return a
			}))
		}
		root := newHandler(opts...)
		var h slog.Handler = root
		for range c.below(6) {
			if c.below(2) == 0 {
				h = h.WithAttrs(c.attrs(4))
			} else {
				h = h.WithGroup(c.key())
			}
		}
		r := slog.NewRecord(time.Unix(1, 2), level, msg, callerPC())
		r.AddAttrs(c.attrs(6)...)

		s := newScratch()
		m := s.encode(context.Background(), h.(*Handler), &r)
		if len(s.buf) > root.maxRecord {
			t.Fatalf("got %d bytes, want at most %d", len(s.buf), root.maxRecord)
		}
		got := decode(t, s.buf)
		if s, ok := got.body().(string); ok && s != msg && len(msg) < 1000 {
			t.Fatalf("got message %q, want %q", s, msg)
		}
		if repeats(got.Attributes) && m.Flags&stream.FlagNormalize == 0 {
			t.Fatalf("got a repeated key without the flag: %v", got.Attributes)
		}
		if m.Severity < minSeverity || m.Severity > maxSeverity {
			t.Fatalf("got severity %d", m.Severity)
		}

		// The same again gives the same, unless it is so large that a random
		// part of some map was left out, or keys of a map look alike.
		s2 := newScratch()
		s2.encode(context.Background(), h.(*Handler), &r)
		again := decode(t, s2.buf)
		again.ObservedTimeUnixNano = got.ObservedTimeUnixNano
		if len(s.buf) < 1<<10 && m.Flags == 0 && !proto.Equal(got.LogRecord, again.LogRecord) && !bytes.Contains(s.buf, []byte("0x")) {
			t.Fatalf("got %v and then %v", got, again)
		}
	})
}

// repeats reports whether a key stands twice in list or in a map inside.
func repeats(list []*commonpb.KeyValue) bool {
	seen := map[string]bool{}
	for _, kv := range list {
		if seen[kv.Key] || repeatsIn(kv.Value) {
			return true
		}
		seen[kv.Key] = true
	}
	return false
}

func repeatsIn(v *commonpb.AnyValue) bool {
	if slices.ContainsFunc(v.GetArrayValue().GetValues(), repeatsIn) {
		return true
	}
	return repeats(v.GetKvlistValue().GetValues())
}

// TestMatchesJSONHandler logs random records, of the kinds of values that JSON can
// tell, into slog's JSONHandler and into ours.
func TestMatchesJSONHandler(t *testing.T) {
	w := newWire(t)
	for seed := range uint64(300) {
		rnd := newRandom(seed)
		var buf bytes.Buffer
		jsonHandler := slog.Handler(slog.NewJSONHandler(&buf, nil))
		h := slog.Handler(NewHandler(w.s))
		for range rnd.IntN(4) {
			if as := rnd.attrs(2); rnd.IntN(2) == 0 {
				jsonHandler, h = jsonHandler.WithAttrs(as), h.WithAttrs(as)
			} else {
				name := rnd.key()
				jsonHandler, h = jsonHandler.WithGroup(name), h.WithGroup(name)
			}
		}
		r := slog.NewRecord(time.Now(), slog.LevelInfo, fmt.Sprint(seed), 0)
		r.AddAttrs(rnd.attrs(3)...)
		jsonHandler.Handle(t.Context(), r)
		h.Handle(t.Context(), r)
		got := w.one(t).attrs()
		delete(got, "exception.type")
		delete(got, "exception.message")
		if problem := compare(got, jsonAttrs(t, buf.Bytes())); problem != "" {
			t.Fatalf("seed %d: %s\nof %s", seed, problem, buf.Bytes())
		}
	}
}
