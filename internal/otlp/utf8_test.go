package otlp_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/otlp"
)

// sanitize is what our encoder promises for strings that are not valid UTF-8:
// values become bytes, all other strings are repaired.
func sanitize(r *logspb.LogRecord) *logspb.LogRecord {
	r = proto.Clone(r).(*logspb.LogRecord)
	r.SeverityText = strings.ToValidUTF8(r.SeverityText, "\uFFFD")
	r.EventName = strings.ToValidUTF8(r.EventName, "\uFFFD")
	sanitizeValue(r.Body)
	sanitizeKeyValues(r.Attributes)
	return r
}

func sanitizeKeyValues(kvs []*commonpb.KeyValue) {
	for _, kv := range kvs {
		kv.Key = strings.ToValidUTF8(kv.Key, "\uFFFD")
		sanitizeValue(kv.Value)
	}
}

func sanitizeValue(v *commonpb.AnyValue) {
	switch m := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		if !utf8.ValidString(m.StringValue) {
			v.Value = bytesValue([]byte(m.StringValue)).Value
		}
	case *commonpb.AnyValue_ArrayValue:
		for _, e := range m.ArrayValue.GetValues() {
			sanitizeValue(e)
		}
	case *commonpb.AnyValue_KvlistValue:
		sanitizeKeyValues(m.KvlistValue.GetValues())
	}
}

// invalid strings, short and long, the fault at every place of a word.
func invalidStrings() []string {
	all := []string{"\xff", "a\xc3", "\xed\xa0\x80", "\xc0\xaf", "\xf4\x90\x80\x80", "ok\xffok\xfe\xfdok", "\xe2\x82"}
	for n := 1; n <= 40; n++ {
		for at := range n {
			s := []byte(strings.Repeat("x", n))
			s[at] = 0x80
			all = append(all, string(s))
		}
	}
	for _, n := range []int{60, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 200, 16384} {
		all = append(all, strings.Repeat("y", n-1)+"\xff", "\xff"+strings.Repeat("y", n-1))
	}
	return all
}

func TestInvalidUTF8NeverReachesAString(t *testing.T) {
	for _, s := range invalidStrings() {
		r := &logspb.LogRecord{
			SeverityText: s,
			EventName:    s,
			Body:         stringValue(s),
			Attributes: []*commonpb.KeyValue{
				keyValue("value", stringValue(s)), keyValue("é", stringValue(s)), keyValue(s, stringValue("v")), keyValue(s, stringValue(s)),
				keyValue(s, intValue(1)), keyValue(s, boolValue(true)), keyValue(s, doubleValue(1)), keyValue(s, bytesValue([]byte(s))), keyValue(s, &commonpb.AnyValue{}),
				keyValue(s, mapValue(keyValue(s, stringValue(s)))), keyValue(s, arrayValue(stringValue(s))),
			},
		}
		got, want := appendRecord(nil, r), marshal(t, sanitize(r))
		if !bytes.Equal(got, want) {
			t.Errorf("string %q: got %s, want %s", s[:min(len(s), 50)], brief(got), brief(want))
		}
		if err := otlp.Validate(got, otlp.MaxDepth); err != nil {
			t.Errorf("string %q: got %v from Validate, want nil", s[:min(len(s), 50)], err)
		}
	}
}

func TestValidTextOfEveryLengthStaysAString(t *testing.T) {
	for _, unit := range []string{"x", "é", "世", "\U0001F600", "\x00", "\x7f", "\uFFFD"} {
		for n := range 140 {
			s := strings.Repeat(unit, n)
			r := &logspb.LogRecord{Body: stringValue(s), Attributes: []*commonpb.KeyValue{keyValue(s, stringValue(s)), keyValue("k"+s, intValue(int64(n)))}}
			if got, want := appendRecord(nil, r), marshal(t, r); !bytes.Equal(got, want) {
				t.Errorf("%d times %q: got %s, want %s", n, unit, brief(got), brief(want))
			}
		}
	}
}

func TestScopeAndResourceRepairStrings(t *testing.T) {
	got := otlp.AppendScope(nil, "name\xff", "v\xff1")
	want := marshal(t, &commonpb.InstrumentationScope{Name: "name\uFFFD", Version: "v\uFFFD1"})
	if !bytes.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
}
