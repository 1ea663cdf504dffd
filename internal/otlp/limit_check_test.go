package otlp_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/otlp"
)

// checkLimited holds AppendLimited to what it promises for any bytes.
func checkLimited(t *testing.T, record []byte, lim otlp.Limits) {
	t.Helper()
	out := otlp.AppendLimited([]byte("before"), record, lim)
	if string(out[:6]) != "before" {
		t.Fatalf("got %q in front, want %q", out[:6], "before")
	}
	out = out[6:]
	if lim.MaxBytes > 0 && len(out) > max(lim.MaxBytes, otlp.MinRecordBytes) {
		t.Fatalf("got %d bytes, want at most %d", len(out), lim.MaxBytes)
	}
	got, err := readRecord(out)
	if err != nil {
		t.Fatalf("got error %v from our reader, want none", err)
	}
	if lim.MaxAttributes >= 0 && len(got.Attributes) > lim.MaxAttributes {
		t.Fatalf("got %d attributes, want at most %d", len(got.Attributes), lim.MaxAttributes)
	}
	checkUnique(t, got.Attributes)
	checkUniqueValue(t, got.Body)
	if lim.MaxValueLength > 0 {
		checkLengths(t, got.Attributes, lim.MaxValueLength)
	}
	if again := otlp.AppendLimited(nil, out, lim); !bytes.Equal(again, out) {
		t.Fatalf("limited twice: got %x, want %x", again, out)
	}

	if otlp.Validate(record, -1) != nil {
		return
	}
	if err := otlp.Validate(out, -1); err != nil {
		t.Fatalf("got %v from Validate although the record was valid", err)
	}
	if odd := findOddities(record, msgRecord); odd.isTwofold {
		return
	}
	in, err := readRecord(record)
	if err != nil {
		t.Fatal(err)
	}
	want := unique(in)
	if dropped := uint64(want.DroppedAttributesCount) + uint64(len(want.Attributes)-len(got.Attributes)); uint64(got.DroppedAttributesCount) != min(dropped, 1<<32-1) {
		t.Fatalf("got %d dropped attributes, want %d", got.DroppedAttributesCount, dropped)
	}
	if lim.MaxAttributes >= 0 && len(want.Attributes) > lim.MaxAttributes {
		want.Attributes = want.Attributes[:lim.MaxAttributes]
	}
	want.DroppedAttributesCount = got.DroppedAttributesCount
	if lim.MaxValueLength > 0 {
		shortenAll(want.Attributes, lim.MaxValueLength)
	}
	if lim.MaxBytes > 0 && len(record) > max(lim.MaxBytes, otlp.MinRecordBytes) {
		checkCut(t, got, want)
	} else if !proto.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

// checkCut reports whether got is want with values cut and with attributes
// missing.
func checkCut(t *testing.T, got, want *logspb.LogRecord) {
	t.Helper()
	for _, text := range [][2]string{{got.SeverityText, want.SeverityText}, {got.EventName, want.EventName}} {
		checkCutText(t, text[0], text[1])
	}
	checkCutValue(t, got.Body, want.Body)
	checkCutKeyValues(t, got.Attributes, want.Attributes)
	rest := proto.Clone(got).(*logspb.LogRecord)
	rest.SeverityText, rest.EventName, rest.Body, rest.Attributes = want.SeverityText, want.EventName, want.Body, want.Attributes
	if !proto.Equal(rest, want) {
		t.Fatalf("got %v, want %v in the fields that are never cut", got, want)
	}
}

func checkCutText(t *testing.T, got, want string) {
	t.Helper()
	kept, isCut := strings.CutSuffix(got, otlp.CutMark)
	if got != want && (!isCut || !strings.HasPrefix(want, kept) || len(got) >= len(want)) {
		t.Fatalf("got %q, want %q or a beginning of it with a mark", got, want)
	}
}

// checkCutKeyValues accepts that some of want are missing, of a map also a
// mark at the end.
func checkCutKeyValues(t *testing.T, got, want []*commonpb.KeyValue) {
	t.Helper()
	for i, kv := range got {
		at := slices.IndexFunc(want, func(w *commonpb.KeyValue) bool { return w.Key == kv.Key })
		if at < 0 && i == len(got)-1 && kv.Key == otlp.CutMark && kv.Value.GetIntValue() > 0 {
			return
		}
		if at < 0 {
			t.Fatalf("got key %q, want one of %v in their order", kv.Key, want)
		}
		checkCutValue(t, kv.Value, want[at].Value)
		want = want[at+1:]
	}
}

func checkCutValue(t *testing.T, got, want *commonpb.AnyValue) {
	t.Helper()
	switch w := want.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		if _, ok := got.GetValue().(*commonpb.AnyValue_StringValue); !ok {
			t.Fatalf("got %v, want a string", got)
		}
		checkCutText(t, got.GetStringValue(), w.StringValue)
	case *commonpb.AnyValue_BytesValue:
		if _, ok := got.GetValue().(*commonpb.AnyValue_BytesValue); !ok {
			t.Fatalf("got %v, want bytes", got)
		}
		checkCutText(t, string(got.GetBytesValue()), string(w.BytesValue))
	case *commonpb.AnyValue_KvlistValue:
		if got.GetKvlistValue() == nil {
			t.Fatalf("got %v, want a map", got)
		}
		checkCutKeyValues(t, got.GetKvlistValue().Values, w.KvlistValue.Values)
	case *commonpb.AnyValue_ArrayValue:
		if got.GetArrayValue() == nil {
			t.Fatalf("got %v, want an array", got)
		}
		checkCutElems(t, got.GetArrayValue().Values, w.ArrayValue.Values)
	default:
		if !proto.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

// checkCutElems accepts that elements at the end gave way to a mark. Elements
// have no names, and one with a head of half the room goes before others, which
// takes a length of more bytes than these tests reach.
func checkCutElems(t *testing.T, got, want []*commonpb.AnyValue) {
	t.Helper()
	if len(got) != len(want) || len(got) > 0 && got[len(got)-1].GetStringValue() == otlp.CutMark {
		if len(got) == 0 || len(got) > len(want) || got[len(got)-1].GetStringValue() != otlp.CutMark {
			t.Fatalf("got %d elements without a mark, want %d", len(got), len(want))
		}
		got = got[:len(got)-1]
	}
	for i := range got {
		checkCutValue(t, got[i], want[i])
	}
}

func checkUnique(t *testing.T, kvs []*commonpb.KeyValue) {
	t.Helper()
	seen := map[string]bool{}
	for _, kv := range kvs {
		if seen[kv.Key] {
			t.Fatalf("key %q stands twice", kv.Key)
		}
		seen[kv.Key] = true
		checkUniqueValue(t, kv.Value)
	}
}

func checkUniqueValue(t *testing.T, v *commonpb.AnyValue) {
	t.Helper()
	for _, e := range v.GetArrayValue().GetValues() {
		checkUniqueValue(t, e)
	}
	checkUnique(t, v.GetKvlistValue().GetValues())
}

// unique is a plain model of what AppendLimited does to duplicate keys.
func unique(r *logspb.LogRecord) *logspb.LogRecord {
	r = proto.Clone(r).(*logspb.LogRecord)
	r.Attributes = uniqueKeyValues(r.Attributes)
	uniqueValues(r.Body)
	return r
}

func uniqueKeyValues(kvs []*commonpb.KeyValue) []*commonpb.KeyValue {
	at := map[string]int{}
	var kept []*commonpb.KeyValue
	for _, kv := range kvs {
		if i, ok := at[kv.Key]; ok {
			kept[i] = kv
			continue
		}
		at[kv.Key] = len(kept)
		kept = append(kept, kv)
	}
	for _, kv := range kept {
		uniqueValues(kv.Value)
	}
	return kept
}

func uniqueValues(v *commonpb.AnyValue) {
	for _, e := range v.GetArrayValue().GetValues() {
		uniqueValues(e)
	}
	if m := v.GetKvlistValue(); m != nil {
		m.Values = uniqueKeyValues(m.Values)
	}
}
