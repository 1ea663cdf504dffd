package otelexporter

import (
	"iter"

	"go.opentelemetry.io/otel/attribute"

	"github.com/logstream-go/logstream/sink"
)

// valueOf returns a copy of v as the SDK has it. The stream has bounded how deep
// values are nested.
func valueOf(v sink.Value) attribute.Value {
	switch v.Kind() {
	case sink.KindString:
		return attribute.StringValue(string(v.Str()))
	case sink.KindBool:
		return attribute.BoolValue(v.Bool())
	case sink.KindInt:
		return attribute.Int64Value(v.Int())
	case sink.KindDouble:
		return attribute.Float64Value(v.Double())
	case sink.KindBytes:
		return attribute.ByteSliceValue(v.Bytes())
	case sink.KindArray:
		var elems []attribute.Value
		for e := range v.Elems() {
			elems = append(elems, valueOf(e))
		}
		return attribute.SliceValue(elems...)
	case sink.KindMap:
		return attribute.MapValue(keyValues(v.Entries())...)
	}
	return attribute.Value{}
}

// keyValues returns copies of entries as the SDK has them.
func keyValues(entries iter.Seq2[string, sink.Value]) []attribute.KeyValue {
	var out []attribute.KeyValue
	for k, v := range entries {
		out = append(out, attribute.KeyValue{Key: attribute.Key(k), Value: valueOf(v)})
	}
	return out
}
