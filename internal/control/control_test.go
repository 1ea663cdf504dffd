package control

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestAppend(t *testing.T) {
	tests := []struct{ in, short, long, lines string }{
		{"", "", "", ""},
		{"plain text, not so short", "plain text, not so short", "plain text, not so short", "plain text, not so short"},
		{"a\nb", `a\nb`, `a\u000ab`, "a\nb"},
		{"a\r\n\tb", `a\r\n\tb`, `a\u000d\u000a\u0009b`, "a\\r\n\tb"},
		{"\x1b[31mred\x1b[0m", `\u001b[31mred\u001b[0m`, `\u001b[31mred\u001b[0m`, `\u001b[31mred\u001b[0m`},
		{"nul \x00 del \x7f csi \u009b", `nul \u0000 del \u007f csi \u009b`, `nul \u0000 del \u007f csi \u009b`, `nul \u0000 del \u007f csi \u009b`},
		{"user\u202etxt.exe", `user\u202etxt.exe`, `user\u202etxt.exe`, `user\u202etxt.exe`},
		{"\u2066x\u2069 \u2028 \u2029 \u200f \u061c", `\u2066x\u2069 \u2028 \u2029 \u200f \u061c`, `\u2066x\u2069 \u2028 \u2029 \u200f \u061c`, `\u2066x\u2069 \u2028 \u2029 \u200f \u061c`},
		{"no UTF-8: \x9b \xe9", `no UTF-8: \u009b \u00e9`, `no UTF-8: \u009b \u00e9`, `no UTF-8: \u009b \u00e9`},
		{"grüße, 世界 \U0001f600 \u200b\ufffd", "grüße, 世界 \U0001f600 \u200b\ufffd", "grüße, 世界 \U0001f600 \u200b\ufffd", "grüße, 世界 \U0001f600 \u200b\ufffd"},
		{`C:\new\table`, `C:\new\table`, `C:\new\table`, `C:\new\table`},
	}
	for _, tt := range tests {
		for f, want := range []string{Short: tt.short, Long: tt.long, Lines: tt.lines} {
			if got := string(Append([]byte("> "), []byte(tt.in), Form(f))); got != "> "+want {
				t.Errorf("form %d of %q: got %q, want %q", f, tt.in, got, "> "+want)
			}
		}
	}
}

// Every character that Unicode calls a control or Bidi_Control is one here.
func TestEveryControlCharacterIsFound(t *testing.T) {
	for r := range rune(unicode.MaxRune + 1) {
		if !utf8.ValidRune(r) {
			continue
		}
		want := unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Bidi_Control, r) || unicode.In(r, unicode.Zl, unicode.Zp)
		for _, before := range []string{"", "1234567", "é12345678901234"} {
			text := before + string(r) + "behind"
			got := Index([]byte(text))
			if want && got != len(before) || !want && got >= 0 {
				t.Fatalf("%U in %q: got %d", r, text, got)
			}
		}
	}
}

func TestBlankIsTheSameForATextAndItsLongForm(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"api\x00key", "api key"},
		{`api\u0000key`, "api key"},
		{`a\token`, `a\token`},
		{`a\u0041`, `a\u0041`},
		{"\xe9", " "},
		{`\u00E9`, " "},
		{"é", "é"},
		{`\u00`, `\u00`},
		{"\\\n", `\ `},
	} {
		if got := string(Blank([]byte(tt.in))); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestATextWithoutControlCharactersDoesNotAllocate(t *testing.T) {
	text, dst := []byte(strings.Repeat("GET /api/v1/orders grüße ", 20)), make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() {
		dst = Append(dst[:0], text, Short)
		Blank(text)
	}); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

func FuzzAppend(f *testing.F) {
	f.Add([]byte("a\nb\x1b[0m \u202e \x9b \\n \\u001b"))
	f.Add([]byte(strings.Repeat("\x80", 9) + "\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, form := range []Form{Short, Long, Lines} {
			out := Append(nil, text, form)
			if again := Append(nil, out, form); !bytes.Equal(again, out) {
				t.Fatalf("form %d, twice: got %q, want %q", form, again, out)
			}
			for i, r := range string(out) {
				bad := unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError && out[i] != 0xef
				if bad && (form != Lines || r != '\n' && r != '\t') {
					t.Fatalf("form %d of %q: %U is left in %q", form, text, r, out)
				}
			}
		}
		if i := Index(text); i < 0 && !bytes.Equal(Append(nil, text, Long), text) {
			t.Fatalf("%q changes, and has no control character", text)
		}
		if got, want := Blank(Append(nil, text, Long)), Blank(text); !bytes.Equal(got, want) {
			t.Fatalf("Blank of the long form of %q: got %q, want %q", text, got, want)
		}
	})
}

func BenchmarkIndex(b *testing.B) {
	text := []byte(strings.Repeat("GET /api/v1/orders ", 20))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Index(text)
	}
}
