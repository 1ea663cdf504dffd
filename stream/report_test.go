package stream

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/internal/report"
	"github.com/logstream-go/logstream/mask"
)

func TestWhatTheRuntimeSaysIsUnderstood(t *testing.T) {
	for _, c := range []struct{ name, text, kind, message string }{
		{"a panic", "panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n", "panic", "boom"},
		{"a panic of several lines", "panic: one\ntwo\n\ngoroutine 1 [running]:\n", "panic", "one\ntwo"},
		{"a panic that went on", "panic: boom [recovered, repanicked]\n\ngoroutine 1 [running]:\n", "panic", "boom [recovered, repanicked]"},
		{"a panic within a panic", "panic: a\n\tpanic: b\n\ngoroutine 1 [running]:\n", "panic", "a\n\tpanic: b"},
		{"a nil pointer", "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x1]\n\ngoroutine 1 [running]:\n", "panic", "runtime error: invalid memory address or nil pointer dereference"},
		{"a fatal error", "fatal error: concurrent map writes\n\ngoroutine 7 [running]:\n", "fatal error", "concurrent map writes"},
		{"a stack that is too deep", "runtime: goroutine stack exceeds 1000000000-byte limit\nsp=0x1 stack=[0x1, 0x2]\nfatal error: stack overflow\n\nruntime stack:\n\ngoroutine 1 [running]:\n", "fatal error", "stack overflow"},
		{"a fatal error that speaks of a panic", "fatal error: x\npanic: y\n\ngoroutine 1 [running]:\n", "fatal error", "x\npanic: y"},
		{"a signal", "SIGQUIT: quit\nPC=0x1 m=0 sigcode=0\n\ngoroutine 0 [idle]:\n", "crash", "SIGQUIT: quit\nPC=0x1 m=0 sigcode=0"},
		{"nothing that is known", "\x00\x01", "crash", "\x00\x01"},
		{"an empty line", "\n", "crash", ""},
		{"a fatal error as Go 1.26 copies it", "\ngoroutine 20 [running]:\ninternal/runtime/maps.fatal({0xe67f32?, 0xd559a0?})\n\t/go/src/runtime/panic.go:1181 +0x18\nexample.com/x.(*T).f(...)\n\t/x.go:49 +0x5b\n", "fatal error", "raised in example.com/x.(*T).f; the standard error has the reason"},
		{"a fatal error on the stack of the system", "runtime stack:\nruntime.throw({0x1, 0x2})\n\t/go/src/runtime/panic.go:1 +0x1\n", "fatal error", "the standard error has the reason"},
		{"panic without an end", "panic: ", "panic", ""},
	} {
		if kind, message := parseCrash(c.text); kind != c.kind || message != c.message {
			t.Errorf("%s: got %q, %q, want %q, %q", c.name, kind, message, c.kind, c.message)
		}
	}
}

// crashOf returns the record of a report, by the default options but for the limit.
func crashOf(t testing.TB, maxRecord int, r *report.Report) (record []byte, texts map[string]string) {
	t.Helper()
	m, err := mask.New()
	if err != nil {
		t.Fatal(err)
	}
	c := &config{maxRecord: maxRecord, mask: m}
	record = c.crashRecord(r, time.Now().UnixNano())
	rec, err := otlp.ParseRecord(record)
	if err != nil {
		t.Fatal(err)
	}
	if err := otlp.Validate(record, 64); err != nil {
		t.Errorf("the record is not valid: %v", err)
	}
	texts = map[string]string{"body": string(rec.Body.Str())}
	for kv, err := range rec.Attributes() {
		if err != nil {
			t.Fatal(err)
		}
		texts[string(kv.Key)] = string(kv.Value.Str())
	}
	return record, texts
}

func TestAReportIsMaskedAndThenCut(t *testing.T) {
	const secret = "AKIAIOSFODNN7EXAMPLE"
	text := "panic: password=hunter2-horse " + secret + "\n\ngoroutine 1 [running]:\n" + strings.Repeat("main.f(0x1)\n", 2000) + secret
	for _, limit := range []int{1 << 10, 4 << 10, 64 << 10} {
		r := &report.Report{Text: []byte(text), Size: int64(len(text)) + 500, Ended: time.Now()}
		record, texts := crashOf(t, limit, r)
		if len(record) > limit {
			t.Errorf("a record of %d bytes, want at most %d", len(record), limit)
		}
		if strings.Contains(string(record), "hunter2") || strings.Contains(string(record), secret) {
			t.Errorf("a secret shows: %q", record)
		}
		if stack := texts["exception.stacktrace"]; !strings.HasSuffix(stack, " bytes more") {
			t.Errorf("limit %d: no mark at the end of %q", limit, stack[max(0, len(stack)-40):])
		}
		if texts["exception.type"] != "panic" || !strings.HasPrefix(texts["body"], "the process crashed: password=") {
			t.Errorf("got %q", texts)
		}
	}
}

func TestTextIsCutAtALineOrARune(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{
		{"abc", 3, "abc"}, {"abc", 2, "ab"}, {"aaaa\nbb", 6, "aaaa"}, {"a\nbbbbbbbb", 6, "a\nbbbb"}, {"äöü", 3, "ä"}, {"äöü", 0, ""},
	} {
		if got := cutText(c.text, c.n); got != c.want {
			t.Errorf("%q to %d: got %q, want %q", c.text, c.n, got, c.want)
		}
	}
}

// FuzzCrashRecord makes records of what a file may hold.
func FuzzCrashRecord(f *testing.F) {
	f.Add([]byte("panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n"), uint16(1<<10))
	f.Add([]byte("fatal error: \xff\n[signal "), uint16(1<<12))
	f.Fuzz(func(t *testing.T, text []byte, limit uint16) {
		max := 1<<10 + int(limit)
		record, texts := crashOf(t, max, &report.Report{Text: text, Size: int64(len(text)), Ended: time.Now()})
		if len(record) > max {
			t.Errorf("a record of %d bytes, want at most %d", len(record), max)
		}
		for key, v := range texts {
			if !utf8.ValidString(v) {
				t.Errorf("%s is not valid UTF-8: %q", key, v)
			}
		}
	})
}
