package detect

import (
	"testing"
	"unicode"
)

func TestFolding(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain", "plain"},
		{"grün", "grün"},
		{"４１１１", "4111"},
		{"٤١", "41"},
		{"४१", "41"},
		{"a\u200bb\u00adc\ufeff", "abc"},
		{"a\u00a0b\u3000c", "a b c"},
		{"ｐａｓｓ＝", "pass="},
		{"1\u20112\u22123", "1-2-3"},
		{"é４\xff５", "é4\xff5"},
		{"\u202e1", "1"},
	} {
		got, back := fold([]byte(c.in))
		if string(got) != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
		if back != nil && (len(back) != len(got)+1 || int(back[len(got)]) != len(c.in)) {
			t.Errorf("%q: got the way back %v", c.in, back)
		}
		if back == nil && string(got) != c.in {
			t.Errorf("%q: got no way back", c.in)
		}
	}
}

func TestDigitsOfAllScripts(t *testing.T) {
	check := func(lo, hi, stride rune) {
		if stride != 1 || (hi-lo+1)%10 != 0 {
			t.Errorf("%U to %U: not ten digits after one another", lo, hi)
		}
		for r := lo; r <= hi; r++ {
			if r < 0x660 {
				continue
			}
			if got, ok := foldRune(r); !ok || got != byte('0'+(r-lo)%10) {
				t.Errorf("%U: got %q, %v, want %d", r, got, ok, (r-lo)%10)
			}
		}
	}
	for _, r := range unicode.Nd.R16 {
		check(rune(r.Lo), rune(r.Hi), rune(r.Stride))
	}
	for _, r := range unicode.Nd.R32 {
		check(rune(r.Lo), rune(r.Hi), rune(r.Stride))
	}
}

func TestIsASCII(t *testing.T) {
	for n := range 20 {
		b := make([]byte, n)
		if !isASCII(b) {
			t.Errorf("%d zero bytes: got false, want true", n)
		}
		for i := range b {
			b[i] = 0x80
			if isASCII(b) {
				t.Errorf("0x80 at %d of %d: got true, want false", i, n)
			}
			b[i] = 0
		}
	}
}

func TestMapsOfDigitsAndLetters(t *testing.T) {
	var block [64]byte
	for base := 0; base < 256; base += 64 {
		for i := range block {
			block[i] = byte(base + i)
		}
		d, l := digitMap(block[:]), letterMap(block[:])
		for i, c := range block {
			if got := d>>i&1 != 0; got != in(c, digits) {
				t.Errorf("digit %q: got %v", c, got)
			}
			if got := l>>i&1 != 0; got != in(c, letters) {
				t.Errorf("letter %q: got %v", c, got)
			}
		}
	}
}
