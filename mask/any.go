package mask

import (
	"bytes"
	"log/slog"
	"math"

	"github.com/logstream-go/logstream/internal/attrs"
	"github.com/logstream-go/logstream/internal/otlp"
)

// Any returns a copy of v with everything masked, for values that go somewhere else
// than into a stream. It is what v becomes in a record, as an attribute without a key:
// keys of maps and fields count, and so do WithType, WithTag and struct tags; errors and
// values with a text of their own become that; structs and maps become map[string]any,
// slices []any, integers int64. A string, []byte, number, boolean or nil as v itself
// stays of its type, unless it is masked. What nests deeper than the limit, and what is
// behind the first 8,192 values, is a marker. It does not change v.
func (m *Masker) Any(v any) any {
	if m.off {
		return v
	}
	e := attrs.Encoder{Types: m.TypeMask()}
	e.Reset(math.MaxInt32, 0)
	in := e.AppendValue(nil, otlp.TagRecordBody, slog.AnyValue(v))
	out := m.AppendRecord(nil, in)
	switch v.(type) {
	case nil, bool, string, []byte, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, uintptr, float32, float64:
		if string(in) == string(out) {
			if b, ok := v.([]byte); ok {
				return bytes.Clone(b)
			}
			return v
		}
	}
	f, _, err := otlp.Next(out)
	if err != nil {
		return MarkerMalformed
	}
	value, err := otlp.ParseValue(f.Data)
	if err != nil {
		return MarkerMalformed
	}
	return anyOf(value)
}

// anyOf returns an AnyValue that AppendRecord has written as a Go value.
func anyOf(v otlp.Value) any {
	switch v.Kind() {
	case otlp.KindString:
		return string(v.Str())
	case otlp.KindBytes:
		return v.Bytes()
	case otlp.KindBool:
		return v.Bool()
	case otlp.KindInt:
		return v.Int()
	case otlp.KindDouble:
		return v.Double()
	case otlp.KindArray:
		list := []any{}
		for x, err := range v.Elems() {
			if err == nil {
				list = append(list, anyOf(x))
			}
		}
		return list
	case otlp.KindMap:
		entries := map[string]any{}
		for kv, err := range v.Entries() {
			if err == nil {
				entries[string(kv.Key)] = anyOf(kv.Value)
			}
		}
		return entries
	}
	return nil
}
