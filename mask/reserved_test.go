package mask

import (
	"slices"
	"testing"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/otlp"
)

// foreignRecord is maskRecord for a record of others than the stream.
func (m *Masker) foreignRecord(t *testing.T, r *logspb.LogRecord) *logspb.LogRecord {
	t.Helper()
	out := new(logspb.LogRecord)
	if err := proto.Unmarshal(m.AppendForeign(nil, encode(t, r), otlp.Foreign{}), out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestReservedKeysAreMarked(t *testing.T) {
	in := &logspb.LogRecord{EventName: "logstream.gap", Body: object(attr("logstream.x", num(1))), Attributes: []*keyValue{
		attr("logstream.lost.records", num(7)), attr("logstream", object(attr("logstream.state", str("x")))), attr("logstreams", num(1)), attr("a.logstream.x", num(1)),
		attr("logstream.note", str("a b")), attr("!logstream.note", num(2)), attr("logstream.", num(3)), attr("Logstream.x", num(4)),
	}}
	want := &logspb.LogRecord{EventName: "!logstream.gap", Body: in.Body, Attributes: []*keyValue{
		attr("!logstream.lost.records", num(7)), attr("!logstream", object(attr("logstream.state", str("x")))), attr("logstreams", num(1)), attr("a.logstream.x", num(1)),
		attr("!logstream.note#2", str("a b")), attr("!logstream.note", num(2)), attr("!logstream.", num(3)), attr("Logstream.x", num(4)),
	}}
	for name, m := range map[string]*Masker{"rules": newForTest(t), "dry run": newForTest(t, WithDryRun()), "none": None()} {
		got := m.foreignRecord(t, in)
		if name == "none" { // It does not look at other keys.
			want := proto.CloneOf(want)
			want.Attributes[4].Key = "!logstream.note"
			wantMessage(t, got, want)
		} else {
			wantMessage(t, got, want)
		}
		wantMessage(t, m.foreignRecord(t, got), got)
		if n := m.Counts(); !slices.Equal(n, []Count{{"reserved", 5}}) {
			t.Errorf("%s: counts: got %v, want 5", name, n)
		}
		wantMessage(t, m.maskRecord(t, in), in) // the stream's own
	}
}

func TestAReservedKeyIsMaskedToo(t *testing.T) {
	const key = "logstream.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"
	in := record(attr(key, str("x")), attr("logstream.password", str("hunter2")), attr("password", str("hunter2")))
	wantMessage(t, newForTest(t).foreignRecord(t, in), record(attr("!logstream.[REDACTED:github]", str("x")), attr("!logstream.password", redacted), attr("password", redacted)))
	wantMessage(t, newForTest(t, WithDryRun()).foreignRecord(t, in), record(attr("!"+key, str("x")), attr("!logstream.password", str("hunter2")), attr("password", str("hunter2"))))
}

func TestReservedKeysInUnusualEncodings(t *testing.T) {
	for name, in := range map[string]string{
		"the value first":       field(6, field(2, field(1, "x")), field(1, "logstream.lost")),
		"a key in a long tag":   field(6, "\x8a\x00\x0elogstream.lost", field(2, field(1, "x"))),
		"a long length":         field(6, "\x0a\x8e\x00logstream.lost", field(2, field(1, "x"))),
		"a long tag":            "\xb2\x00" + field(6, field(1, "logstream.lost"), field(2, field(1, "x")))[1:],
		"the name of the event": field(12, "logstream.lost"),
	} {
		for _, m := range []*Masker{newForTest(t), None()} {
			for range 2 { // the second time with keys known
				got := new(logspb.LogRecord)
				if err := proto.Unmarshal(m.AppendForeign(nil, []byte(in+fixed64Field(11, 1)), otlp.Foreign{}), got); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if isReserved([]byte(got.EventName)) || len(got.Attributes) > 0 && isReserved([]byte(got.Attributes[0].Key)) {
					t.Errorf("%s: got %v", name, got)
				}
			}
		}
	}
}

func TestAForeignRecordDoesNotAllocate(t *testing.T) {
	in := encode(t, record(attr("log", str("x")), attr("http.request.method", str("GET")), attr("n", num(1))))
	for _, m := range []*Masker{newForTest(t), None()} {
		dst := m.AppendForeign(make([]byte, 0, 1024), in, otlp.Foreign{})
		if n := testing.AllocsPerRun(100, func() { dst = m.AppendForeign(dst[:0], in, otlp.Foreign{}) }); n != 0 {
			t.Errorf("got %v allocations, want 0", n)
		}
	}
}

func FuzzAppendForeign(f *testing.F) {
	f.Add([]byte(field(6, field(1, "logstream.lost"), field(2, field(1, "x"))) + field(12, "logstream.gap")))
	f.Add([]byte(field(6, field(2, field(1, "x")), field(1, "logstream"))))
	maskers := []*Masker{newForTest(f), newForTest(f, WithDryRun()), None()}
	f.Fuzz(func(t *testing.T, in []byte) {
		before := maskers[0].Malformed()
		for i, m := range maskers {
			if m.off && maskers[0].Malformed() > before {
				continue // None does not look at what no bridge writes.
			}
			out := m.AppendForeign(nil, in, otlp.Foreign{})
			got := new(logspb.LogRecord)
			if proto.Unmarshal(out, got) != nil {
				continue
			}
			if isReserved([]byte(got.EventName)) {
				t.Fatalf("masker %d: the name of the event is %q", i, got.EventName)
			}
			for _, kv := range got.Attributes {
				if isReserved([]byte(kv.Key)) {
					t.Fatalf("masker %d: %q is left", i, kv.Key)
				}
			}
			if again := m.AppendForeign(nil, out, otlp.Foreign{}); string(again) != string(out) {
				t.Fatalf("masker %d, twice: got %x, want %x", i, again, out)
			}
		}
	})
}
