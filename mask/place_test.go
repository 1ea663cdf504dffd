package mask

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
)

// canaries are secrets as they stand in texts, by their detectors.
var canaries = []struct{ text, secret string }{
	{"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", "cat9ag498dyT5bl5GhcqrGi0qx020v3p9svG"},
	{"AKIAQRSTUVWXYZ234567", "QRSTUVWXYZ234567"},
	{"xoxb-" + "246813579024-abcdefghijkl-Zyxwvutsrqpo", "246813579024-abcdefghijkl-Zyxwvutsrqpo"},
	{"sk_" + "live_4eC39HqLyjWDarjtT1zdp7dc", "4eC39HqLyjWDarjtT1zdp7dc"},
	{"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.c2lnbmF0dXJlc2ln", "eyJzdWIiOiJib2IifQ.c2lnbmF0dXJlc2ln"},
	{"password=correct-horse-battery", "correct-horse-battery"},
	{"postgres://app:correcthorse77@db/x", "correcthorse77"},
	{"Authorization: Bearer b3BlbnNlc2FtZW9wZW4", "b3BlbnNlc2FtZW9wZW4"},
	{"--client-secret=correct-horse-battery", "correct-horse-battery"},
	{"app:correcthorse77@tcp(db:3306)/x", "correcthorse77"},
	{"https://h/p?sig=Zm9vYmFyYmF6cXV4MTIz&x=1", "Zm9vYmFyYmF6cXV4MTIz"},
	{"4111111111111111", "4111111111111111"},
	{"5500-0055-5555-5559", "5500-0055-5555-5559"},
	{"GB82WEST12345698765432", "GB82WEST12345698765432"},
}

// quoted returns text as a JSON string inside of so many JSON strings.
func quoted(text string, levels int) string {
	for range levels {
		b, _ := json.Marshal(map[string]string{"msg": text})
		text = string(b)
	}
	return text
}

func TestNoCanaryIsLeftInAnyPlace(t *testing.T) {
	m := newForTest(t)
	for _, c := range canaries {
		for name, text := range map[string]string{
			"alone": c.text, "in prose": "it failed: " + c.text, "in JSON": quoted(c.text, 1), "in JSON in JSON": quoted(c.text, 2),
			"behind an escape": `line\n` + c.text, "in a list": "[" + c.text + " x]", "in quotes": `"` + c.text + `"`,
			"in parentheses": "(" + c.text + ")", "on a line": "first\n" + c.text + "\nlast", "between spaces that are none": "\u00a0" + c.text + "\u2009",
		} {
			places := map[string]*logspb.LogRecord{
				"body":          {Body: str(text)},
				"body in a map": {Body: object(attr("a", str(text)))},
				"event name":    {EventName: text},
				"severity text": {SeverityText: text},
				"attribute":     record(attr("a", str(text))),
				"bytes":         record(attr("a", raw(text))),
				"array":         record(attr("a", array(num(1), str(text)))),
				"deep map":      record(attr("a", object(attr("b", array(object(attr("c", str(text)))))))),
				"key":           record(attr(text, num(1))),
				"key of a map":  record(attr("a", object(attr(text, str("x"))))),
				"error":         record(attr("exception.message", str(text)), attr("exception.stacktrace", str("goroutine 1:\n"+text))),
			}
			for place, r := range places {
				out := m.AppendRecord(nil, encode(t, r))
				wantNoPiece(t, out, c.secret, name+", "+place)
				if again := m.AppendRecord(nil, out); !bytes.Equal(again, out) {
					t.Errorf("%s, %s: masked twice: got %q, want %q", name, place, again, out)
				}
			}
			resource := m.AppendResource(nil, encode(t, &resourcepb.Resource{Attributes: []*keyValue{attr("process.command_line", str(text))}}))
			wantNoPiece(t, resource, c.secret, name+", resource")
			wantNoPiece(t, []byte(m.Mask(text)), c.secret, name+", Mask")
			wantNoPiece(t, fmt.Append(nil, m.Explain(text), m.Counts()), c.secret, name+", Explain")
		}
	}
	if m.Malformed() != 0 {
		t.Errorf("malformed: got %d, want 0", m.Malformed())
	}
}

// wantNoPiece reports pieces of eight bytes of secret in out.
func wantNoPiece(t *testing.T, out []byte, secret, place string) {
	t.Helper()
	for i := 0; i+8 <= len(secret); i++ {
		if bytes.Contains(out, []byte(secret[i:i+8])) {
			t.Errorf("%s: %q of %q is left in %q", place, secret[i:i+8], secret, out)
			return
		}
	}
}

// service makes the records of a web service, without a secret.
type service struct{ *rand.Rand }

func (s service) hex(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "0123456789abcdef"[s.IntN(16)]
	}
	return string(b)
}

func (s service) uuid() string {
	return s.hex(8) + "-" + s.hex(4) + "-4" + s.hex(3) + "-a" + s.hex(3) + "-" + s.hex(12)
}

func (s service) record() *logspb.LogRecord {
	bodies := []string{"request done", "cache miss", "session started", "password changed", "token refreshed", "retry: attempt 3 of 5", "query took 12ms", "authorization denied by policy", "card added", "job finished"}
	r := record(
		attr("http.request.method", str("GET")),
		attr("url.path", str("/api/v1/orders/"+s.uuid())),
		attr("http.response.status_code", num(int64(200+s.IntN(304)))),
		attr("user.id", num(s.Int64())),
		attr("order_id", num(s.Int64N(1e13))),
		attr("request_id", str(s.uuid())),
		attr("etag", str(s.hex(32))),
		attr("commit", str(s.hex(40))),
		attr("client.address", str(fmt.Sprintf("%d.%d.%d.%d", s.IntN(256), s.IntN(256), s.IntN(256), s.IntN(256)))),
		attr("started_at", num(1_700_000_000_000_000+s.Int64N(1e14))),
		attr("started_ns", num(1_700_000_000_000_000_000+s.Int64N(1e17))),
		attr("duration", double(s.Float64()*1e6)),
		attr("k8s.pod.name", str("checkout-"+s.hex(9)+"-x2x4k")),
		attr("cache_key", str("orders:"+s.uuid())),
		attr("next_page_token", str("CAUQAA"+s.hex(16))),
		attr("sizes", array(num(s.Int64N(1e12)), num(s.Int64N(1e9)))),
		attr("labels", object(attr("team", str("payments")), attr("version", str("1."+s.hex(2)+".3")))),
		attr("session_count", num(int64(s.IntN(100)))),
		attr("primary_key", str("id")),
		attr("max_tokens", num(4096)),
	)
	r.Body = str(bodies[s.IntN(len(bodies))])
	return r
}

func TestOrdinaryRecordsStay(t *testing.T) {
	m := newForTest(t)
	s := service{rand.New(rand.NewPCG(11, 12))}
	const records = 20_000
	changed := 0
	for range records {
		in := encode(t, s.record())
		if out := m.AppendRecord(nil, in); !bytes.Equal(out, in) {
			changed++
		}
	}
	if limit := records * 5 / 10_000; changed > limit {
		t.Errorf("records that were changed: got %d of %d (%v), want at most %d", changed, records, m.Counts(), limit)
	}
	t.Logf("%d of %d records changed: %v", changed, records, m.Counts())
}

func TestProfilesAddUp(t *testing.T) {
	for _, tt := range []struct {
		opts []Option
		want string
	}{
		{nil, "bob@example.com cGFzc3dvcmQ9aHVudGVyMg=="},
		{[]Option{WithProfile(GDPR)}, "[REDACTED:email] cGFzc3dvcmQ9aHVudGVyMg=="},
		{[]Option{WithProfile(Strict)}, "[REDACTED:email] [REDACTED:base64]"},
		{[]Option{WithProfile(PCI, Strict), WithoutDetector(Email)}, "bob@example.com [REDACTED:base64]"},
	} {
		if got := newForTest(t, tt.opts...).Mask("bob@example.com cGFzc3dvcmQ9aHVudGVyMg=="); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestDetectorsHaveNames(t *testing.T) {
	for d := Track; d <= Entropy; d++ {
		if d.String() == "" || strings.Contains(d.String(), " ") {
			t.Errorf("detector %d: got the name %q", d, d.String())
		}
	}
	for a, want := range map[Action]string{Redact: "redact", Drop: "drop", Hash: "hash", Keep: "keep", Partial(6, 4): "partial(6,4)", 99: "action(99)"} {
		if got := a.String(); got != want {
			t.Errorf("action %d: got %q, want %q", uint32(a), got, want)
		}
	}
	if Detector(200).String() != "" {
		t.Error("a detector that does not exist has a name")
	}
}
