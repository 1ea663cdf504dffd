//go:build !purego

package detect

import (
	"encoding/binary"

	"golang.org/x/sys/cpu"
)

// looks reports whether the processor has the instruction that look16 and look64
// live on: PSHUFB, which all have that were made since 2011.
var looks = cpu.X86.HasSSSE3

// look returns the traits of a text of 4 to 64 bytes.
func look(text []byte) (t traits) {
	n := len(text)
	switch {
	case !looks:
		return lookByWords(text)
	case n >= 16:
		t.kinds, t.other, t.ends, t.digits = look64(&text[0], n)
		return t
	case n >= 8:
		lo, hi := binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[n-8:])
		t.kinds, t.other, t.ends, t.digits = look16(lo, hi>>(8*(16-n)&63))
	default:
		lo, hi := binary.LittleEndian.Uint32(text), binary.LittleEndian.Uint32(text[n-4:])
		t.kinds, t.other, t.ends, t.digits = look16(uint64(lo)|uint64(hi)<<(8*(n-4)&63), 0)
	}
	t.other &= 1<<n - 1
	return t
}

//go:noescape
func look16(lo, hi uint64) (kinds, other, ends, digits uint64)

//go:noescape
func look64(text *byte, n int) (kinds, other, ends, digits uint64)
