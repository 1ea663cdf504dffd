package detect

import (
	"encoding/binary"
	"math/bits"
)

// Quiet reports whether a glance at text shows that Find finds nothing in it.
// False says nothing. Values of attributes are mostly short and quiet, and for
// them this is a few times faster than Find, which has to prepare for more.
func (e *Engine) Quiet(text []byte) bool {
	n := len(text)
	switch {
	case n < shortest, e.set == 0:
		return true
	case e.set&^glanced != 0:
		return false
	case n <= maxLook:
		t := look(text)
		if t.bland(n) {
			return bits.OnesCount64(t.digits) < minNumber && t.kinds&(hasSpace*ones) == 0 || numbersQuietIn(text, t.digits)
		}
		return e.pre.quiet(text) && numbersQuietIn(text, t.digits)
	case !e.pre.quiet(text):
		return false
	}
	return e.set&numeric == 0 || numbersQuiet(text)
}

// minNumber is the length of the shortest number that has a verifier: a social
// security number without gaps.
const minNumber = 9

// glanced holds the detectors that Quiet answers for: those that begin with a
// literal or with digits.
const glanced = Set(1<<Email - 1)

// quiet reports whether text, of four bytes or more, is ASCII and has no literal, but
// for words of keys where no key can be.
func (p *prefilter) quiet(text []byte) bool {
	if n := len(text); n < 8 {
		x := uint64(binary.LittleEndian.Uint32(text)) | uint64(binary.LittleEndian.Uint32(text[n-4:]))<<(8*(n-4))
		return p.noneIn(x) || p.noneAt(text, 0, n-2)
	}
	last := len(text) - 8
	for i := 0; ; i += 6 {
		i = min(i, last)
		x := binary.LittleEndian.Uint64(text[i : i+8])
		high := x & (0x80 * ones)
		x |= foldBits
		h0 := hash(uint32(x)) // noneIn by hand: it is not inlined.
		h1 := hash(uint32(x >> 8))
		h2 := hash(uint32(x >> 16))
		h3 := hash(uint32(x >> 24))
		h4 := hash(uint32(x >> 32))
		h5 := hash(uint32(x >> 40))
		hit := p.bits[h0>>6]>>(h0&63) | p.bits[h1>>6]>>(h1&63) | p.bits[h2>>6]>>(h2&63) |
			p.bits[h3>>6]>>(h3&63) | p.bits[h4>>6]>>(h4&63) | p.bits[h5>>6]>>(h5&63)
		if hit&1|high != 0 && !p.noneAt(text, i, i+6) {
			return false
		}
		if i == last {
			return true
		}
	}
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

// noneAt is noneIn with the literals themselves, for those triples that begin at
// from to to-1.
func (p *prefilter) noneAt(text []byte, from, to int) bool {
	if !isASCII(text[from:min(len(text), to+2)]) {
		return false
	}
	for i := from; i < to; i++ {
		h := hash((uint32(text[i]) | uint32(text[i+1])<<8 | uint32(text[i+2])<<16) | uint32(foldBits&0xffffffff))
		if p.bits[h>>6]>>(h&63)&1 == 0 {
			continue
		}
		b := h & bucketMask
		for k := p.buckets[b]; k < p.buckets[b+1]; k++ {
			e := &p.list[k]
			at := i - int(e.offset)
			if uint32(e.hash) == h && e.at(text, at) && (e.kind != kindKey || !keyQuiet(text, at)) {
				return false
			}
		}
	}
	return true
}

// keyQuiet reports whether the word of a key at i begins no key: nothing that can
// stand behind one does, or nothing in text can.
func keyQuiet(text []byte, i int) bool {
	end := min(len(text), i+maxKey)
	e := i
	for e < end && in(text[e], keys) {
		e++
	}
	switch {
	case e == len(text):
		return true
	case e < end && !in(text[e], signs|spaces) && text[e] != ']' && text[e] != 0x1b:
		return true
	}
	return len(text) <= maxKeyless && !mayHoldKey(text)
}

// maxKeyless is the length of the longest text that is gone over for what a key
// needs: it may be done for each word of a key in it.
const maxKeyless = 256

// mayHoldKey reports whether text has something that can stand between a key and
// its value: a separator, or the dash of a flag, behind which a space will do. What
// colours the text of a terminal may stand before a dash.
func mayHoldKey(text []byte) bool {
	for i, c := range text {
		if in(c, signs) && (c != '-' || i == 0 || !in(text[i-1], words)) || c == 0x1b {
			return true
		}
	}
	return false
}

// numbersQuiet reports whether the verifiers of numbers have nothing to look at in
// text, of eight bytes or more.
func numbersQuiet(text []byte) bool {
	const step = 56
	const seen = 1<<step - 1
	before := uint64(0)
	for at := 0; at < len(text); at += step {
		block := text[max(0, min(at, len(text)-8)):]
		back := at - (len(text) - len(block)) // Bytes of block that were seen.
		d := shortDigits(block) >> back
		if !startsQuiet(text, at, numberStarts(d, before)&seen) || !ibansQuiet(text, at, d>>2&(d>>3)&seen) {
			return false
		}
		before = d >> (step - 1) & 1
	}
	return true
}

// numbersQuietIn is numbersQuiet for a text of at most maxLook bytes whose digits
// are known.
func numbersQuietIn(text []byte, digits uint64) bool {
	if digits == 0 {
		return true
	}
	if bits.OnesCount64(digits) >= minNumber && !startsQuiet(text, 0, numberStarts(digits, 0)) {
		return false
	}
	return len(text) < minIBAN || ibansQuiet(text, 0, digits>>2&(digits>>3)&^(digits|digits>>1))
}

// startsQuiet reports whether the verifiers of numbers find nothing where starts, a
// map of the text from at on, has a bit.
func startsQuiet(text []byte, at int, starts uint64) bool {
	for ; starts != 0; starts &= starts - 1 {
		if !numberQuiet(text, at+bits.TrailingZeros64(starts)) {
			return false
		}
	}
	return true
}

// ibansQuiet is startsQuiet for IBANs, and for places with two digits behind the next.
func ibansQuiet(text []byte, at int, starts uint64) bool {
	for ; starts != 0; starts &= starts - 1 {
		if s := at + bits.TrailingZeros64(starts); in(text[s], letters) && in(text[s+1], letters) && !ibanQuiet(text, s) {
			return false
		}
	}
	return true
}

// shortDigits has a bit for each digit of the first 64 bytes of block, which has
// eight bytes or more. Those of the last word are set twice.
func shortDigits(block []byte) (d uint64) {
	n := min(len(block), 64)
	for k := 0; k+8 <= n; k += 8 {
		d |= pack(digitBits(binary.LittleEndian.Uint64(block[k:]))) << k
	}
	return d | pack(digitBits(binary.LittleEndian.Uint64(block[n-8:])))<<(n-8)
}

// numberQuiet reports whether the verifiers find nothing in the number that begins
// at s, as far as its length and what stands around it tell.
func numberQuiet(text []byte, s int) bool {
	if s > 0 && (text[s-1] == '%' || text[s-1] == 'u' || text[s-1] == 'x') { // Digits of an escape.
		return false
	}
	e := s
	for e < len(text) && in(text[e], digits) {
		e++
	}
	switch n := e - s; {
	case n == 3, n == 4, n == 8:
		return e+1 >= len(text) || !isGap(text[e]) || !in(text[e+1], digits)
	case n == 9:
		return false
	case minPAN <= n && n <= maxPAN:
		known, weak := issuer(text[s:e])
		return !known && !weak || !luhn(text[s:e])
	}
	return true
}

// ibanQuiet reports whether no IBAN begins at the two letters at s.
func ibanQuiet(text []byte, s int) bool {
	switch {
	case ibanSizes[text[s]&^0x20-'A'][text[s+1]&^0x20-'A'] == 0, s > len(text)-minIBAN:
		return true
	case s == 0 || !in(text[s-1], alnums):
		return false
	}
	return !(&finder{text: text}).escaped(s)
}

// minIBAN is the length of the shortest IBAN, Norway's.
const minIBAN = 15
