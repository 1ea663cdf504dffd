package sink_test

import (
	"testing"

	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/sink"
)

func TestValuesReadAndPrintAsWhatTheyAre(t *testing.T) {
	const tag = otlp.TagRecordBody
	array, am := otlp.OpenArrayValue(nil, tag)
	array = otlp.AppendIntValue(array, otlp.TagArrayElement, 1)
	array = otlp.AppendStringValue(array, otlp.TagArrayElement, "two")
	array = otlp.CloseArrayValue(array, am)
	dict, dm := otlp.OpenMapValue(nil, tag)
	dict = otlp.AppendBool(dict, otlp.TagMapEntry, "yes", true)
	dict = otlp.AppendNull(dict, otlp.TagMapEntry, "none")
	dict = otlp.CloseMapValue(dict, dm)
	for _, tt := range []struct {
		name string
		body []byte
		kind sink.ValueKind
		text string
	}{
		{"nothing", nil, sink.KindNull, "null"},
		{"null", otlp.AppendNullValue(nil, tag), sink.KindNull, "null"},
		{"string", otlp.AppendStringValue(nil, tag, "text"), sink.KindString, "text"},
		{"bool", otlp.AppendBoolValue(nil, tag, true), sink.KindBool, "true"},
		{"int", otlp.AppendIntValue(nil, tag, -7), sink.KindInt, "-7"},
		{"double", otlp.AppendDoubleValue(nil, tag, 0.5), sink.KindDouble, "0.5"},
		{"bytes", otlp.AppendBytesValue(nil, tag, []byte{1, 2}), sink.KindBytes, "AQI="},
		{"array", array, sink.KindArray, "[1 two]"},
		{"map", dict, sink.KindMap, "{yes: true, none: null}"},
	} {
		for r := range newBatch(t, tt.body).Records() {
			if v := r.Body(); v.Kind() != tt.kind || v.String() != tt.text {
				t.Errorf("%s: got kind %d and %q, want %d and %q", tt.name, v.Kind(), v, tt.kind, tt.text)
			}
		}
	}
}

func TestAMethodForAnotherKindReturnsZero(t *testing.T) {
	for r := range newBatch(t, otlp.AppendStringValue(nil, otlp.TagRecordBody, "text")).Records() {
		v := r.Body()
		if v.Bool() || v.Int() != 0 || v.Double() != 0 || v.Bytes() != nil {
			t.Errorf("got %v %v %v %v from a string", v.Bool(), v.Int(), v.Double(), v.Bytes())
		}
		for range v.Elems() {
			t.Error("a string has elements")
		}
		for range v.Entries() {
			t.Error("a string has entries")
		}
	}
}
