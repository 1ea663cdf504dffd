package buffer

import (
	"sync/atomic"
	"unsafe"
)

// cacheLine keeps what producers write apart from what the consumer writes. 128
// bytes, because x86 fetches lines in pairs and Apple's cores have lines of 128.
const cacheLine = 128

// Fields of a shard's head.
const (
	ownedBit   = 1
	posShift   = 1
	posMask    = 1<<39 - 1
	countShift = 40
	countMask  = 1<<24 - 1
)

const (
	wordSize    = 8
	headerWords = 4
)

// frameWords returns the size of the frame of a record of n bytes.
func frameWords(n int) uint64 {
	return headerWords + uint64(n+wordSize-1)/wordSize
}

// A shard is one circle of words.
type shard struct {
	// Written by owners.
	head atomic.Uint64
	seq  uint64 // of the next frame; only the owner touches it

	_ [cacheLine - 16]byte

	// Written by the consumer.
	tail    atomic.Uint64 // position
	drained atomic.Uint64 // frames freed since New

	_ [cacheLine - 16]byte

	// Immutable.
	mem  []uint64 // the circle and the slack behind it
	size uint64   // of the circle in words, a power of two
	id   uint16

	_ [cacheLine - 40]byte
}

// put tries to publish record in s. crowded says that a quarter of s is in use.
func (s *shard) put(r *Ring, h *Header, record []byte) (res Result, crowded bool) {
	head := s.head.Load()
	if head&ownedBit != 0 {
		return Contention, false
	}
	need := frameWords(len(record))
	pos := head >> posShift & posMask
	used := (pos-s.tail.Load())&posMask + need
	limit := s.size
	if h.Severity < r.reserved {
		limit -= limit / 4
	}
	if used > limit {
		return Full, true
	}
	if !s.head.CompareAndSwap(head, head|ownedBit) {
		return Contention, false
	}
	if r.closed.Load() {
		s.head.Store(head)
		return Closed, false
	}
	if r.hook != nil {
		r.hook()
	}
	at := pos & (s.size - 1)
	frame := s.mem[at : at+need]
	_ = frame[headerWords-1]
	frame[0] = uint64(uint32(len(record))) | uint64(h.Severity)<<32 | uint64(h.Flags)<<40 | uint64(s.id)<<48
	frame[1] = uint64(h.Origin)
	frame[2] = s.seq
	frame[3] = uint64(h.Time)
	copy(bytesOf(frame[headerWords:]), record)
	s.seq++
	count := head>>countShift + 1
	s.head.Store(count<<countShift | (pos+need)&posMask<<posShift)
	return OK, used >= s.size/4
}

// time returns the observed time of the frame at pos.
func (s *shard) time(pos uint64) int64 {
	return int64(s.mem[pos&(s.size-1)+3])
}

// read fills f from the frame at pos and returns the position of the next one.
// f.Data points into the shard.
func (s *shard) read(pos uint64, f *Frame) uint64 {
	at := pos & (s.size - 1)
	w := s.mem[at:]
	n := int(uint32(w[0]))
	f.Severity = uint8(w[0] >> 32)
	f.Flags = uint8(w[0] >> 40)
	f.Shard = uint16(w[0] >> 48)
	f.Origin = uint32(w[1])
	f.Seq = w[2]
	f.Time = int64(w[3])
	need := frameWords(n)
	f.Data = bytesOf(w[headerWords:need])[:n:n]
	return (pos + need) & posMask
}

// bytesOf returns w as bytes. The result has w's lifetime, and w has the greater
// alignment of the two.
func bytesOf(w []uint64) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(w))), len(w)*wordSize)
}
