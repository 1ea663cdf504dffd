package detect

import (
	"encoding/binary"
	"unicode"
	"unicode/utf8"
)

// isASCII reports whether text has no byte from 0x80 on.
func isASCII(text []byte) bool {
	for len(text) >= 8 {
		if binary.LittleEndian.Uint64(text)&(0x80*ones) != 0 {
			return false
		}
		text = text[8:]
	}
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// origin leads from a folded text back to the text that it was made of.
type origin []int32 // For each folded byte, and the end, where its character begins.

// span returns where the folded text from start to end stands in the original.
func (o origin) span(start, end int) (int, int) { return int(o[start]), int(o[end]) }

// fold returns text with the characters of other scripts that stand for ASCII
// ones as these: digits of all scripts, full-width forms, and the many spaces.
// Characters without a width are left out. A nil origin says that there was none
// of them. What a detector sees is then what a reader sees (CWE-180).
func fold(text []byte) ([]byte, origin) {
	at := foldable(text)
	if at < 0 {
		return text, nil
	}
	folded := append(make([]byte, 0, len(text)), text[:at]...)
	back := make(origin, at, len(text)+1)
	for i := range back {
		back[i] = int32(i)
	}
	for i := at; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		c, changes := foldRune(r)
		switch {
		case !changes:
			folded = append(folded, text[i:i+size]...)
			for k := range size {
				back = append(back, int32(i+k))
			}
		case c != 0:
			folded, back = append(folded, c), append(back, int32(i))
		}
		i += size
	}
	return folded, append(back, int32(len(text)))
}

// foldable returns where the first character that fold changes begins, or -1.
func foldable(text []byte) int {
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if _, changes := foldRune(r); changes {
			return i
		}
		i += size
	}
	return -1
}

// foldRune returns the ASCII character that r stands for, 0 for none, and
// whether it stands for one or for nothing at all.
func foldRune(r rune) (c byte, changes bool) {
	switch {
	case r < 0xa0, r == utf8.RuneError:
		return 0, false
	case r == 0xad, 0x200b <= r && r <= 0x200f, 0x202a <= r && r <= 0x202e, 0x2060 <= r && r <= 0x2064,
		0x2066 <= r && r <= 0x2069, r == 0xfeff, r == 0x180e, 0xfe00 <= r && r <= 0xfe0f:
		return 0, true
	case r == 0xa0, 0x2000 <= r && r <= 0x200a, r == 0x202f, r == 0x205f, r == 0x3000:
		return ' ', true
	case 0x2010 <= r && r <= 0x2015, r == 0x2212:
		return '-', true
	case 0xff01 <= r && r <= 0xff5e:
		return byte(r - 0xff01 + '!'), true
	case r >= 0x660 && unicode.Is(unicode.Nd, r):
		return '0' + byte(digitValue(r)), true
	}
	return 0, false
}

// digitValue returns the value of a decimal digit of any script. Each script's
// digits stand together, from zero to nine; in some tables several scripts' do.
func digitValue(r rune) int {
	for _, t := range unicode.Nd.R16 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return int(r-rune(t.Lo)) % 10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return int(r-rune(t.Lo)) % 10
		}
	}
	return 0
}
