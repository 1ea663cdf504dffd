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

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/logstream-go/logstream/internal/otlp"
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

func FuzzAppendLimited(f *testing.F) {
	for i, b := range smallSamples(f) {
		f.Add(b, false, uint16(1024+i), int8(i%20-1), uint8(i%16))
	}
	for seed := range uint64(60) {
		f.Add(randomBytes(seed, 20+int(seed)*20), true, uint16(seed*40), int8(seed%30)-1, uint8(seed*3))
	}
	for i, text := range []string{"[REDACTED:key]", "[REDACTED:" + strings.Repeat("x", 53) + "]", otlp.CutMark, strings.Repeat("\U0001F600", 30), "\uFFFD\uFFFD\uFFFD"} {
		many := arrayValue(slices.Repeat([]*commonpb.AnyValue{stringValue(text)}, 50)...)
		f.Add(marshal(f, &logspb.LogRecord{Attributes: kvs("a", stringValue(text), "b", many)}), false, uint16(0), int8(-1), uint8(2+i))
		f.Add(marshal(f, &logspb.LogRecord{Attributes: kvs("a", many, "b", many)}), false, uint16(1024), int8(-1), uint8(4+6*i))
	}
	f.Fuzz(func(t *testing.T, data []byte, isStructured bool, maxBytes uint16, maxAttributes int8, maxLength uint8) {
		if isStructured {
			data = appendRecord(nil, (&generator{data}).record())
		}
		checkLimited(t, data, otlp.Limits{MaxBytes: int(maxBytes), MaxAttributes: int(maxAttributes), MaxValueLength: int(maxLength)})
	})
}
