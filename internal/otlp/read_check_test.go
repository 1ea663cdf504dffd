package otlp_test

import (
	"bytes"
	"slices"
	"testing"
	"unicode/utf8"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/otlp"
)

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
