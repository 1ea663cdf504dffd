package attrs

import (
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
)

// Types with a tagged field, and a method that would show it.
type (
	taggedString struct {
		User     string
		Password string `mask:"redact"`
	}
	taggedError   taggedString
	taggedText    taggedString
	taggedJSON    taggedString
	taggedPointer taggedString
	taggedDrop    struct {
		User string
		Pass string `mask:"-"`
	}
	taggedHidden struct {
		User string
		pass string `mask:"redact"`
	}
	taggedEmbedded struct {
		taggedString
		N int
	}
	taggedDeep struct {
		*taggedEmbedded
	}
	taggedSelf struct {
		*taggedSelf
		N int
	}
	taggedValuer   taggedString
	taggedRedacted taggedString
)

func (t taggedString) String() string             { return "shown " + t.Password }
func (t taggedError) Error() string               { return "shown " + t.Password }
func (t taggedText) MarshalText() ([]byte, error) { return []byte("shown " + t.Password), nil }
func (t taggedJSON) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%q", t.Password), nil }
func (t *taggedPointer) String() string           { return "shown " + t.Password }
func (t taggedDrop) String() string               { return "shown " + t.Pass }
func (t taggedHidden) String() string             { return "shown " + t.pass }
func (t taggedSelf) String() string               { return "self" }
func (t taggedValuer) LogValue() slog.Value       { return slog.StringValue("of " + t.User) }
func (t taggedValuer) String() string             { return "shown " + t.Password }
func (t taggedRedacted) Redacted() string         { return "of " + t.User }
func (t taggedRedacted) Error() string            { return "shown " + t.Password }

func TestATypeWithATaggedFieldIsEncodedByItsFields(t *testing.T) {
	const pass = "hunter2secret"
	fields := []kv{{"User", "bob"}, {"Password", tagMark}}
	for _, test := range []struct {
		name string
		in   any
		want any
	}{
		{"String", taggedString{"bob", pass}, fields},
		{"a pointer to it", &taggedString{"bob", pass}, fields},
		{"Error", taggedError{"bob", pass}, fields},
		{"MarshalText", taggedText{"bob", pass}, fields},
		{"MarshalJSON", taggedJSON{"bob", pass}, fields},
		{"a method of the pointer", taggedPointer{"bob", pass}, fields},
		{"a field that is left out", taggedDrop{"bob", pass}, []kv{{"User", "bob"}}},
		{"a field that is not exported", taggedHidden{"bob", pass}, []kv{{"User", "bob"}}},
		{"an embedded struct", taggedEmbedded{taggedString{"bob", pass}, 7}, []kv{{"User", "bob"}, {"Password", tagMark}, {"N", int64(7)}}},
		{"a struct embedded in one", &taggedDeep{&taggedEmbedded{taggedString{"bob", pass}, 7}}, []kv{{"User", "bob"}, {"Password", tagMark}, {"N", int64(7)}}},
		{"a struct that embeds itself", taggedSelf{taggedSelf: &taggedSelf{N: 2}, N: 1}, "self"},
		{"in a list", []any{taggedJSON{"bob", pass}}, []any{fields}},
		{"in a field", struct{ In fmt.Stringer }{taggedString{"bob", pass}}, []kv{{"In", fields}}},
		{"LogValue is asked", taggedValuer{"bob", pass}, "of bob"},
		{"Redacted is asked", taggedRedacted{"bob", pass}, "of bob"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := valueOf(t, test.in); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestAnErrorWithATaggedFieldHasNoMessage(t *testing.T) {
	const path = "github.com/logstream-go/logstream/internal/attrs."
	for _, test := range []struct {
		name string
		in   error
		want Exception
	}{
		{"a value", taggedError{"bob", "x"}, Exception{true, path + "taggedError", ""}},
		{"a pointer", &taggedError{"bob", "x"}, Exception{true, "*attrs.taggedError", ""}},
		{"one with a text for logs", taggedRedacted{"bob", "x"}, Exception{true, path + "taggedRedacted", "of bob"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newEncoder(testLimit)
			if b := e.appendAll(slog.Any("err", test.in)); strings.Contains(string(b), "shown") {
				t.Errorf("got %q, want nothing that is shown", b)
			}
			if e.Exception != test.want {
				t.Errorf("got %+v, want %+v", e.Exception, test.want)
			}
		})
	}
}
