package sinktest

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/proto"
)

func TestABatchIsTheRequestThatItWasMadeOf(t *testing.T) {
	scope := func(name string, serial int) *logspb.ScopeLogs {
		return &logspb.ScopeLogs{
			Scope: &commonpb.InstrumentationScope{Name: name, Version: "2"}, SchemaUrl: "https://" + name,
			LogRecords: records(serial, 3, 10),
		}
	}
	resource := func(name string, scopes ...*logspb.ScopeLogs) *logspb.ResourceLogs {
		return &logspb.ResourceLogs{
			Resource:  &resourcepb.Resource{Attributes: []*commonpb.KeyValue{attr("service.name", text(name))}},
			SchemaUrl: "https://r", ScopeLogs: scopes,
		}
	}
	want := &collogspb.ExportLogsServiceRequest{ResourceLogs: []*logspb.ResourceLogs{
		resource("a", scope("x", 1), scope("y", 2)), resource("b", scope("x", 3)),
	}}
	b := FromRequest(t, want)
	got := new(collogspb.ExportLogsServiceRequest)
	if err := proto.Unmarshal(b.AppendRequest(nil), got); err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

func TestABatchOfRecordsReadsAsTheyAre(t *testing.T) {
	want := records(1, 30, 0)
	b := NewBatch(t, want...)
	if b.Len() != len(want) {
		t.Fatalf("got %d records, want %d", b.Len(), len(want))
	}
	i := 0
	for r := range b.Records() {
		if got := r.Body().String(); got != want[i].GetBody().GetStringValue() {
			t.Errorf("record %d: got the message %q", i, got)
		}
		if r.SeverityNumber() != int(want[i].GetSeverityNumber()) {
			t.Errorf("record %d: got the severity %d, want %d", i, r.SeverityNumber(), want[i].GetSeverityNumber())
		}
		i++
	}
}

func TestABatchOfBytesHoldsThem(t *testing.T) {
	b := FromEncoded(t, malformed()...)
	i := 0
	for r := range b.Records() {
		if !bytes.Equal(r.Encoded(), malformed()[i]) {
			t.Errorf("record %d: got %x, want %x", i, r.Encoded(), malformed()[i])
		}
		i++
	}
	if i != len(malformed()) {
		t.Errorf("got %d records, want %d", i, len(malformed()))
	}
}

func TestAReleasedBatchIsGarbage(t *testing.T) {
	b := NewBatch(t, records(1, 5, 100)...)
	var kept [][]byte
	for r := range b.Records() {
		kept = append(kept, r.Encoded())
	}
	p, err := b.Payload("x", func(dst []byte) ([]byte, error) { return append(dst, "content"...), nil })
	if err != nil || b.Leases() != 1 {
		t.Fatalf("got %v and %d leases, want 1", err, b.Leases())
	}
	b.Release()
	b.Release()
	for i, r := range kept {
		if strings.Trim(string(r), "!") != "" {
			t.Errorf("record %d: got %q, want garbage", i, r)
		}
	}
	if string(p.Bytes()) != "content" {
		t.Errorf("got %q, want the payload untouched while it is held", p.Bytes())
	}
	p.Release()
}

func TestMessagesAreUnlikeEachOther(t *testing.T) {
	var all []string
	for serial := range 3 {
		for _, r := range records(serial, 12, 2) {
			all = append(all, r.GetBody().GetStringValue())
		}
	}
	slices.Sort(all)
	if n := len(slices.Compact(all)); n != 36 {
		t.Errorf("got %d messages, want 36", n)
	}
}

func TestTextsAreTheBodies(t *testing.T) {
	b := Texts(t, 3, func(i int) string { return strings.Repeat("x", i) })
	n := 0
	for r := range b.Records() {
		if got, want := r.Body().String(), strings.Repeat("x", n); got != want {
			t.Errorf("record %d: got body %q, want %q", n, got, want)
		}
		n++
	}
	if n != 3 {
		t.Errorf("got %d records, want 3", n)
	}
}
