package attrs

import (
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
)

// maxRounds is how often in a row a LogValuer may answer with a LogValuer. It is
// the bound of slog.Value.Resolve, which is not used here because it puts a stack
// trace where the panic's own words are wanted.
const maxRounds = 100

// Resolve returns v, or what v says of itself if it is a LogValuer.
func Resolve(v slog.Value) slog.Value {
	if v.Kind() != slog.KindLogValuer {
		return v
	}
	return resolveLogValuer(v)
}

// resolveLogValuer calls LogValue until it yields something else. A nil pointer
// whose method cannot bear it is nil, as in slog's handlers.
func resolveLogValuer(v slog.Value) (out slog.Value) {
	first := v.Any()
	current := first
	defer func() {
		if r := recover(); r != nil {
			if out = (slog.Value{}); !isNil(current) {
				out = slog.StringValue(panicText(r))
			}
		}
	}()
	for range maxRounds {
		if v.Kind() != slog.KindLogValuer {
			return v
		}
		current = v.Any()
		v = v.LogValuer().LogValue()
	}
	return slog.StringValue(errorText(fmt.Sprintf("LogValue called too many times on %T", first)))
}

// The texts in place of a value whose methods failed, with the prefixes that slog's
// handlers use. fmt survives a panic of r's own methods.
func panicText(r any) string      { return "!PANIC: " + fmt.Sprint(r) }
func errorText(msg string) string { return "!ERROR: " + msg }

// isNil reports whether x holds a nil pointer, map, slice, function or channel.
func isNil(x any) bool {
	v := reflect.ValueOf(x)
	return !v.IsValid() || nilable(v.Kind()) && v.IsNil()
}

// nilable reports whether values of kind k can be nil.
func nilable(k reflect.Kind) bool {
	switch k {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan, reflect.UnsafePointer, reflect.Interface:
		return true
	}
	return false
}

// text calls a method of the user's that makes text. All such calls go through here
// or through one of the functions of this file, so that no panic gets further than
// to the value that caused it.
func text(method func() string) (s string) {
	defer func() {
		if r := recover(); r != nil {
			s = panicText(r)
		}
	}()
	return method()
}

// marshalText calls MarshalText.
func marshalText(m encoding.TextMarshaler) string {
	return text(func() string {
		b, err := m.MarshalText()
		if err != nil {
			return errorText(err.Error())
		}
		return string(b)
	})
}

// marshalJSON calls MarshalJSON. Only when ok is b JSON, or meant to be; else it
// says what went wrong.
func marshalJSON(m json.Marshaler) (b []byte, ok bool) {
	s := text(func() string {
		var err error
		if b, err = m.MarshalJSON(); err != nil {
			return errorText(err.Error())
		}
		ok = true
		return ""
	})
	if !ok {
		b = []byte(s)
	}
	return b, ok
}
