package workload

import (
	"log/slog"
	"math/rand/v2"

	"github.com/logstream-go/logstream/internal/interop/otlpjson"
)

// A sample is one attribute value and what becomes of it.
type sample struct {
	value slog.Value
	want  otlpjson.Value

	// key, if not empty, is the key that the attribute must have.
	key string

	// keyless says that the attribute has the empty key.
	keyless bool

	// gone says that the attribute must not arrive.
	gone bool

	// inline, if not nil, are the entries that arrive in place of the attribute.
	inline []otlpjson.KeyValue

	// raised is set for an error that is an attribute of the record itself.
	raised *exception
}

// An exception is what an error adds to its record.
type exception struct{ typ, message string }

// A maker makes a sample; all that varies comes from r.
type maker func(r *rand.Rand) sample

// of returns the sample of v, as slog.Any takes it.
func of(v any, want otlpjson.Value) sample { return sample{value: slog.AnyValue(v), want: want} }

// oneOf returns a maker that chooses among samples.
func oneOf(samples ...sample) maker {
	return func(r *rand.Rand) sample { return pick(r, samples) }
}

// pick returns an element of s.
func pick[T any](r *rand.Rand, s []T) T { return s[r.IntN(len(s))] }

// entry returns an entry of a map.
func entry(key string, v otlpjson.Value) otlpjson.KeyValue {
	return otlpjson.KeyValue{Key: key, Value: v}
}
