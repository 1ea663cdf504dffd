package detect

import "math/bits"

// Most values of attributes are a word, a path, a name, a number or a few words:
// made of letters, digits, spaces and - _ / @ . , alone. In such a text a detector
// finds nothing unless there is at least one of these:
//
//   - minWord letters, digits, - and _ in a row, with which the shortest token begins,
//     and the shortest number of a bank account that is written in one piece,
//   - minNumber digits, the shortest number,
//   - a slash and a dot, as in the URL of a webhook without its scheme,
//   - a space, and a dash, a slash or a digit: for flags and commands, the word Bearer
//     and what follows it, the first line of a private key, and numbers in groups.
//
// Keys with values, URLs, tracks, cookies and escapes have other characters. A text
// without any of these is bland.

const (
	// minWord is the length of the shortest run of letters, digits, - and _ in a
	// finding, in a text that has nothing but the characters of bland ones.
	minWord = 15
	// maxBland is the length of the longest text for which bland tells.
	maxBland = 64
)

// traits are what a text is made of. The masks have a bit for each of its bytes.
type traits struct {
	kinds  uint64 // In each byte the classes of characters that are in the text.
	other  uint64 // Not 0 if there is a character that bland texts have not.
	ends   uint64 // A mask of what is no part of a word.
	digits uint64 // A mask of the digits.
}

// The classes of a text that count.
const (
	hasDash  = 1 << 4
	hasDot   = 1 << 5 // A dot or a comma.
	hasSlash = 1 << 6
	hasSpace = 1 << 7
)

// bland reports whether nothing can be found in text, of 4 to maxBland bytes,
// because of what it is made of. False says nothing.
func bland(text []byte) bool {
	t := look(text)
	if t.other != 0 {
		return false
	}
	kinds := t.kinds | t.kinds>>32
	kinds |= kinds >> 16
	kinds |= kinds >> 8
	switch {
	case kinds&(hasDot|hasSlash) == hasDot|hasSlash:
		return false
	case kinds&hasSpace != 0 && (kinds&(hasDash|hasSlash) != 0 || t.digits != 0):
		return false
	}
	words := ^t.ends << ((maxBland - len(text)) & 63)
	words &= words >> 1
	words &= words >> 2
	words &= words >> 4
	if words&(words>>(minWord-8)) != 0 {
		return false
	}
	if bits.OnesCount64(t.digits) < minNumber {
		return true
	}
	for starts := numberStarts(t.digits, 0); starts != 0; starts &= starts - 1 {
		if !numberQuiet(text, bits.TrailingZeros64(starts)) {
			return false
		}
	}
	return true
}
