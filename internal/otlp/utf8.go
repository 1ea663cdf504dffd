package otlp

import (
	"strings"
	"unicode/utf8"
)

// replacement stands for a run of invalid bytes in a key, name or text.
const replacement = "\uFFFD"

// highBits are the bits that no byte of ASCII text has.
const highBits = 0x8080_8080_8080_8080

// validString reports whether s can be a proto3 string.
func validString(s string) bool {
	if len(s) >= 8 && highBitsOf(s) == 0 {
		return true
	}
	return utf8.ValidString(s)
}

// highBitsOf returns 0 if s, of at least 8 bytes, is ASCII.
func highBitsOf(s string) uint64 {
	high := word(s[len(s)-8:])
	for len(s) >= 32 {
		high |= word(s) | word(s[8:]) | word(s[16:]) | word(s[24:])
		s = s[32:]
	}
	for len(s) >= 8 {
		high |= word(s)
		s = s[8:]
	}
	return high & highBits
}

// word loads eight bytes; the compiler makes one load of it.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// repaired returns s with U+FFFD for each run of invalid bytes.
func repaired(s string) string {
	if validString(s) {
		return s
	}
	return strings.ToValidUTF8(s, replacement)
}

// cutAt returns the largest i <= n, at most three less, at which s can be cut
// without splitting a character. n is less than len(s).
func cutAt[T string | []byte](s T, n int) int {
	for i := n; i > max(0, n-utf8.UTFMax); i-- {
		if utf8.RuneStart(s[i]) {
			return i
		}
	}
	return n
}
