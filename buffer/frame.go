package buffer

import "unsafe"

// A Header is what a ring keeps of a record besides its bytes.
type Header struct {
	Time     int64  // when the record was observed, nanoseconds since 1970
	Origin   uint32 // opaque to the ring
	Severity uint8  // OTLP severity number
	Flags    uint8  // opaque to the ring

	Shard uint16 // set by Put
	Seq   uint64 // set by Put: 0, 1, 2, ... within the shard
}

// A Frame is a record as the consumer sees it.
type Frame struct {
	Header

	// Data is the record. It points into the ring and is valid until the function
	// that it was passed to returns.
	Data []byte
}

// The layout of a frame, in words. The first packs, from the low end, length (32
// bits), severity (8), flags (8) and shard (16).
const (
	packedWord = iota
	originWord
	seqWord
	timeWord
	headerWords
)

// Where the parts of a frame's first word start.
const (
	severityShift = 32
	flagsShift    = 40
	shardShift    = 48
)

const wordSize = 8

// frameWords returns the size of the frame of a record of n bytes.
func frameWords(n int) uint64 {
	return headerWords + (uint64(n)+wordSize-1)/wordSize
}

// encode writes the header and record of a frame over w, which has its size.
func encode(w []uint64, h *Header, shard uint16, seq uint64, record []byte) {
	_ = w[headerWords-1] // one bounds check instead of four
	w[packedWord] = uint64(len(record)) | uint64(h.Severity)<<severityShift |
		uint64(h.Flags)<<flagsShift | uint64(shard)<<shardShift
	w[originWord] = uint64(h.Origin)
	w[seqWord] = seq
	w[timeWord] = uint64(h.Time)
	copy(bytesOf(w[headerWords:]), record)
}

// decode fills f from the frame at the start of w and returns its size in words.
// f.Data points into w.
func decode(w []uint64, f *Frame) uint64 {
	_ = w[headerWords-1]
	packed := w[packedWord]
	n := int(uint32(packed))
	f.Severity = uint8(packed >> severityShift)
	f.Flags = uint8(packed >> flagsShift)
	f.Shard = uint16(packed >> shardShift)
	f.Origin = uint32(w[originWord])
	f.Seq = w[seqWord]
	f.Time = int64(w[timeWord])
	need := frameWords(n)
	f.Data = bytesOf(w[headerWords:need])[:n:n]
	return need
}

// bytesOf returns w as bytes: the same memory, which needs less alignment as
// bytes than as words.
func bytesOf(w []uint64) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(w))), len(w)*wordSize)
}
