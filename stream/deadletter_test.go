package stream

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/mask"
	"github.com/logstream-go/logstream/sink"
)

// bodies returns what the dead letters of s are, as another decoder reads them.
func bodies(t *testing.T, s *Stream) []string {
	t.Helper()
	var out []string
	for _, d := range s.DeadLetters() {
		var req collogspb.ExportLogsServiceRequest
		if err := proto.Unmarshal(d.Request, &req); err != nil {
			t.Fatal(err)
		}
		if len(req.ResourceLogs) != 1 || len(req.ResourceLogs[0].Resource.Attributes) == 0 {
			t.Fatalf("got %v, want one resource with attributes", &req)
		}
		for _, r := range req.ResourceLogs[0].ScopeLogs[0].LogRecords {
			out = append(out, r.Body.GetStringValue())
		}
	}
	return out
}

func TestARefusedRecordIsKeptWithTheServersWords(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer func(int, *sink.Batch) error
		want   int // letters
		words  string
	}{
		{"poison", poison(sink.Invalid), 1, "bad record"},
		{"too large", poison(sink.TooLarge), 1, "bad record"},
		{"one by one", func(call int, b *sink.Batch) error {
			if call > 0 {
				return nil
			}
			return &sink.Error{Err: errors.New("some"), Failed: []sink.Failure{{Index: 7, Reason: "seven"}, {Index: 7, Reason: "again"}}}
		}, 1, "seven"},
		{"all", func(int, *sink.Batch) error { return &sink.Error{Err: errors.New("none"), Kind: sink.Invalid} }, 400, "none"},
		{"some, but which", func(int, *sink.Batch) error { return &sink.Error{Err: errors.New("partial"), Rejected: 1} }, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := recorder{answer: tt.answer}
				s := newStream(t, new(recorder), WithRoute("strict", &k))
				p := newProducer(s)
				for i := range 400 {
					body := "good"
					if i == 7 {
						body = "bad"
					}
					p.put(infoSeverity, body)
				}
				flush(t, s)
				st := line(t, s, "strict")
				letters := s.DeadLetters()
				if len(letters) != tt.want || tt.want > 0 && st.Rejected != uint64(tt.want) {
					t.Fatalf("got %d dead letters and %v, want %d", len(letters), st, tt.want)
				}
				for _, d := range letters {
					if d.Route != "strict" || d.Sink != "first" || d.Reason != tt.words || d.Time.IsZero() {
						t.Errorf("got %+v, want the words %q", d, tt.words)
					}
				}
				if got := bodies(t, s); tt.want == 1 && got[0] != "bad" {
					t.Errorf("got %q, want bad", got)
				}
			})
		})
	}
}

func TestDeadLettersHaveABudget(t *testing.T) {
	for _, tt := range []struct{ budget, least, most int }{{0, 0, 0}, {100, 0, 0}, {64 << 10, 30, 60}, {8 << 20, 1000, 1000}} {
		synctest.Test(t, func(t *testing.T) {
			k := recorder{answer: func(int, *sink.Batch) error { return &sink.Error{Err: errors.New("no"), Kind: sink.Invalid} }}
			s := newStream(t, &k, WithDeadLetters(tt.budget))
			p := newProducer(s)
			for i := range 1000 {
				p.put(infoSeverity, fmt.Sprint(i, " ", strings.Repeat("x", 1000)))
				if i%100 == 0 {
					flush(t, s)
				}
			}
			flush(t, s)
			got := bodies(t, s)
			if len(got) < tt.least || len(got) > tt.most {
				t.Errorf("budget %d: got %d letters, want %d to %d", tt.budget, len(got), tt.least, tt.most)
			}
			// The order is that of the search for culprits.
			slices.Sort(got)
			if n := len(slices.Compact(got)); n != len(s.DeadLetters()) {
				t.Errorf("budget %d: got %d different letters of %d", tt.budget, n, len(s.DeadLetters()))
			}
			if s.dead.bytes > tt.budget {
				t.Errorf("budget %d: %d bytes are kept", tt.budget, s.dead.bytes)
			}
		})
	}
}

func TestDeadLettersAreMaskedAsTheRouteMasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		more, err := mask.New(mask.WithKeys("customer"))
		if err != nil {
			t.Fatal(err)
		}
		k := recorder{answer: poison(sink.Invalid)}
		s := newStream(t, &k, WithRouteMask(more))
		p := newProducer(s)
		rec := encode(infoSeverity, "bad")
		rec = otlp.AppendString(rec, otlp.TagRecordAttribute, "customer", "Ada")
		rec = otlp.AppendString(rec, otlp.TagRecordAttribute, "password", "hunter2")
		p.src.Put(&p.hint, Meta{Severity: infoSeverity}, rec)
		flush(t, s)
		for _, d := range s.DeadLetters() {
			if text := string(d.Request); strings.Contains(text, "Ada") || strings.Contains(text, "hunter2") {
				t.Errorf("got %q, want it masked", text)
			}
		}
		if n := len(s.DeadLetters()); n != 1 {
			t.Errorf("got %d letters, want 1", n)
		}
	})
}

func TestAServersWordsAreBoundedText(t *testing.T) {
	m, err := mask.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"no", "no"},
		{"\xff\xfe", "\uFFFD"},
		{strings.Repeat("x", 5000), strings.Repeat("x", maxWords)},
		{strings.Repeat("x", maxWords-1) + "é", strings.Repeat("x", maxWords-1)},
		{strings.Repeat("\xff", 5000), "\uFFFD"},
	} {
		if got := maskWords(m, tt.in); got != tt.want || !utf8.ValidString(got) {
			t.Errorf("%.20q: got %.20q of %d bytes, want %.20q", tt.in, got, len(got), tt.want)
		}
	}
}
