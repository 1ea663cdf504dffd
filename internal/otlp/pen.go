package otlp

import (
	"encoding/binary"
	"unsafe"
)

// A spot is where the next bytes are written. The functions of this file do not look whether
// there is room: who calls them has made it, with extendAt, for all that it writes before it
// calls anything else. A slice would say the same again for each piece, and a sixth of what an
// attribute costs went into that.
type spot = unsafe.Pointer

// extendAt lengthens dst by n bytes of any content and returns where they are. Its memory has
// a byte behind them, so that the spot of an empty text at their end lies in it too.
func extendAt(dst []byte, n int) ([]byte, spot) {
	at := len(dst)
	if cap(dst)-at <= n {
		dst = grow(dst, n+1)
	}
	return dst[:at+n], unsafe.Add(unsafe.Pointer(unsafe.SliceData(dst)), at)
}

// after returns the spot n bytes behind p.
func after(p spot, n int) spot { return unsafe.Add(p, n) }

func load64(p spot) uint64     { return binary.LittleEndian.Uint64((*[8]byte)(p)[:]) }
func load32(p spot) uint32     { return binary.LittleEndian.Uint32((*[4]byte)(p)[:]) }
func store64(p spot, v uint64) { binary.LittleEndian.PutUint64((*[8]byte)(p)[:], v) }
func store32(p spot, v uint32) { binary.LittleEndian.PutUint32((*[4]byte)(p)[:], v) }

// putHeads writes two tags, each with a length of one byte, in one store.
func putHeads(p spot, outer byte, outerLen int, inner byte, innerLen int) {
	store32(p, uint32(outer)|uint32(outerLen)<<8|uint32(inner)<<16|uint32(innerLen)<<24)
}

// shortCopy is the longest string that putString copies itself. Longer ones
// are faster with the runtime's memmove.
const shortCopy = 64

// putString copies s to p and returns highBits-masked bits: 0 says that s is ASCII and so
// valid UTF-8. Most keys and values are short ASCII; one pass over overlapping words does for
// them what takes a validation and a memmove otherwise. It writes len(s) bytes and reads no
// others: each word lies inside s.
func putString(p spot, s string) (high uint64) {
	n := len(s)
	q := unsafe.Pointer(unsafe.StringData(s))
	switch {
	case n >= 16:
		if n > shortCopy {
			copy(unsafe.Slice((*byte)(p), n), s)
			return highBitsOf(s)
		}
		if n > 32 { // the first 32, and then the last 32
			a, b, c, d := load64(q), load64(unsafe.Add(q, 8)), load64(unsafe.Add(q, 16)), load64(unsafe.Add(q, 24))
			store64(p, a)
			store64(unsafe.Add(p, 8), b)
			store64(unsafe.Add(p, 16), c)
			store64(unsafe.Add(p, 24), d)
			high = a | b | c | d
			q, p, n = unsafe.Add(q, n-32), unsafe.Add(p, n-32), 32
		}
		a, b, c, d := load64(q), load64(unsafe.Add(q, 8)), load64(unsafe.Add(q, n-16)), load64(unsafe.Add(q, n-8))
		store64(p, a)
		store64(unsafe.Add(p, 8), b)
		store64(unsafe.Add(p, n-16), c)
		store64(unsafe.Add(p, n-8), d)
		return (high | a | b | c | d) & highBits
	case n >= 8:
		a, b := load64(q), load64(unsafe.Add(q, n-8))
		store64(p, a)
		store64(unsafe.Add(p, n-8), b)
		return (a | b) & highBits
	case n >= 4:
		a, b := load32(q), load32(unsafe.Add(q, n-4))
		store32(p, a)
		store32(unsafe.Add(p, n-4), b)
		return uint64(a|b) & highBits
	case n > 0:
		a, b, c := s[0], s[n>>1], s[n-1]
		*(*byte)(p), *(*byte)(unsafe.Add(p, n>>1)), *(*byte)(unsafe.Add(p, n-1)) = a, b, c
		return uint64(a|b|c) & highBits
	}
	return 0
}
