package otlptest

import (
	"math"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/proto"
)

func str(s string) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
}

func double(f float64) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: f}}
}

func whole(n int64) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: n}}
}

// everything is a request with every field and every kind of value.
func everything() *collogspb.ExportLogsServiceRequest {
	values := []*commonpb.AnyValue{
		str("a \"quoted\" line\n\u2028 of \x01 text 日本"), str(""),
		{Value: &commonpb.AnyValue_BoolValue{BoolValue: true}},
		{Value: &commonpb.AnyValue_BoolValue{}},
		whole(math.MinInt64), whole(math.MaxInt64), whole(0),
		double(0), double(-1.5e-300), double(math.MaxFloat64), double(math.Inf(1)), double(math.Inf(-1)),
		{Value: &commonpb.AnyValue_BytesValue{BytesValue: []byte{0, 255, 254, 62, 63}}},
		{},
	}
	values = append(values,
		&commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{Values: values[:5]}}},
		&commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: &commonpb.KeyValueList{
			Values: []*commonpb.KeyValue{{Key: "k", Value: values[0]}, {Key: "", Value: values[3]}},
		}}})
	var attrs []*commonpb.KeyValue
	for i, v := range values {
		attrs = append(attrs, &commonpb.KeyValue{Key: strings.Repeat("k", i), Value: v})
	}
	return &collogspb.ExportLogsServiceRequest{ResourceLogs: []*logspb.ResourceLogs{{
		Resource:  &resourcepb.Resource{Attributes: attrs, DroppedAttributesCount: 1},
		SchemaUrl: "https://r",
		ScopeLogs: []*logspb.ScopeLogs{{
			Scope:     &commonpb.InstrumentationScope{Name: "n", Version: "v", Attributes: attrs[:2], DroppedAttributesCount: math.MaxUint32},
			SchemaUrl: "https://s",
			LogRecords: []*logspb.LogRecord{{
				TimeUnixNano: math.MaxUint64, ObservedTimeUnixNano: 1, SeverityNumber: 17, SeverityText: "ERROR",
				Body: values[0], Attributes: attrs, DroppedAttributesCount: 3, Flags: 257,
				TraceId: []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
				SpanId:  []byte{255, 2, 3, 4, 5, 6, 7, 8}, EventName: "e",
			}},
		}},
	}}}
}

// collectorJSON is req as the Collector writes it.
func collectorJSON(t testing.TB, req *collogspb.ExportLogsServiceRequest) []byte {
	t.Helper()
	b, err := proto.Marshal(req)
	if err != nil {
		t.Fatal(err)
	}
	r := plogotlp.NewExportRequest()
	if err := r.UnmarshalProto(b); err != nil {
		t.Fatal(err)
	}
	text, err := r.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestJSONOfTheCollectorIsReadInFull(t *testing.T) {
	want := everything()
	text := collectorJSON(t, want)
	got, err := decodeJSON(text)
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if !proto.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

// one is a request with one record, of which fields are the fields.
func one(fields string) string {
	return `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{` + fields + `}]}]}]}`
}

func TestJSONFormsOfAField(t *testing.T) {
	bytesOf := func(b ...byte) *commonpb.AnyValue {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_BytesValue{BytesValue: b}}
	}
	for _, tt := range []struct {
		text string
		want *logspb.LogRecord
	}{
		{``, &logspb.LogRecord{}},
		{`"timeUnixNano":"18446744073709551615"`, &logspb.LogRecord{TimeUnixNano: math.MaxUint64}},
		{`"timeUnixNano":18446744073709551615`, &logspb.LogRecord{TimeUnixNano: math.MaxUint64}},
		{`"timeUnixNano":null,"body":null,"attributes":null,"severityText":null,"traceId":null,"severityNumber":null`, &logspb.LogRecord{Body: &commonpb.AnyValue{}}},
		{`"traceId":"0aFF","spanId":"0Aff"`, &logspb.LogRecord{TraceId: []byte{0x0a, 0xff}, SpanId: []byte{0x0a, 0xff}}},
		{`"traceId":"","spanId":""`, &logspb.LogRecord{}},
		{`"severityNumber":9`, &logspb.LogRecord{SeverityNumber: 9}},
		{`"body":{"intValue":-5}`, &logspb.LogRecord{Body: whole(-5)}},
		{`"body":{"intValue":"-5"}`, &logspb.LogRecord{Body: whole(-5)}},
		{`"body":{"doubleValue":"-Infinity"}`, &logspb.LogRecord{Body: double(math.Inf(-1))}},
		{`"body":{"doubleValue":"1.5"}`, &logspb.LogRecord{Body: double(1.5)}},
		{`"body":{"doubleValue":1e3}`, &logspb.LogRecord{Body: double(1000)}},
		{`"body":{"bytesValue":"+/8="}`, &logspb.LogRecord{Body: bytesOf(0xfb, 0xff)}},
		{`"body":{"bytesValue":"-_8"}`, &logspb.LogRecord{Body: bytesOf(0xfb, 0xff)}},
		{`"body":{}`, &logspb.LogRecord{Body: &commonpb.AnyValue{}}},
		{`"new":{"deep":[1,{"x":null}]},"flags":7`, &logspb.LogRecord{Flags: 7}},
		{`"Flags":7,"observed_time_unix_nano":"5"`, &logspb.LogRecord{}},
	} {
		req, err := decodeJSON([]byte(one(tt.text)))
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if got := req.ResourceLogs[0].ScopeLogs[0].LogRecords[0]; !proto.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.text, got, tt.want)
		}
	}
	req, err := decodeJSON([]byte(one(`"body":{"doubleValue":"NaN"}`)))
	if err != nil || !math.IsNaN(req.ResourceLogs[0].ScopeLogs[0].LogRecords[0].Body.GetDoubleValue()) {
		t.Errorf("got %v, %v, want NaN", req, err)
	}
}

func TestJSONThatAnEncoderMustNotWrite(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{``, "EOF"},
		{`[]`, "want an object"},
		{`{"resourceLogs":{}}`, "want an array"},
		{`{"resourceLogs":[1]}`, "want an object"},
		{`{} {}`, "something follows"},
		{`{}x`, "something follows"},
		{"{\"resourceLogs\":[{\"schemaUrl\":\"\xff\"}]}", "UTF-8"},
		{one(`"flags":1,"flags":1`), "twice"},
		{one(`"severityNumber":"SEVERITY_NUMBER_INFO"`), "number of an enum"},
		{one(`"severityNumber":"9"`), "number of an enum"},
		{one(`"traceId":"xy"`), "invalid byte"},
		{one(`"traceId":"AQIDBAUGBwgJCgsMDQ4PEA=="`), "invalid byte"},
		{one(`"timeUnixNano":-1`), "invalid syntax"},
		{one(`"timeUnixNano":1.5`), "invalid syntax"},
		{one(`"timeUnixNano":"18446744073709551616"`), "out of range"},
		{one(`"flags":4294967296`), "out of range"},
		{one(`"flags":true`), "want a number"},
		{one(`"severityText":5`), "want text"},
		{one(`"severityText":{}`), "want text"},
		{one(`"body":"text"`), "want an object"},
		{one(`"body":{"stringValue":"a","intValue":1}`), "two kinds"},
		{one(`"body":{"boolValue":"true"}`), "want a bool"},
		{one(`"body":{"boolValue":[]}`), "want a bool"},
		{one(`"body":{"intValue":"x"}`), "invalid syntax"},
		{one(`"body":{"intValue":[1]}`), "want a number"},
		{one(`"body":{"doubleValue":"inf"}`), "want a number"},
		{one(`"body":{"doubleValue":"0x1p-2"}`), "want a number"},
		{one(`"body":{"bytesValue":"*"}`), "illegal base64"},
		{one(`"flags":1,`), "invalid character"},
		{strings.TrimSuffix(one(`"flags":1`), `]}]}]}`), "EOF"},
	} {
		_, err := decodeJSON([]byte(tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want an error with %q", tt.text, err, tt.want)
		}
	}
}

func TestErrorsInJSONSayWhere(t *testing.T) {
	_, err := decodeJSON([]byte(one(`"attributes":[{},{"value":{"arrayValue":{"values":[{"intValue":"x"}]}}}]`)))
	const want = "resourceLogs: 0: scopeLogs: 0: logRecords: 0: attributes: 1: value: arrayValue: values: 0: intValue:"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q in it", err, want)
	}
}

func TestDeepJSONIsRefusedInTime(t *testing.T) {
	start := time.Now()
	for _, open := range []string{`{"arrayValue":{"values":[`, `{"x":[`} {
		text := `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":` + strings.Repeat(open, 1<<20/len(open))
		if _, err := decodeJSON([]byte(text)); err == nil {
			t.Errorf("%s a million times was accepted", open)
		}
	}
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("took %v", d)
	}
}

// Whatever the Collector makes of a text, this decoder makes of it too, or
// refuses it.
func FuzzDecodeJSON(f *testing.F) {
	f.Add(collectorJSON(f, everything()))
	f.Add([]byte(one(`"body":{"doubleValue":"NaN"},"traceId":"00"`)))
	f.Add([]byte(`{"resourceLogs":[{"resource":null,"scopeLogs":[{"scope":{},"x":1}]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		req, err := decodeJSON(text)
		if err != nil {
			return
		}
		b, err := proto.Marshal(req)
		if err != nil {
			return // an escape that is half of a character
		}
		n, err := countRecords(b)
		if err != nil || n != len(recordsOf(req, time.Time{})) {
			t.Errorf("got %d records, %v", n, err)
		}
		// What we read once must read the same after the Collector wrote it.
		for _, rl := range req.ResourceLogs {
			for _, sl := range rl.ScopeLogs {
				for _, lr := range sl.LogRecords {
					if l := len(lr.TraceId); l != 0 && l != 16 {
						return // the Collector knows no such id
					}
					if l := len(lr.SpanId); l != 0 && l != 8 {
						return
					}
				}
			}
		}
		r := plogotlp.NewExportRequest()
		if err := r.UnmarshalProto(b); err != nil {
			t.Fatalf("the Collector does not read what we decoded: %v", err)
		}
		again, err := r.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeJSON(again); err != nil {
			t.Errorf("%v in %s", err, again)
		}
	})
}
