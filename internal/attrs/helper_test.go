package attrs

import (
	"log/slog"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/otlp"
)

// testLimit is large enough that nothing is cut unless a test wants it.
const testLimit = 1 << 20

// newEncoder returns an encoder for the attributes of a record.
func newEncoder(limit int) *Encoder {
	e := &Encoder{Level: Level{Tag: otlp.TagRecordAttribute}}
	e.Reset(limit, 0)
	return e
}

// appendAll appends as one after another.
func (e *Encoder) appendAll(as ...slog.Attr) []byte {
	var dst []byte
	for _, a := range as {
		dst = e.Append(dst, a)
	}
	return dst
}

// A kv is an attribute as decoded.
type kv struct {
	key   string
	value any
}

// decode returns the attributes in b as a decoder that is not ours sees them.
// Maps become []kv, so that their order shows.
func decode(t testing.TB, b []byte) []kv {
	t.Helper()
	if err := otlp.Validate(b, otlp.MaxDepth); err != nil {
		t.Fatalf("got %v, want a valid record", err)
	}
	var rec logspb.LogRecord
	if err := proto.Unmarshal(b, &rec); err != nil {
		t.Fatalf("got %v, want bytes that decode", err)
	}
	return kvs(rec.Attributes)
}

func kvs(list []*commonpb.KeyValue) []kv {
	out := make([]kv, 0, len(list))
	for _, x := range list {
		out = append(out, kv{x.Key, plain(x.Value)})
	}
	return out
}

// plain returns v as a Go value: nil, string, bool, int64, float64, []byte, []any
// or []kv.
func plain(v *commonpb.AnyValue) any {
	switch x := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return x.StringValue
	case *commonpb.AnyValue_BoolValue:
		return x.BoolValue
	case *commonpb.AnyValue_IntValue:
		return x.IntValue
	case *commonpb.AnyValue_DoubleValue:
		return x.DoubleValue
	case *commonpb.AnyValue_BytesValue:
		return append([]byte{}, x.BytesValue...)
	case *commonpb.AnyValue_ArrayValue:
		out := []any{}
		for _, e := range x.ArrayValue.Values {
			out = append(out, plain(e))
		}
		return out
	case *commonpb.AnyValue_KvlistValue:
		return kvs(x.KvlistValue.Values)
	}
	return nil
}

// valueOf returns what slog.Any("k", x) becomes.
func valueOf(t testing.TB, x any) any {
	t.Helper()
	got := decode(t, newEncoder(testLimit).appendAll(slog.Any("k", x)))
	if len(got) == 0 || got[0].key != "k" {
		t.Fatalf("got %v, want an attribute k", got)
	}
	return got[0].value
}
