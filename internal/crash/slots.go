package crash

import (
	"hash/crc32"
	"sync/atomic"
)

// slots are two places for the same words, written in turn: a crash in the middle of
// one leaves the other. A slot is
//
//	word 0  number, 0 while the slot is being written
//	word 1  CRC-32C of what is kept (32 bits), the number, cut off (32)
//	word 2  what is kept
type slots struct {
	mem  []uint64
	size uint64 // of what is kept, in words
}

const slotHead = 2 // words

// slotsSize returns the size in words of the slots for so many words.
func slotsSize(words uint64) uint64 { return 2 * (slotHead + words) }

func slotsOver(mem []uint64) slots { return slots{mem, uint64(len(mem))/2 - slotHead} }

func (s slots) slot(number uint64) []uint64 {
	at := number % 2 * (slotHead + s.size)
	return s.mem[at:][: slotHead+s.size : slotHead+s.size]
}

// write keeps the words of parts under a number, which follows the one before and is not
// 0. torn, if there is one, is called when the slot is half written.
func (s slots) write(number uint64, torn func(), parts ...[]uint64) {
	w := s.slot(number)
	atomic.StoreUint64(&w[0], 0)
	rest := w[slotHead:]
	for i, p := range parts {
		rest = rest[copy(rest, p):]
		if i == 0 && torn != nil {
			torn()
		}
	}
	clear(rest)
	w[1] = slotSum(number, w)
	atomic.StoreUint64(&w[0], number) // not before what the sum covers
}

// read returns what was written last and its number, or 0 if nothing is whole.
func (s slots) read() (words []uint64, number uint64) {
	for i := range uint64(2) {
		w := s.slot(i)
		if n := w[0]; n > number && n%2 == i && w[1] == slotSum(n, w) {
			words, number = w[slotHead:], n
		}
	}
	return words, number
}

// slotSum returns the second word of slot w with a number.
func slotSum(number uint64, w []uint64) uint64 {
	return uint64(crc32.Checksum(bytesOf(w[slotHead:]), castagnoli)) | number<<32
}
