package mask

import (
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
)

// The tests build and read records with the generated protobuf types, not with
// the code that the package itself uses.

type (
	value    = commonpb.AnyValue
	keyValue = commonpb.KeyValue
)

func str(s string) *value { return &value{Value: &commonpb.AnyValue_StringValue{StringValue: s}} }
func num(n int64) *value  { return &value{Value: &commonpb.AnyValue_IntValue{IntValue: n}} }
func boolean(b bool) *value {
	return &value{Value: &commonpb.AnyValue_BoolValue{BoolValue: b}}
}

func double(f float64) *value {
	return &value{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: f}}
}

func raw(b string) *value {
	return &value{Value: &commonpb.AnyValue_BytesValue{BytesValue: []byte(b)}}
}

func array(v ...*value) *value {
	return &value{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{Values: v}}}
}

func object(kv ...*keyValue) *value {
	return &value{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: &commonpb.KeyValueList{Values: kv}}}
}
func null() *value { return &value{} }

func attr(key string, v *value) *keyValue { return &keyValue{Key: key, Value: v} }

func record(kv ...*keyValue) *logspb.LogRecord {
	return &logspb.LogRecord{
		TimeUnixNano:         1780000079190000000,
		ObservedTimeUnixNano: 1780000079190000001,
		SeverityNumber:       logspb.SeverityNumber_SEVERITY_NUMBER_INFO,
		SeverityText:         "INFO",
		Body:                 str("request done"),
		Attributes:           kv,
		Flags:                1,
		TraceId:              []byte("0123456789abcdef"),
		SpanId:               []byte("01234567"),
		EventName:            "request",
	}
}

func encode(t testing.TB, m proto.Message) []byte {
	t.Helper()
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decodeRecord(t testing.TB, b []byte) *logspb.LogRecord {
	t.Helper()
	r := new(logspb.LogRecord)
	if err := proto.Unmarshal(b, r); err != nil {
		t.Fatalf("output does not decode: %v\n%x", err, b)
	}
	return r
}

// maskRecord masks r behind a prefix that has to stay.
func (m *Masker) maskRecord(t testing.TB, r *logspb.LogRecord) *logspb.LogRecord {
	t.Helper()
	const prefix = "prefix"
	out := m.AppendRecord([]byte(prefix), encode(t, r))
	if string(out[:len(prefix)]) != prefix {
		t.Fatalf("dst changed: got %q, want %q", out[:len(prefix)], prefix)
	}
	return decodeRecord(t, out[len(prefix):])
}

func wantMessage(t testing.TB, got, want proto.Message) {
	t.Helper()
	if !proto.Equal(got, want) {
		t.Errorf("got %s\nwant %s", prototext.Format(got), prototext.Format(want))
	}
}
