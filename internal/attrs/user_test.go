package attrs

import (
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/logstream-go/logstream/internal/otlp"
)

// Types whose methods fail.
type (
	panickyValuer struct{}
	panickyText   struct{}
	panickyJSON   struct{}
	panickyString struct{}
	panickyError  struct{}
	panickyKey    struct{ N int }
	panickyZero   struct{ N int }
	badText       struct{}
	badJSON       struct{}
	nilReader     struct{ name string }
	endless       struct{}
)

func (panickyValuer) LogValue() slog.Value       { panic("LogValue") }
func (panickyText) MarshalText() ([]byte, error) { panic(errors.New("MarshalText")) }
func (panickyJSON) MarshalJSON() ([]byte, error) { panic("MarshalJSON") }
func (panickyString) String() string             { panic(fmt.Stringer(panickyString2{})) }
func (panickyError) Error() string               { panic("Error") }
func (panickyKey) MarshalText() ([]byte, error)  { panic("key") }
func (panickyZero) IsZero() bool                 { panic("IsZero") }
func (badText) MarshalText() ([]byte, error)     { return nil, errors.New("no text") }
func (badJSON) MarshalJSON() ([]byte, error)     { return []byte("{}"), errors.New("no JSON") }
func (n *nilReader) LogValue() slog.Value        { return slog.StringValue(n.name) }
func (e endless) LogValue() slog.Value           { return slog.AnyValue(e) }

// panickyString2 is a panic value whose own method panics.
type panickyString2 struct{}

func (panickyString2) String() string { panic("twice") }

func TestUserCodeThatFails(t *testing.T) {
	for _, test := range []struct {
		name string
		in   any
		want any
	}{
		{"LogValue panics", panickyValuer{}, "!PANIC: LogValue"},
		{"LogValue panics inside", []any{1, panickyValuer{}, 2}, []any{int64(1), "!PANIC: LogValue", int64(2)}},
		{"LogValue of a nil pointer panics", (*nilReader)(nil), nil},
		{"LogValue never ends", endless{}, "!ERROR: LogValue called too many times on attrs.endless"},
		{"MarshalText panics", panickyText{}, "!PANIC: MarshalText"},
		{"MarshalText fails", badText{}, "!ERROR: no text"},
		{"MarshalJSON panics", panickyJSON{}, "!PANIC: MarshalJSON"},
		{"MarshalJSON fails", badJSON{}, "!ERROR: no JSON"},
		{"Error panics", panickyError{}, "!PANIC: Error"},
		{"Error panics inside", map[string]error{"e": panickyError{}}, []kv{{"e", "!PANIC: Error"}}},
		{"a map's key panics", map[panickyKey]int{{1}: 1}, []kv{{"!PANIC: key", int64(1)}}},
		{"IsZero panics", struct {
			Z panickyZero `json:"z,omitzero"`
		}{}, []kv{{"z", []kv{{"N", int64(0)}}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := valueOf(t, test.in); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %#v, want %#v", got, test.want)
			}
		})
	}
}

func TestPanicWhoseValuePanics(t *testing.T) {
	got, ok := valueOf(t, panickyString{}).(string)
	if !ok || !strings.HasPrefix(got, "!PANIC: ") {
		t.Errorf("got %q, want a text that starts with !PANIC", got)
	}
}

func TestReplaceThatPanics(t *testing.T) {
	e := newEncoder(testLimit)
	e.Replace = func([]string, slog.Attr) slog.Attr { panic("replace") }
	got := decode(t, e.appendAll(slog.Int("a", 1), slog.Group("g", slog.Int("b", 2))))
	want := []kv{{"a", "!PANIC: replace"}, {"g", []kv{{"b", "!PANIC: replace"}}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// shrinking makes the list that it is in shorter while that is encoded, as a data
// race would.
type shrinking struct{ list *[]any }

func (s shrinking) String() string {
	*s.list = (*s.list)[:1]
	return "short"
}

func TestPanicOutsideOfMethods(t *testing.T) {
	list := make([]any, 3)
	list[0] = shrinking{&list}
	e := newEncoder(testLimit)
	b := e.appendAll(
		slog.Group("g", slog.Int("before", 1), slog.Any("list", map[string]any{"l": &list}), slog.Int("after", 2)),
		slog.Int("last", 3))
	got := decode(t, b)
	inner, ok := got[0].value.([]kv)
	if !ok || len(got) != 2 || len(inner) != 3 {
		t.Fatalf("got %v, want a group of three and the attribute behind it", got)
	}
	if text, _ := inner[1].value.(string); !strings.HasPrefix(text, "!PANIC: ") {
		t.Errorf("got %v, want a text that starts with !PANIC", inner[1].value)
	}
	if e.depth != 0 || len(e.path) != 0 || e.Level.Tag != otlp.TagRecordAttribute {
		t.Errorf("got depth %d, path %v and level %v, want those of the start", e.depth, e.path, e.Level)
	}
}

func TestNestedLogInsideLogValue(t *testing.T) {
	// A LogValuer may use an encoder of its own while ours is at work.
	inner := newEncoder(testLimit)
	v := funcValuer(func() slog.Value {
		inner.appendAll(slog.Int("x", 1))
		return slog.StringValue("done")
	})
	if got := valueOf(t, []any{v}); !reflect.DeepEqual(got, []any{"done"}) {
		t.Errorf("got %v, want [done]", got)
	}
}

type funcValuer func() slog.Value

func (f funcValuer) LogValue() slog.Value { return f() }
