package attrs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/logstream-go/logstream/internal/otlp"
)

type typedError struct{ class string }

func (typedError) Error() string       { return "typed" }
func (e typedError) ErrorType() string { return e.class }

type panickyType struct{}

func (panickyType) Error() string     { return "message" }
func (panickyType) ErrorType() string { panic("type") }

// hiddenError shows its content only to a handler that ignores LogValue.
type hiddenError struct{}

func (hiddenError) Error() string        { return "secret" }
func (hiddenError) LogValue() slog.Value { return slog.StringValue("hidden") }

// secretError has a text without its secret.
type secretError struct{}

func (secretError) Error() string    { return "secret" }
func (secretError) Redacted() string { return "redacted" }

func TestExceptions(t *testing.T) {
	plain := errors.New("broken")
	for _, test := range []struct {
		name string
		in   []slog.Attr
		want Exception
	}{
		{"no error", []slog.Attr{slog.Int("a", 1)}, Exception{}},
		{"an error", []slog.Attr{slog.Any("err", plain)}, Exception{true, "*errors.errorString", "broken"}},
		{"the first of two", []slog.Attr{slog.Any("err", fs.ErrNotExist), slog.Any("cause", plain)}, Exception{true, "*errors.errorString", "file does not exist"}},
		{"one in a group", []slog.Attr{slog.Group("g", "err", plain)}, Exception{true, "*errors.errorString", "broken"}},
		{"one from a LogValuer", []slog.Attr{slog.Any("err", valuer{plain})}, Exception{true, "*errors.errorString", "broken"}},
		{"one in a list is none", []slog.Attr{slog.Any("errs", []error{plain})}, Exception{}},
		{"a nil pointer is none", []slog.Attr{slog.Any("err", (*fs.PathError)(nil))}, Exception{}},
		{"a type with a path", []slog.Attr{slog.Any("err", context.DeadlineExceeded)}, Exception{true, "context.deadlineExceededError", "context deadline exceeded"}},
		{
			"fmt's wrapper gives way",
			[]slog.Attr{slog.Any("err", fmt.Errorf("a: %w", fmt.Errorf("b: %w", typedError{})))},
			Exception{true, "github.com/logstream-go/logstream/internal/attrs.typedError", "a: b: typed"},
		},
		{
			"fmt's wrapper of nil stays",
			[]slog.Attr{slog.Any("err", fmt.Errorf("a: %w", error(nil)))},
			Exception{true, "*fmt.wrapError", "a: %!w(<nil>)"},
		},
		{"an error that names its type", []slog.Attr{slog.Any("err", typedError{"timeout"})}, Exception{true, "timeout", "typed"}},
		{"a panic in ErrorType", []slog.Attr{slog.Any("err", panickyType{})}, Exception{true, "!PANIC: type", "message"}},
		{
			"a panic in Error",
			[]slog.Attr{slog.Any("err", panickyError{})},
			Exception{true, "github.com/logstream-go/logstream/internal/attrs.panickyError", "!PANIC: Error"},
		},
		{"LogValue comes first", []slog.Attr{slog.Any("err", hiddenError{})}, Exception{}},
		{
			"Redacted is the message",
			[]slog.Attr{slog.Any("err", secretError{})},
			Exception{true, "github.com/logstream-go/logstream/internal/attrs.secretError", "redacted"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newEncoder(testLimit)
			b := e.appendAll(test.in...)
			if e.Exception != test.want {
				t.Errorf("got %+v, want %+v", e.Exception, test.want)
			}
			if strings.Contains(string(b), "secret") {
				t.Error("got the secret")
			}
			if e.Reset(testLimit, 0); e.Exception.Found {
				t.Error("got an exception after Reset")
			}
		})
	}
}

func TestAppendException(t *testing.T) {
	x := Exception{true, "T", "m"}
	for _, test := range []struct {
		name string
		set  []slog.Attr
		x    Exception
		want []kv
	}{
		{"both", nil, x, []kv{{"exception.type", "T"}, {"exception.message", "m"}}},
		{"the user's type wins", []slog.Attr{slog.String("exception.type", "U")}, x, []kv{{"exception.type", "U"}, {"exception.message", "m"}}},
		{
			"the user's message wins",
			[]slog.Attr{slog.Int("a", 1), slog.String("exception.message", "n")},
			x,
			[]kv{{"a", int64(1)}, {"exception.message", "n"}, {"exception.type", "T"}},
		},
		{
			"one in a group does not",
			[]slog.Attr{slog.Group("g", "exception.type", "U")},
			x,
			[]kv{{"g", []kv{{"exception.type", "U"}}}, {"exception.type", "T"}, {"exception.message", "m"}},
		},
		{"an empty message is left out", nil, Exception{true, "T", ""}, []kv{{"exception.type", "T"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newEncoder(testLimit)
			b := append([]byte("head"), e.appendAll(test.set...)...)
			b = test.x.AppendException(b, otlp.TagRecordAttribute, len("head"))
			if got := decode(t, b[len("head"):]); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
