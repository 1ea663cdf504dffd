package mask

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/proto"
)

const (
	evil    = "in\r\nroot logged in\x1b[2K\u202e\u2028"
	evilOut = `in\r\nroot logged in\u001b[2K\u202e\u2028`
	evilKey = `in\u000d\u000aroot logged in\u001b[2K\u202e\u2028`
)

func TestEscapedControls(t *testing.T) {
	m := newForTest(t, WithEscapedControls())
	in := &logspb.LogRecord{
		SeverityText: evil, EventName: evil, Body: object(attr(evil, array(str(evil), object(attr("a", str(evil)))))),
		Attributes: []*keyValue{
			attr("a", str(evil)), attr(evil, num(1)), attr("bytes", raw(evil)), attr("password\n", str("x")), attr("api\n", object(attr("key", str("x")))),
			attr("exception.stacktrace", str("main\n\tmain.go:1\x1b[0m\n")), attr("m", object(attr("code.stacktrace", str("a\n\tb\r\n")))), attr("clean", str("a b")),
		},
	}
	want := &logspb.LogRecord{
		SeverityText: evilOut, EventName: evilOut, Body: object(attr(evilKey, array(str(evilOut), object(attr("a", str(evilOut)))))),
		Attributes: []*keyValue{
			attr("a", str(evilOut)), attr(evilKey, num(1)), attr("bytes", raw(evil)), attr(`password\u000a`, redacted), attr(`api\u000a`, object(attr("key", redacted))),
			attr("exception.stacktrace", str("main\n\tmain.go:1\\u001b[0m\n")), attr("m", object(attr("code.stacktrace", str("a\n\tb\\r\n")))), attr("clean", str("a b")),
		},
	}
	got := m.maskRecord(t, in)
	wantMessage(t, got, want)
	wantMessage(t, m.maskRecord(t, got), want)
	if n := m.Masked(); n != 2 {
		t.Errorf("masked: got %d, want 2: control characters do not count", n)
	}
	scope := new(commonpb.InstrumentationScope)
	if err := proto.Unmarshal(m.AppendScope(nil, encode(t, &commonpb.InstrumentationScope{Name: evil, Version: "1", Attributes: []*keyValue{attr("a", str(evil))}})), scope); err != nil {
		t.Fatal(err)
	}
	wantMessage(t, scope, &commonpb.InstrumentationScope{Name: evilOut, Version: "1", Attributes: []*keyValue{attr("a", str(evilOut))}})
	if got := m.Mask(evil); got != evilOut {
		t.Errorf("Mask: got %q, want %q", got, evilOut)
	}
	if got := m.Any(map[string]any{"a": []any{evil}}).(map[string]any)["a"].([]any)[0]; got != evilOut {
		t.Errorf("Any: got %q, want %q", got, evilOut)
	}
	for _, m := range []*Masker{newForTest(t), newForTest(t, WithEscapedControls(), WithDryRun())} {
		if got := m.Mask(evil); got != evil {
			t.Errorf("without the option, and in a dry run: got %q, want %q", got, evil)
		}
	}
}

// What is found is found as it is without the option, and what only shows once the
// characters between are visible, too.
func TestControlsDoNotHideSecrets(t *testing.T) {
	m := newForTest(t, WithEscapedControls())
	for in, want := range map[string]string{
		"a\n4111111111111111\n":                                  `a\n[REDACTED:pan]\n`,
		"4111\u202e1111\u20661111\u20691111":                     `[REDACTED:pan]`,
		"\x1b[1m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\x1b[0m": `\u001b[1m[REDACTED:github]\u001b[0m`,
	} {
		if got := m.Mask(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// FuzzControls holds what the option promises: no control character is left outside of
// bytes and stack traces, nothing that the plain rules hide is shown, and twice is as
// once.
func FuzzControls(f *testing.F) {
	f.Add("a", evil)
	f.Add("pi\n", "1\u202e2")
	f.Add("api\x00", "password=\nhunter22")
	for _, c := range canaries {
		f.Add("token", "a\t"+c.text+"\n")
	}
	plain := newForTest(f)
	maskers := []*Masker{
		newForTest(f, WithEscapedControls()),
		newForTest(f, WithEscapedControls(), WithProfile(GDPR), WithHashKey("k", hmacKey), WithDetector(Email, Hash), WithLimits(Limits{5, 1024}), WithPattern("staff", `E\d{7}`, Drop)),
	}
	f.Fuzz(func(t *testing.T, key, text string) {
		if !utf8.ValidString(key) || !utf8.ValidString(text) {
			return
		}
		in := encode(t, &logspb.LogRecord{Body: str(text), EventName: text, Attributes: []*keyValue{
			attr(key, str(text)), attr(key+"\n", num(1)), attr("m", object(attr(key, array(str(text), object(attr("key", str(text))))))),
		}})
		for i, m := range maskers {
			out := m.AppendRecord(nil, in)
			if again := m.AppendRecord(nil, out); !bytes.Equal(again, out) {
				t.Fatalf("masker %d, twice: got %q, want %q", i, again, out)
			}
			got := new(logspb.LogRecord)
			if err := proto.Unmarshal(out, got); err != nil {
				t.Fatalf("masker %d: output does not decode: %v", i, err)
			}
			for _, s := range append(texts(got.Attributes), got.Body.GetStringValue(), got.EventName) {
				if k := strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }); k >= 0 && !isStack([]byte(key)) {
					t.Fatalf("masker %d: %q has a control character at %d", i, s, k)
				}
			}
			if body, want := got.GetBody().GetStringValue(), m.Mask(text); body != want && len(text) <= 100 {
				t.Fatalf("masker %d: body %q, but Mask makes it %q", i, body, want)
			}
		}
		for _, e := range plain.Explain(text) {
			if s := text[e.Start:e.End]; len(s) >= 16 && strings.Contains(maskers[0].Mask(text), s) && !strings.Contains(plain.Mask(text), s) {
				t.Fatalf("%q of %q is left in %q", s, text, maskers[0].Mask(text))
			}
		}
	})
}

// texts returns the keys and strings of a list of attributes.
func texts(list []*keyValue) (out []string) {
	var add func(v *value)
	add = func(v *value) {
		out = append(out, v.GetStringValue())
		for _, e := range v.GetArrayValue().GetValues() {
			add(e)
		}
		for _, kv := range v.GetKvlistValue().GetValues() {
			out = append(out, kv.Key)
			add(kv.Value)
		}
	}
	for _, kv := range list {
		out = append(out, kv.Key)
		add(kv.Value)
	}
	return out
}
