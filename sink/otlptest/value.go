package otlptest

import commonpb "go.opentelemetry.io/proto/otlp/common/v1"

// KeyValue is one attribute with its value as Value returns it.
type KeyValue struct {
	Key   string
	Value any
}

// Value converts an AnyValue to a Go value: string, bool, int64, float64,
// []byte, []any or map[string]any. A nil or empty AnyValue is nil. Of entries
// with the same key in a map the last one stays; a reference into a string
// table (used by profiles only) is nil.
func Value(v *commonpb.AnyValue) any {
	switch v := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return v.StringValue
	case *commonpb.AnyValue_BoolValue:
		return v.BoolValue
	case *commonpb.AnyValue_IntValue:
		return v.IntValue
	case *commonpb.AnyValue_DoubleValue:
		return v.DoubleValue
	case *commonpb.AnyValue_BytesValue:
		return v.BytesValue
	case *commonpb.AnyValue_ArrayValue:
		elems := v.ArrayValue.GetValues()
		out := make([]any, len(elems))
		for i, e := range elems {
			out[i] = Value(e)
		}
		return out
	case *commonpb.AnyValue_KvlistValue:
		entries := v.KvlistValue.GetValues()
		out := make(map[string]any, len(entries))
		for _, e := range entries {
			out[e.GetKey()] = Value(e.GetValue())
		}
		return out
	}
	return nil
}

// attributes converts a list of attributes to a map and to the list in the
// order sent; both are nil when there are none.
func attributes(kvs []*commonpb.KeyValue) (map[string]any, []KeyValue) {
	if len(kvs) == 0 {
		return nil, nil
	}
	byKey := make(map[string]any, len(kvs))
	ordered := make([]KeyValue, len(kvs))
	for i, kv := range kvs {
		v := Value(kv.GetValue())
		byKey[kv.GetKey()] = v
		ordered[i] = KeyValue{kv.GetKey(), v}
	}
	return byKey, ordered
}
