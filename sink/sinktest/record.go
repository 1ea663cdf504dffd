package sinktest

import (
	"fmt"
	"strings"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
)

// records returns n records with all that a record can have. Their messages are
// one line of printable ASCII each, so that any destination can hold them, with
// size bytes of filling, and unlike those of any other serial.
func records(serial, n, size int) []*logspb.LogRecord {
	out := make([]*logspb.LogRecord, n)
	filling := strings.Repeat("x", size)
	for i := range out {
		out[i] = &logspb.LogRecord{
			TimeUnixNano:         1_700_000_000_000_000_000 + uint64(i),
			ObservedTimeUnixNano: 1_700_000_000_000_001_000 + uint64(i),
			SeverityNumber:       logspb.SeverityNumber(1 + i%24),
			SeverityText:         [...]string{"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"}[i%24/4],
			Body:                 text(fmt.Sprintf("batch %d record %d of %d %s", serial, i, n, filling)),
			Attributes: []*commonpb.KeyValue{
				attr("text", text("a \"quoted\"\nline, 日本")),
				attr("count", &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: int64(i)}}),
				attr("share", &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: 0.5}}),
				attr("ok", &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: i%2 == 0}}),
				attr("raw", &commonpb.AnyValue{Value: &commonpb.AnyValue_BytesValue{BytesValue: []byte{0, 255}}}),
				attr("none", &commonpb.AnyValue{}),
				attr("list", &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{
					Values: []*commonpb.AnyValue{text("a"), text("b")},
				}}}),
				attr("group", &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: &commonpb.KeyValueList{
					Values: []*commonpb.KeyValue{attr("inner", text("c"))},
				}}}),
			},
			TraceId: []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, byte(i) | 1},
			SpanId:  []byte{1, 2, 3, 4, 5, 6, 7, byte(i) | 1},
			Flags:   1,
		}
	}
	return out
}

func text(s string) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
}

func attr(key string, v *commonpb.AnyValue) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: v}
}

// malformed are records that are none. A stream makes no such records; a sink
// must outlive them all the same, because it is the one place where a wrong
// byte would be noticed by a panic.
func malformed() [][]byte {
	deep := []byte{}
	for range 2000 { // an array in an array ...
		deep = lengthDelimited(0x0a, lengthDelimited(0x2a, deep))
	}
	return [][]byte{
		{},
		{0xff},
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, // a tag without end
		{0x2a, 0x7f, 'x'},                    // a body that is longer than the record
		{0x09, 1, 2, 3},                      // half a time
		{0x28, 1},                            // a body that is a number
		{0x2a, 2, 0x0a, 5},                   // a text that is longer than the body
		{0x32, 4, 0x0a, 2, 0xff, 0xfe},       // a key that is not UTF-8
		{0x2a, 4, 0x0a, 2, 0xff, 0xfe},       // a text that is not UTF-8
		{0x4a, 3, 1, 2, 3},                   // a trace id of three bytes
		{0x52, 1, 1},                         // a span id of one byte
		{0x10, 0xff, 0xff, 0xff, 0xff, 0x0f}, // a severity below zero
		{0x3b, 0x3c},                         // a group
		{0x00},                               // field number 0
		append([]byte{0x32, 0x80, 0x80, 0x04}, 1), // an attribute that is cut off
		lengthDelimited(0x2a, lengthDelimited(0x2a, deep)),
	}
}

// lengthDelimited returns a field of protobuf with content in it.
func lengthDelimited(tag byte, content []byte) []byte {
	out := []byte{tag}
	n := len(content)
	for ; n >= 0x80; n >>= 7 {
		out = append(out, byte(n)|0x80)
	}
	return append(append(out, byte(n)), content...)
}
