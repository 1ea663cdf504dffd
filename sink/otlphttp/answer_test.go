package otlphttp

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	statuspb "google.golang.org/genproto/googleapis/rpc/status"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"

	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"

	"github.com/logstream-go/logstream/sink"
)

// The whole table of the specification: what is not in it is not tried again.
func TestEveryStatusHasItsKind(t *testing.T) {
	kinds := map[int]sink.Kind{
		300: sink.Refused, 301: sink.Refused, 302: sink.Refused, 303: sink.Refused, 304: sink.Refused, 307: sink.Refused, 308: sink.Refused, 399: sink.Refused,
		400: sink.Invalid, 401: sink.Refused, 402: sink.Invalid, 403: sink.Refused, 404: sink.Refused, 405: sink.Refused, 406: sink.Invalid, 407: sink.Refused,
		408: sink.Invalid, 409: sink.Invalid, 410: sink.Invalid, 411: sink.Invalid, 412: sink.Invalid, 413: sink.TooLarge, 414: sink.Invalid, 415: sink.Invalid,
		422: sink.Invalid, 425: sink.Invalid, 429: sink.Retry, 431: sink.Invalid, 499: sink.Invalid,
		500: sink.Invalid, 501: sink.Invalid, 502: sink.Retry, 503: sink.Retry, 504: sink.Retry, 505: sink.Invalid, 507: sink.Invalid, 511: sink.Invalid, 530: sink.Invalid, 599: sink.Invalid,
	}
	for status := 200; status < 300; status++ {
		kinds[status] = 255
	}
	var status int
	srv := server(t, func(w http.ResponseWriter, r *http.Request) { answering(status, "")(w, r) })
	s := to(t, srv)
	for _, status = range keys(kinds) {
		err := s.Export(t.Context(), some(t, 2).Batch)
		want := kinds[status]
		if want == 255 {
			if err != nil {
				t.Errorf("%d: got %v, want success", status, err)
			}
			continue
		}
		e := failureOf(t, err)
		if e.Kind != want || e.Rejected != 0 || e.Taken != 0 || e.RetryAfter != 0 {
			t.Errorf("%d: got %+v, want %v", status, e, want)
		}
		if !strings.Contains(e.Error(), fmt.Sprint(status)) || !strings.Contains(e.Error(), srv.URL) {
			t.Errorf("%d: got %q, want status and endpoint in it", status, e)
		}
	}
}

func keys(m map[int]sink.Kind) []int {
	var out []int
	for i := 200; i < 600; i++ {
		if _, ok := m[i]; ok {
			out = append(out, i)
		}
	}
	return out
}

// partial returns a response in protobuf.
func partial(t *testing.T, rejected int64, msg string) string {
	t.Helper()
	b, err := proto.Marshal(&collogpb.ExportLogsServiceResponse{
		PartialSuccess: &collogpb.ExportLogsPartialSuccess{RejectedLogRecords: rejected, ErrorMessage: msg},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestBodiesOfSuccess(t *testing.T) {
	const n = 5
	for _, tt := range []struct {
		name     string
		status   int
		media    string
		body     string
		rejected int
		text     string
	}{
		{"nothing", 200, "", "", 0, ""},
		{"nothing but a type", 200, typeProtobuf, "", 0, ""},
		{"201 without a body", 201, "", "", 0, ""},
		{"202 with JSON of its own", 202, typeJSON, `{}`, 0, ""},
		{"204", 204, "", "", 0, ""},
		{"a partial success that is empty", 200, typeProtobuf, "\x0a\x00", 0, ""},
		{"a warning", 200, typeProtobuf, partial(t, 0, "slow down"), 0, ""},
		{"some rejected", 200, typeProtobuf, partial(t, 2, "too old"), 2, "too old"},
		{"some rejected, with parameters in the type", 200, "Application/X-Protobuf; v=1", partial(t, 2, "too old"), 2, "too old"},
		{"all rejected", 200, typeProtobuf, partial(t, 5, "no"), 5, "no"},
		{"more rejected than there are", 200, typeProtobuf, partial(t, 1<<60, "no"), 5, "1152921504606846976 of 5"},
		{"fewer than none rejected", 200, typeProtobuf, partial(t, -3, "no"), 0, ""},
		{"some rejected in JSON", 200, typeJSON, `{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"too old"}}`, 2, "too old"},
		{"a number in JSON", 200, "application/json; charset=utf-8", `{"partialSuccess":{"rejectedLogRecords":2}}`, 2, ""},
		{"more than there are in JSON", 200, typeJSON, `{"partialSuccess":{"rejectedLogRecords":99}}`, 5, "99 of 5"},
		{"fewer than none in JSON", 200, typeJSON, `{"partialSuccess":{"rejectedLogRecords":"-9"}}`, 0, ""},
		{"no number in JSON", 200, typeJSON, `{"partialSuccess":{"rejectedLogRecords":1e300}}`, 0, ""},
		{"an empty partial success in JSON", 200, typeJSON, `{"partialSuccess":{}}`, 0, ""},
		{"garbage for protobuf", 200, typeProtobuf, "\xff\xff\xff", 0, ""},
		{"garbage for JSON", 200, typeJSON, "{{{{", 0, ""},
		{"a page of HTML", 200, "text/html", "<html>welcome</html>", 0, ""},
		{"protobuf under another name", 200, "text/plain", partial(t, 2, "too old"), 0, ""},
		{"a type that is none", 200, ";;;", "x", 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := answering(tt.status, tt.body)
			if tt.media != "" {
				h = answering(tt.status, tt.body, "Content-Type", tt.media)
			}
			err := to(t, server(t, h)).Export(t.Context(), some(t, n).Batch)
			if tt.rejected == 0 {
				if err != nil {
					t.Errorf("got %v, want success", err)
				}
				return
			}
			e := failureOf(t, err)
			if e.Rejected != tt.rejected || !strings.Contains(e.Error(), tt.text) {
				t.Errorf("got %d rejected, %q; want %d and %q", e.Rejected, e, tt.rejected, tt.text)
			}
		})
	}
}

// status returns a google.rpc.Status, with RetryInfo if delay is positive.
func status(t *testing.T, code int32, msg string, delay time.Duration) string {
	t.Helper()
	st := &statuspb.Status{Code: code, Message: msg}
	if delay > 0 {
		a, err := anypb.New(&errdetails.RetryInfo{RetryDelay: durationpb.New(delay)})
		if err != nil {
			t.Fatal(err)
		}
		st.Details = append(st.Details, a)
	}
	b, err := proto.Marshal(st)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestBodiesOfFailure(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		media  string
		body   string
		want   string
		kind   sink.Kind
	}{
		{"a status in protobuf", 400, typeProtobuf, status(t, 3, "bad record 7", 0), "400 Bad Request: bad record 7", sink.Invalid},
		{"its code is not acted on", 503, typeProtobuf, status(t, 3, "later", 0), "later", sink.Retry},
		{"a status in JSON", 400, typeJSON, `{"code":3,"message":"bad record 7","details":[]}`, "bad record 7", sink.Invalid},
		{"JSON of another kind", 400, typeJSON, `{"error":{"type":"x"}}`, `{"error":{"type":"x"}}`, sink.Invalid},
		{"text", 400, "text/plain", "  what is\tthis?\r\n", "400 Bad Request: what is this?", sink.Invalid},
		{"bytes", 500, "", "\x00\x01\xff\xfe broken\x1b[31m", "broken[31m", sink.Invalid},
		{"nothing", 500, "", "", "500 Internal Server Error", sink.Invalid},
		{"garbage for protobuf", 500, typeProtobuf, "\xff\xff", "500 Internal Server Error", sink.Invalid},
		{"a long page", 502, "text/html", strings.Repeat("<br>long ", 10_000), "<br>long", sink.Retry},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := failureOf(t, to(t, server(t, answering(tt.status, tt.body, "Content-Type", tt.media))).Export(t.Context(), some(t, 1).Batch))
			if e.Kind != tt.kind || !strings.Contains(e.Error(), tt.want) {
				t.Errorf("got %q, want %v with %q", e, tt.kind, tt.want)
			}
			if len(e.Error()) > maxMessage+100 || strings.ContainsFunc(e.Error(), func(r rune) bool { return r < ' ' || r == 0x7f }) {
				t.Errorf("got %d bytes or an unprintable one: %q", len(e.Error()), e)
			}
		})
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		header []string
		body   string
		want   time.Duration
	}{
		{"seconds", 429, []string{"Retry-After", "7"}, "", 7 * time.Second},
		{"seconds with 503", 503, []string{"Retry-After", "7"}, "", 7 * time.Second},
		{"not with what is not tried again", 500, []string{"Retry-After", "7"}, "", 0},
		{"a thousand million seconds", 503, []string{"Retry-After", "1000000000"}, "", 24 * time.Hour},
		{"a negative number", 503, []string{"Retry-After", "-5"}, "", 0},
		{"a date", 503, []string{"Date", "Sun, 22 Nov 2026 10:00:00 GMT", "Retry-After", "Sun, 22 Nov 2026 10:01:30 GMT"}, "", 90 * time.Second},
		{"RetryInfo", 503, []string{"Content-Type", typeProtobuf}, status(t, 14, "", 3*time.Second), 3 * time.Second},
		{"the header before RetryInfo", 503, []string{"Content-Type", typeProtobuf, "Retry-After", "4"}, status(t, 14, "", 3*time.Second), 4 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := failureOf(t, to(t, server(t, answering(tt.status, tt.body, tt.header...))).Export(t.Context(), some(t, 1).Batch))
			if e.RetryAfter != tt.want {
				t.Errorf("got %v, want %v", e.RetryAfter, tt.want)
			}
		})
	}
}

func TestRetryAfterHeaders(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		value, date string
		want        time.Duration
		ok          bool
	}{
		{"", "", 0, false},
		{"0", "", 0, true},
		{" 12 ", "", 12 * time.Second, true},
		{"00120", "", 2 * time.Minute, true},
		{"99999999999999999999999", "", 24 * time.Hour, true},
		{"9223372036854775807", "", 24 * time.Hour, true},
		{"-1", "", 0, false},
		{"+1", "", 0, false},
		{"1.5", "", 0, false},
		{"1s", "", 0, false},
		{"soon", "", 0, false},
		{"Sun, 22 Nov 2026 10:00:30 GMT", "", 30 * time.Second, true},
		{"Sunday, 22-Nov-26 10:00:30 GMT", "", 30 * time.Second, true},
		{"Sun Nov 22 10:00:30 2026", "", 30 * time.Second, true},
		{"Sun, 22 Nov 2026 09:00:00 GMT", "", 0, true},
		{"Fri, 31 Dec 9999 23:59:59 GMT", "", 24 * time.Hour, true},
		{"Sun, 22 Nov 2026 10:00:30 GMT", "Sun, 22 Nov 2026 10:00:10 GMT", 20 * time.Second, true},
		{"Sun, 22 Nov 2026 10:00:30 GMT", "nonsense", 30 * time.Second, true},
	} {
		h := http.Header{}
		h.Set("Retry-After", tt.value)
		h.Set("Date", tt.date)
		if got, ok := retryAfter(h, now); got != tt.want || ok != tt.ok {
			t.Errorf("%q at %q: got %v, %v; want %v, %v", tt.value, tt.date, got, ok, tt.want, tt.ok)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"7", "-1", "1000000000", "Sun, 22 Nov 2026 10:00:30 GMT", "Sun Nov 22 10:00:30 2026", "x"} {
		f.Add(s, "")
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		got, ok := retryAfter(http.Header{"Retry-After": {value}, "Date": {date}}, time.Unix(1_800_000_000, 0))
		if got < 0 || got > 24*time.Hour || !ok && got != 0 {
			t.Errorf("%q, %q: got %v, %v", value, date, got, ok)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add(200, typeProtobuf, []byte("\x0a\x04\x08\x02\x12\x00"))
	f.Add(200, typeJSON, []byte(`{"partialSuccess":{"rejectedLogRecords":"2"}}`))
	f.Add(503, typeJSON, []byte(`{"code":14,"message":"later"}`))
	f.Add(302, "text/html", []byte("moved"))
	f.Add(400, typeProtobuf, []byte("\x08\x03\x12\x03bad"))
	s, err := New(WithEndpointURL("http://collector/v1/logs?key=s3cr3t"), WithHeaders(map[string]string{"authorization": "Bearer c4n4ry"}))
	if err != nil {
		f.Fatal(err)
	}
	e := s.balancer.endpoints[0]
	f.Fuzz(func(t *testing.T, code int, media string, body []byte) {
		const n = 10
		b := some(t, 1)
		p, err := e.choose().encode(b.Batch)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Release()
		req := s.request(t.Context(), e, p, e.choose())
		a := &answer{status: code, header: http.Header{"Location": {string(body)}, "Retry-After": {media}}, mediaType: media, body: body, whole: len(media)%2 == 0}
		failed := a.outcome(e, req, n, time.Unix(1_800_000_000, 0))
		if (failed == nil) && (code < 200 || code > 299) {
			t.Fatalf("%d is taken for a success", code)
		}
		if failed == nil {
			return
		}
		if failed.Rejected < 0 || failed.Rejected > n || failed.RetryAfter < 0 || failed.RetryAfter > 24*time.Hour {
			t.Errorf("got %+v out of bounds", failed)
		}
		msg := failed.Error()
		if len(msg) > maxMessage+200 || strings.ContainsFunc(msg, func(r rune) bool { return r < ' ' }) {
			t.Errorf("got %q, too long or not printable", msg)
		}
		if strings.Contains(msg, "c4n4ry") || strings.Contains(msg, "s3cr3t") {
			t.Errorf("a credential is in %q", msg)
		}
		if _, ok := errors.AsType[*failure](failed); !ok {
			t.Errorf("got %T", failed.Err)
		}
	})
}
