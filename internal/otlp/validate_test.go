package otlp_test

import (
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/logstream-go/logstream/internal/otlp"
)

func TestValidateAcceptsWhatWeWrite(t *testing.T) {
	for _, s := range samples() {
		if err := otlp.Validate(appendRecord(nil, s.record), otlp.MaxDepth); err != nil {
			t.Errorf("%s: got %v, want nil", s.name, err)
		}
	}
}

func TestValidateBoundsTheDepth(t *testing.T) {
	for _, c := range []struct {
		name  string
		value *commonpb.AnyValue
		depth int
		want  error
	}{
		{"scalar at depth 0", intValue(1), 0, nil},
		{"empty map at depth 0", mapValue(), 0, otlp.ErrDepth},
		{"empty array at depth 0", arrayValue(), 0, otlp.ErrDepth},
		{"map at depth 1", nestedMap(1, intValue(1)), 1, nil},
		{"two maps at depth 1", nestedMap(2, intValue(1)), 1, otlp.ErrDepth},
		{"64 maps", nestedMap(64, intValue(1)), otlp.MaxDepth, nil},
		{"65 maps", nestedMap(65, intValue(1)), otlp.MaxDepth, otlp.ErrDepth},
		{"65 arrays", nestedArray(65, intValue(1)), otlp.MaxDepth, otlp.ErrDepth},
		{"65 maps with a larger limit", nestedMap(65, intValue(1)), 1000, otlp.ErrDepth},
		{"64 maps with a negative limit", nestedMap(64, intValue(1)), -1, nil},
		{"65 maps with a negative limit", nestedMap(65, intValue(1)), -1, otlp.ErrDepth},
		{"1000 maps", nestedMap(1000, intValue(1)), otlp.MaxDepth, otlp.ErrDepth},
	} {
		for place, r := range map[string]*logspb.LogRecord{
			"body":      {Body: c.value},
			"attribute": {Attributes: []*commonpb.KeyValue{keyValue("k", c.value)}},
		} {
			if err := otlp.Validate(marshal(t, r), c.depth); err != c.want {
				t.Errorf("%s as %s: got %v, want %v", c.name, place, err, c.want)
			}
		}
	}
}

// field is a Bytes field around content.
func field(num protowire.Number, content ...byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), content)
}

func TestValidateFindsEveryFault(t *testing.T) {
	attribute := func(kv ...byte) []byte { return field(6, kv...) }
	value := func(v ...byte) []byte { return attribute(field(2, v...)...) }
	for _, c := range []struct {
		name   string
		record []byte
		want   error
	}{
		{"unknown field", field(13, 1, 2), nil},
		{"reserved field", []byte{4 << 3, 1}, nil},
		{"empty ids", append(field(9), field(10)...), nil},
		{"short trace id", field(9, 1, 2), otlp.ErrID},
		{"long span id", field(10, 1, 2, 3, 4, 5, 6, 7, 8, 9), otlp.ErrID},
		{"severity text", field(3, 0xff), otlp.ErrUTF8},
		{"event name", field(12, 0xff), otlp.ErrUTF8},
		{"key", attribute(field(1, 0xff)...), otlp.ErrUTF8},
		{"string value", value(field(1, 0xff)...), otlp.ErrUTF8},
		{"string value hidden by a later one", value(append(field(1, 0xff), 2<<3, 1)...), otlp.ErrUTF8},
		{"body", field(5, field(1, 0xff)...), otlp.ErrUTF8},
		{"key in a map", value(field(6, field(1, field(1, 0xff)...)...)...), otlp.ErrUTF8},
		{"string in an array", value(field(5, field(1, field(1, 0xff)...)...)...), otlp.ErrUTF8},
		{"bytes are no string", value(field(7, 0xff)...), nil},
		{"time as varint", []byte{1 << 3, 1}, otlp.ErrWireType},
		{"severity as fixed32", []byte{2<<3 | 5, 0, 0, 0, 0}, otlp.ErrWireType},
		{"text as varint", []byte{3 << 3, 1}, otlp.ErrWireType},
		{"body as varint", []byte{5 << 3, 1}, otlp.ErrWireType},
		{"attribute as fixed64", []byte{6<<3 | 1, 0, 0, 0, 0, 0, 0, 0, 0}, otlp.ErrWireType},
		{"key as varint", attribute(1<<3, 1), otlp.ErrWireType},
		{"value as varint", attribute(2<<3, 1), otlp.ErrWireType},
		{"index of a key", attribute(3<<3, 1), nil},
		{"index of a key as bytes", attribute(field(3, 1)...), otlp.ErrWireType},
		{"unknown field of a key and value", attribute(field(4, 1)...), nil},
		{"int as bytes", value(field(3, 1)...), otlp.ErrWireType},
		{"map as varint", value(6<<3, 1), otlp.ErrWireType},
		{"index of a string", value(8<<3, 1), nil},
		{"unknown kind of value", value(9<<3, 1), nil},
		{"array element as varint", value(field(5, 1<<3, 1)...), otlp.ErrWireType},
		{"map entry as varint", value(field(6, 1<<3, 1)...), otlp.ErrWireType},
		{"unknown field of an array", value(field(5, 2<<3, 1)...), nil},
		{"group", []byte{1<<3 | 3, 1<<3 | 4}, otlp.ErrWireType},
		{"cut off", []byte{1<<3 | 1, 1}, otlp.ErrTruncated},
		{"cut off in a key and value", attribute(1<<3 | 2), otlp.ErrTruncated},
		{"cut off in a value", value(3 << 3), otlp.ErrTruncated},
		{"cut off in an array", value(field(5, 1<<3|2)...), otlp.ErrTruncated},
		{"overflow in a map", value(field(6, 2<<3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2)...), otlp.ErrOverflow},
	} {
		if err := otlp.Validate(c.record, otlp.MaxDepth); err != c.want {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}
