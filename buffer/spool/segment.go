package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
	"strings"
	"time"
)

// Constants of the format; see the package doc. They must not change within a
// version.
const (
	segmentMagic  = "logspool"
	version       = 1
	segmentHeader = 96

	filePrefix    = "v1-" // so that versions do not meet in names
	segmentSuffix = ".seg"
	cursorSuffix  = ".cursor"
	tempSuffix    = ".tmp"
	guestPrefix   = "x-" // of files of whoever owns the spool
)

// maxSegment is the largest file that can be a segment, in bytes: the budgets
// never make a larger one.
const maxSegment = segmentMaxBytes + 2*(MaxBlock+MaxOrigin)

// maxTable bounds the table of origins that a segment's reader keeps.
const maxTable = 1 << 16

// A segment is one file of a chain. Its fields are guarded by Spool.mu, where
// nothing else is said.
type segment struct {
	// Immutable.
	name   string
	class  Class
	number uint64 // in the chain
	first  uint64 // number of its first record
	salt   uint64
	print  Fingerprint

	end  uint64 // number after its last record; frames at or above it are void
	size int64  // as far as frames count
	disk int64  // what it occupies, for the budget

	created time.Time // with a monotonic reading: a clock that is set later does not count
	newest  time.Time // when the last record came, likewise

	f       file             // nil while it is not open
	mine    bool             // f is the one that this process writes through
	origins map[uint32]int64 // offsets of the origin frames; nil until they were looked for
	readers int              // reads in progress, which use f without the lock
	failed  int              // reads in a row that the file system refused

	synced  uint64 // records below it are on the disk
	linked  bool   // its name is on the disk
	suspect bool   // an fsync has failed: what was not synced then never will be
	removed bool   // no longer in the chain
	leaving bool   // its file is being removed on purpose, because of why
	why     cause
}

func segmentName(c Class, number uint64) string {
	return fmt.Sprintf("%s%v-%016x%s", filePrefix, c, number, segmentSuffix)
}

// parseSegmentName returns what is in the name of a segment of this version.
func parseSegmentName(name string) (c Class, number uint64, ok bool) {
	s, ok := strings.CutPrefix(name, filePrefix)
	if !ok {
		return 0, 0, false
	}
	if s, ok = strings.CutSuffix(s, segmentSuffix); !ok {
		return 0, 0, false
	}
	for i, n := range classNames {
		hex, ok := strings.CutPrefix(s, n+"-")
		if !ok {
			continue
		}
		number, err := strconv.ParseUint(hex, 16, 64)
		if err != nil || number > maxNumber || segmentName(Class(i), number) != name {
			return 0, 0, false
		}
		return Class(i), number, true
	}
	return 0, 0, false
}

// appendSegmentHeader appends the header of s to dst.
func appendSegmentHeader(dst []byte, s *segment) []byte {
	start := len(dst)
	dst = append(dst, segmentMagic...)
	dst = binary.LittleEndian.AppendUint16(dst, version)
	dst = binary.LittleEndian.AppendUint16(dst, segmentHeader)
	dst = append(dst, byte(s.class), 0, 0, 0)
	dst = binary.LittleEndian.AppendUint64(dst, s.salt)
	dst = binary.LittleEndian.AppendUint64(dst, s.number)
	dst = binary.LittleEndian.AppendUint64(dst, s.first)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(s.created.UnixNano()))
	dst = append(dst, s.print[:]...)
	dst = append(dst, make([]byte, 12)...)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

// errForeign means a file of another version, which is left alone.
var errForeign = errors.New("file of another version")

// parseSegmentHeader fills in s from the header h of the file of that name, and
// returns when it was created.
func parseSegmentHeader(h []byte, s *segment) (created int64, err error) {
	_ = h[segmentHeader-1]
	if string(h[:8]) != segmentMagic {
		return 0, errHeader
	}
	if v := binary.LittleEndian.Uint16(h[8:]); v != version {
		return 0, errForeign
	}
	if crc32.Checksum(h[:92], castagnoli) != binary.LittleEndian.Uint32(h[92:]) {
		return 0, errHeader
	}
	if Class(h[12]) != s.class || binary.LittleEndian.Uint64(h[24:]) != s.number {
		return 0, errName
	}
	s.salt = binary.LittleEndian.Uint64(h[16:])
	s.first = binary.LittleEndian.Uint64(h[32:])
	copy(s.print[:], h[48:])
	if s.first > maxNumber {
		return 0, errHeader
	}
	return int64(binary.LittleEndian.Uint64(h[40:])), nil
}

// load finds the origin frames of a segment that an earlier process wrote. It is
// called without the lock, and s is being read.
func (s *segment) load(f file, limit int64) (map[uint32]int64, error) {
	table := make(map[uint32]int64)
	sc := scanner{f: f, salt: s.salt, off: segmentHeader, limit: limit}
	for {
		fr, at, _, err := sc.next()
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, errTorn) || errors.Is(err, io.ErrUnexpectedEOF):
			return table, nil
		case err != nil:
			return nil, err
		}
		// The first one counts: a frame that a crash cut off from its block may
		// be followed by another of its kind.
		if _, ok := table[uint32(fr.first)]; fr.kind == kindOrigin && !ok && len(table) < maxTable {
			table[uint32(fr.first)] = at
		}
	}
}

// blob reads the blob of an origin, or returns nil if it cannot be had.
func (s *segment) blob(f file, find func(id uint32) (int64, bool), id uint32) []byte {
	at, ok := find(id)
	if !ok {
		return nil
	}
	var h [frameHeader]byte
	if readFull(f, h[:], at) != nil {
		return nil
	}
	fr, ok := parseFrame(h[:], s.salt)
	if !ok || fr.kind != kindOrigin || fr.first != uint64(id) {
		return nil
	}
	b := make([]byte, fr.data)
	if readFull(f, b, at+frameHeader) != nil || crc32.Checksum(b, castagnoli) != fr.crc {
		return nil
	}
	return b
}
