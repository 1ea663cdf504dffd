package otlp_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/otlp"
)

// noLimits makes keys unique and no more.
var noLimits = otlp.Limits{MaxAttributes: -1}

// limited runs AppendLimited on r and returns the result, decoded.
func limited(t testing.TB, r *logspb.LogRecord, lim otlp.Limits) (*logspb.LogRecord, int) {
	t.Helper()
	out := otlp.AppendLimited(nil, marshal(t, r), lim)
	var got logspb.LogRecord
	if err := proto.Unmarshal(out, &got); err != nil {
		t.Fatalf("oracle cannot read the result: %v", err)
	}
	return &got, len(out)
}

func TestRecordsWithinTheLimitsAreCopied(t *testing.T) {
	for _, s := range samples() {
		if strings.Contains(s.name, "keys of") || strings.Contains(s.name, "empty key") || strings.Contains(s.name, "duplicate") {
			continue // They repeat keys.
		}
		record := marshal(t, s.record)
		got := otlp.AppendLimited([]byte("before"), record, otlp.Limits{MaxBytes: len(record), MaxAttributes: len(s.record.Attributes)})
		if want := append([]byte("before"), record...); !bytes.Equal(got, want) {
			t.Errorf("%s: got %s, want %s", s.name, brief(got), brief(want))
		}
	}
}

func TestLastDuplicateWinsAtTheFirstPosition(t *testing.T) {
	a, b, c := intValue(1), intValue(2), stringValue("three")
	for _, tt := range []struct {
		name      string
		got, want []*commonpb.KeyValue
	}{
		{"no duplicates", kvs("a", a, "b", b), kvs("a", a, "b", b)},
		{"two of one", kvs("a", a, "a", b), kvs("a", b)},
		{"three of one", kvs("a", a, "a", b, "a", c), kvs("a", c)},
		{"position of the first", kvs("a", a, "b", b, "a", c), kvs("a", c, "b", b)},
		{"a null wins too", kvs("a", a, "a", &commonpb.AnyValue{}), kvs("a", &commonpb.AnyValue{})},
		{"empty keys are keys", kvs("", a, "b", b, "", c), kvs("", c, "b", b)},
		{"same length, same ends", kvs("axxb", a, "ayyb", b, "axxb", c), kvs("axxb", c, "ayyb", b)},
		{"in a map", kvs("m", mapValue(kvs("a", a, "b", b, "a", c)...)), kvs("m", mapValue(kvs("a", c, "b", b)...))},
		{"in a map in an array", kvs("m", arrayValue(a, mapValue(kvs("a", a, "a", b)...))), kvs("m", arrayValue(a, mapValue(kvs("a", b)...)))},
		{"the map that wins", kvs("m", mapValue(kvs("a", a, "a", b)...), "m", mapValue(kvs("b", a, "b", b)...)), kvs("m", mapValue(kvs("b", b)...))},
		{"equal keys in different maps stay", kvs("a", mapValue(kvs("a", a)...), "b", mapValue(kvs("a", a)...)), kvs("a", mapValue(kvs("a", a)...), "b", mapValue(kvs("a", a)...))},
	} {
		got, _ := limited(t, &logspb.LogRecord{Attributes: tt.got, Body: mapValue(tt.got...)}, noLimits)
		want := &logspb.LogRecord{Attributes: tt.want, Body: mapValue(tt.want...)}
		if !proto.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, want)
		}
	}
}

// kvs makes KeyValues of keys and values in turn.
func kvs(pairs ...any) []*commonpb.KeyValue {
	var all []*commonpb.KeyValue
	for p := range slices.Chunk(pairs, 2) {
		all = append(all, keyValue(p[0].(string), p[1].(*commonpb.AnyValue)))
	}
	return all
}

func TestManyKeysAreMadeUnique(t *testing.T) {
	for _, n := range []int{15, 16, 17, 18, 100, 5000} {
		var in, want []*commonpb.KeyValue
		for i := range n {
			in = append(in, keyValue(fmt.Sprint("key", i), intValue(int64(i))))
		}
		for i := range n {
			v := int64(i)
			if i%3 == 0 {
				v = -v
				in = append(in, keyValue(fmt.Sprint("key", i), intValue(v)))
			}
			want = append(want, keyValue(fmt.Sprint("key", i), intValue(v)))
		}
		for _, c := range []struct {
			name     string
			in, want *logspb.LogRecord
		}{
			{"attributes, some twice", &logspb.LogRecord{Attributes: in}, &logspb.LogRecord{Attributes: want}},
			{"entries, some twice", &logspb.LogRecord{Body: mapValue(in...)}, &logspb.LogRecord{Body: mapValue(want...)}},
			{"attributes", &logspb.LogRecord{Attributes: want}, &logspb.LogRecord{Attributes: want}},
		} {
			if got, _ := limited(t, c.in, noLimits); !proto.Equal(got, c.want) {
				t.Errorf("%d %s: got %.200v, want %.200v", n, c.name, got, c.want)
			}
		}
	}
}

func TestAttributesBeyondTheLimitAreCounted(t *testing.T) {
	four := kvs("a", intValue(1), "b", intValue(2), "c", intValue(3), "d", intValue(4))
	twice := append(slices.Clone(four), kvs("a", intValue(5), "d", intValue(6))...)
	for _, c := range []struct {
		name    string
		in      []*commonpb.KeyValue
		before  uint32
		max     int
		want    []*commonpb.KeyValue
		dropped uint32
	}{
		{"no limit", four, 0, -1, four, 0},
		{"at the limit", four, 0, 4, four, 0},
		{"one over", four, 0, 3, four[:3], 1},
		{"adds to what was dropped before", four, 7, 1, four[:1], 10},
		{"none", four, 0, 0, nil, 4},
		{"count saturates", four, math.MaxUint32 - 1, 0, nil, math.MaxUint32},
		{"duplicates go first and are not counted", twice, 0, 4, kvs("a", intValue(5), "b", intValue(2), "c", intValue(3), "d", intValue(6)), 0},
		{"duplicates, then one over", twice, 0, 3, kvs("a", intValue(5), "b", intValue(2), "c", intValue(3)), 1},
	} {
		got, _ := limited(t, &logspb.LogRecord{Attributes: c.in, DroppedAttributesCount: c.before, EventName: "e"}, otlp.Limits{MaxAttributes: c.max})
		want := &logspb.LogRecord{Attributes: c.want, DroppedAttributesCount: c.dropped, EventName: "e"}
		if !proto.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", c.name, got, want)
		}
	}
}

func TestValuesBelowTheDeepestBecomeNull(t *testing.T) {
	for _, c := range []struct {
		name     string
		in, want *commonpb.AnyValue
	}{
		{"64 maps", nestedMap(64, intValue(1)), nestedMap(64, intValue(1))},
		{"65 maps", nestedMap(65, intValue(1)), nestedMap(64, &commonpb.AnyValue{})},
		{"1000 arrays", nestedArray(1000, intValue(1)), nestedArray(64, &commonpb.AnyValue{})},
	} {
		r := &logspb.LogRecord{Body: c.in, Attributes: kvs("k", c.in)}
		got, _ := limited(t, r, noLimits)
		if want := (&logspb.LogRecord{Body: c.want, Attributes: kvs("k", c.want)}); !proto.Equal(got, want) {
			t.Errorf("%s: got %.200v, want %.200v", c.name, got, want)
		}
	}
}

func TestTheLargestStringIsCutAndTheRestStays(t *testing.T) {
	long := strings.Repeat("0123456789", 1000)
	small := kvs("a", stringValue("one"), "b", intValue(2))
	for _, c := range []struct {
		name string
		in   *logspb.LogRecord
		text func(*logspb.LogRecord) string
	}{
		{"body", &logspb.LogRecord{Body: stringValue(long), Attributes: small}, func(r *logspb.LogRecord) string { return r.Body.GetStringValue() }},
		{"attribute", &logspb.LogRecord{Attributes: append(slices.Clone(small), keyValue("c", stringValue(long)))}, func(r *logspb.LogRecord) string { return r.Attributes[2].Value.GetStringValue() }},
		{"bytes", &logspb.LogRecord{Body: bytesValue([]byte(long)), Attributes: small}, func(r *logspb.LogRecord) string { return string(r.Body.GetBytesValue()) }},
		{"severity text", &logspb.LogRecord{SeverityText: long, Attributes: small}, func(r *logspb.LogRecord) string { return r.SeverityText }},
		{"event name", &logspb.LogRecord{EventName: long, Attributes: small}, func(r *logspb.LogRecord) string { return r.EventName }},
		{
			"in a map", &logspb.LogRecord{Body: mapValue(kvs("x", intValue(1), "y", stringValue(long), "z", intValue(3))...), Attributes: small},
			func(r *logspb.LogRecord) string { return r.Body.GetKvlistValue().Values[1].Value.GetStringValue() },
		},
		{
			"in an array", &logspb.LogRecord{Body: arrayValue(intValue(1), stringValue(long)), Attributes: small},
			func(r *logspb.LogRecord) string { return r.Body.GetArrayValue().Values[1].GetStringValue() },
		},
	} {
		for _, most := range []int{1024, 1025, 2000, 5000, 10000} {
			got, size := limited(t, c.in, otlp.Limits{MaxBytes: most, MaxAttributes: 128})
			text := c.text(got)
			kept, isCut := strings.CutSuffix(text, otlp.CutMark)
			if !isCut || !strings.HasPrefix(long, kept) {
				t.Errorf("%s in %d bytes: got %.100q, want a beginning of the text and %q", c.name, most, text, otlp.CutMark)
			}
			if size > most || size < most-100 {
				t.Errorf("%s in %d bytes: got %d bytes, want all but a few used", c.name, most, size)
			}
			if got.DroppedAttributesCount != 0 || !proto.Equal(got.Attributes[1], small[1]) {
				t.Errorf("%s in %d bytes: got %.300v, want the other attributes untouched", c.name, most, got)
			}
		}
	}
}

func TestLargeValuesShareTheRoom(t *testing.T) {
	r := &logspb.LogRecord{Body: stringValue(strings.Repeat("b", 5000)), Attributes: kvs(
		"large", stringValue(strings.Repeat("l", 90000)), "middle", stringValue(strings.Repeat("m", 3000)), "small", stringValue("small"))}
	got, _ := limited(t, r, otlp.Limits{MaxBytes: 12000, MaxAttributes: -1})
	body, large := len(got.Body.GetStringValue()), len(got.Attributes[0].Value.GetStringValue())
	middle, small := len(got.Attributes[1].Value.GetStringValue()), len(got.Attributes[2].Value.GetStringValue())
	if middle != 3000 || small != 5 {
		t.Errorf("got %d and %d bytes of the smaller values, want 3000 and 5", middle, small)
	}
	if body < 4000 || large < 4000 || body+large > 9000 {
		t.Errorf("got %d bytes of the body and %d of the large value, want about 4400 each", body, large)
	}
}

func TestCutsFallBetweenCharacters(t *testing.T) {
	for _, unit := range []string{"é", "世", "\U0001F600"} {
		for shift := range 5 {
			text := strings.Repeat("x", shift) + strings.Repeat(unit, 2000)
			got, _ := limited(t, &logspb.LogRecord{Body: stringValue(text), SeverityText: text}, otlp.Limits{MaxBytes: 1500})
			for _, s := range []string{got.Body.GetStringValue(), got.SeverityText} {
				if !utf8.ValidString(s) || !strings.HasSuffix(s, otlp.CutMark) {
					t.Errorf("%d x and %q: got %q, want valid text with a mark", shift, unit, s)
				}
			}
		}
	}
}

func TestContainersLoseElementsFromTheEnd(t *testing.T) {
	var entries []*commonpb.KeyValue
	var elems []*commonpb.AnyValue
	for i := range 1000 {
		entries = append(entries, keyValue(fmt.Sprint("key", i), intValue(int64(i))))
		elems = append(elems, intValue(int64(i)))
	}
	got, size := limited(t, &logspb.LogRecord{Body: mapValue(entries...), Attributes: kvs("list", arrayValue(elems...))}, otlp.Limits{MaxBytes: 4000, MaxAttributes: -1})
	if size > 4000 || size < 3800 {
		t.Errorf("got %d bytes, want nearly 4000", size)
	}
	m := got.Body.GetKvlistValue().Values
	kept := len(m) - 1
	for i, kv := range m[:kept] {
		if !proto.Equal(kv, entries[i]) {
			t.Fatalf("entry %d: got %v, want %v", i, kv, entries[i])
		}
	}
	if want := keyValue(otlp.CutMark, intValue(int64(1000-kept))); !proto.Equal(m[kept], want) {
		t.Errorf("last entry: got %v, want %v", m[kept], want)
	}
	a := got.Attributes[0].Value.GetArrayValue().Values
	for i, v := range a[:len(a)-1] {
		if !proto.Equal(v, elems[i]) {
			t.Fatalf("element %d: got %v, want %v", i, v, elems[i])
		}
	}
	if last := a[len(a)-1].GetStringValue(); last != otlp.CutMark {
		t.Errorf("last element: got %q, want %q", last, otlp.CutMark)
	}
}

func TestAttributesAreDroppedFromTheEndLast(t *testing.T) {
	var attributes []*commonpb.KeyValue
	for i := range 100 {
		attributes = append(attributes, keyValue(fmt.Sprintf("key%03d", i), stringValue(strings.Repeat("v", 200))))
	}
	got, size := limited(t, &logspb.LogRecord{Body: stringValue("body"), Attributes: attributes, DroppedAttributesCount: 5}, otlp.Limits{MaxBytes: 2000, MaxAttributes: -1})
	kept := len(got.Attributes)
	if kept < 20 || kept > 27 || got.DroppedAttributesCount != uint32(100-kept+5) {
		t.Errorf("got %d attributes and %d dropped, want about 25 and %d", kept, got.DroppedAttributesCount, 100-kept+5)
	}
	for i, kv := range got.Attributes {
		if kv.Key != attributes[i].Key || !strings.HasSuffix(kv.Value.GetStringValue(), otlp.CutMark) {
			t.Errorf("attribute %d: got %v, want key %s and a cut value", i, kv, attributes[i].Key)
		}
	}
	if size > 2000 || got.Body.GetStringValue() != "body" {
		t.Errorf("got %d bytes and body %v, want at most 2000 and the body", size, got.Body)
	}
}

func TestAHugeKeyGoesBeforeOthers(t *testing.T) {
	r := &logspb.LogRecord{Attributes: kvs(strings.Repeat("k", 3000), intValue(1), "a", intValue(2), "b", mapValue(kvs(strings.Repeat("k", 3000), intValue(1), "c", intValue(3))...))}
	got, size := limited(t, r, otlp.Limits{MaxBytes: 1024, MaxAttributes: -1})
	want := &logspb.LogRecord{DroppedAttributesCount: 1, Attributes: kvs("a", intValue(2), "b", mapValue(kvs("c", intValue(3), otlp.CutMark, intValue(1))...))}
	if !proto.Equal(got, want) || size > 1024 {
		t.Errorf("got %d bytes: %v, want %v", size, got, want)
	}
}

func TestALargeKeyGoesBeforeManySmallAttributes(t *testing.T) {
	var small []*commonpb.KeyValue
	for i := range 40 {
		small = append(small, keyValue(fmt.Sprintf("small%02d", i), intValue(int64(i))))
	}
	in := append(kvs(strings.Repeat("k", 600), intValue(1)), small...)
	got, _ := limited(t, &logspb.LogRecord{Attributes: in}, otlp.Limits{MaxBytes: 1024, MaxAttributes: -1})
	if want := (&logspb.LogRecord{Attributes: small, DroppedAttributesCount: 1}); !proto.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Here every field that is never cut has its largest size, so that no spare
// byte hides one too many.
func TestTheBoundIsExact(t *testing.T) {
	r := &logspb.LogRecord{
		TimeUnixNano: math.MaxUint64, ObservedTimeUnixNano: math.MaxUint64, SeverityNumber: -1, DroppedAttributesCount: math.MaxUint32,
		Flags: math.MaxUint32, TraceId: traceID, SpanId: spanID,
	}
	var entries []*commonpb.KeyValue
	var elems []*commonpb.AnyValue
	for i := range 200 {
		text := stringValue(strings.Repeat("v", 40+i%3))
		entries, elems = append(entries, keyValue(fmt.Sprint("key", i), text)), append(elems, text)
	}
	long := stringValue(strings.Repeat("é", 5000))
	for name, body := range map[string]*commonpb.AnyValue{
		"map": mapValue(entries...), "array": arrayValue(elems...), "string": long, "bytes": bytesValue(make([]byte, 9000)),
		"maps in an array": arrayValue(mapValue(entries...), mapValue(entries...)), "array in a map": mapValue(keyValue("k", arrayValue(elems...)), keyValue("l", long)),
		"attributes": nil, "texts": nil,
	} {
		r.Body, r.Attributes, r.SeverityText, r.EventName = body, nil, "", ""
		switch name {
		case "attributes":
			r.Attributes = entries
		case "texts":
			r.SeverityText, r.EventName = long.GetStringValue(), strings.Repeat("e", 3000)
		}
		record, closest := marshal(t, r), math.MaxInt
		for most := otlp.MinRecordBytes; most < otlp.MinRecordBytes+300; most++ {
			spare := most - len(otlp.AppendLimited(nil, record, otlp.Limits{MaxBytes: most, MaxAttributes: -1}))
			if spare < 0 {
				t.Errorf("%s in %d bytes: got %d bytes too many", name, most, -spare)
			}
			closest = min(closest, spare)
		}
		if closest > 24 {
			t.Errorf("%s: got never nearer than %d bytes to the limit, want at most 24", name, closest)
		}
	}
}

func TestAMarkThatStandsIsNotRepeated(t *testing.T) {
	entries := kvs(otlp.CutMark, intValue(7))
	for i := range 500 {
		entries = append(entries, keyValue(fmt.Sprint("key", i), intValue(int64(i))))
	}
	checkLimited(t, marshal(t, &logspb.LogRecord{Body: mapValue(entries...)}), otlp.Limits{MaxBytes: 2000})
}

func TestUnreadablePartsAreLeftOutAndCounted(t *testing.T) {
	good := fullRecord()
	good.DroppedAttributesCount = 0
	b := marshal(t, good)
	for _, c := range []struct {
		name   string
		record []byte
		want   func(*logspb.LogRecord)
	}{
		{"damaged attribute", append(slices.Clone(b), field(6, 1<<3|2, 9)...), func(*logspb.LogRecord) {}},
		{"damaged value of an attribute", append(slices.Clone(b), field(6, append(field(1, 'x'), field(2, 3<<3)...)...)...), func(r *logspb.LogRecord) {
			r.Attributes = append(r.Attributes, keyValue("x", &commonpb.AnyValue{}))
		}},
		{"cut off at the end", append(slices.Clone(b), 5<<3|2, 100, 1), func(*logspb.LogRecord) {}},
		{"damaged body", append(slices.Clone(b), field(5, 1<<3|2, 9)...), func(r *logspb.LogRecord) { r.Body = &commonpb.AnyValue{} }},
		{"damaged array", append(slices.Clone(b), field(5, field(5, append(field(1, 3<<3, 1), 0)...)...)...), func(r *logspb.LogRecord) { r.Body = arrayValue(intValue(1)) }},
	} {
		want := fill(good)
		want.DroppedAttributesCount = 1
		c.want(want)
		out := otlp.AppendLimited(nil, c.record, noLimits)
		got, err := readRecord(out)
		if err != nil || !proto.Equal(got, want) {
			t.Errorf("%s: got %v, %v, want %v", c.name, got, err, want)
		}
	}
}

func TestRewrittenRecordsAreCanonical(t *testing.T) {
	r := fullRecord()
	backwards := slices.Concat(
		marshal(t, &logspb.LogRecord{EventName: r.EventName, Attributes: r.Attributes}),
		marshal(t, &logspb.LogRecord{TraceId: r.TraceId, SpanId: r.SpanId, Flags: r.Flags, Body: intValue(1)}),
		field(9, 1, 2, 3), field(10, 1), // Ids of a wrong length are none.
		marshal(t, &logspb.LogRecord{Body: r.Body, SeverityText: r.SeverityText, SeverityNumber: r.SeverityNumber}),
		marshal(t, &logspb.LogRecord{TimeUnixNano: r.TimeUnixNano, ObservedTimeUnixNano: r.ObservedTimeUnixNano}),
		[]byte{1 << 3, 5}, // Time as varint.
	)
	r.TraceId, r.SpanId, r.DroppedAttributesCount = nil, nil, 0
	if got, want := otlp.AppendLimited(nil, backwards, noLimits), marshal(t, r); !bytes.Equal(got, want) {
		t.Errorf("got %s, want %s", brief(got), brief(want))
	}
}

// Each of these has one reason to be rewritten.
func TestEveryDepartureFromTheCanonicalFormIsSeen(t *testing.T) {
	null := &commonpb.AnyValue{}
	for _, c := range []struct {
		name   string
		record []byte
		want   *logspb.LogRecord
	}{
		{"short trace id", field(9, 1), &logspb.LogRecord{}},
		{"short span id", field(10, 1), &logspb.LogRecord{}},
		{"body twice", append(field(5, field(1, 'a')...), field(5, field(1, 'b')...)...), &logspb.LogRecord{Body: stringValue("b")}},
		{"body of two kinds", field(5, append(field(1, 'a'), 2<<3, 1)...), &logspb.LogRecord{Body: boolValue(true)}},
		{"body with an index", field(5, 8<<3, 1), &logspb.LogRecord{Body: null}},
		{"fields backwards", append(field(12, 'e'), field(3, 's')...), &logspb.LogRecord{SeverityText: "s", EventName: "e"}},
		{"foreign wire type", field(1, 'x'), &logspb.LogRecord{}},
		{"key twice", field(6, append(field(1, 'a'), field(1, 'b')...)...), &logspb.LogRecord{Attributes: []*commonpb.KeyValue{{Key: "b"}}}},
		{"value before key", field(6, append(field(2), field(1, 'b')...)...), &logspb.LogRecord{Attributes: kvs("b", null)}},
		{"value twice", field(6, append(field(2, field(1, 'a')...), field(2, field(1, 'b')...)...)...), &logspb.LogRecord{Attributes: kvs("", stringValue("b"))}},
		{"unknown field in an array", field(5, field(5, append(field(2, 'x'), field(1)...)...)...), &logspb.LogRecord{Body: arrayValue(null)}},
		{"unknown field in a map", field(5, field(6, append(field(2, 'x'), field(1)...)...)...), &logspb.LogRecord{Body: mapValue(&commonpb.KeyValue{})}},
	} {
		if got, want := otlp.AppendLimited(nil, c.record, noLimits), marshal(t, c.want); !bytes.Equal(got, want) {
			t.Errorf("%s: got %x, want %x", c.name, got, want)
		}
	}
}

func TestUnknownFieldsGoWhenTheRecordIsTooLarge(t *testing.T) {
	future := append(marshal(t, fullRecord()), field(13, bytes.Repeat([]byte{1}, 3000)...)...)
	if got := otlp.AppendLimited(nil, future, otlp.Limits{MaxBytes: 4096, MaxAttributes: -1}); !bytes.Equal(got, future) {
		t.Errorf("within the limit: got %s, want the record as it is", brief(got))
	}
	if got, want := otlp.AppendLimited(nil, future, otlp.Limits{MaxBytes: 2048, MaxAttributes: 10}), marshal(t, fullRecord()); !bytes.Equal(got, want) {
		t.Errorf("above the limit: got %s, want %s", brief(got), brief(want))
	}
}

func TestTheSmallestLimitHoldsForEveryRecord(t *testing.T) {
	for _, s := range samples() {
		for _, most := range []int{1, 1023, 1024} {
			got := otlp.AppendLimited(nil, marshal(t, s.record), otlp.Limits{MaxBytes: most, MaxAttributes: 128})
			if len(got) > otlp.MinRecordBytes {
				t.Errorf("%s: got %d bytes, want at most %d", s.name, len(got), otlp.MinRecordBytes)
			}
			if err := otlp.Validate(got, otlp.MaxDepth); err != nil {
				t.Errorf("%s: got %v from Validate, want nil", s.name, err)
			}
		}
	}
}
