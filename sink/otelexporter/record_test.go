package otelexporter

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/trace"

	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/internal/otlp"
)

// attributesOf returns the attributes of r in order.
func attributesOf(r sdklog.Record) []attribute.KeyValue {
	var out []attribute.KeyValue
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		out = append(out, kv)
		return true
	})
	return out
}

func TestEveryFieldOfARecordArrives(t *testing.T) {
	at := time.Unix(1_700_000_000, 123)
	traceID, spanID := [16]byte{1, 15: 2}, [8]byte{3, 7: 4}
	rec := otlp.AppendTime(nil, uint64(at.UnixNano()))
	rec = otlp.AppendSeverity(rec, 17, "ERROR")
	rec = otlp.AppendStringValue(rec, otlp.TagRecordBody, "hello")
	rec = otlp.AppendString(rec, otlp.TagRecordAttribute, "a", "x")
	rec = otlp.AppendInt(rec, otlp.TagRecordAttribute, "b", -5)
	rec = otlp.AppendDroppedAttributes(rec, 4)
	rec = otlp.AppendTrace(rec, 3, &traceID, &spanID)
	rec = otlp.AppendObservedTime(rec, uint64(at.Add(time.Second).UnixNano()))
	rec = otlp.AppendEventName(rec, "event")

	res := otlp.AppendString(nil, otlp.TagResourceAttribute, "service.name", "shop")
	res, m := otlp.OpenMap(res, otlp.TagResourceAttribute, "build")
	res = otlp.AppendBool(res, otlp.TagMapEntry, "release", true)
	res = otlp.CloseMap(res, m)
	sc := otlp.AppendScope(nil, "example.com/shop", "v1.2")
	sc = otlp.AppendBool(sc, otlp.TagScopeAttribute, "stable", true)
	b, _ := batchOf(t, block.Origin{
		Resource: res, ResourceSchemaURL: "https://a", Scope: sc, ScopeSchemaURL: "https://b",
	}, rec)

	r := exported(t, b)[0]
	if !r.Timestamp().Equal(at) || !r.ObservedTimestamp().Equal(at.Add(time.Second)) {
		t.Errorf("got times %v and %v", r.Timestamp(), r.ObservedTimestamp())
	}
	if r.Severity() != log.SeverityError || r.SeverityText() != "ERROR" || r.EventName() != "event" {
		t.Errorf("got severity %v %q and event %q", r.Severity(), r.SeverityText(), r.EventName())
	}
	if got := r.Body(); got != attribute.StringValue("hello") {
		t.Errorf("got body %v", got)
	}
	if got, want := attributesOf(r), []attribute.KeyValue{attribute.String("a", "x"), attribute.Int("b", -5)}; !slices.Equal(got, want) {
		t.Errorf("got attributes %v, want %v", got, want)
	}
	if r.DroppedAttributes() != 4 {
		t.Errorf("got %d dropped attributes, want 4", r.DroppedAttributes())
	}
	if r.TraceID() != traceID || r.SpanID() != spanID || r.TraceFlags() != trace.TraceFlags(3) {
		t.Errorf("got trace %v, span %v, flags %v", r.TraceID(), r.SpanID(), r.TraceFlags())
	}
	want := resource.NewWithAttributes("https://a",
		attribute.String("service.name", "shop"), attribute.Map("build", attribute.Bool("release", true)))
	if got := r.Resource(); !got.Equal(want) || got.SchemaURL() != "https://a" {
		t.Errorf("got resource %v of %q, want %v", got, got.SchemaURL(), want)
	}
	is := r.InstrumentationScope()
	if is.Name != "example.com/shop" || is.Version != "v1.2" || is.SchemaURL != "https://b" ||
		is.Attributes != attribute.NewSet(attribute.Bool("stable", true)) {
		t.Errorf("got scope %+v", is)
	}
}

func TestARecordOfNothingArrivesAsNothing(t *testing.T) {
	b, _ := batchOf(t, block.Origin{}, nil)
	r := exported(t, b)[0]
	if !r.Timestamp().IsZero() || !r.ObservedTimestamp().IsZero() || r.Severity() != 0 || r.SeverityText() != "" ||
		r.EventName() != "" || r.Body() != (attribute.Value{}) || r.AttributesLen() != 0 || r.DroppedAttributes() != 0 ||
		r.TraceID().IsValid() || r.SpanID().IsValid() || r.TraceFlags() != 0 {
		t.Errorf("got %+v, want an empty record", r)
	}
	if r.Resource().Len() != 0 || r.Resource().SchemaURL() != "" || r.InstrumentationScope().Name != "" {
		t.Errorf("got resource %v and scope %+v, want empty ones", r.Resource(), r.InstrumentationScope())
	}
}

func TestValuesOfAllKindsArrive(t *testing.T) {
	const tag = otlp.TagRecordBody
	deep, want := func(n int) ([]byte, attribute.Value) {
		var b []byte
		var marks []otlp.ArrayMark
		at := tag
		for range n {
			var m otlp.ArrayMark
			b, m = otlp.OpenArrayValue(b, at)
			marks, at = append(marks, m), otlp.TagArrayElement
		}
		b = otlp.AppendIntValue(b, otlp.TagArrayElement, 1)
		v := attribute.IntValue(1)
		for _, m := range slices.Backward(marks) {
			b, v = otlp.CloseArrayValue(b, m), attribute.SliceValue(v)
		}
		return b, v
	}(64)
	dict, dm := otlp.OpenMapValue(nil, tag)
	dict = otlp.AppendBool(dict, otlp.TagMapEntry, "yes", true)
	dict = otlp.AppendNull(dict, otlp.TagMapEntry, "")
	dict = otlp.CloseMapValue(dict, dm)
	array, am := otlp.OpenArrayValue(nil, tag)
	array = otlp.CloseArrayValue(array, am)

	for _, tt := range []struct {
		name string
		body []byte
		want attribute.Value
	}{
		{"null", otlp.AppendNullValue(nil, tag), attribute.Value{}},
		{"string", otlp.AppendStringValue(nil, tag, "ü"), attribute.StringValue("ü")},
		{"empty string", otlp.AppendStringValue(nil, tag, ""), attribute.StringValue("")},
		{"bool", otlp.AppendBoolValue(nil, tag, true), attribute.BoolValue(true)},
		{"false", otlp.AppendBoolValue(nil, tag, false), attribute.BoolValue(false)},
		{"int", otlp.AppendIntValue(nil, tag, math.MinInt64), attribute.Int64Value(math.MinInt64)},
		{"double", otlp.AppendDoubleValue(nil, tag, math.Inf(-1)), attribute.Float64Value(math.Inf(-1))},
		{"not a number", otlp.AppendDoubleValue(nil, tag, math.NaN()), attribute.Float64Value(math.NaN())},
		{"bytes", otlp.AppendBytesValue(nil, tag, []byte{0xff}), attribute.ByteSliceValue([]byte{0xff})},
		{"no bytes", otlp.AppendBytesValue(nil, tag, nil), attribute.ByteSliceValue(nil)},
		{"empty array", array, attribute.SliceValue()},
		{"map", dict, attribute.MapValue(attribute.Bool("yes", true), attribute.KeyValue{})},
		{"deep array", deep, want},
	} {
		b, _ := batchOf(t, scope, tt.body)
		if got := exported(t, b)[0].Body(); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestDroppedAttributesAreCountedExactly(t *testing.T) {
	for _, tt := range []struct {
		attributes, nameless int
		dropped              uint32
		want                 int
	}{
		{0, 0, 1, 1},
		{1, 0, 1, 1},
		{5, 0, 3, 3},
		{6, 0, 1, 1},
		{20, 0, 256, 256},
		{20, 0, 257, 257},
		{128, 0, 5000, 5000},
		{2, 1, 0, 1},
		{0, 2, 0, 2},
		{3, 1, 9, 10},
		{1, 0, math.MaxUint32, maxDropped},
	} {
		var rec []byte
		for i := range tt.attributes {
			rec = otlp.AppendInt(rec, otlp.TagRecordAttribute, fmt.Sprint("k", i), int64(i))
		}
		for range tt.nameless {
			rec = otlp.AppendInt(rec, otlp.TagRecordAttribute, "", 1)
		}
		b, _ := batchOf(t, scope, otlp.AppendDroppedAttributes(rec, tt.dropped), rec)
		got := exported(t, b)
		if n, d := got[0].AttributesLen(), got[0].DroppedAttributes(); n != tt.attributes || d != tt.want {
			t.Errorf("%+v: got %d attributes and %d dropped", tt, n, d)
		}
		if n, d := got[1].AttributesLen(), got[1].DroppedAttributes(); n != tt.attributes || d != tt.nameless {
			t.Errorf("%+v, the neighbour: got %d attributes and %d dropped", tt, n, d)
		}
	}
}

func TestLimitsOfTheSDKDoNotApply(t *testing.T) {
	t.Setenv("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "2")
	t.Setenv("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3")
	var rec []byte
	for i := range 200 {
		rec = otlp.AppendString(rec, otlp.TagRecordAttribute, fmt.Sprint("k", i), strings.Repeat("x", 1000))
	}
	b, _ := batchOf(t, scope, rec)
	r := exported(t, b)[0]
	if r.AttributesLen() != 200 || r.DroppedAttributes() != 0 {
		t.Errorf("got %d attributes and %d dropped, want 200 and 0", r.AttributesLen(), r.DroppedAttributes())
	}
	for _, kv := range attributesOf(r) {
		if len(kv.Value.AsString()) != 1000 {
			t.Fatalf("%s: got %d bytes, want 1000", kv.Key, len(kv.Value.AsString()))
		}
	}
}

// The stream has read the environment and masked what it says. The SDK reads it
// again, and must not bring back what was masked.
func TestOnlyTheResourceOfTheStreamLeaves(t *testing.T) {
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "db.password=swordfish,pass%77ord=swordfish,region=north")
	t.Setenv("OTEL_SERVICE_NAME", "from-env")
	masked := otlp.AppendString(nil, otlp.TagResourceAttribute, "db.password", "[REDACTED:key]")
	for _, o := range []block.Origin{{}, {Resource: masked}, {Resource: masked, ResourceSchemaURL: "https://a"}} {
		for _, dropped := range []uint32{0, 2} {
			b, _ := batchOf(t, o, otlp.AppendDroppedAttributes(body("x"), dropped))
			got := exported(t, b)[0].Resource()
			want := resource.NewWithAttributes(o.ResourceSchemaURL)
			if o.Resource != nil {
				want = resource.NewWithAttributes(o.ResourceSchemaURL, attribute.String("db.password", "[REDACTED:key]"))
			}
			if !got.Equal(want) || got.SchemaURL() != want.SchemaURL() {
				t.Errorf("got %v of %q, want %v of %q", got, got.SchemaURL(), want, want.SchemaURL())
			}
		}
	}
}

func TestAnExporterMayKeepRecords(t *testing.T) {
	rec := otlp.AppendString(body("the body"), otlp.TagRecordAttribute, "key", "the value")
	rec = otlp.AppendBytes(rec, otlp.TagRecordAttribute, "bytes", []byte("the bytes"))
	b, memory := batchOf(t, scope, rec)
	var f fake
	s := newSink(t, &f)
	if err := s.Export(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	// The page and the sink's own memory are used for other records.
	memory.Reset()
	other := otlp.AppendString(body("yyy yyyy"), otlp.TagRecordAttribute, "yyy", "yyy yyyyy")
	other = otlp.AppendBytes(other, otlp.TagRecordAttribute, "yyyyy", []byte("yyy yyyyy"))
	if !memory.Append(block.Slot{}, noMask{}, other) {
		t.Fatal("no room")
	}
	again, _ := batchOf(t, scope, other, other)
	if err := s.Export(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	r := f.records[0]
	want := []attribute.KeyValue{attribute.String("key", "the value"), attribute.ByteSlice("bytes", []byte("the bytes"))}
	if got := attributesOf(r); r.Body() != attribute.StringValue("the body") || !slices.Equal(got, want) {
		t.Errorf("got %v with %v after the memory was used again", r.Body(), got)
	}
}

func TestRecordsOfSeveralOriginsKeepTheirs(t *testing.T) {
	origins := new(block.Origins)
	b := block.New(1<<16, origins)
	var want []string
	for i := range 30 {
		name := fmt.Sprint("scope", i%3)
		id := origins.Add(block.Origin{Scope: otlp.AppendScope(nil, name, "")})
		rec := body("x")
		if i%2 == 0 {
			rec = otlp.AppendDroppedAttributes(rec, 1)
		}
		if !b.Append(block.Slot{Origin: id}, noMask{}, rec) {
			t.Fatal("no room")
		}
		want = append(want, name)
	}
	var got []string
	for _, r := range exported(t, whole(b)) {
		got = append(got, r.InstrumentationScope().Name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got scopes %q, want %q", got, want)
	}
}

func TestTheTableOfTemplatesIsBounded(t *testing.T) {
	var d builder
	var rec []byte
	for i := range maxTemplates + 10 {
		rec = otlp.AppendInt(rec, otlp.TagRecordAttribute, fmt.Sprint("k", i), 1)
		b, _ := batchOf(t, scope, otlp.AppendDroppedAttributes(rec, 1))
		if got := d.build(b)[0]; got.AttributesLen() != i+1 || got.DroppedAttributes() != 1 {
			t.Fatalf("got %d attributes and %d dropped, want %d and 1", got.AttributesLen(), got.DroppedAttributes(), i+1)
		}
		d.release()
	}
	if n := len(d.templates.records); n > maxTemplates {
		t.Errorf("got %d templates, want at most %d", n, maxTemplates)
	}
}

func TestALargeBatchKeepsNoMemory(t *testing.T) {
	records := make([][]byte, maxKept+1)
	b, _ := batchOf(t, scope, records...)
	var d builder
	d.build(b)
	d.release()
	if cap(d.records) > maxKept {
		t.Errorf("room for %d records is kept, want at most %d", cap(d.records), maxKept)
	}
}
