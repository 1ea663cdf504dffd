package control

import (
	"encoding/binary"
	"encoding/hex"
	"unicode/utf8"
)

// A Form is a way to write control characters.
type Form uint8

const (
	// Short writes \n, \r and \t, and \u001b for all others.
	Short Form = iota
	// Long writes \u000a for all.
	Long
	// Lines is Short, but leaves line feeds and tabs as they are.
	Lines
)

// is reports whether r is a control character. A byte that is no UTF-8 is
// utf8.RuneError of size 1.
func is(r rune, size int) bool {
	switch {
	case r < ' ', 0x7f <= r && r < 0xa0:
		return true
	case r < 0x61c:
		return false
	case r == 0x61c, r == 0x200e, r == 0x200f, 0x2028 <= r && r <= 0x202e, 0x2066 <= r && r <= 0x2069:
		return true
	}
	return r == utf8.RuneError && size == 1
}

// Index returns where the first control character of text is, or -1. It takes a
// glance at eight bytes at a time.
func Index(text []byte) int {
	const ones = 0x01010101_01010101
	for i := 0; i < len(text); {
		if i+8 <= len(text) {
			x := binary.LittleEndian.Uint64(text[i:])
			// The upper bit of a byte says: below a space, DEL, or not ASCII. A borrow may
			// set it for a byte behind one of these, which costs a closer look.
			if ((x-' '*ones)|((x^0x7f*ones)-ones)|x)&(0x80*ones) == 0 {
				i += 8
				continue
			}
		}
		for end := min(i+8, len(text)); i < end; {
			c := text[i]
			if c >= ' ' && c < 0x7f {
				i++
				continue
			}
			r, size := utf8.DecodeRune(text[i:])
			if is(r, size) {
				return i
			}
			i += size
		}
	}
	return -1
}

// Append appends text with its control characters written in a form. What it
// appends has none any more, so it changes nothing a second time.
func Append(dst, text []byte, f Form) []byte {
	for len(text) > 0 {
		i := Index(text)
		if i < 0 {
			return append(dst, text...)
		}
		r, size := decode(text[i:])
		dst = append(append(dst, text[:i]...), escape(r, f, text[i:i+1])...)
		text = text[i+size:]
	}
	return dst
}

// decode is utf8.DecodeRune, with the value of a byte that is no UTF-8.
func decode(text []byte) (r rune, size int) {
	if r, size = utf8.DecodeRune(text); r == utf8.RuneError && size == 1 {
		r = rune(text[0])
	}
	return r, size
}

// escape returns what stands for r, which is self in the text if it is one byte.
func escape(r rune, f Form, self []byte) []byte {
	if f != Long {
		switch {
		case f == Lines && (r == '\n' || r == '\t'):
			return self
		case r == '\n':
			return []byte(`\n`)
		case r == '\r':
			return []byte(`\r`)
		case r == '\t':
			return []byte(`\t`)
		}
	}
	return hex.AppendEncode([]byte(`\u`), []byte{byte(r >> 8), byte(r)})
}

// Blank returns text with a space for each control character and for each that is
// written in form Long: what a text and its Long form have in common. It returns text
// itself if there is none.
func Blank(text []byte) []byte {
	var out []byte
	from := 0
	for i := 0; i < len(text); {
		r, size := decode(text[i:])
		switch n := long(text[i:]); {
		case n > 0:
			size = n
		case r < utf8.RuneSelf && !is(r, size), size > 1 && !is(r, size):
			i += size
			continue
		}
		out = append(append(out, text[from:i]...), ' ')
		i += size
		from = i
	}
	if out == nil {
		return text
	}
	return append(out, text[from:]...)
}

// long returns the size of the form Long that text begins with, or 0.
func long(text []byte) int {
	const size = len(`\u001b`)
	var b [2]byte
	if len(text) < size || text[0] != '\\' || text[1] != 'u' {
		return 0
	}
	if _, err := hex.Decode(b[:], text[2:size]); err != nil {
		return 0
	}
	if r := rune(b[0])<<8 | rune(b[1]); r >= 0x80 && r < 0x100 || is(r, size) {
		return size
	}
	return 0
}
