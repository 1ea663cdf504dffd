package otlp

import (
	"math"
	"unicode/utf8"
)

// noLength is the length to which no value is cut.
const noLength = math.MaxInt

// Masking puts a marker in place of a secret: these texts around a word that
// says why.
const (
	markerStart = "[REDACTED:"
	markerEnd   = "]"
	// maxMarker is the longest marker. A text that only looks like one, to get
	// around the limit, gains no more than that.
	maxMarker = 64
)

// length is MaxValueLength as the number that lengths are compared with.
func (lim Limits) length() int {
	if lim.MaxValueLength <= 0 {
		return noLength
	}
	return lim.MaxValueLength
}

// keptLength returns how many bytes of text, a string or a byte string, are
// left when it is cut to longest characters or bytes. Nearly all texts have
// fewer bytes than they may have characters and are not looked at.
func keptLength(text []byte, isBytes bool, longest int) int {
	switch {
	case len(text) <= longest:
		return len(text)
	case isBytes:
		return longest
	case isMark(text):
		return len(text)
	}
	return charactersAt(text, longest)
}

// cleanLength reports whether keptLength keeps all of text.
func cleanLength(text []byte, isBytes bool, longest int) bool {
	return keptLength(text, isBytes, longest) == len(text)
}

// charactersAt returns the bytes that the first n characters of text take, or
// all if there are fewer. A byte that is not part of valid UTF-8 is a
// character.
func charactersAt(text []byte, n int) int {
	i := 0
	for ; n > 0 && i < len(text); n-- {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		_, size := utf8.DecodeRune(text[i:])
		i += size
	}
	return i
}

// isMark reports whether text is CutMark or a marker of masking, and nothing
// else. Marks are not cut: what is left could be taken for data.
func isMark(text []byte) bool {
	if string(text) == CutMark {
		return true
	}
	const around = len(markerStart) + len(markerEnd)
	if len(text) <= around || len(text) > maxMarker ||
		string(text[:len(markerStart)]) != markerStart || string(text[len(text)-len(markerEnd):]) != markerEnd {
		return false
	}
	for _, c := range text[len(markerStart) : len(text)-len(markerEnd)] {
		if c <= ' ' || c > '~' || c == '[' || c == ']' {
			return false
		}
	}
	return true
}

// shortened returns v, which is no array or map, cut to longest characters or
// bytes.
func (v Value) shortened(longest int) Value {
	v.data = v.data[:keptLength(v.data, v.kind == KindBytes, longest)]
	return v
}

// cutLength returns how many bytes of text, a string that is cut to a size, may
// stand before a CutMark: at most n, and so many that the mark is within
// longest characters too, or stands alone. The mark can be longer than what it
// replaces only where characters take several bytes.
func cutLength(text []byte, n, longest int) int {
	n = cutAt(text, n)
	if most := longest - len(CutMark); n > most {
		n = min(n, charactersAt(text, max(most, 0)))
	}
	return n
}
