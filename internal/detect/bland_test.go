package detect

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// traitsOf is look, byte by byte, with the classes of the whole text in each byte.
func traitsOf(text []byte) (t traits) {
	for i, c := range text {
		kind, end := 0, true
		switch {
		case in(c, letters), c == '_':
			end = false
		case in(c, digits):
			end = false
			t.digits |= 1 << i
		case c == '-':
			kind, end = hasDash, false
		case c == '.', c == ',':
			kind = hasDot
		case c == '/':
			kind = hasSlash
		case c == ' ':
			kind = hasSpace
		case c == '@':
		default:
			t.other = 1
			return t
		}
		if end {
			t.ends |= 1 << i
		}
		t.kinds |= uint64(kind)
	}
	return t
}

// wantTraits compares two ways to look at a text.
func wantTraits(t *testing.T, name string, text []byte, got traits) {
	t.Helper()
	want := traitsOf(text)
	valid := uint64(1)<<len(text) - 1 // All, if it has 64 bytes.
	got.ends &= valid
	got.digits &= valid
	kinds := uint64(0)
	for ; got.kinds != 0; got.kinds >>= 8 {
		kinds |= got.kinds & (hasDash | hasDot | hasSlash | hasSpace)
	}
	got.kinds = kinds
	if (got.other != 0) != (want.other != 0) || want.other == 0 && got != want {
		t.Errorf("%s: %q: got %+v, want %+v", name, text, got, want)
	}
}

func TestAllWaysToLookAreOne(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	const alphabet = "abczABCZ0189_-_-./@ ,"
	for range 20_000 {
		text := make([]byte, 4+r.IntN(maxLook-3))
		for i := range text {
			text[i] = alphabet[r.IntN(len(alphabet))]
		}
		if r.IntN(3) == 0 {
			text[r.IntN(len(text))] = byte(r.IntN(256))
		}
		wantTraits(t, "look", text, look(text))
		wantTraits(t, "by words", text, lookByWords(text))
	}
	for c := range 256 {
		for _, n := range []int{4, 8, 15, 16, 17, 64} {
			text := []byte(strings.Repeat(string([]byte{byte(c)}), n))
			wantTraits(t, "look", text, look(text))
			wantTraits(t, "by words", text, lookByWords(text))
		}
	}
}

// TestTokensAreNotBland holds what bland says about the shortest of each kind.
func TestTokensAreNotBland(t *testing.T) {
	for _, p := range tokenTable {
		if p.first&^(words|hexes|base32s|cookies) != 0 {
			t.Errorf("%s: got characters that end words behind the prefix, want none", p.prefix)
		}
		if strings.ContainsAny(p.prefix, "=~:(") || strings.Contains(p.prefix, ".") && strings.Contains(p.prefix, "/") {
			continue
		}
		word := p.prefix[strings.LastIndexAny(p.prefix, "./")+1:]
		if got := len(word) + int(p.min); got < minWord {
			t.Errorf("%s: got %d characters in a row, want %d", p.prefix, got, minWord)
		}
	}
	for s := ibanLengths; s != ""; s = s[4:] {
		if s[2:4] < "15" {
			t.Errorf("%s: got an IBAN shorter than %d", s[:4], minWord)
		}
	}
}

func TestOrdinaryValuesAreBland(t *testing.T) {
	for _, v := range []string{
		"POST", "INFO", "/api/v1/orders/4711", "/api/v2/accounts/4712/orders/123456", "request completed", "10.0.0.1", "checkout", "shop.example.com",
		"user-9e3779b1@tenant-3", "us-east-1a", "14.2ms", "payment_failed", "connection reset by peer, giving up", "0.125",
	} {
		if l := look([]byte(v)); !l.bland(len(v)) {
			t.Errorf("%q is not bland", v)
		}
	}
}

// blandText returns a text of the characters of bland ones that data chooses.
func blandText(data []byte) []byte {
	const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-/@.,    -/.1234"
	text := make([]byte, len(data))
	for i, c := range data {
		text[i] = alphabet[int(c)%len(alphabet)]
	}
	return text
}

// FuzzBland looks for a finding in texts that have only the characters of bland
// ones, among them the prefixes of credentials.
func FuzzBland(f *testing.F) {
	for i := range tokenTable {
		f.Add([]byte(tokenTable[i].prefix), uint16(i))
	}
	e := engine(Default())
	f.Fuzz(func(t *testing.T, data []byte, token uint16) {
		wantQuietRight(t, e, blandText(data))
		p := tokenTable[int(token)%len(tokenTable)].prefix
		wantQuietRight(t, e, append([]byte(p), blandText(data)...))
		wantQuietRight(t, e, append(append(blandText(data), ' '), p...))
	})
}
