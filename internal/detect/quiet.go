package detect

import (
	"encoding/binary"
	"math/bits"
)

// Quiet reports whether a glance at text shows that Find finds nothing in it.
// False says nothing. Values of attributes are mostly short and quiet, and for
// them this is a few times faster than Find, which has to prepare for more.
func (e *Engine) Quiet(text []byte) bool {
	switch {
	case len(text) < shortest:
		return true
	case e.set&^glanced != 0:
		return false
	case !e.pre.quiet(text):
		return false
	}
	return e.set&numeric == 0 || numbersQuiet(text)
}

// glanced holds the detectors that Quiet answers for: those that begin with a
// literal or with digits.
const glanced = Set(1<<Email - 1)

// quiet reports whether no literal may stand in text, which is ASCII then.
func (p *prefilter) quiet(text []byte) bool {
	if len(text) < 8 {
		var b [8]byte
		copy(b[:], text)
		return p.noneIn(binary.LittleEndian.Uint64(b[:]))
	}
	last := len(text) - 8
	for i := 0; i < last; i += 6 {
		if !p.noneIn(binary.LittleEndian.Uint64(text[i : i+8])) {
			return false
		}
	}
	return p.noneIn(binary.LittleEndian.Uint64(text[last:]))
}

// noneIn reports whether no literal's triple begins at one of the first six of
// eight bytes, and all are ASCII.
func (p *prefilter) noneIn(x uint64) bool {
	high := x & (0x80 * ones)
	x |= foldBits
	h0 := hash(uint32(x))
	h1 := hash(uint32(x >> 8))
	h2 := hash(uint32(x >> 16))
	h3 := hash(uint32(x >> 24))
	h4 := hash(uint32(x >> 32))
	h5 := hash(uint32(x >> 40))
	hit := p.bits[h0>>6]>>(h0&63) | p.bits[h1>>6]>>(h1&63) | p.bits[h2>>6]>>(h2&63) |
		p.bits[h3>>6]>>(h3&63) | p.bits[h4>>6]>>(h4&63) | p.bits[h5>>6]>>(h5&63)
	return hit&1 == 0 && high == 0
}

// numbersQuiet reports whether the verifiers of numbers have nothing to look at.
func numbersQuiet(text []byte) bool {
	const step = 56
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
		if d&^(d<<1|before)&(d>>1)&(d>>2)&seen&telling(d) != 0 {
			return false
		}
		before = d >> (step - 1) & 1
		if two := d >> 2 & (d >> 3) & seen; two != 0 {
			l := letterMap(block)
			if two &= l & (l >> 1); two != 0 && at+bits.TrailingZeros64(two) <= len(text)-minIBAN {
				return false
			}
		}
	}
	return true
}

// minIBAN is the length of the shortest IBAN, Norway's.
const minIBAN = 15
