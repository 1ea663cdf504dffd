package detect

import (
	"encoding/binary"
	"math/bits"
)

// numeric holds the detectors of numbers.
const numeric = Set(1<<PAN | 1<<Track | 1<<IBAN | 1<<SSN)

// ones has a one in every byte of a word.
const ones = 0x01010101_01010101

// digitBits and letterBits set the upper bit of each byte of x that is an ASCII
// digit or letter. No byte carries into its neighbour: the upper bits are taken
// out first.
func digitBits(x uint64) uint64 {
	low := x &^ (0x80 * ones)
	return (low + (0x80-'0')*ones) &^ (low + (0x80-'9'-1)*ones) &^ x & (0x80 * ones)
}

func letterBits(x uint64) uint64 {
	low := x&^(0x80*ones) | 0x20*ones
	return (low + (0x80-'a')*ones) &^ (low + (0x80-'z'-1)*ones) &^ x & (0x80 * ones)
}

// pack moves the upper bits of the eight bytes of x into its lowest byte.
func pack(x uint64) uint64 { return x >> 7 * 0x0102040810204080 >> 56 }

// numbers calls the verifiers of numbers: of each run of at least three digits,
// and of each two letters with digits behind them, with which an IBAN begins. It
// makes maps of the digits and letters of 56 bytes with arithmetic on whole
// words, so that text without numbers costs little.
func (f *finder) numbers() {
	text := f.text
	const step = 56 // Of 64: the rest is seen again, as what stands behind.
	const seen = 1<<step - 1
	before := uint64(0)
	for at := 0; at < len(text); at += step {
		block := text[at:]
		if len(block) < 64 {
			var padded [64]byte
			copy(padded[:], block)
			block = padded[:(len(block)+7)&^7]
		}
		d := digitMap(block)
		starts := numberStarts(d, before) & seen
		before = d >> (step - 1) & 1
		for ; starts != 0; starts &= starts - 1 {
			f.number(at + bits.TrailingZeros64(starts))
		}
		if two := d >> 2 & (d >> 3) & seen; two != 0 {
			l := letterMap(block)
			for two &= l & (l >> 1); two != 0; two &= two - 1 {
				f.iban(at + bits.TrailingZeros64(two))
			}
		}
	}
}

// numberStarts returns those bits of d, a map of digits, which begin a run of three
// or more at which number finds something to look at: at least eight digits, four and
// a gap and three, or three, a gap, two, a gap and one, and these behind the two or four
// digits of an escape. before is 1 if a digit stands before the map.
func numberStarts(d, before uint64) uint64 {
	d3, d4, d5, d6, d7 := d>>3, d>>4, d>>5, d>>6, d>>7
	long := d3 & d4 & d5 & d6 & d7
	four := d3 &^ d4 & d5 & d6 & d7
	three := ^d3 & d4 & d5 &^ d6 & d7
	behind := d3 & d4 & (^d5&d6&d7 | d5&^(d6&d7)&(d6|d7)) // Five, six or seven digits.
	return d &^ (d<<1 | before) & (d >> 1) & (d >> 2) & (long | four | three | behind)
}

// digitMap has a bit for each digit of the first 64 bytes of block, which are
// whole words.
func digitMap(block []byte) (d uint64) {
	for k := 0; k < 64 && len(block) >= 8; k += 8 {
		d |= pack(digitBits(binary.LittleEndian.Uint64(block))) << k
		block = block[8:]
	}
	return d
}

// letterMap is digitMap for letters.
func letterMap(block []byte) (l uint64) {
	for k := 0; k < 64 && len(block) >= 8; k += 8 {
		l |= pack(letterBits(binary.LittleEndian.Uint64(block))) << k
		block = block[8:]
	}
	return l
}

// number looks at the run of at least three digits that begins at s.
func (f *finder) number(s int) {
	e := f.runEnd(digits, s)
	s = f.afterEscape(s, e)
	switch n := e - s; {
	case n >= minPAN && n <= maxPAN:
		f.pan(s, e, nil)
	case n == 4, n == 8:
		f.grouped(s, e)
	case n == 3 && e+7 <= len(f.text):
		f.ssn(s)
	case n == 9:
		f.bareSSN(s)
	}
}

// afterEscape returns where the number from s to e begins if its first digits
// belong to an escape: the 20 of "%204111", "\x204111" and the 0020 of "\u00204111".
func (f *finder) afterEscape(s, e int) int {
	switch {
	case s > 0 && f.text[s-1] == '%' && e-s > 2, s > 1 && f.text[s-1] == 'x' && f.text[s-2] == '\\' && e-s > 2:
		return s + 2
	case s > 1 && f.text[s-1] == 'u' && f.text[s-2] == '\\' && e-s > 4:
		return s + 4
	}
	return s
}

// leftOpen reports whether a number or identifier may begin at i: not inside a
// word, a decimal, a version or another identifier. The last character of an
// escape is no part of a word.
func (f *finder) leftOpen(i int) bool {
	if i == 0 {
		return true
	}
	c := f.text[i-1]
	if c == '@' || in(c, tokens) {
		return f.escaped(i)
	}
	return true
}

// rightOpen reports whether a number may end at i.
func (f *finder) rightOpen(i int) bool {
	if i == len(f.text) {
		return true
	}
	switch c := f.text[i]; {
	case c == '@', in(c, words):
		return false
	case c == '.':
		return i+1 == len(f.text) || !in(f.text[i+1], digits)
	}
	return true
}

// escaped reports whether an escape ends before i: \n, \t, \x0a, \u000a, %3D, or what
// colours the text of a terminal.
func (f *finder) escaped(i int) bool {
	t := f.text[:i]
	switch {
	case i >= 3 && t[i-3] == '%' && in(t[i-2], hexes) && in(t[i-1], hexes):
		return true
	case i >= 6 && t[i-6] == '\\' && t[i-5] == 'u' && in(t[i-1], hexes):
		return true
	case i >= 4 && t[i-4] == '\\' && t[i-3] == 'x' && in(t[i-2], hexes) && in(t[i-1], hexes):
		return true
	case i >= 3 && in(t[i-1], letters) && (in(t[i-2], digits) || t[i-2] == '['):
		return terminal(t)
	case i >= 2 && t[i-2] == '\\':
		switch t[i-1] {
		case 'n', 't', 'r', 'f', 'b', 'v':
			return true
		}
	}
	return false
}

// terminal reports whether t ends with a control sequence of terminals, such as
// ESC[31m, whose first character may be written as an escape of Go, C or JSON.
func terminal(t []byte) bool {
	i := len(t) - 1
	for least := max(0, i-maxTerminal); i > least && (in(t[i-1], digits) || t[i-1] == ';'); {
		i--
	}
	if i < 2 || t[i-1] != '[' {
		return false
	}
	for _, escape := range terminalEscapes {
		if n := i - 1 - len(escape); n >= 0 && string(t[n:i-1]) == escape {
			return true
		}
	}
	return false
}

// terminalEscapes are the ways to write ESC.
var terminalEscapes = []string{"\x1b", `\x1b`, `\u001b`, `\u001B`, `\x1B`, `\033`, `\e`}

// maxTerminal is how many digits and semicolons a control sequence has: as many as
// two colours of 24 bits need.
const maxTerminal = 40

// near reports whether one of the words, in lower case, begins in the window
// bytes before i.
func (f *finder) near(i int, list ...string) bool {
	from := max(0, i-window)
	for at := from; at < i; at++ {
		c := lower(f.text[at])
		for _, w := range list {
			if c == w[0] && f.foldAt(at, w) && !f.inMarker(at) {
				return true
			}
		}
	}
	return false
}

// window is how many bytes before a number a word may stand that says what it is.
const window = 32

// foldAt reports whether the lower-case text w stands at i, in any case.
func (f *finder) foldAt(i int, w string) bool {
	if len(f.text)-i < len(w) {
		return false
	}
	for k := range len(w) {
		if lower(f.text[i+k]) != w[k] {
			return false
		}
	}
	return true
}
