package otlp_test

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/logstream-go/logstream/internal/otlp"
)

// response is the oracle's partial success.
func response(rejected int64, message string) *collogspb.ExportLogsServiceResponse {
	return &collogspb.ExportLogsServiceResponse{PartialSuccess: &collogspb.ExportLogsPartialSuccess{RejectedLogRecords: rejected, ErrorMessage: message}}
}

func TestResponses(t *testing.T) {
	long := strings.Repeat("é", otlp.MaxMessage)
	for _, c := range []struct {
		name string
		body []byte
		want otlp.Response
	}{
		{"empty is full success", nil, otlp.Response{}},
		{"empty partial success", marshal(t, response(0, "")), otlp.Response{}},
		{"warning", marshal(t, response(0, "slow down")), otlp.Response{Message: "slow down"}},
		{"rejected", marshal(t, response(3, "too old")), otlp.Response{Rejected: 3, Message: "too old"}},
		{"negative count is passed on", marshal(t, response(-1, "")), otlp.Response{Rejected: -1}},
		{"largest count is passed on", marshal(t, response(math.MaxInt64, "")), otlp.Response{Rejected: math.MaxInt64}},
		{"long message is cut at a character", marshal(t, response(1, "x"+long)), otlp.Response{Rejected: 1, Message: "x" + long[:otlp.MaxMessage-2]}},
		{"unknown fields", append(marshal(t, response(1, "m")), field(9, 1, 2)...), otlp.Response{Rejected: 1, Message: "m"}},
		{"two partial successes merge", append(marshal(t, response(1, "m")), marshal(t, response(2, ""))...), otlp.Response{Rejected: 2, Message: "m"}},
		{"invalid UTF-8 is repaired", field(1, field(2, 'a', 0xff, 'b')...), otlp.Response{Message: "a\uFFFDb"}},
	} {
		got, err := otlp.ParseResponse(c.body)
		if err != nil || got != c.want {
			t.Errorf("%s: got %.100v, %v, want %.100v, nil", c.name, got, err, c.want)
		}
	}
}

func TestMessagesAreBoundedWhateverTheyHold(t *testing.T) {
	for _, unit := range []string{"x", "é", "世", "\U0001F600", "\xff", "x\xff", "\x80\x80\x80\x80\x80", "世\xff"} {
		for _, n := range []int{0, 1, 2, 3, 4, 5} {
			text := strings.Repeat("a", n) + strings.Repeat(unit, otlp.MaxMessage+8)
			r, err := otlp.ParseResponse(field(1, field(2, []byte(text)...)...))
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Message) > otlp.MaxMessage || !utf8.ValidString(r.Message) {
				t.Errorf("%d a, then %q: got %d bytes, valid %v, want at most %d, valid", n, unit, len(r.Message), utf8.ValidString(r.Message), otlp.MaxMessage)
			}
		}
	}
}

func TestDamagedAnswersAreErrors(t *testing.T) {
	for name, body := range map[string][]byte{
		"cut off":              {1<<3 | 2, 5, 1},
		"HTML":                 []byte("<html><body>502 Bad Gateway</body></html>"),
		"damage inside":        field(1, 1<<3),
		"group":                {1<<3 | 3, 1<<3 | 4},
		"message of 2^63":      {1<<3 | 2, 128, 128, 128, 128, 128, 128, 128, 128, 128, 1},
		"nested length beyond": field(1, 2<<3|2, 200, 1, 'x'),
	} {
		if got, err := otlp.ParseResponse(body); err == nil || got != (otlp.Response{}) {
			t.Errorf("ParseResponse of %s: got %v and error %v, want nothing and an error", name, got, err)
		}
	}
	for name, body := range map[string][]byte{
		"cut off": {3<<3 | 2, 5, 1}, "group": {1<<3 | 3, 1<<3 | 4}, "text": []byte("upstream connect error"),
	} {
		if got, err := otlp.ParseStatus(body); err == nil || got != (otlp.Status{}) {
			t.Errorf("ParseStatus of %s: got %v and error %v, want nothing and an error", name, got, err)
		}
	}
}

// detail packs m as a Status does.
func detail(t testing.TB, m proto.Message) *anypb.Any {
	t.Helper()
	a, err := anypb.New(m)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func retryInfo(seconds int64, nanos int32) *errdetails.RetryInfo {
	return &errdetails.RetryInfo{RetryDelay: &durationpb.Duration{Seconds: seconds, Nanos: nanos}}
}

func TestStatuses(t *testing.T) {
	other := detail(t, &errdetails.DebugInfo{Detail: "stack"})
	damaged := &anypb.Any{TypeUrl: "type.googleapis.com/google.rpc.RetryInfo", Value: []byte{0xff}}
	for _, c := range []struct {
		name   string
		status *statuspb.Status
		want   otlp.Status
	}{
		{"empty", &statuspb.Status{}, otlp.Status{}},
		{"code and message", &statuspb.Status{Code: 8, Message: "quota"}, otlp.Status{Code: 8, Message: "quota"}},
		{"negative code", &statuspb.Status{Code: -5}, otlp.Status{Code: -5}},
		{"retry info", &statuspb.Status{Code: 14, Details: []*anypb.Any{detail(t, retryInfo(3, 500))}}, otlp.Status{Code: 14, RetryDelay: 3*time.Second + 500, HasRetryInfo: true}},
		{"retry info without a delay", &statuspb.Status{Details: []*anypb.Any{detail(t, &errdetails.RetryInfo{})}}, otlp.Status{HasRetryInfo: true}},
		{"retry info among others", &statuspb.Status{Details: []*anypb.Any{other, detail(t, retryInfo(1, 0)), other}}, otlp.Status{RetryDelay: time.Second, HasRetryInfo: true}},
		{"last retry info wins", &statuspb.Status{Details: []*anypb.Any{detail(t, retryInfo(1, 0)), detail(t, retryInfo(2, 0))}}, otlp.Status{RetryDelay: 2 * time.Second, HasRetryInfo: true}},
		{"other details only", &statuspb.Status{Details: []*anypb.Any{other}}, otlp.Status{}},
		{"damaged detail is passed over", &statuspb.Status{Code: 8, Details: []*anypb.Any{damaged}}, otlp.Status{Code: 8}},
		{"damaged detail after a good one", &statuspb.Status{Details: []*anypb.Any{detail(t, retryInfo(1, 0)), damaged}}, otlp.Status{RetryDelay: time.Second, HasRetryInfo: true}},
		{"type URL without a host", &statuspb.Status{Details: []*anypb.Any{{TypeUrl: "google.rpc.RetryInfo", Value: marshal(t, retryInfo(1, 0))}}}, otlp.Status{RetryDelay: time.Second, HasRetryInfo: true}},
		{"type URL of another package", &statuspb.Status{Details: []*anypb.Any{{TypeUrl: "x/evil.google.rpc.RetryInfo", Value: marshal(t, retryInfo(1, 0))}}}, otlp.Status{}},
		{"negative delay", &statuspb.Status{Details: []*anypb.Any{detail(t, retryInfo(-3, 0))}}, otlp.Status{HasRetryInfo: true}},
		{"negative nanoseconds", &statuspb.Status{Details: []*anypb.Any{detail(t, retryInfo(1, -1))}}, otlp.Status{RetryDelay: time.Second - 1, HasRetryInfo: true}},
		{"longest delay", &statuspb.Status{Details: []*anypb.Any{detail(t, retryInfo(24*3600, 0))}}, otlp.Status{RetryDelay: otlp.MaxRetryDelay, HasRetryInfo: true}},
		{"just too long", &statuspb.Status{Details: []*anypb.Any{detail(t, retryInfo(24*3600, 1))}}, otlp.Status{RetryDelay: otlp.MaxRetryDelay, HasRetryInfo: true}},
		{"brought back by nanoseconds", &statuspb.Status{Details: []*anypb.Any{detail(t, retryInfo(24*3600+1, math.MinInt32))}}, otlp.Status{RetryDelay: otlp.MaxRetryDelay + time.Second + math.MinInt32, HasRetryInfo: true}},
		{"largest seconds", &statuspb.Status{Details: []*anypb.Any{detail(t, retryInfo(math.MaxInt64, math.MaxInt32))}}, otlp.Status{RetryDelay: otlp.MaxRetryDelay, HasRetryInfo: true}},
		{"smallest seconds", &statuspb.Status{Details: []*anypb.Any{detail(t, retryInfo(math.MinInt64, math.MinInt32))}}, otlp.Status{HasRetryInfo: true}},
	} {
		got, err := otlp.ParseStatus(marshal(t, c.status))
		if err != nil || got != c.want {
			t.Errorf("%s: got %+v, %v, want %+v, nil", c.name, got, err, c.want)
		}
	}
}

func TestNanosecondsAreThirtyTwoBits(t *testing.T) {
	delay := field(1, 1<<3, 1, 2<<3, 0x85, 0x80, 0x80, 0x80, 0x10) // 1 s and 2^32+5 ns.
	body := field(3, append(field(1, []byte("/google.rpc.RetryInfo")...), field(2, delay...)...)...)
	got, err := otlp.ParseStatus(body)
	if want := (otlp.Status{RetryDelay: time.Second + 5, HasRetryInfo: true}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestStatusLooksAtFewDetails(t *testing.T) {
	other := detail(t, &errdetails.DebugInfo{})
	late := detail(t, retryInfo(1, 0))
	for _, c := range []struct {
		before int
		want   bool
	}{{otlp.MaxDetails - 1, true}, {otlp.MaxDetails, false}, {100_000, false}} {
		s := &statuspb.Status{Code: 14}
		for range c.before {
			s.Details = append(s.Details, other)
		}
		s.Details = append(s.Details, late)
		got, err := otlp.ParseStatus(marshal(t, s))
		if err != nil || got.HasRetryInfo != c.want || got.Code != 14 {
			t.Errorf("after %d details: got %+v, %v, want retry info %v and code 14", c.before, got, err, c.want)
		}
	}
}

func TestAnswersAreCopied(t *testing.T) {
	body := marshal(t, response(1, "message"))
	r, err := otlp.ParseResponse(body)
	if err != nil {
		t.Fatal(err)
	}
	copy(body, bytes.Repeat([]byte{'!'}, len(body)))
	if r.Message != "message" {
		t.Errorf("got %q after the body was overwritten, want %q", r.Message, "message")
	}
}
