package detect

// Most values of attributes are a word, a path, a name, a number or a few words:
// made of letters, digits, spaces and - _ / @ . , alone. In such a text no
// literal begins a finding unless there is at least one of these:
//
//   - minWord letters, digits, - and _ in a row, with which every token begins,
//   - a slash and a dot, as in the URL of a webhook without its scheme,
//   - a space and a dash, for flags, commands and the first line of a private key,
//   - a space, and a slash, or a dot and a digit, for what follows the word Bearer
//     where it has no such row.
//
// Keys with values, URLs, tracks, cookies and escapes have other characters. A text
// without any of this is bland, and what is left to look at is its numbers.

const (
	// minWord is the length of the shortest run of letters, digits, - and _ in a
	// finding, in a text that has nothing but the characters of bland ones.
	minWord = 15
	// maxLook is the length of the longest text whose traits are looked at.
	maxLook = 64
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

// bland reports whether no literal that begins a finding can be in a text of n bytes
// with these traits. Whether a number is in it remains to be seen.
func (t *traits) bland(n int) bool {
	kinds := t.kinds | t.kinds>>32
	kinds |= kinds >> 16
	kinds |= kinds >> 8
	words := ^t.ends << ((maxLook - n) & 63)
	words &= words >> 1
	words &= words >> 2
	words &= words >> 4
	words &= words >> (minWord - 8)
	return t.other|words == 0 && !loud[kinds>>4&15|t.numeric()<<4]
}

// numeric returns 1 if there is a digit, and otherwise 0.
func (t *traits) numeric() uint64 { return (t.digits | -t.digits) >> 63 }

// loud tells for each set of the classes of a text, and whether digits are in it, if
// a literal that begins a finding may be there.
var loud = func() (t [32]bool) {
	for i := range t {
		kinds, digits := i<<4, i&16 != 0
		has := func(kind int) bool { return kinds&kind != 0 }
		t[i] = has(hasDot) && has(hasSlash) || has(hasSpace) && (has(hasDash) || has(hasSlash) || has(hasDot) && digits)
	}
	return t
}()
