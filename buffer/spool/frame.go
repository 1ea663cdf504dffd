package spool

import (
	"encoding/binary"
	"hash/crc32"
)

// Constants of the format; see the package doc. They must not change within a
// version.
const (
	frameMagic  = 0x314d5246 // "FRM1"
	frameHeader = 48
	frameAlign  = 8

	kindBlock  = 1
	kindOrigin = 2
)

// maxNumber bounds record numbers, so that sums of a few never overflow.
const maxNumber = 1 << 62

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A frame is the header of a frame.
type frame struct {
	kind    uint8
	first   uint64 // number of the first record, or the id of an origin
	records uint32
	origins uint32 // ids that stand before meta
	meta    uint32 // bytes
	data    uint32 // bytes
	time    int64  // nanoseconds since 1970
	crc     uint32 // of what follows the header, without the padding
}

// content returns the size of what follows the header, without the padding.
func (f *frame) content() int64 { return 4*int64(f.origins) + int64(f.meta) + int64(f.data) }

// size returns the size of the frame in the file.
func (f *frame) size() int64 { return align(frameHeader + f.content()) }

// end returns the number after the last record of a block.
func (f *frame) end() uint64 { return f.first + uint64(f.records) }

func align(n int64) int64 { return (n + frameAlign - 1) &^ (frameAlign - 1) }

// appendFrame appends the header to dst. salt is that of the segment.
func appendFrame(dst []byte, salt uint64, f *frame) []byte {
	start := len(dst)
	dst = binary.LittleEndian.AppendUint32(dst, frameMagic)
	dst = append(dst, f.kind, 0, 0, 0)
	dst = binary.LittleEndian.AppendUint64(dst, f.first)
	dst = binary.LittleEndian.AppendUint32(dst, f.records)
	dst = binary.LittleEndian.AppendUint32(dst, f.origins)
	dst = binary.LittleEndian.AppendUint32(dst, f.meta)
	dst = binary.LittleEndian.AppendUint32(dst, f.data)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(f.time))
	dst = binary.LittleEndian.AppendUint32(dst, f.crc)
	return binary.LittleEndian.AppendUint32(dst, headerSum(salt, dst[start:]))
}

// headerSum returns the checksum of a frame header without its last field. The
// salt is part of it: a log record that holds a copy of a spool file, or what
// somebody made up to look like one, is never taken for a frame.
func headerSum(salt uint64, h []byte) uint32 {
	var s [8]byte
	binary.LittleEndian.PutUint64(s[:], salt)
	return crc32.Update(crc32.Checksum(s[:], castagnoli), castagnoli, h)
}

// parseFrame reads the header at the front of h, which is at least as long as one.
// It returns false if there is none.
func parseFrame(h []byte, salt uint64) (f frame, ok bool) {
	_ = h[frameHeader-1]
	if binary.LittleEndian.Uint32(h) != frameMagic ||
		binary.LittleEndian.Uint32(h[44:]) != headerSum(salt, h[:44]) {
		return f, false
	}
	f = frame{
		kind:    h[4],
		first:   binary.LittleEndian.Uint64(h[8:]),
		records: binary.LittleEndian.Uint32(h[16:]),
		origins: binary.LittleEndian.Uint32(h[20:]),
		meta:    binary.LittleEndian.Uint32(h[24:]),
		data:    binary.LittleEndian.Uint32(h[28:]),
		time:    int64(binary.LittleEndian.Uint64(h[32:])),
		crc:     binary.LittleEndian.Uint32(h[40:]),
	}
	switch f.kind {
	case kindBlock:
		ok = f.first <= maxNumber && f.records >= 1 && f.records <= MaxRecords &&
			f.origins <= MaxOrigins && uint64(f.meta)+uint64(f.data) <= MaxBlock
	case kindOrigin:
		ok = f.first <= 1<<32-1 && f.records == 0 && f.origins == 0 && f.meta == 0 &&
			f.data >= 1 && f.data <= MaxOrigin
	}
	return f, ok
}
