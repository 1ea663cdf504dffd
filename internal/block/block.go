package block

import (
	"encoding/binary"

	"github.com/logstream-go/logstream/internal/otlp"
)

// tagLogRecord opens a log_records field of an OTLP ScopeLogs message.
const tagLogRecord = 2<<3 | 2

// A Masker writes the masked form of a LogRecord. It is called by one goroutine
// at a time per block.
type Masker interface {
	// AppendRecord appends the masked record to dst and returns the result.
	// It must not retain either slice.
	AppendRecord(dst, record []byte) []byte
}

// A Block is a page of masked records. See the package doc for its layout.
type Block struct {
	mem     []byte   // immutable slice; content below end and in slots 0..n-1 never changes
	origins *Origins // immutable

	// Owned by the appender. Readers must not look at them: how far they may
	// read is told to them by whoever publishes the records.
	end int // bytes of records
	n   int // slots
}

// New returns an empty block with room for size bytes, slots included. All its
// records must have ids of origins.
func New(size int, origins *Origins) *Block {
	return &Block{mem: make([]byte, size), origins: origins}
}

// Room returns the size of a block that can hold one record of n bytes.
func Room(n int) int { return n + 1 + binary.MaxVarintLen32 + slotSize }

// Reset empties b for another use. No reader may be left.
func (b *Block) Reset() { b.end, b.n = 0, 0 }

// Cap returns the size of the memory that b occupies, in bytes.
func (b *Block) Cap() int { return len(b.mem) }

// Len returns the number of records appended so far. Only the appender may ask.
func (b *Block) Len() int { return b.n }

// Append writes record, masked by m, as the next record of b. It reports whether
// there was room; where there was none, b is as it was before.
func (b *Block) Append(s Slot, m Masker, record []byte) bool {
	limit := len(b.mem) - slotSize*(b.n+1)
	head := 1 + otlp.SizeVarint(uint64(len(record)))
	start := b.end + head
	if start+len(record) > limit {
		return false // masking may shorten it, but a block this full is as good as done
	}
	room := b.mem[start:start:limit]
	out := m.AppendRecord(room, record)
	if len(out) > cap(room) {
		return false
	}
	if h := 1 + otlp.SizeVarint(uint64(len(out))); h != head || (len(out) > 0 && &out[0] != &room[:1][0]) {
		// The length that masking made needs another number of bytes, or the
		// masker grew the slice into memory of its own.
		if b.end+h+len(out) > limit {
			return false
		}
		start = b.end + h
		copy(b.mem[start:limit], out)
	}
	otlp.AppendVarint(append(b.mem[b.end:b.end], tagLogRecord), uint64(len(out)))
	s.off = uint32(b.end)
	s.size = uint32(start + len(out) - b.end)
	putSlot(b.mem[limit:], &s)
	b.end = start + len(out)
	b.n++
	return true
}

// Slot returns the i-th slot.
func (b *Block) Slot(i int) Slot {
	return getSlot(b.mem[len(b.mem)-slotSize*(i+1):])
}

// Severity returns the severity number of the i-th record.
func (b *Block) Severity(i int) uint8 {
	return b.mem[len(b.mem)-slotSize*(i+1)+14]
}

// Size returns what the i-th record adds to an export request, in bytes.
func (b *Block) Size(i int) int {
	return int(binary.LittleEndian.Uint32(b.mem[len(b.mem)-slotSize*(i+1)+4:]))
}

// Origin returns the id of the i-th record's origin.
func (b *Block) Origin(i int) uint32 {
	return binary.LittleEndian.Uint32(b.mem[len(b.mem)-slotSize*(i+1)+8:])
}

// fields returns the log_records fields of the records from..to-1.
func (b *Block) fields(from, to int) []byte {
	first, last := b.Slot(from), b.Slot(to-1)
	return b.mem[first.off : last.off+last.size]
}

// record returns the encoded LogRecord of a slot of b.
func (b *Block) record(s Slot) []byte {
	f := b.mem[s.off : s.off+s.size]
	_, n := binary.Uvarint(f[1:])
	return f[1+n:]
}
