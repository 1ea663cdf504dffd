package otlp_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/otlp"
)

// inRequest is a request of the record that text is.
func inRequest(text string) []byte {
	return fmt.Appendf(nil, `{"resourceLogs":[{"scopeLogs":[{"logRecords":[%s]}]}]}`, text)
}

// recordIn returns the only record of a request.
func recordIn(t *testing.T, request []byte) *logspb.LogRecord {
	t.Helper()
	m := unmarshal(t, request)
	if canonical := marshal(t, m); !bytes.Equal(request, canonical) {
		t.Fatalf("got %s, want the canonical %s", brief(request), brief(canonical))
	}
	return m.ResourceLogs[0].ScopeLogs[0].LogRecords[0]
}

// body is a record with nothing else.
func body(v *commonpb.AnyValue) *logspb.LogRecord { return &logspb.LogRecord{Body: v} }

func TestRecordsReadFromJSON(t *testing.T) {
	for _, c := range []struct {
		name string
		text string
		want *logspb.LogRecord
	}{
		{"empty", `{}`, &logspb.LogRecord{}},
		{"white space everywhere", "\t{ \"body\"\r\n: { \"arrayValue\" : {\"values\" : [ { } , {\"intValue\" : 1 } ] } } }\n", body(arrayValue(&commonpb.AnyValue{}, intValue(1)))},
		{
			"fields in descending order", `{"eventName":"e","observedTimeUnixNano":"2","spanId":"ff00010000000002","traceId":"0102030405060708090a0b0c0d0e0f10","flags":1,` +
				`"droppedAttributesCount":3,"attributes":[{"value":{"intValue":5},"key":"k"},{}],"body":{"stringValue":"b"},"severityText":"s","severityNumber":9,"timeUnixNano":1}`,
			&logspb.LogRecord{
				TimeUnixNano: 1, SeverityNumber: 9, SeverityText: "s", Body: stringValue("b"), Attributes: []*commonpb.KeyValue{keyValue("k", intValue(5)), {}},
				DroppedAttributesCount: 3, Flags: 1, TraceId: traceID, SpanId: spanID, ObservedTimeUnixNano: 2, EventName: "e",
			},
		},
		{"zero and empty fields", `{"timeUnixNano":"0","severityNumber":0,"severityText":"","attributes":[],"droppedAttributesCount":0,"flags":0,"traceId":"","spanId":"","observedTimeUnixNano":0,"eventName":""}`, &logspb.LogRecord{}},
		{"null fields", `{"timeUnixNano":null,"severityNumber":null,"severityText":null,"body":null,"attributes":null,"flags": null,"traceId":null}`, &logspb.LogRecord{}},
		{"null before the value", `{"severityText":null,"severityText":"s"}`, &logspb.LogRecord{SeverityText: "s"}},
		{"null members", `{"body":{"stringValue":null,"intValue":"5","arrayValue":null}}`, body(intValue(5))},
		{"null body", `{"body":{}}`, body(&commonpb.AnyValue{})},
		{"null value in a map", `{"body":{"kvlistValue":{"values":[{"key":"k","value":null}]}}}`, body(mapValue(keyValue("k", nil)))},

		{
			"unknown fields", `{"":1,"x":null,"y":{"a":[1,2.5e-3,"s",true,false,null,{},[]],"b":{}},"traceid":"nohex","severityText":"s","z":"\ud800","body":{"new":1}}`,
			&logspb.LogRecord{SeverityText: "s", Body: &commonpb.AnyValue{}},
		},
		{"unknown fields twice", `{"x":1,"x":2}`, &logspb.LogRecord{}},
		{"snake_case is unknown", `{"severity_text":"s","trace_id":"x","event_name":5}`, &logspb.LogRecord{}},
		{"names differ by case", `{"SeverityText":"s","EVENTNAME":5}`, &logspb.LogRecord{}},
		{
			"fields of profiles are unknown", `{"body":{"stringValueStrindex":5},"attributes":[{"keyStrindex":"x","key":"k"}]}`,
			&logspb.LogRecord{Body: &commonpb.AnyValue{}, Attributes: []*commonpb.KeyValue{{Key: "k"}}},
		},
		{"escaped names", `{"severity\u0054ext":"s","\u0065\u0076\u0065\u006E\u0074\u004e\u0061\u006d\u0065":"e"}`, &logspb.LogRecord{SeverityText: "s", EventName: "e"}},

		{"upper-case ids", `{"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174"}`, specIDs()},
		{"ids in mixed case", `{"traceId":"5b8eFFF798038103d269B633813fc60C","spanId":"eee19B7EC3c1b174"}`, specIDs()},
		{"escaped ids", `{"traceId":"\u0035B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B17\u0034"}`, specIDs()},
		{"ids of zeros", `{"spanId":"0000000000000000"}`, &logspb.LogRecord{SpanId: make([]byte, 8)}},

		{"empty string", `{"body":{"stringValue":""}}`, body(stringValue(""))},
		{"every escape", `{"body":{"stringValue":"\"\\\/\b\f\n\r\t\u0000\u00e9\u4e16\ud83d\ude00"}}`, body(stringValue("\"\\/\b\f\n\r\t\x00é世\U0001F600"))},
		{"characters as they are", `{"body":{"stringValue":"é世` + "\U0001F600\u2028\x7f" + `"}}`, body(stringValue("é世\U0001F600\u2028\x7f"))},
		{"half a pair", `{"body":{"stringValue":"a\ud83db\ude00c\ud83d"}}`, body(stringValue("a\uFFFDb\uFFFDc\uFFFD"))},
		{"two first halves", `{"body":{"stringValue":"\ud83d\ud83d\ude00"}}`, body(stringValue("\uFFFD\U0001F600"))},
		{"half a pair before an escape", `{"body":{"stringValue":"\ud83d\u0041\ud83d\n"}}`, body(stringValue("\uFFFDA\uFFFD\n"))},
		{"long string", `{"body":{"stringValue":"` + strings.Repeat("x", 300) + `"}}`, body(stringValue(strings.Repeat("x", 300)))},
		{"long string of escapes", `{"body":{"stringValue":"` + strings.Repeat(`\n`, 300) + `"}}`, body(stringValue(strings.Repeat("\n", 300)))},
		{"bool", `{"body":{"boolValue":false}}`, body(boolValue(false))},

		{"bytes", `{"body":{"bytesValue":"//79/A=="}}`, body(bytesValue([]byte{0xff, 0xfe, 0xfd, 0xfc}))},
		{"bytes without padding", `{"body":{"bytesValue":"//79/A"}}`, body(bytesValue([]byte{0xff, 0xfe, 0xfd, 0xfc}))},
		{"bytes of the other alphabet", `{"body":{"bytesValue":"__79_A=="}}`, body(bytesValue([]byte{0xff, 0xfe, 0xfd, 0xfc}))},
		{"bytes with escaped slashes", `{"body":{"bytesValue":"\/\/79\/A=="}}`, body(bytesValue([]byte{0xff, 0xfe, 0xfd, 0xfc}))},
		{"no bytes", `{"body":{"bytesValue":""}}`, body(bytesValue(nil))},
		{"many bytes", `{"body":{"bytesValue":"` + strings.Repeat("AAAA", 100) + `"}}`, body(bytesValue(make([]byte, 300)))},

		{"empty array", `{"body":{"arrayValue":{}}}`, body(arrayValue())},
		{"array without elements", `{"body":{"arrayValue":{"values":[]}}}`, body(arrayValue())},
		{"map without entries", `{"body":{"kvlistValue":{"values":[]}}}`, body(mapValue())},
		{"duplicate keys", `{"body":{"kvlistValue":{"values":[{"key":"k"},{"key":"k"}]}}}`, body(mapValue(keyValue("k", nil), keyValue("k", nil)))},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := inRequest(c.text)
			if !json.Valid(text) {
				t.Fatalf("the standard library refuses %s", text)
			}
			if got := recordIn(t, fromJSON(t, text)); !proto.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// specIDs is a record with the ids of the example of the specification.
func specIDs() *logspb.LogRecord {
	r := specExample().ResourceLogs[0].ScopeLogs[0].LogRecords[0]
	return &logspb.LogRecord{TraceId: r.TraceId, SpanId: r.SpanId}
}

func TestEnvelopesReadFromJSON(t *testing.T) {
	for _, c := range []struct {
		name string
		text string
		want []byte
	}{
		{"empty", ` {} `, nil},
		{"no resources", `{"resourceLogs":[]}`, nil},
		{"null resources", `{"resourceLogs":null}`, nil},
		{"unknown fields alone", `{"resourceSpans":[{}]}`, nil},
		{"empty resource logs", `{"resourceLogs":[{},{}]}`, append(field(1), field(1)...)},
		{"null resource", `{"resourceLogs":[{"resource":null,"scopeLogs":null}]}`, field(1)},
		{"entities are unknown", `{"resourceLogs":[{"resource":{"entityRefs":[{"type":"t"}]}}]}`, field(1, field(1)...)},
		{
			"schema first", `{"resourceLogs":[{"schemaUrl":"u","scopeLogs":[{"schemaUrl":"v","scope":{}}],"resource":{}}]}`,
			field(1, append(append(field(1), field(2, append(field(1), field(3, 'v')...)...)...), field(3, 'u')...)...),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := fromJSON(t, []byte(c.text)); !bytes.Equal(got, c.want) {
				t.Errorf("got %x, want %x", got, c.want)
			}
		})
	}
}

func TestTextThatIsNotJSONIsRefused(t *testing.T) {
	for _, text := range []string{
		"", " ", "\ufeff{}", "\xff", "{", "}", "{}{}", "{} x", "{},", "{]", `{"resourceLogs"`, `{"resourceLogs":`, `{"resourceLogs":[`, `{"resourceLogs":[}`,
		`{"resourceLogs":[{}`, `{"resourceLogs":[{},]}`, `{"resourceLogs":[,{}]}`, `{"resourceLogs":[{}{}]}`, `{"resourceLogs":[{}]`, `{"resourceLogs":[],}`, `{,}`,
		`{"resourceLogs" []}`, `{resourceLogs:[]}`, `{'resourceLogs':[]}`, `{5:1}`, `{null:1}`, `{"a":1 "b":2}`, `{"a"::1}`, `{"a":}`, `{"a":,}`, `{"a":undefined}`,
		"{\x0b}", "{\u00a0}", `{"a":/**/1}`, "{\"a\":1}\x00", "{\"\x00\":1}",
		// Values of unknown fields.
		`{"a":tru}`, `{"a":True}`, `{"a":nulll}`, `{"a":+1}`, `{"a":01}`, `{"a":-}`, `{"a":-01}`, `{"a":.5}`, `{"a":1.}`, `{"a":1.e5}`, `{"a":1e}`, `{"a":1e+}`, `{"a":0x1}`, `{"a":1_0}`,
		`{"a":NaN}`, `{"a":-Infinity}`, `{"a":"}`, `{"a":"\x"}`, `{"a":"\u12"}`, `{"a":"\u12g4"}`, `{"a":"\U1234"}`, `{"a":"\`, `{"a":"\u`, "{\"a\":\"\n\"}", "{\"a\":\"\x1f\"}", `{"a":'x'}`,
		`{"a":[1,]}`, `{"a":[,1]}`, `{"a":[1 2]}`, `{"a":[}`, `{"a":{]}`, `{"a":{"b"}}`, `{"a":{"b":1,}}`, `{"a":[`, `{"a":{`, `{"a":[1`,
		// Values of known fields.
		string(inRequest(`{"timeUnixNano":}`)), string(inRequest(`{"timeUnixNano":01}`)), string(inRequest(`{"timeUnixNano":-}`)), string(inRequest(`{"timeUnixNano":1x}`)),
		string(inRequest(`{"severityText":"s}`)), string(inRequest(`{"severityText":s}`)), string(inRequest(`{"severityText":"\q"}`)), string(inRequest(`{"severityNumber":}`)),
		string(inRequest(`{"body":{"boolValue":tru}}`)), string(inRequest(`{"body":{"boolValue":}}`)), string(inRequest(`{"body":{"boolValue":truefalse}}`)), string(inRequest(`{"body":{"doubleValue":NaN}}`)),
		string(inRequest(`{"body":{"doubleValue":1.}}`)), string(inRequest(`{"body":{"bytesValue":"AA}}`)), string(inRequest(`{"traceId":"`)), string(inRequest(`{"body":nullx}`)),
	} {
		if json.Valid([]byte(text)) {
			t.Errorf("the standard library accepts %s", text)
		}
		checkRefused(t, text, otlp.ErrJSON)
	}
}

// checkRefused wants text to be refused because of want.
func checkRefused(t *testing.T, text string, want error) {
	t.Helper()
	got, err := otlp.AppendRequestFromJSON([]byte("before"), []byte(text))
	var at *otlp.JSONError
	if !errors.Is(err, want) || !errors.As(err, &at) || string(got) != "before" {
		t.Errorf("got %q, %v, want before, %v, from %.300s", got, err, want, text)
		return
	}
	if at.Offset < 0 || at.Offset > len(text) {
		t.Errorf("got offset %d, want one in the text of %d bytes", at.Offset, len(text))
	}
}

func TestValuesOfAWrongTypeOrRangeAreRefused(t *testing.T) {
	for _, text := range []string{`null`, `[]`, `"x"`, `5`, `true`, `{"resourceLogs":{}}`, `{"resourceLogs":[null]}`, `{"resourceLogs":[5]}`, `{"resourceLogs":"x"}`} {
		checkRefused(t, text, otlp.ErrJSONValue)
	}
	for _, text := range []string{
		`{"severityText":5}`, `{"severityText":{}}`, `{"severityText":true}`, `{"eventName":[]}`,
		`{"severityNumber":"SEVERITY_NUMBER_INFO"}`, `{"severityNumber":"9"}`, `{"severityNumber":true}`, `{"severityNumber":9.5}`, `{"severityNumber":2147483648}`, `{"severityNumber":-2147483649}`,
		`{"timeUnixNano":-1}`, `{"timeUnixNano":18446744073709551616}`, `{"timeUnixNano":"18446744073709551616"}`, `{"timeUnixNano":"1970-01-01"}`, `{"timeUnixNano":""}`,
		`{"timeUnixNano":" 1"}`, `{"timeUnixNano":"1 "}`, `{"timeUnixNano":"+1"}`, `{"timeUnixNano":"01"}`, `{"timeUnixNano":"0x1"}`, `{"timeUnixNano":"1_0"}`, `{"timeUnixNano":true}`, `{"timeUnixNano":[]}`,
		`{"flags":4294967296}`, `{"flags":-1}`, `{"droppedAttributesCount":4294967296}`, `{"droppedAttributesCount":1.5}`,
		`{"body":"text"}`, `{"body":[]}`, `{"body":5}`, `{"attributes":{}}`, `{"attributes":{"k":"v"}}`, `{"attributes":[null]}`, `{"attributes":["k"]}`, `{"attributes":[{"key":5}]}`,
		`{"body":{"boolValue":"true"}}`, `{"body":{"boolValue":1}}`, `{"body":{"intValue":1.5}}`, `{"body":{"intValue":9223372036854775808}}`, `{"body":{"intValue":"-9223372036854775809"}}`,
		`{"body":{"intValue":"NaN"}}`, `{"body":{"intValue":{}}}`, `{"body":{"doubleValue":"nan"}}`, `{"body":{"doubleValue":"inf"}}`, `{"body":{"doubleValue":"+Infinity"}}`, `{"body":{"doubleValue":"0x1p-2"}}`,
		`{"body":{"doubleValue":""}}`, `{"body":{"doubleValue":1e309}}`, `{"body":{"doubleValue":"-1e309"}}`, `{"body":{"doubleValue":true}}`,
		`{"body":{"bytesValue":"A"}}`, `{"body":{"bytesValue":"AA="}}`, `{"body":{"bytesValue":"A==="}}`, `{"body":{"bytesValue":"AA==AA=="}}`, `{"body":{"bytesValue":"A!AA"}}`, `{"body":{"bytesValue":"A+_A"}}`, `{"body":{"bytesValue":"AA\nAA"}}`, `{"body":{"bytesValue":"\r\n"}}`, `{"body":{"bytesValue":5}}`,
		`{"body":{"arrayValue":[]}}`, `{"body":{"arrayValue":{"values":{}}}}`, `{"body":{"arrayValue":{"values":[null]}}}`, `{"body":{"kvlistValue":{"values":[{"value":"v"}]}}}`,
		`{"traceId":5}`,
	} {
		checkRefused(t, string(inRequest(text)), otlp.ErrJSONValue)
	}
}

func TestOtherRefusalsOfJSON(t *testing.T) {
	for _, c := range []struct {
		text string
		want error
	}{
		{`{"severityText":"a","severityText":"b"}`, otlp.ErrJSONTwice},
		{`{"severityText":"","severityText":""}`, otlp.ErrJSONTwice},
		{`{"attributes":[],"attributes":[]}`, otlp.ErrJSONTwice},
		{`{"body":{},"\u0062ody":{}}`, otlp.ErrJSONTwice},
		{`{"body":{"stringValue":"a","intValue":1}}`, otlp.ErrJSONTwice},
		{`{"body":{"intValue":1,"intValue":1}}`, otlp.ErrJSONTwice},
		{`{"traceId":"0102"}`, otlp.ErrID},
		{`{"traceId":"0102030405060708090a0b0c0d0e0f"}`, otlp.ErrID},
		{`{"traceId":"0102030405060708090a0b0c0d0e0f1g"}`, otlp.ErrID},
		{`{"traceId":"AQIDBAUGBwgJCgsMDQ4PEA=="}`, otlp.ErrID},
		{`{"spanId":"0102030405060708090a0b0c0d0e0f10"}`, otlp.ErrID},
		{`{"spanId":"0x01020304050607"}`, otlp.ErrID},
		{"{\"severityText\":\"\xff\"}", otlp.ErrUTF8},
		{"{\"severityText\":\"\xed\xa0\x80\"}", otlp.ErrUTF8},
		{"{\"\xff\":1}", otlp.ErrUTF8},
		{"{\"x\":\"\xc3\"}", otlp.ErrUTF8},
	} {
		checkRefused(t, string(inRequest(c.text)), c.want)
	}
}

func TestJSONErrorsSayWhereAndRepeatNothing(t *testing.T) {
	_, err := otlp.AppendRequestFromJSON(nil, []byte(`{"resourceLogs":[{"password":"hunter2" "x":1}]}`))
	if got, want := fmt.Sprint(err), "otlp: invalid JSON at byte 39"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNestingInJSONIsBounded(t *testing.T) {
	nested := func(open, end string, n int) string {
		return string(inRequest(`{"body":` + strings.Repeat(open, n) + `{}` + strings.Repeat(end, n) + `}`))
	}
	for _, c := range []struct{ open, end string }{
		{`{"arrayValue":{"values":[`, `]}}`},
		{`{"kvlistValue":{"values":[{"value":`, `}]}}`},
		{`{"kvlistValue":{"values":[{"value":`, `,"key":"k"}]}}`},
	} {
		request := fromJSON(t, []byte(nested(c.open, c.end, otlp.MaxDepth)))
		recordIn(t, request)
		checkToJSON(t, request)
		for _, n := range []int{otlp.MaxDepth + 1, 100_000} {
			checkRefused(t, nested(c.open, c.end, n), otlp.ErrDepth)
		}
	}
	// Depth is given back: siblings do not add up.
	fromJSON(t, inRequest(`{"body":{"arrayValue":{"values":[`+strings.Repeat(`{"arrayValue":{}},`, 200)+`{}]}}}`))

	const maxSkip = 512
	for _, c := range []struct{ open, end string }{{"[", "]"}, {`{"a":`, "}"}} {
		text := func(n int) string {
			return `{"x":` + strings.Repeat(c.open, n) + "1" + strings.Repeat(c.end, n) + `}`
		}
		fromJSON(t, []byte(text(maxSkip)))
		checkRefused(t, text(maxSkip+1), otlp.ErrDepth)
		checkRefused(t, `{"x":`+strings.Repeat(c.open, 1<<20), otlp.ErrDepth)
	}
}

func TestJSONThatIsTooLongIsRefused(t *testing.T) {
	text := bytes.Repeat([]byte(" "), otlp.MaxJSON+1)
	checkRefused(t, string(text), otlp.ErrJSONSize)
	text[0], text[1] = '{', '}'
	if got := fromJSON(t, text[:otlp.MaxJSON]); len(got) != 0 {
		t.Errorf("got %d bytes, want none", len(got))
	}
}

// Each text is one that makes some reader take quadratic time, or worse. At
// this size that would be hours.
func TestHostileJSONTakesLinearTime(t *testing.T) {
	const size = 4 << 20
	fill := func(open, unit, end string) string {
		return open + strings.Repeat(unit, size/len(unit)) + end
	}
	deep := strings.Repeat(`{"kvlistValue":{"values":[{"value":`, otlp.MaxDepth-1)
	deepEnd := strings.Repeat(`,"key":"k"}]}}`, otlp.MaxDepth-1)
	for _, c := range []struct{ name, text string }{
		{"unknown fields", `{` + fill(``, `"x":{"y":[]},`, ``) + `"z":1}`},
		{"escaped unknown names", `{` + fill(`"`, `\u0061`, `":1}`)},
		{"empty resources", fill(`{"resourceLogs":[`, `{},`, `{}]}`)},
		{"swapped fields", string(inRequest(fill(`{"attributes":[`, `{"value":{"intValue":1},"key":"k"},`, `{}]}`)))},
		{"much in the deepest map, values before keys", string(inRequest(`{"eventName":"e","body":` + deep + fill(`{"arrayValue":{"values":[`, `{},`, `{}]}}`) + deepEnd + `}`))},
		{"digits", string(inRequest(fill(`{"body":{"doubleValue":1.`, `1`, `}}`)))},
		{"zeros of an integer", string(inRequest(fill(`{"timeUnixNano":1.`, `0`, `}`)))},
		{"zeros and an exponent", string(inRequest(fill(`{"timeUnixNano":0.`, `0`, fmt.Sprintf(`1e%d}`, size+1))))},
		{"escapes", string(inRequest(fill(`{"body":{"stringValue":"`, `\ud83d`, `"}}`)))},
		{"escaped base64", string(inRequest(fill(`{"body":{"bytesValue":"`, `\/\/\/\/`, `"}}`)))},
		{"white space", fill(`{`, "\n", `}`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			begin := time.Now()
			text := []byte(c.text)
			request, err := otlp.AppendRequestFromJSON(nil, text)
			if err != nil {
				t.Errorf("got error %v, want none", err)
			}
			if len(request) > len(text) {
				t.Errorf("got %d bytes from a text of %d, want no more", len(request), len(text))
			}
			if took := time.Since(begin); took > 30*time.Second {
				t.Errorf("took %v for %d bytes", took, len(text))
			}
		})
	}
	for _, exponent := range []string{"e999999999999999999999", "E-999999999999999999999"} {
		checkRefused(t, string(inRequest(`{"timeUnixNano":1`+exponent+`}`)), otlp.ErrJSONValue)
	}
	if got := recordIn(t, fromJSON(t, inRequest(`{"timeUnixNano":0e999999999999999999999,"body":{"doubleValue":1e-999999999999}}`))); got.TimeUnixNano != 0 || got.Body.GetDoubleValue() != 0 {
		t.Errorf("got %v, want zeros", got)
	}
}

func TestIntegersReadFromJSON(t *testing.T) {
	for _, c := range []struct {
		text string
		want int64
	}{
		{"0", 0},
		{"-0", 0},
		{"1", 1},
		{"-1", -1},
		{"10", 10},
		{"9007199254740993", 9007199254740993},
		{"9223372036854775807", math.MaxInt64},
		{"-9223372036854775808", math.MinInt64},
		{"1.0", 1},
		{"1.50e1", 15},
		{"1e3", 1000},
		{"1E+3", 1000},
		{"100e-2", 1},
		{"-120.00e-1", -12},
		{"0.0015e4", 15},
		{"0.0", 0},
		{"0e5", 0},
		{"0.000e-9", 0},
		{"9.223372036854775807e18", math.MaxInt64},
		{"-92233720368547758080e-1", math.MinInt64},
		{"0.00000000000000000000000000001e30", 10},
	} {
		for _, form := range []string{`%s`, `"%s"`} {
			got := recordIn(t, fromJSON(t, inRequest(`{"body":{"intValue":`+fmt.Sprintf(form, c.text)+`}}`)))
			if !proto.Equal(got, body(intValue(c.want))) {
				t.Errorf("%s: got %v, want %d", c.text, got, c.want)
			}
		}
	}
	for _, text := range []string{"0.5", "1.05e1", "15e-1", "1e-1", "1e19", "9223372036854775808", "-9223372036854775809", "1e400", "123456789012345678901234567890", "10.01e1"} {
		checkRefused(t, string(inRequest(`{"body":{"intValue":`+text+`}}`)), otlp.ErrJSONValue)
	}
	got := recordIn(t, fromJSON(t, inRequest(`{"timeUnixNano":18446744073709551615,"severityNumber":-2147483648,"flags":"4294967295","droppedAttributesCount":4.294967295e9}`)))
	want := &logspb.LogRecord{TimeUnixNano: math.MaxUint64, SeverityNumber: math.MinInt32, Flags: math.MaxUint32, DroppedAttributesCount: math.MaxUint32}
	if !proto.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestDoublesReadFromJSON(t *testing.T) {
	for _, c := range []struct {
		text string
		want float64
	}{
		{"0", 0},
		{"-0", math.Copysign(0, -1)},
		{"1", 1},
		{"-1.5e-3", -0.0015},
		{"637.704", 637.704},
		{`"637.704"`, 637.704},
		{`"\u0031e2"`, 100},
		{`"NaN"`, math.NaN()},
		{`"Infinity"`, math.Inf(1)},
		{`"-Infinity"`, math.Inf(-1)},
		{"1e-400", 0},
		{"5e-324", math.SmallestNonzeroFloat64},
		{"1.7976931348623157e308", math.MaxFloat64},
	} {
		got := recordIn(t, fromJSON(t, inRequest(`{"body":{"doubleValue":`+c.text+`}}`)))
		if math.Float64bits(got.Body.GetDoubleValue()) != math.Float64bits(c.want) {
			t.Errorf("%s: got %v, want %v", c.text, got, c.want)
		}
	}
}
