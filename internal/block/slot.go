package block

import "encoding/binary"

// A Slot says what a block knows of one record without decoding it.
type Slot struct {
	Origin   uint32
	Shard    uint16 // ring shard that the record came through
	Severity uint8  // OTLP severity number, 0 to 24
	Flags    uint8
	Seq      uint64 // dense per shard
	Time     int64  // observed time, nanoseconds since 1970

	off, size uint32 // its field (tag, length, record) in the page
}

// slotSize is the room of an encoded slot: offset, size, origin (4 bytes each),
// shard (2), severity, flags, sequence (8), time (8), little-endian.
const slotSize = 32

func putSlot(dst []byte, s *Slot) {
	_ = dst[slotSize-1]
	binary.LittleEndian.PutUint32(dst[0:], s.off)
	binary.LittleEndian.PutUint32(dst[4:], s.size)
	binary.LittleEndian.PutUint32(dst[8:], s.Origin)
	binary.LittleEndian.PutUint16(dst[12:], s.Shard)
	dst[14] = s.Severity
	dst[15] = s.Flags
	binary.LittleEndian.PutUint64(dst[16:], s.Seq)
	binary.LittleEndian.PutUint64(dst[24:], uint64(s.Time))
}

func getSlot(src []byte) Slot {
	_ = src[slotSize-1]
	return Slot{
		off:      binary.LittleEndian.Uint32(src[0:]),
		size:     binary.LittleEndian.Uint32(src[4:]),
		Origin:   binary.LittleEndian.Uint32(src[8:]),
		Shard:    binary.LittleEndian.Uint16(src[12:]),
		Severity: src[14],
		Flags:    src[15],
		Seq:      binary.LittleEndian.Uint64(src[16:]),
		Time:     int64(binary.LittleEndian.Uint64(src[24:])),
	}
}
