package otlp_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/otlp"
)

// sample is one record of the tables.
type sample struct {
	name   string
	record *logspb.LogRecord
}

var (
	traceID = []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	spanID  = []byte{0xff, 0, 1, 0, 0, 0, 0, 2}
)

// fullRecord has every field of a LogRecord.
func fullRecord() *logspb.LogRecord {
	return &logspb.LogRecord{
		TimeUnixNano:         1700000000123456789,
		ObservedTimeUnixNano: 1700000000123456999,
		SeverityNumber:       logspb.SeverityNumber_SEVERITY_NUMBER_INFO,
		SeverityText:         "INFO",
		Body:                 stringValue("request done"),
		Attributes: []*commonpb.KeyValue{
			keyValue("method", stringValue("GET")),
			keyValue("status", intValue(200)),
			keyValue("http", mapValue(keyValue("route", stringValue("/v1/{id}")), keyValue("tries", arrayValue(intValue(1), nil)))),
		},
		DroppedAttributesCount: 3,
		Flags:                  1,
		TraceId:                traceID,
		SpanId:                 spanID,
		EventName:              "http.request",
	}
}

// values has every kind of AnyValue at its edges.
func values() map[string]*commonpb.AnyValue {
	vs := map[string]*commonpb.AnyValue{
		"null":               {},
		"empty string":       stringValue(""),
		"ascii":              stringValue("hello"),
		"multibyte":          stringValue("naïve 世界 \U0001F600 \uFFFD"),
		"false":              boolValue(false),
		"true":               boolValue(true),
		"zero":               intValue(0),
		"minus one":          intValue(-1),
		"largest int":        intValue(math.MaxInt64),
		"smallest int":       intValue(math.MinInt64),
		"double zero":        doubleValue(0),
		"double minus zero":  doubleValue(math.Copysign(0, -1)),
		"double pi":          doubleValue(math.Pi),
		"double NaN":         doubleValue(math.NaN()),
		"double infinity":    doubleValue(math.Inf(-1)),
		"double smallest":    doubleValue(math.SmallestNonzeroFloat64),
		"empty bytes":        bytesValue([]byte{}),
		"bytes":              bytesValue([]byte{0, 0xff, 0x80}),
		"empty array":        arrayValue(),
		"array of one empty": arrayValue(&commonpb.AnyValue{}),
		"array of all":       arrayValue(stringValue(""), boolValue(false), intValue(0), doubleValue(0), bytesValue([]byte{1}), arrayValue(), mapValue(), &commonpb.AnyValue{}),
		"empty map":          mapValue(),
		"map of one":         mapValue(keyValue("k", stringValue("v"))),
		"map with empty key": mapValue(keyValue("", stringValue("v")), keyValue("", mapValue())),
		"map of all":         mapValue(keyValue("s", stringValue("x")), keyValue("b", boolValue(true)), keyValue("i", intValue(-5)), keyValue("d", doubleValue(1.5)), keyValue("y", bytesValue(nil)), keyValue("a", arrayValue(intValue(1))), keyValue("m", mapValue()), keyValue("n", &commonpb.AnyValue{})),
		"duplicate map keys": mapValue(keyValue("k", intValue(1)), keyValue("k", intValue(2))),
	}
	for shift := 0; shift < 64; shift += 7 {
		vs[fmt.Sprintf("int 2^%d", shift)] = intValue(1 << shift)
		vs[fmt.Sprintf("int 2^%d-1", shift)] = intValue(1<<shift - 1)
	}
	for _, n := range lengths() {
		vs[fmt.Sprintf("string of %d", n)] = stringValue(strings.Repeat("x", n))
		vs[fmt.Sprintf("bytes of %d", n)] = bytesValue(bytes.Repeat([]byte{0xfe}, n))
		vs[fmt.Sprintf("array around %d", n)] = arrayValue(stringValue(strings.Repeat("x", n)))
		vs[fmt.Sprintf("map around %d", n)] = mapValue(keyValue("k", stringValue(strings.Repeat("x", n))))
	}
	for _, depth := range []int{2, 8, 32, otlp.MaxDepth - 2} {
		vs[fmt.Sprintf("maps %d deep", depth)] = nestedMap(depth, intValue(1))
		vs[fmt.Sprintf("arrays %d deep", depth)] = nestedArray(depth, intValue(1))
	}
	return vs
}

// lengths are those at which one of the up to five nested lengths grows.
func lengths() []int {
	var ns []int
	for n := 100; n <= 130; n++ {
		ns = append(ns, n)
	}
	for n := 16384 - 30; n <= 16384+2; n++ {
		ns = append(ns, n)
	}
	return ns
}

func nestedMap(depth int, v *commonpb.AnyValue) *commonpb.AnyValue {
	for range depth {
		v = mapValue(keyValue("level", v))
	}
	return v
}

func nestedArray(depth int, v *commonpb.AnyValue) *commonpb.AnyValue {
	for range depth {
		v = arrayValue(v)
	}
	return v
}

// samples are the records of the tables: one a field, then every value as
// body, as attribute, inside an array and inside a map.
func samples() []sample {
	all := []sample{
		{"empty", &logspb.LogRecord{}},
		{"every field", fullRecord()},
		{"time", &logspb.LogRecord{TimeUnixNano: 1}},
		{"largest time", &logspb.LogRecord{TimeUnixNano: math.MaxUint64}},
		{"severity number", &logspb.LogRecord{SeverityNumber: 24}},
		{"severity number of two bytes", &logspb.LogRecord{SeverityNumber: 200}},
		{"severity text", &logspb.LogRecord{SeverityText: "WARN"}},
		{"dropped attributes", &logspb.LogRecord{DroppedAttributesCount: math.MaxUint32}},
		{"flags", &logspb.LogRecord{Flags: 255}},
		{"trace id", &logspb.LogRecord{TraceId: traceID}},
		{"trace and span id", &logspb.LogRecord{TraceId: traceID, SpanId: spanID}},
		{"observed time", &logspb.LogRecord{ObservedTimeUnixNano: 1}},
		{"event name", &logspb.LogRecord{EventName: "e"}},
		{"absent body, present value", &logspb.LogRecord{Attributes: []*commonpb.KeyValue{keyValue("", &commonpb.AnyValue{})}}},
		{"long texts", &logspb.LogRecord{SeverityText: strings.Repeat("s", 200), EventName: strings.Repeat("e", 20000)}},
	}
	for name, v := range values() {
		all = append(all,
			sample{name + " as body", &logspb.LogRecord{Body: v}},
			sample{name + " as attribute", &logspb.LogRecord{Attributes: []*commonpb.KeyValue{keyValue("key", v), keyValue("", v)}}},
			sample{name + " inside", &logspb.LogRecord{
				Body:       arrayValue(v, mapValue(keyValue("k", v))),
				Attributes: []*commonpb.KeyValue{keyValue("a", arrayValue(v)), keyValue("m", mapValue(keyValue("k", v)))},
			}},
		)
	}
	for _, n := range lengths() {
		key := strings.Repeat("k", n)
		all = append(all, sample{fmt.Sprintf("keys of %d", n), &logspb.LogRecord{Attributes: []*commonpb.KeyValue{
			keyValue(key, stringValue("")), keyValue(key, stringValue("v")), keyValue(key, boolValue(true)), keyValue(key, intValue(-1)), keyValue(key, doubleValue(1)),
			keyValue(key, bytesValue([]byte("b"))), keyValue(key, &commonpb.AnyValue{}), keyValue(key, mapValue(keyValue(key, intValue(1)))), keyValue(key, arrayValue(stringValue(key))),
		}}})
	}
	// The same for lengths of four bytes, which are too large for every place.
	for _, n := range []int{1<<21 - 14, 1<<21 - 9, 1<<21 - 4, 1 << 21} {
		text := stringValue(strings.Repeat("x", n))
		all = append(all,
			sample{fmt.Sprintf("string of %d as body", n), &logspb.LogRecord{Body: text}},
			sample{fmt.Sprintf("string of %d in a map", n), &logspb.LogRecord{Attributes: []*commonpb.KeyValue{keyValue("k", mapValue(keyValue("k", text)))}}},
		)
	}
	return all
}

func TestEncodingEqualsTheGeneratedCode(t *testing.T) {
	var buf []byte
	for _, s := range samples() {
		buf = appendRecord(buf[:0], s.record)
		if want := marshal(t, s.record); !bytes.Equal(buf, want) {
			t.Errorf("%s: got %s, want %s", s.name, brief(buf), brief(want))
		}
	}
}

func TestReaderEqualsTheGeneratedCode(t *testing.T) {
	for _, s := range samples() {
		got, err := readRecord(marshal(t, s.record))
		if err != nil {
			t.Errorf("%s: got error %v, want none", s.name, err)
			continue
		}
		if want := fill(s.record); !proto.Equal(got, want) {
			t.Errorf("%s: got %.200v, want %.200v", s.name, got, want)
		}
	}
}

// brief is a hex dump short enough for a failure message.
func brief(b []byte) string {
	if len(b) > 64 {
		return fmt.Sprintf("%x... (%d bytes)", b[:64], len(b))
	}
	return fmt.Sprintf("%x", b)
}
