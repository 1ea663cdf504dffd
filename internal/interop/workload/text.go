package workload

import (
	"log/slog"
	"math/rand/v2"
	"strings"

	"github.com/logstream-go/logstream/internal/interop/otlpjson"
)

const letters = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789 .,:;-_/+=()"

// Pieces of valid text that encoders and printers are known to get wrong.
var unicodePieces = []string{
	"żółć", "日本語", "🙂", "👩‍👩‍👧", "e\u0301", "مرحبا", "\ufffd", "\U0010ffff", "\ufeff", "\u2028\u2029", "\u202e",
	"\x00", "\x7f", "\u0080", "\t\r\n", "\x1b[31m", `"\/`, "<&>", "%s%d", "${HOME}", "ſ", "İ",
}

// Bytes that are not UTF-8: a lone byte, a lone continuation, an encoded surrogate, an overlong form, a cut-off
// sequence, a code point beyond the last.
var invalidPieces = []string{"\xff", "a\x80b", "\xed\xa0\x80", "\xc0\xaf", "\xe2\x82", "\xf4\x90\x80\x80"}

// ascii returns n printable characters.
func ascii(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return string(b)
}

// unicodeText returns text of n pieces.
func unicodeText(r *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteString(pick(r, unicodePieces))
	}
	return b.String()
}

// invalidText returns text that is not UTF-8.
func invalidText(r *rand.Rand) string {
	return ascii(r, r.IntN(10)) + pick(r, invalidPieces) + unicodeText(r, r.IntN(2))
}

// text returns short valid text.
func text(r *rand.Rand) string {
	if r.IntN(3) == 0 {
		return unicodeText(r, 1+r.IntN(4))
	}
	return ascii(r, 1+r.IntN(24))
}

// stringSample returns a string attribute.
func stringSample(s string) sample {
	return sample{value: slog.StringValue(s), want: otlpjson.StringOf(s)}
}

func asciiString(r *rand.Rand) sample { return stringSample(ascii(r, 1+r.IntN(40))) }

func unicodeString(r *rand.Rand) sample { return stringSample(unicodeText(r, 1+r.IntN(8))) }

func emptyString(*rand.Rand) sample { return stringSample("") }

// longString needs two and three bytes for its lengths.
func longString(r *rand.Rand) sample {
	if r.IntN(20) == 0 {
		return stringSample(ascii(r, 16<<10+r.IntN(1<<10)))
	}
	return stringSample(ascii(r, 100+r.IntN(900)) + unicodeText(r, 8))
}

// edgeString has a length at which a varint grows.
func edgeString(r *rand.Rand) sample { return stringSample(ascii(r, 120+r.IntN(16))) }

// invalidString arrives as bytes, which is what OTLP says of text that is not UTF-8.
func invalidString(r *rand.Rand) sample {
	s := invalidText(r)
	return sample{value: slog.StringValue(s), want: otlpjson.BytesOf([]byte(s))}
}
