package otlp_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/logstream-go/logstream/internal/otlp"
	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// randomBytes makes one seed of a corpus.
func randomBytes(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// smallSamples are the encodings of the tables that are worth mutating.
func smallSamples(t testing.TB) [][]byte {
	var all [][]byte
	for _, s := range samples() {
		if b := marshal(t, s.record); len(b) < 512 {
			all = append(all, b)
		}
	}
	return all
}

// checkEncode writes the record that data generates and has it read by the two
// oracles and by our reader.
func checkEncode(t *testing.T, data []byte) {
	t.Helper()
	r := (&generator{data}).record()
	want := sanitize(r)
	got := appendRecord(nil, r)
	if canonical := marshal(t, want); !bytes.Equal(got, canonical) {
		t.Fatalf("got %x, want %x", got, canonical)
	}
	if err := otlp.Validate(got, otlp.MaxDepth); err != nil {
		t.Fatalf("got %v from Validate, want nil", err)
	}
	want = fill(want)
	ours, err := readRecord(got)
	if err != nil || !proto.Equal(ours, want) {
		t.Fatalf("our reader: got %v, %v, want %v", ours, err, want)
	}
	records, err := decodeByCollector(t, appendRequest(nil, got))
	if err != nil || len(records) != 1 || !proto.Equal(records[0], want) {
		t.Fatalf("the Collector's reader: got %v, %v, want %v", records, err, want)
	}
}

func FuzzEncode(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(randomBytes(seed, int(seed)*16))
	}
	f.Fuzz(checkEncode)
}

// oddities are what makes readers of protobuf differ on purpose.
type oddities struct {
	hasGroup  bool // We refuse groups, proto.Unmarshal skips them.
	isTwofold bool // We take the last of two embedded messages, proto.Unmarshal merges them.
	isNoText  bool // Our reader does not look at UTF-8, proto.Unmarshal does.
}

func (o *oddities) add(p oddities) {
	o.hasGroup = o.hasGroup || p.hasGroup
	o.isTwofold = o.isTwofold || p.isTwofold
	o.isNoText = o.isNoText || p.isNoText
}

// The messages that findOddities knows.
const (
	msgOther = iota
	msgRecord
	msgKeyValue
	msgValue
	msgArray
	msgMap
)

// embedded tells the messages inside a message.
var embedded = map[int]map[protowire.Number]int{
	msgRecord:   {5: msgValue, 6: msgKeyValue},
	msgKeyValue: {2: msgValue},
	msgValue:    {5: msgArray, 6: msgMap},
	msgArray:    {1: msgValue},
	msgMap:      {1: msgKeyValue},
}

// texts tells the strings inside a message.
var texts = map[int][]protowire.Number{msgRecord: {3, 12}, msgKeyValue: {1}, msgValue: {1}}

// findOddities looks at b, a message of the given kind, as far as it can be
// read.
func findOddities(b []byte, kind int) (o oddities) {
	singular := 0
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return o
		}
		if typ == protowire.StartGroupType {
			o.hasGroup = true
		}
		m := protowire.ConsumeFieldValue(num, typ, b[n:])
		if m < 0 {
			return o
		}
		if typ == protowire.BytesType {
			content, _ := protowire.ConsumeBytes(b[n:])
			if inner, ok := embedded[kind][num]; ok {
				o.add(findOddities(content, inner))
			}
			if slices.Contains(texts[kind], num) && !utf8.Valid(content) {
				o.isNoText = true
			}
		}
		isValue := kind == msgValue && num <= 8
		if isValue || kind == msgRecord && num == 5 || kind == msgKeyValue && num == 2 {
			singular++
		}
		b = b[n+m:]
	}
	o.isTwofold = o.isTwofold || singular > 1
	return o
}

// checkRead reads b, any bytes, with our reader and with the oracles.
func checkRead(t *testing.T, b []byte) {
	t.Helper()
	ours, ourErr := readRecord(b)
	validErr := otlp.Validate(b, otlp.MaxDepth)
	odd := findOddities(b, msgRecord)

	var theirs logspb.LogRecord
	theirErr := proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(b, &theirs)
	switch {
	case theirErr == nil && ourErr != nil && !odd.hasGroup:
		t.Fatalf("our reader refuses with %v what proto.Unmarshal accepts: %x", ourErr, b)
	case theirErr != nil && validErr == nil:
		t.Fatalf("Validate accepts what proto.Unmarshal refuses with %v: %x", theirErr, b)
	case theirErr != nil && ourErr == nil && !odd.isTwofold && !odd.isNoText:
		t.Fatalf("our reader accepts what proto.Unmarshal refuses with %v: %x", theirErr, b)
	case theirErr == nil && ourErr == nil && !odd.isTwofold:
		if want := fill(&theirs); !proto.Equal(ours, want) {
			t.Fatalf("got %v, want %v from %x", ours, want, b)
		}
	}
	if validErr != nil {
		return
	}
	if ourErr != nil {
		t.Fatalf("Validate accepts what our reader refuses with %v: %x", ourErr, b)
	}
	records, err := decodeByCollector(t, appendRequest(nil, b))
	if err != nil {
		t.Fatalf("Validate accepts what the Collector refuses with %v: %x", err, b)
	}
	if odd.isTwofold {
		return
	}
	// To the Collector an id of zeros is none.
	if want := withoutZeroIDs(ours); !proto.Equal(records[0], want) {
		t.Fatalf("the Collector: got %v, want %v from %x", records[0], want, b)
	}
}

func withoutZeroIDs(r *logspb.LogRecord) *logspb.LogRecord {
	r = proto.Clone(r).(*logspb.LogRecord)
	if len(bytes.Trim(r.TraceId, "\x00")) == 0 {
		r.TraceId = nil
	}
	if len(bytes.Trim(r.SpanId, "\x00")) == 0 {
		r.SpanId = nil
	}
	return r
}

func FuzzRead(f *testing.F) {
	for _, b := range smallSamples(f) {
		f.Add(b)
	}
	for seed := range uint64(20) {
		f.Add(randomBytes(seed, 64))
	}
	f.Add(bytes.Repeat([]byte{5<<3 | 2, 0}, 20))
	f.Add(field(5, 1<<3|3, 1<<3|4))
	f.Add(append(field(12, 0xff), 6<<3, 1)) // Two faults, of which Validate tells one.
	f.Add(append([]byte{6 << 3, 1}, field(12, 0xff)...))
	f.Fuzz(checkRead)
}

func FuzzParseResponse(f *testing.F) {
	f.Add([]byte{})
	f.Add(marshal(f, response(3, "too old")))
	f.Add(marshal(f, response(-1, "\U0001F600")))
	f.Add(append(marshal(f, response(1, "a")), marshal(f, response(2, "b"))...))
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := otlp.ParseResponse(b)
		if err != nil && got != (otlp.Response{}) {
			t.Fatalf("got %v beside error %v, want nothing", got, err)
		}
		if len(got.Message) > otlp.MaxMessage || !utf8.ValidString(got.Message) {
			t.Fatalf("got a message of %d bytes, want valid UTF-8 of at most %d", len(got.Message), otlp.MaxMessage)
		}
		var theirs collogspb.ExportLogsServiceResponse
		if proto.Unmarshal(b, &theirs) != nil {
			return
		}
		if err != nil {
			if !errors.Is(err, otlp.ErrWireType) {
				t.Fatalf("got error %v where proto.Unmarshal accepts: %x", err, b)
			}
			return // A group.
		}
		want := otlp.Response{Rejected: theirs.GetPartialSuccess().GetRejectedLogRecords(), Message: theirs.GetPartialSuccess().GetErrorMessage()}
		if len(want.Message) <= otlp.MaxMessage && got != want {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func FuzzParseStatus(f *testing.F) {
	f.Add([]byte{})
	f.Add(marshal(f, &statuspb.Status{Code: 14, Message: "m", Details: []*anypb.Any{detail(f, retryInfo(1, 2))}}))
	f.Add(marshal(f, &statuspb.Status{Code: 8, Details: []*anypb.Any{detail(f, retryInfo(-1, -2)), detail(f, &errdetails.DebugInfo{Detail: "d"})}}))
	f.Add([]byte("upstream connect error"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := otlp.ParseStatus(b)
		if err != nil && got != (otlp.Status{}) {
			t.Fatalf("got %v beside error %v, want nothing", got, err)
		}
		if len(got.Message) > otlp.MaxMessage || !utf8.ValidString(got.Message) {
			t.Fatalf("got a message of %d bytes, want valid UTF-8 of at most %d", len(got.Message), otlp.MaxMessage)
		}
		if got.RetryDelay < 0 || got.RetryDelay > otlp.MaxRetryDelay || got.RetryDelay != 0 && !got.HasRetryInfo {
			t.Fatalf("got %+v, want a delay in bounds", got)
		}
		var theirs statuspb.Status
		if proto.Unmarshal(b, &theirs) != nil {
			return
		}
		if err != nil {
			if !errors.Is(err, otlp.ErrWireType) {
				t.Fatalf("got error %v where proto.Unmarshal accepts: %x", err, b)
			}
			return // A group.
		}
		if got.Code != theirs.Code || len(theirs.Message) <= otlp.MaxMessage && got.Message != theirs.Message {
			t.Fatalf("got %+v, want %v", got, &theirs)
		}
		checkRetryInfo(t, got, theirs.Details)
	})
}

// checkRetryInfo compares s with the details as the oracle reads them, unless
// one of them is read differently on purpose.
func checkRetryInfo(t *testing.T, s otlp.Status, details []*anypb.Any) {
	t.Helper()
	var want otlp.Status
	for _, d := range details[:min(len(details), otlp.MaxDetails)] {
		var info errdetails.RetryInfo
		if !d.MessageIs(&info) {
			continue
		}
		if proto.Unmarshal(d.Value, &info) != nil || bytes.ContainsAny(d.Value, "\x0b\x13\x1b") || len(info.ProtoReflect().GetUnknown()) > 0 {
			return
		}
		want.HasRetryInfo = true
		delay := info.GetRetryDelay()
		if len(delay.ProtoReflect().GetUnknown()) > 0 {
			return
		}
		seconds := max(-100_000, min(delay.GetSeconds(), 100_000))
		want.RetryDelay = max(0, min(time.Duration(seconds)*time.Second+time.Duration(delay.GetNanos()), otlp.MaxRetryDelay))
	}
	if s.HasRetryInfo != want.HasRetryInfo || s.RetryDelay != want.RetryDelay {
		t.Fatalf("got %+v, want %+v", s, want)
	}
}

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

func FuzzAppendLimited(f *testing.F) {
	for i, b := range smallSamples(f) {
		f.Add(b, false, uint16(1024+i), int8(i%20-1))
	}
	for seed := range uint64(60) {
		f.Add(randomBytes(seed, 20+int(seed)*20), true, uint16(seed*40), int8(seed%30)-1)
	}
	f.Fuzz(func(t *testing.T, data []byte, isStructured bool, maxBytes uint16, maxAttributes int8) {
		if isStructured {
			data = appendRecord(nil, (&generator{data}).record())
		}
		checkLimited(t, data, otlp.Limits{MaxBytes: int(maxBytes), MaxAttributes: int(maxAttributes)})
	})
}
