package otlptest_test

import (
	"math"
	"reflect"
	"testing"
	"time"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/sink/otlptest"
)

func list(vs ...*commonpb.AnyValue) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{Values: vs}}}
}

func object(kvs ...*commonpb.KeyValue) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: &commonpb.KeyValueList{Values: kvs}}}
}

func TestValueConvertsEveryKind(t *testing.T) {
	tests := map[string]struct {
		in   *commonpb.AnyValue
		want any
	}{
		"nothing":           {nil, nil},
		"null":              {&commonpb.AnyValue{}, nil},
		"string":            {text("x"), "x"},
		"empty string":      {text(""), ""},
		"true":              {&commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: true}}, true},
		"false":             {&commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{}}, false},
		"smallest int":      {integer(math.MinInt64), int64(math.MinInt64)},
		"zero":              {integer(0), int64(0)},
		"double":            {&commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: 2.5}}, 2.5},
		"bytes":             {&commonpb.AnyValue{Value: &commonpb.AnyValue_BytesValue{BytesValue: []byte{0xff}}}, []byte{0xff}},
		"mixed array":       {list(text("a"), integer(1), nil, list()), []any{"a", int64(1), nil, []any{}}},
		"nil array":         {&commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{}}, []any{}},
		"map":               {object(attr("a", object(attr("b", text("c")))), attr("n", nil)), map[string]any{"a": map[string]any{"b": "c"}, "n": nil}},
		"duplicate in map":  {object(attr("a", integer(1)), attr("a", integer(2))), map[string]any{"a": int64(2)}},
		"nil map":           {&commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{}}, map[string]any{}},
		"string table item": {&commonpb.AnyValue{Value: &commonpb.AnyValue_StringValueStrindex{StringValueStrindex: 3}}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := otlptest.Value(tt.in); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %#v, want %#v", got, tt.want)
			}
		})
	}
}

func TestRecordsHoldEveryFieldThatWasSent(t *testing.T) {
	full := &logspb.LogRecord{
		TimeUnixNano:           1_700_000_000_123_456_789,
		ObservedTimeUnixNano:   math.MaxUint64,
		SeverityNumber:         17,
		SeverityText:           "ERROR",
		Body:                   text("it failed"),
		Attributes:             []*commonpb.KeyValue{attr("k", integer(1)), attr("z", text("y")), attr("k", integer(2))},
		DroppedAttributesCount: 3,
		Flags:                  0x101,
		TraceId:                []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xff},
		SpanId:                 []byte{0xab, 1},
		EventName:              "order.failed",
	}
	req := &collogspb.ExportLogsServiceRequest{ResourceLogs: []*logspb.ResourceLogs{
		{
			Resource:  &resourcepb.Resource{Attributes: []*commonpb.KeyValue{attr("service.name", text("shop"))}, DroppedAttributesCount: 1},
			SchemaUrl: "https://example.com/r",
			ScopeLogs: []*logspb.ScopeLogs{{
				Scope:      &commonpb.InstrumentationScope{Name: "n", Version: "v", Attributes: []*commonpb.KeyValue{attr("s", text("t"))}, DroppedAttributesCount: 2},
				SchemaUrl:  "https://example.com/s",
				LogRecords: []*logspb.LogRecord{full, full},
			}},
		},
		{ScopeLogs: []*logspb.ScopeLogs{{LogRecords: []*logspb.LogRecord{{}}}}},
	}}
	srv := newServer(t, otlptest.WithMessages())
	before := time.Now()
	if _, err := newClient(t, srv).Export(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	after := time.Now()
	got := srv.Records()
	if len(got) != 3 {
		t.Fatalf("got %d records, want 3", len(got))
	}
	if at := got[0].ReceivedAt; at.Before(before) || at.After(after) {
		t.Errorf("received at %v, want between %v and %v", at, before, after)
	}
	resource := &otlptest.Resource{Attributes: map[string]any{"service.name": "shop"}, DroppedAttributes: 1, SchemaURL: "https://example.com/r"}
	scope := &otlptest.Scope{Name: "n", Version: "v", Attributes: map[string]any{"s": "t"}, DroppedAttributes: 2, SchemaURL: "https://example.com/s"}
	want := otlptest.Record{
		Resource:          resource,
		Scope:             scope,
		Time:              time.Unix(1_700_000_000, 123_456_789).UTC(),
		ObservedTime:      time.Unix(math.MaxUint64/1_000_000_000, math.MaxUint64%1_000_000_000).UTC(),
		SeverityNumber:    17,
		SeverityText:      "ERROR",
		Body:              "it failed",
		Attributes:        map[string]any{"k": int64(2), "z": "y"},
		Ordered:           []otlptest.KeyValue{{Key: "k", Value: int64(1)}, {Key: "z", Value: "y"}, {Key: "k", Value: int64(2)}},
		DroppedAttributes: 3,
		TraceID:           "000102030405060708090a0b0c0d0eff",
		SpanID:            "ab01",
		Flags:             0x101,
		EventName:         "order.failed",
	}
	for i, w := range []otlptest.Record{want, want, {Resource: &otlptest.Resource{}, Scope: &otlptest.Scope{}}} {
		w.ReceivedAt = got[i].ReceivedAt
		if !reflect.DeepEqual(got[i], w) {
			t.Errorf("record %d: got %+v, want %+v", i, got[i], w)
		}
	}
	if got[0].Resource != got[1].Resource || got[0].Scope != got[1].Scope {
		t.Error("records of one group: want one Resource and one Scope for both")
	}
	if m := srv.Requests()[0].Message; !proto.Equal(m, req) {
		t.Errorf("message: got %v, want what was sent", m)
	}
}
