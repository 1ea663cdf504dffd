package detect

import (
	"math/bits"
	"strings"
)

// charset is a set of ASCII characters, as a bit of the table of characters.
type charset uint32

const (
	digits    charset = 1 << iota // 0-9
	uppers                        // A-Z
	lowers                        // a-z
	hexes                         // 0-9 A-F a-f
	base32s                       // A-Z 2-7
	dashes                        // _ -
	tokens                        // Letters, digits, _ - and the dot.
	base64s                       // tokens and + / = ~
	escapeds                      // base64s and %
	keys                          // What a key in a text is made of: tokens and $.
	spaces                        // Space, tab, CR, LF.
	emails                        // The local part of an address.
	dotlesses                     // base64s without the dot.
	labels                        // What the label of a PEM block is made of: capitals, digits, space.
	params                        // What the value of a parameter of a URL is made of.
	authority                     // What may stand in the authority of a URL, and in a password there.
	wides                         // The same for passwords that are not escaped: slashes and #.
	queries                       // wides and the question mark.
	cookies                       // What begins a value of Slack's cookies: escapeds without . and /
	signs                         // What can stand between a key and its value, and the dash of a flag.
)

const (
	letters = uppers | lowers
	alnums  = letters | digits
	words   = alnums | dashes
)

// chars says for each byte in which sets it is.
var chars = func() (t [256]charset) {
	add := func(set charset, list string) {
		for i := range len(list) {
			t[list[i]] |= set
		}
	}
	add(digits|hexes|tokens|base64s|escapeds|keys|emails, "0123456789")
	for c := 'a'; c <= 'z'; c++ {
		t[c] |= lowers | cookies | dotlesses | tokens | base64s | escapeds | keys | emails
		t[c-32] |= uppers | cookies | dotlesses | labels | base32s | tokens | base64s | escapeds | keys | emails
	}
	add(hexes, "abcdefABCDEF")
	add(base32s, "234567")
	add(dashes|dotlesses, "_-")
	add(dotlesses, "+/=~0123456789")
	add(labels, " 0123456789")
	add(tokens|base64s|escapeds|keys, "_-.")
	add(base64s|escapeds, "+/=~")
	add(escapeds, "%")
	add(cookies, "0123456789_-+=~%")
	add(keys, "$")
	add(spaces, " \t\r\n")
	add(emails, ".!#$%&'*+/=?^_{|}~-")
	add(signs, "=:>%-\\\"'`")
	for c := range 256 {
		if c <= ' ' || strings.IndexByte("\"'<>`", byte(c)) >= 0 {
			continue
		}
		t[c] |= queries
		if strings.IndexByte("&#\\;),", byte(c)) < 0 {
			t[c] |= params
		}
		if c != '?' {
			t[c] |= wides
		}
		if strings.IndexByte("/?#\\", byte(c)) < 0 {
			t[c] |= authority
		}
	}
	return t
}()

// in reports whether c is in set.
func in(c byte, set charset) bool { return chars[c]&set != 0 }

// lower returns c in lower case, if it is an ASCII letter.
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// span is a piece of text.
type span struct{ start, end int }

// run is a span, kept small: there is one for each set.
type run struct{ start, end int32 }

// runEnd returns where the run of bytes in set, which is one of the constants,
// that begins at i ends. The last run of each set is remembered, so that a
// verifier tried at each byte of a long run costs time linear in its length.
func (f *finder) runEnd(set charset, i int) int {
	r := &f.runs[bits.TrailingZeros32(uint32(set))]
	if int(r.start) <= i && i < int(r.end) {
		return int(r.end)
	}
	e := i
	for e < len(f.text) && chars[f.text[e]]&set != 0 {
		e++
	}
	*r = run{int32(i), int32(e)}
	return e
}

// count returns how many of the bytes from i on, at most n, are in set before
// the first that is not.
func (f *finder) count(set charset, i, n int) int {
	k := 0
	for k < n && i+k < len(f.text) && chars[f.text[i+k]]&set != 0 {
		k++
	}
	return k
}
