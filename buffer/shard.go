package buffer

import (
	"sync/atomic"
	"unsafe"
)

// cacheLine keeps what producers write apart from what the consumer writes. 128
// bytes, because x86 fetches lines in pairs and Apple's cores have lines of 128.
const cacheLine = 128

// The parts of a head: bit 0 is the owner's, then the position, then the count.
const (
	ownedBit   = 1
	posShift   = 1
	posMask    = 1<<39 - 1
	countShift = 40
	countMask  = 1<<24 - 1
)

func headPos(head uint64) uint64   { return head >> posShift & posMask }
func headCount(head uint64) uint64 { return head >> countShift }

// advance returns the unowned head that follows head when a frame of n words is
// published.
func advance(head, n uint64) uint64 {
	return (headCount(head)+1)<<countShift | (headPos(head)+n)&posMask<<posShift
}

// A control tells how far a shard is written and read. It lies at the start of
// the shard's memory.
type control struct {
	// Written by owners.
	head atomic.Uint64

	_ [cacheLine - 8]byte

	// Written by the consumer.
	tail    atomic.Uint64 // position up to which memory is free
	drained atomic.Uint64 // frames freed since New; stored before tail

	_ [cacheLine - 16]byte
}

const controlWords = uint64(unsafe.Sizeof(control{}) / wordSize)

// published returns how many frames were published in the shard since New, given
// head and drained as they were at one moment: the frames that are in the shard,
// fewer than head can count, and those that are gone.
func published(head, drained uint64) uint64 {
	return drained + (headCount(head)-drained)&countMask
}

// A shard is the view of one shard's memory. The view is immutable.
type shard struct {
	*control
	mem  []uint64 // the circle and the slack behind it
	size uint64   // of the circle in words, a power of two
	id   uint16
}

// shardWords returns the size of a shard's memory in words: control, circle and
// slack, filled up to whole cache lines.
func shardWords(c *Config) uint64 {
	const line = cacheLine / wordSize
	n := controlWords + uint64(c.ShardSize)/wordSize + frameWords(c.MaxRecord)
	return (n + line - 1) &^ (line - 1)
}

// newShard lays a shard over mem, which has shardWords words.
func newShard(mem []uint64, c *Config, id int) shard {
	return shard{
		control: (*control)(unsafe.Pointer(unsafe.SliceData(mem))),
		mem:     mem[controlWords:],
		size:    uint64(c.ShardSize) / wordSize,
		id:      uint16(id),
	}
}

// put tries to publish record in s: OK, or Full, or Contention when another owns
// the shard or was faster. crowded says that a quarter of s is in use.
func (s *shard) put(r *Ring, h *Header, record []byte) (res Result, crowded bool) {
	c := s.control
	head := c.head.Load()
	if head&ownedBit != 0 {
		return Contention, false
	}
	drained, tail := c.drained.Load(), c.tail.Load()
	need := frameWords(len(record))
	used := (headPos(head)-tail)&posMask + need
	limit := s.size
	if h.Severity < r.reserved {
		limit -= limit / 4
	}
	if used > limit {
		return s.refuse(head), true
	}
	if !c.head.CompareAndSwap(head, head|ownedBit) {
		return Contention, false
	}
	if r.hook != nil {
		r.hook(s.id)
	}
	at := headPos(head) & (s.size - 1)
	encode(s.mem[at:at+need], h, s.id, published(head, drained), record)
	c.head.Store(advance(head, need))
	return OK, used >= s.size/4
}

// refuse says what it means that a frame did not fit between head and a tail that
// was loaded after it. tail may be of a later time than head, even ahead of it:
//
//	this producer loads head 100
//	others publish up to 150, the consumer frees up to 150
//	this producer loads tail 150: 100 - 150 looks like a full shard
//
// Only if head is still the same did that tail belong to it.
func (s *shard) refuse(head uint64) Result {
	if s.head.Load() != head {
		return Contention
	}
	return Full
}

// seal makes the consumer the owner of s for good, so that nothing is published
// in it any more. It fails while a producer owns s.
func (s *shard) seal() bool {
	head := s.head.Load()
	return head&ownedBit == 0 && s.head.CompareAndSwap(head, head|ownedBit)
}

// free gives the memory up to pos, which n frames were in, back to the producers.
// Only the consumer may call it.
func (s *shard) free(pos, n uint64) {
	s.drained.Store(s.drained.Load() + n)
	s.tail.Store(pos)
}

// rewindFrom is how far into the circle, in words, an empty shard goes on. One that is
// hardly used stays in the caches, and in little memory: the lines that it would
// reach at the end of a large circle nobody has touched for a long time.
const rewindFrom = 64 << 10 / wordSize

// rewind makes the next frame start at the start of the circle if s is empty and is far
// enough from there. Only the consumer may call it. It owns the shard meanwhile, as a producer
// would, and stores tail first: head less tail is never more than is used.
func (s *shard) rewind() {
	head := s.head.Load()
	pos := headPos(head)
	at := pos & (s.size - 1)
	if at < min(rewindFrom, s.size/4) || pos != s.tail.Load() || head&ownedBit != 0 || !s.head.CompareAndSwap(head, head|ownedBit) {
		return
	}
	start := (pos - at + s.size) & posMask
	s.tail.Store(start)
	s.head.Store(headCount(head)<<countShift | start<<posShift)
}

// used returns how many words of s hold records. Only the consumer may call it.
func (s *shard) used() uint64 {
	return (headPos(s.head.Load()) - s.tail.Load()) & posMask
}

// at returns the memory from pos on, which a frame starts at.
func (s *shard) at(pos uint64) []uint64 { return s.mem[pos&(s.size-1):] }

// time returns the observed time of the frame at pos.
func (s *shard) time(pos uint64) int64 { return int64(s.at(pos)[timeWord]) }
