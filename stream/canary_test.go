package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/mask"
	"github.com/logstream-go/logstream/sink"
)

// canaries are secrets as they stand in texts.
var canaries = []struct{ text, secret string }{
	{"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", "cat9ag498dyT5bl5GhcqrGi0qx020v3p9svG"},
	{"password=correct-horse-battery", "correct-horse-battery"},
	{"postgres://app:correcthorse77@db/x", "correcthorse77"},
	{"4111111111111111", "4111111111111111"},
	{"Authorization: Bearer b3BlbnNlc2FtZW9wZW4", "b3BlbnNlc2FtZW9wZW4"},
}

// TestNoCanaryLeavesTheProcess puts secrets wherever a program and its destinations
// can put them, and looks for pieces of them wherever a stream shows something:
// requests, dead letters, errors that are reported, statistics and the errors of
// Flush and Shutdown.
func TestNoCanaryLeavesTheProcess(t *testing.T) {
	var mu sync.Mutex
	var shown []string
	show := func(text string) {
		mu.Lock()
		defer mu.Unlock()
		shown = append(shown, text)
	}
	all := ""
	for _, c := range canaries {
		all += c.text + " "
	}
	out := sink.Func(func(_ context.Context, b *sink.Batch) error {
		show(string(b.AppendRequest(nil)))
		return &sink.Error{Kind: sink.Invalid, Err: fmt.Errorf("no: %s", all)}
	})
	s, err := New(out, WithResource(slog.String("process.command_line", all)), WithErrorHandler(func(err error) { show(err.Error()) }))
	if err != nil {
		t.Fatal(err)
	}
	scope := otlp.AppendScope(nil, all, all)
	scope = otlp.AppendString(scope, otlp.TagScopeAttribute, "note", all)
	src := s.Source(scope, "")
	var hint uint32
	for _, c := range canaries {
		rec := otlp.AppendSeverity(nil, infoSeverity, "INFO "+c.text)
		rec = otlp.AppendStringValue(rec, otlp.TagRecordBody, c.text)
		rec = otlp.AppendString(rec, otlp.TagRecordAttribute, "note", c.text)
		rec = otlp.AppendString(rec, otlp.TagRecordAttribute, c.text, "x")
		rec = otlp.AppendBytes(rec, otlp.TagRecordAttribute, "bytes", []byte(c.text))
		rec = otlp.AppendString(rec, otlp.TagRecordAttribute, "long", strings.Repeat("x ", DefaultMaxRecordSize/2-8)+c.text)
		rec = otlp.AppendEventName(rec, c.text)
		src.Put(&hint, Meta{Severity: infoSeverity, Flags: FlagNormalize}, rec)
	}
	show(fmt.Sprint(s.Flush(context.Background())))
	for _, d := range s.DeadLetters() {
		show(fmt.Sprintf("%s %+v", d.Request, d))
	}
	show(fmt.Sprintf("%v %+v", s.Stats(), s.Stats()))
	show(fmt.Sprint(s.Shutdown(context.Background())))
	<-s.diag.done
	mu.Lock()
	defer mu.Unlock()
	for _, c := range canaries {
		for i := 0; i+8 <= len(c.secret); i++ {
			for _, text := range shown {
				if strings.Contains(text, c.secret[i:i+8]) {
					t.Fatalf("%q of %q is left in %q", c.secret[i:i+8], c.text, text)
				}
			}
		}
	}
	if len(shown) < 4+len(canaries) {
		t.Errorf("got %d texts to look at, want more", len(shown))
	}
	if by := s.Stats().MaskedBy; len(by) < 4 {
		t.Errorf("masked by: got %v, want each detector", by)
	}
}

func TestErrorsAreReportedWithoutSecrets(t *testing.T) {
	m, err := mask.New()
	if err != nil {
		t.Fatal(err)
	}
	var got []error
	d := newDiag(func(err error) { got = append(got, err) }, m)
	plain, secret := errors.New("plain"), errors.New("dial https://user:correcthorse77@host")
	d.say("a", plain)
	d.say("b", secret)
	d.close()
	<-d.done
	if len(got) != 2 || got[0] != plain || strings.Contains(got[1].Error(), "correct") || !errors.Is(got[1], secret) {
		t.Errorf("got %q, want the secret masked, and both errors as they are", got)
	}
}
