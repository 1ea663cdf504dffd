package otlp

import (
	"math"
	"sync"
)

// Limits are the bounds that AppendLimited holds a LogRecord to.
type Limits struct {
	// MaxBytes is the most bytes of the result. 0 and less is no limit; 1 to
	// MinRecordBytes-1 count as MinRecordBytes.
	MaxBytes int
	// MaxAttributes is the most attributes of the result: 0 keeps none, less
	// than 0 is no limit, as in the OpenTelemetry SDK.
	MaxAttributes int
	// MaxValueLength is the most characters of a string, and bytes of a byte
	// string, in the values of the attributes: 0 and less is no limit.
	MaxValueLength int
}

// MinRecordBytes is the smallest bound on a record: the scalar fields, the two
// texts and a body of one line fit in it whatever they were before.
const MinRecordBytes = 1024

// CutMark ends a string or byte string that was shortened. An array that lost
// elements ends with it as a string; a map that lost entries has it as a key,
// whose value is their number.
const CutMark = "...[cut]"

// AppendLimited appends record, a LogRecord, with unique keys and within lim.
// Nothing makes it give up a record: what does not fit is taken away in this
// order.
//
//  1. Of duplicate keys, among the attributes and in every map, the last value
//     wins and stands where the key stood first. Duplicates are not counted as
//     dropped. Arrays and maps below MaxDepth become null. All this is what
//     the OpenTelemetry SDK does.
//  2. Attributes behind the first MaxAttributes are dropped and counted in
//     dropped_attributes_count.
//  3. Strings and byte strings longer than MaxValueLength are cut, in the values
//     of attributes and everywhere inside them, but not in keys or the body. As
//     in the SDK nothing marks or counts the cut, so that a limit of three
//     characters leaves three of the text. Marks are kept whole, since a part of
//     one could be taken for data: a string that is nothing but CutMark or a
//     marker of masking, "[REDACTED:" to "]" without spaces, up to 64 bytes.
//  4. If the record is larger than MaxBytes, unknown fields go, and the
//     largest values are shortened to an equal size that fits: strings at a
//     character, with a CutMark, and maps and arrays in the same way inside,
//     losing entries from the end last. The body and the two texts take part.
//  5. If values of 64 bytes are still too much, attributes are dropped from
//     the end, those with a key of half the record before all others, and
//     counted.
//
// A record that needs none of this is copied as it is, without allocation.
// Otherwise it is written anew in canonical form, with known fields only. The
// UTF-8 of strings is not looked at. A damaged record keeps what can be read
// before the damage; that there was damage counts as one dropped attribute.
//
// The time is linear in the size of record, apart from sorting lengths, also
// for hostile input. record must not overlap the free capacity of dst.
func AppendLimited(dst, record []byte, lim Limits) []byte {
	most := math.MaxInt
	if lim.MaxBytes > 0 {
		most = max(lim.MaxBytes, MinRecordBytes)
	}
	longest := lim.length()
	isClean := cleanRecord(record, lim.MaxAttributes, longest)
	if isClean && len(record) <= most {
		return append(dst, record...)
	}
	s := scratches.Get().(*scratch)
	defer s.release()
	if isClean {
		return s.appendCut(dst, record, most, longest)
	}
	at := len(dst)
	dst = s.appendUnique(dst, record, lim.MaxAttributes, longest)
	if len(dst)-at <= most {
		return dst
	}
	// Cut what was just written into the room behind it and move it back.
	mid := len(dst)
	dst = s.appendCut(dst, dst[at:mid], most, longest)
	return append(dst[:at], dst[mid:]...)
}

// entry is an element of a map, an array or the attributes. An element of an
// array has no key.
type entry struct {
	key   []byte
	value []byte // Content of an AnyValue.
	size  int    // Bytes of the whole field, tag and length included.
}

// scratch is the working memory of the slow paths. Both lists are used as
// stacks: a nested map works above what its parents left there.
type scratch struct {
	entries []entry
	table   []int32 // Hash table of positions in entries; 0 is free.
	sizes   []int
	longest int  // To which strings and byte strings are cut where the walk is.
	damaged bool // Part of the record could not be read.
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// maxPooledEntries is the largest scratch that is kept: eight times the
// default limit of attributes, 56 KiB.
const maxPooledEntries = 1024

// release gives s back without any view of the record.
func (s *scratch) release() {
	if cap(s.entries) > maxPooledEntries {
		return
	}
	clear(s.entries[:cap(s.entries)])
	s.entries, s.sizes, s.damaged = s.entries[:0], s.sizes[:0], false
	scratches.Put(s)
}
