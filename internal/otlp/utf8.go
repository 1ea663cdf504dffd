package otlp

import (
	"strings"
	"unicode/utf8"
)

// replacement stands for a run of invalid bytes in a key, name or text.
const replacement = "\uFFFD"

// validString reports whether s can be a proto3 string.
func validString(s string) bool {
	return utf8.ValidString(s)
}

// appendRepairedField is the rare end of AppendStringField.
//
//go:noinline
func appendRepairedField(dst []byte, tag byte, s string) []byte {
	s = strings.ToValidUTF8(s, replacement)
	return append(AppendHeader(dst, tag, len(s)), s...)
}

// repaired returns s with U+FFFD for each run of invalid bytes.
//
//go:noinline
func repaired(s string) string {
	return strings.ToValidUTF8(s, replacement)
}
