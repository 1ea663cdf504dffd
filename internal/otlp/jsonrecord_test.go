package otlp_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"

	"github.com/logstream-go/logstream/internal/otlp"
)

func TestJSONOfARecord(t *testing.T) {
	for _, c := range []struct {
		name   string
		record *logspb.LogRecord
		want   string
	}{
		{"empty", &logspb.LogRecord{}, `{}`},
		{"every field", fullRecord(), `{"timeUnixNano":"1700000000123456789","observedTimeUnixNano":"1700000000123456999",` +
			`"severityNumber":9,"severityText":"INFO","body":{"stringValue":"request done"},"attributes":[` +
			`{"key":"method","value":{"stringValue":"GET"}},{"key":"status","value":{"intValue":"200"}},` +
			`{"key":"http","value":{"kvlistValue":{"values":[{"key":"route","value":{"stringValue":"/v1/{id}"}},` +
			`{"key":"tries","value":{"arrayValue":{"values":[{"intValue":"1"},{}]}}}]}}}],` +
			`"droppedAttributesCount":3,"flags":1,"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"ff00010000000002","eventName":"http.request"}`},
		{
			"largest numbers", &logspb.LogRecord{TimeUnixNano: math.MaxUint64, SeverityNumber: math.MaxInt32, DroppedAttributesCount: math.MaxUint32, Flags: math.MaxUint32},
			`{"timeUnixNano":"18446744073709551615","severityNumber":2147483647,"droppedAttributesCount":4294967295,"flags":4294967295}`,
		},
		{"severity below zero", &logspb.LogRecord{SeverityNumber: -1}, `{"severityNumber":-1}`},
		{"null body", &logspb.LogRecord{Body: &commonpb.AnyValue{}}, `{"body":{}}`},
		{"empty string", &logspb.LogRecord{Body: stringValue("")}, `{"body":{"stringValue":""}}`},
		{"false", &logspb.LogRecord{Body: boolValue(false)}, `{"body":{"boolValue":false}}`},
		{"true", &logspb.LogRecord{Body: boolValue(true)}, `{"body":{"boolValue":true}}`},
		{"zero", &logspb.LogRecord{Body: intValue(0)}, `{"body":{"intValue":"0"}}`},
		{"smallest int", &logspb.LogRecord{Body: intValue(math.MinInt64)}, `{"body":{"intValue":"-9223372036854775808"}}`},
		{"no bytes", &logspb.LogRecord{Body: bytesValue(nil)}, `{"body":{"bytesValue":""}}`},
		{"bytes", &logspb.LogRecord{Body: bytesValue([]byte{0xff, 0xfe, 0xfd, 0xfc})}, `{"body":{"bytesValue":"//79/A=="}}`},
		{"empty array", &logspb.LogRecord{Body: arrayValue()}, `{"body":{"arrayValue":{}}}`},
		{"empty map", &logspb.LogRecord{Body: mapValue()}, `{"body":{"kvlistValue":{}}}`},
		{"empty key", &logspb.LogRecord{Attributes: []*commonpb.KeyValue{keyValue("", intValue(1))}}, `{"attributes":[{"value":{"intValue":"1"}}]}`},
		{"absent value", &logspb.LogRecord{Attributes: []*commonpb.KeyValue{{Key: "k"}, {}}}, `{"attributes":[{"key":"k"},{}]}`},
		{"span without trace", &logspb.LogRecord{SpanId: spanID}, `{"spanId":"ff00010000000002"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := otlp.AppendJSONRecord([]byte("before "), marshal(t, c.record))
			if err != nil || string(got) != "before "+c.want {
				t.Errorf("got  %s, %v\nwant before %s", got, err, c.want)
			}
			checkToJSON(t, marshal(t, requestOf(c.record)))
		})
	}
}

// The package documentation shows these.
func TestJSONOfTheDocumentation(t *testing.T) {
	for _, c := range []struct {
		value string
		want  string
	}{
		{"\x0a\x03GET", `{"stringValue":"GET"}`},
		{"\x18\xc8\x01", `{"intValue":"200"}`},
		{"\x2a\x04\x0a\x02\x10\x01", `{"arrayValue":{"values":[{"boolValue":true}]}}`},
		{"", `{}`},
	} {
		got, err := otlp.AppendJSONRecord(nil, field(5, []byte(c.value)...))
		if want := `{"body":` + c.want + `}`; err != nil || string(got) != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
}

func TestJSONOfADouble(t *testing.T) {
	for _, c := range []struct {
		v    float64
		want string
	}{
		{0, `0`},
		{math.Copysign(0, -1), `-0`},
		{1, `1`},
		{-0.1, `-0.1`},
		{1e20, `100000000000000000000`},
		{1e21, `1e+21`},
		{123456789e-15, `1.23456789e-07`},
		{1e-6, `0.000001`},
		{math.SmallestNonzeroFloat64, `5e-324`},
		{math.MaxFloat64, `1.7976931348623157e+308`},
		{-math.MaxFloat64, `-1.7976931348623157e+308`},
		{math.Inf(1), `"Infinity"`},
		{math.Inf(-1), `"-Infinity"`},
		{math.NaN(), `"NaN"`},
	} {
		got, err := otlp.AppendJSONRecord(nil, otlp.AppendDoubleValue(nil, otlp.TagRecordBody, c.v))
		if want := `{"body":{"doubleValue":` + c.want + `}}`; err != nil || string(got) != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
		checkToJSON(t, appendRequest(nil, otlp.AppendDoubleValue(nil, otlp.TagRecordBody, c.v)))
	}
}

// recordOfText is a record that is nothing but a text.
func recordOfText(text string) []byte { return otlp.AppendEventName(nil, text) }

func TestJSONEscapesWhatItMustAndNothingElse(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"\"\\/", `\"\\/`},
		{"a\nb\rc\td", `a\nb\rc\td`},
		{"\x00\x01\b\f\x1f \x7f", `\u0000\u0001\u0008\u000c\u001f ` + "\x7f"},
		{"<a href='x'>&", "<a href='x'>&"},
		{"é 世界 \U0001F600 \uFFFD", "é 世界 \U0001F600 \uFFFD"},
		{"\u2028\u2029\u0085", "\u2028\u2029\u0085"},
		{"12345678\"é", `12345678\"é`},
	} {
		got, err := otlp.AppendJSONRecord(nil, recordOfText(c.text))
		if want := `{"eventName":"` + c.want + `"}`; err != nil || string(got) != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
}

// Eight bytes are looked at in one step, so every byte stands at every place of
// a word, beside neighbours that could be mistaken for it.
func TestJSONOfEveryCharacterAtEveryPlace(t *testing.T) {
	for _, fill := range []string{"x", "\x00", "\"", "!", "#", "[", "]", "\x7f", "é"} {
		for c := range rune(256) {
			for _, n := range []int{1, 7, 8, 9, 17} {
				for at := range n {
					text := strings.Repeat(fill, at) + string(c) + strings.Repeat(fill, n-1-at)
					checkText(t, text)
				}
			}
		}
	}
	if t.Failed() {
		return
	}
	for _, n := range []int{0, 100, 10_000} {
		checkText(t, strings.Repeat("\\", n))
		checkText(t, strings.Repeat("世", n)+"\n")
	}
}

// checkText writes text, and has it read by the standard library and by us.
func checkText(t *testing.T, text string) {
	t.Helper()
	got, err := otlp.AppendJSONRecord(nil, recordOfText(text))
	if err != nil {
		t.Fatalf("%q: got error %v, want none", text, err)
	}
	var read struct{ EventName string }
	if err := json.Unmarshal(got, &read); err != nil || read.EventName != text {
		t.Fatalf("%q: got %s, which reads as %q, %v", text, got, read.EventName, err)
	}
	request := fmt.Appendf(nil, `{"resourceLogs":[{"scopeLogs":[{"logRecords":[%s]}]}]}`, got)
	m := unmarshal(t, fromJSON(t, request))
	if back := m.ResourceLogs[0].ScopeLogs[0].LogRecords[0].EventName; back != text {
		t.Fatalf("%q: our reader: got %q from %s", text, back, got)
	}
}

func TestJSONRefusesWhatReceiversWould(t *testing.T) {
	attribute := func(kv []byte) []byte { return field(6, kv...) }
	value := func(v ...byte) []byte { return attribute(field(2, v...)) }
	deep := marshal(t, &logspb.LogRecord{Body: nestedMap(otlp.MaxDepth+1, intValue(1))})
	for _, c := range []struct {
		name   string
		record []byte
		want   error
	}{
		{"cut field", []byte{3<<3 | 2, 5, 'x'}, otlp.ErrTruncated},
		{"cut key", attribute([]byte{1<<3 | 2, 9}), otlp.ErrTruncated},
		{"cut value", value(1<<3|2, 9), otlp.ErrTruncated},
		{"cut element", value(append([]byte{5<<3 | 2, 3}, 1<<3|2, 1, 0xff)...), otlp.ErrTruncated},
		{"cut body", field(5, 3<<3, 0x80), otlp.ErrTruncated},
		{"group", []byte{9<<3 | 3}, otlp.ErrWireType},
		{"field number 0", []byte{0, 0}, otlp.ErrFieldNumber},
		{"long varint", append([]byte{2 << 3}, strings.Repeat("\xff", 10)...), otlp.ErrOverflow},
		{"severity text", field(3, 0xff), otlp.ErrUTF8},
		{"event name", field(12, 0xc3), otlp.ErrUTF8},
		{"text after an escape", field(12, '\n', 0xff), otlp.ErrUTF8},
		{"key", attribute(field(1, 0xff)), otlp.ErrUTF8},
		{"string value", value(field(1, 0xff)...), otlp.ErrUTF8},
		{"trace id", field(9, 1, 2, 3), otlp.ErrID},
		{"span id", field(10, traceID...), otlp.ErrID},
		{"depth", deep, otlp.ErrDepth},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := otlp.AppendJSONRecord([]byte("before"), c.record)
			if !errors.Is(err, c.want) || string(got) != "before" {
				t.Errorf("got %s, %v, want before, %v", got, err, c.want)
			}
			if err := otlp.Validate(c.record, otlp.MaxDepth); !errors.Is(err, c.want) {
				t.Errorf("Validate: got %v, want %v", err, c.want)
			}
			got, err = otlp.AppendJSONRequest([]byte("before"), appendRequest(nil, c.record))
			if !errors.Is(err, c.want) || string(got) != "before" {
				t.Errorf("request: got %s, %v, want before, %v", got, err, c.want)
			}
		})
	}
}

func TestJSONRefusesADamagedEnvelope(t *testing.T) {
	resourceLogs := func(b ...byte) []byte { return field(1, b...) }
	scopeLogs := func(b ...byte) []byte { return resourceLogs(field(2, b...)...) }
	cut := []byte{1<<3 | 2, 9}
	for _, c := range []struct {
		name    string
		request []byte
		want    error
	}{
		{"request", cut, otlp.ErrTruncated},
		{"resource logs", resourceLogs(cut...), otlp.ErrTruncated},
		{"resource", resourceLogs(field(1, cut...)...), otlp.ErrTruncated},
		{"resource's count", resourceLogs(field(1, 2<<3)...), otlp.ErrTruncated},
		{"resource's key", resourceLogs(field(1, field(1, field(1, 0xff)...)...)...), otlp.ErrUTF8},
		{"resource's schema", resourceLogs(field(3, 0xff)...), otlp.ErrUTF8},
		{"scope logs", scopeLogs(cut...), otlp.ErrTruncated},
		{"scope", scopeLogs(field(1, cut...)...), otlp.ErrTruncated},
		{"scope's name", scopeLogs(field(1, field(1, 0xff)...)...), otlp.ErrUTF8},
		{"scope's version", scopeLogs(field(1, field(2, 0xff)...)...), otlp.ErrUTF8},
		{"scope's attribute", scopeLogs(field(1, field(3, cut...)...)...), otlp.ErrTruncated},
		{"scope's schema", scopeLogs(field(3, 0xff)...), otlp.ErrUTF8},
	} {
		got, err := otlp.AppendJSONRequest([]byte("before"), c.request)
		if !errors.Is(err, c.want) || string(got) != "before" {
			t.Errorf("%s: got %s, %v, want before, %v", c.name, got, err, c.want)
		}
	}
}

// What is no canonical encoding is written as ParseRecord reads it.
func TestJSONOfFieldsInAnyOrderAndNumber(t *testing.T) {
	record := field(12, 'o', 'l', 'd')
	record = append(record, field(6, field(1, 'a')...)...)
	record = append(record, 2<<3, 9)
	record = append(record, field(6, append(field(2, 3<<3, 7), field(1, 'b')...)...)...)
	record = append(record, 2<<3, 10)
	record = append(record, field(12, 'n', 'e', 'w')...)
	record = append(record, field(50, 'x')...)
	got, err := otlp.AppendJSONRecord(nil, record)
	if want := `{"severityNumber":10,"attributes":[{"key":"a"},{"key":"b","value":{"intValue":"7"}}],"eventName":"new"}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

func TestJSONOfARequest(t *testing.T) {
	for _, c := range []struct {
		name    string
		request []byte
		want    string
	}{
		{"empty", nil, `{}`},
		{"empty resource logs", field(1), `{"resourceLogs":[{}]}`},
		{"schema alone", field(1, field(3, 'u')...), `{"resourceLogs":[{"schemaUrl":"u"}]}`},
		{"empty scope logs", field(1, field(2)...), `{"resourceLogs":[{"scopeLogs":[{}]}]}`},
		{"empty resource and scope", field(1, append(field(1), field(2, field(1)...)...)...), `{"resourceLogs":[{"resource":{},"scopeLogs":[{"scope":{}}]}]}`},
		{"all", appendRequest(nil, nil, recordOfText("e")), `{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}],` +
			`"droppedAttributesCount":2},"scopeLogs":[{"scope":{"name":"github.com/acme/shop","version":"v1.2.3",` +
			`"attributes":[{"key":"beta","value":{"boolValue":true}}],"droppedAttributesCount":300},` +
			`"logRecords":[{},{"eventName":"e"}],"schemaUrl":"https://schema/scope"}],"schemaUrl":"https://schema/resource"}]}`},
		{"two resources", append(field(1, field(3, 'a')...), field(1, field(3, 'b')...)...), `{"resourceLogs":[{"schemaUrl":"a"},{"schemaUrl":"b"}]}`},
	} {
		got, err := otlp.AppendJSONRequest([]byte("{"), c.request)
		if err != nil || string(got) != "{"+c.want {
			t.Errorf("%s: got  %s, %v\nwant {%s", c.name, got, err, c.want)
		}
		checkToJSON(t, c.request)
	}
}
