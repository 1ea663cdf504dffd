package otlp_test

import (
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/otlp"
)

// The first oracle is the generated Go code of the OTLP protocol. The helpers
// of this file translate its messages into calls of our encoder and views of
// our reader into its messages, so that tests compare like with like.

// marshal is the oracle's canonical encoding.
func marshal(t testing.TB, m proto.Message) []byte {
	t.Helper()
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		t.Fatalf("oracle cannot marshal: %v", err)
	}
	return b
}

// appendRecord encodes r with our encoder, field by field.
func appendRecord(dst []byte, r *logspb.LogRecord) []byte {
	dst = otlp.AppendTime(dst, r.TimeUnixNano)
	dst = otlp.AppendSeverity(dst, uint8(r.SeverityNumber), r.SeverityText)
	if r.Body != nil {
		dst = appendValue(dst, otlp.TagRecordBody, r.Body)
	}
	for _, kv := range r.Attributes {
		dst = appendKeyValue(dst, otlp.TagRecordAttribute, kv)
	}
	dst = otlp.AppendDroppedAttributes(dst, r.DroppedAttributesCount)
	var traceID *[16]byte
	if len(r.TraceId) == 16 {
		traceID = (*[16]byte)(r.TraceId)
	}
	var spanID *[8]byte
	if len(r.SpanId) == 8 {
		spanID = (*[8]byte)(r.SpanId)
	}
	dst = otlp.AppendTrace(dst, uint8(r.Flags), traceID, spanID)
	dst = otlp.AppendObservedTime(dst, r.ObservedTimeUnixNano)
	return otlp.AppendEventName(dst, r.EventName)
}

// appendValue encodes an AnyValue as field tag.
func appendValue(dst []byte, tag byte, v *commonpb.AnyValue) []byte {
	switch m := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return otlp.AppendStringValue(dst, tag, m.StringValue)
	case *commonpb.AnyValue_BoolValue:
		return otlp.AppendBoolValue(dst, tag, m.BoolValue)
	case *commonpb.AnyValue_IntValue:
		return otlp.AppendIntValue(dst, tag, m.IntValue)
	case *commonpb.AnyValue_DoubleValue:
		return otlp.AppendDoubleValue(dst, tag, m.DoubleValue)
	case *commonpb.AnyValue_BytesValue:
		return otlp.AppendBytesValue(dst, tag, m.BytesValue)
	case *commonpb.AnyValue_ArrayValue:
		dst, mark := otlp.OpenArrayValue(dst, tag)
		return otlp.CloseArrayValue(appendElems(dst, m.ArrayValue), mark)
	case *commonpb.AnyValue_KvlistValue:
		dst, mark := otlp.OpenMapValue(dst, tag)
		return otlp.CloseMapValue(appendEntries(dst, m.KvlistValue), mark)
	default:
		return otlp.AppendNullValue(dst, tag)
	}
}

// appendKeyValue encodes a KeyValue as field tag.
func appendKeyValue(dst []byte, tag byte, kv *commonpb.KeyValue) []byte {
	switch m := kv.GetValue().GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return otlp.AppendString(dst, tag, kv.Key, m.StringValue)
	case *commonpb.AnyValue_BoolValue:
		return otlp.AppendBool(dst, tag, kv.Key, m.BoolValue)
	case *commonpb.AnyValue_IntValue:
		return otlp.AppendInt(dst, tag, kv.Key, m.IntValue)
	case *commonpb.AnyValue_DoubleValue:
		return otlp.AppendDouble(dst, tag, kv.Key, m.DoubleValue)
	case *commonpb.AnyValue_BytesValue:
		return otlp.AppendBytes(dst, tag, kv.Key, m.BytesValue)
	case *commonpb.AnyValue_ArrayValue:
		dst, mark := otlp.OpenArray(dst, tag, kv.Key)
		return otlp.CloseArray(appendElems(dst, m.ArrayValue), mark)
	case *commonpb.AnyValue_KvlistValue:
		dst, mark := otlp.OpenMap(dst, tag, kv.Key)
		return otlp.CloseMap(appendEntries(dst, m.KvlistValue), mark)
	default:
		return otlp.AppendNull(dst, tag, kv.Key)
	}
}

func appendElems(dst []byte, a *commonpb.ArrayValue) []byte {
	for _, v := range a.GetValues() {
		dst = appendValue(dst, otlp.TagArrayElement, v)
	}
	return dst
}

func appendEntries(dst []byte, m *commonpb.KeyValueList) []byte {
	for _, kv := range m.GetValues() {
		dst = appendKeyValue(dst, otlp.TagMapEntry, kv)
	}
	return dst
}

// readRecord reads b with our reader into the oracle's message. Every value
// gets an AnyValue, as our reader does not tell an absent one from null.
func readRecord(b []byte) (*logspb.LogRecord, error) {
	r, err := otlp.ParseRecord(b)
	if err != nil {
		return nil, err
	}
	body, err := readValue(r.Body)
	if err != nil {
		return nil, err
	}
	m := &logspb.LogRecord{
		TimeUnixNano:           r.Time,
		ObservedTimeUnixNano:   r.ObservedTime,
		SeverityNumber:         logspb.SeverityNumber(r.SeverityNumber),
		SeverityText:           string(r.SeverityText),
		Body:                   body,
		DroppedAttributesCount: r.DroppedAttributes,
		Flags:                  r.Flags,
		TraceId:                r.TraceID,
		SpanId:                 r.SpanID,
		EventName:              string(r.EventName),
	}
	for kv, err := range r.Attributes() {
		if err != nil {
			return nil, err
		}
		pb, err := readKeyValue(kv)
		if err != nil {
			return nil, err
		}
		m.Attributes = append(m.Attributes, pb)
	}
	return m, nil
}

func readKeyValue(kv otlp.KeyValue) (*commonpb.KeyValue, error) {
	v, err := readValue(kv.Value)
	return &commonpb.KeyValue{Key: string(kv.Key), Value: v}, err
}

func readValue(v otlp.Value) (*commonpb.AnyValue, error) {
	switch v.Kind() {
	case otlp.KindString:
		return stringValue(string(v.Str())), nil
	case otlp.KindBool:
		return boolValue(v.Bool()), nil
	case otlp.KindInt:
		return intValue(v.Int()), nil
	case otlp.KindDouble:
		return doubleValue(v.Double()), nil
	case otlp.KindBytes:
		return bytesValue(append([]byte{}, v.Bytes()...)), nil
	case otlp.KindArray:
		var elems []*commonpb.AnyValue
		for e, err := range v.Elems() {
			if err != nil {
				return nil, err
			}
			pb, err := readValue(e)
			if err != nil {
				return nil, err
			}
			elems = append(elems, pb)
		}
		return arrayValue(elems...), nil
	case otlp.KindMap:
		var entries []*commonpb.KeyValue
		for kv, err := range v.Entries() {
			if err != nil {
				return nil, err
			}
			pb, err := readKeyValue(kv)
			if err != nil {
				return nil, err
			}
			entries = append(entries, pb)
		}
		return mapValue(entries...), nil
	default:
		return &commonpb.AnyValue{}, nil
	}
}

func stringValue(s string) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
}

func boolValue(b bool) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: b}}
}

func intValue(i int64) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: i}}
}

func doubleValue(f float64) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: f}}
}

func bytesValue(b []byte) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_BytesValue{BytesValue: b}}
}

func arrayValue(elems ...*commonpb.AnyValue) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{Values: elems}}}
}

func mapValue(entries ...*commonpb.KeyValue) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: &commonpb.KeyValueList{Values: entries}}}
}

func keyValue(key string, v *commonpb.AnyValue) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: v}
}

// fill gives every absent value an empty AnyValue, as readRecord does, and
// takes away the indexes that only profiles use, which our reader passes over.
func fill(r *logspb.LogRecord) *logspb.LogRecord {
	r = proto.Clone(r).(*logspb.LogRecord)
	r.Body = fillValue(r.Body)
	fillKeyValues(r.Attributes)
	return r
}

func fillKeyValues(kvs []*commonpb.KeyValue) {
	for _, kv := range kvs {
		kv.KeyStrindex = 0
		kv.Value = fillValue(kv.Value)
	}
}

func fillValue(v *commonpb.AnyValue) *commonpb.AnyValue {
	switch m := v.GetValue().(type) {
	case nil, *commonpb.AnyValue_StringValueStrindex:
		return &commonpb.AnyValue{}
	case *commonpb.AnyValue_ArrayValue:
		for i, e := range m.ArrayValue.GetValues() {
			m.ArrayValue.Values[i] = fillValue(e)
		}
	case *commonpb.AnyValue_KvlistValue:
		fillKeyValues(m.KvlistValue.GetValues())
	}
	return v
}
