package otlp

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// The functions of this file write and read the texts of JSON: strings with
// their escapes.

const hexDigits = "0123456789abcdef"

// appendJSONText appends text in quotes, with the escapes that RFC 8259 demands
// and no others: a viewer of HTML or JavaScript escapes for itself.
func appendJSONText(dst, text []byte) ([]byte, error) {
	dst = append(dst, '"')
	clean, high := cleanJSON(text)
	if high != 0 && !utf8.Valid(text) {
		return dst, ErrUTF8
	}
	for clean < len(text) {
		dst = appendJSONEscape(append(dst, text[:clean]...), text[clean])
		text = text[clean+1:]
		clean, _ = cleanJSON(text)
	}
	return append(append(dst, text...), '"'), nil
}

// cleanJSON returns how many of the first bytes of text need no escape, and
// bits of them that are 0 only if they are ASCII. If an escape is needed, high
// is never 0, because the rest has not been looked at.
func cleanJSON(text []byte) (n int, high uint64) {
	for n = 0; len(text)-n >= 8; n += 8 {
		w := binary.LittleEndian.Uint64(text[n:])
		if e := escapeBits(w); e != 0 {
			return n + bits.TrailingZeros64(e)/8, highBits
		}
		high |= w & highBits
	}
	for ; n < len(text); n++ {
		c := text[n]
		if mustEscape(c) {
			return n, highBits
		}
		high |= uint64(c) & highBits
	}
	return n, high
}

// escapeBits sets the high bit of the first byte of w that must be escaped, the
// first being the least significant. Bytes above it may be set without need:
// the subtractions borrow from them.
func escapeBits(w uint64) uint64 {
	const each = 0x0101_0101_0101_0101
	quote, slash := w^(each*'"'), w^(each*'\\')
	return ((w-each*' ')&^w | (quote-each)&^quote | (slash-each)&^slash) & highBits
}

func mustEscape(c byte) bool { return c < ' ' || c == '"' || c == '\\' }

// appendJSONEscape appends the escape of c.
func appendJSONEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// jsonTextEnd returns the position of the quote that ends the string that
// starts at text[i:], whether it has escapes, and whether it is a string of
// JSON. If it is none, end is where it ceases to be one.
func jsonTextEnd(text []byte, i int) (end int, escaped, ok bool) {
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return i, escaped, true
		case c < ' ':
			return i, escaped, false
		case c == '\\':
			n := escapeLen(text[i:])
			if n == 0 {
				return i, escaped, false
			}
			escaped = true
			i += n - 1
		}
	}
	return i, escaped, false
}

// escapeLen returns the length of the escape that text starts with, or 0 if it
// is none.
func escapeLen(text []byte) int {
	if len(text) < 2 {
		return 0
	}
	switch text[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(text) < 6 {
			return 0
		}
		for _, c := range text[2:6] {
			if !isHex(c) {
				return 0
			}
		}
		return 6
	}
	return 0
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// appendUnescaped appends what text, the checked content of a string, stands
// for. Half a surrogate pair, which is no character, becomes U+FFFD.
func appendUnescaped(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		if text[i] != '\\' {
			dst = append(dst, text[i])
			i++
			continue
		}
		c := text[i+1]
		i += 2
		switch c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			r := hexRune(text[i:])
			i += 4
			if utf16.IsSurrogate(r) {
				r2 := rune(0)
				if rest := text[i:]; len(rest) >= 6 && rest[0] == '\\' && rest[1] == 'u' {
					r2 = hexRune(rest[2:])
				}
				if r = utf16.DecodeRune(r, r2); r != utf8.RuneError {
					i += 6
				}
			}
			dst = utf8.AppendRune(dst, r)
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

// hexRune returns the four hexadecimal digits that text starts with.
func hexRune(text []byte) rune {
	n, _ := strconv.ParseUint(string(text[:4]), 16, 16)
	return rune(n)
}
