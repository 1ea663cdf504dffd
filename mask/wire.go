package mask

import (
	"encoding/binary"
	"math"
)

// This file reads protobuf by positions in one buffer. The reader of
// internal/otlp returns views; the walk needs to know where each length
// stands, and passes over most fields without looking at them.

// oneByte is the first tag or length that needs two bytes as a varint.
const oneByte = 0x80

// Tags of the fields inside KeyValue and AnyValue: number<<3 | wire type.
const (
	tagKey   = 1<<3 | 2
	tagValue = 2<<3 | 2

	tagString = 1<<3 | 2
	tagBool   = 2<<3 | 0
	tagInt    = 3<<3 | 0
	tagDouble = 4<<3 | 1
	tagArray  = 5<<3 | 2
	tagMap    = 6<<3 | 2
	tagBytes  = 7<<3 | 2
)

// role says how the walk treats a field of a message. A wire type other than
// OTLP's makes a known field an unknown one, as it does for every decoder.
type role uint8

const (
	roleUnknown   role = iota // Nobody can tell what it holds: removed.
	roleVarint                // A scalar, passed over.
	roleFixed64               // A scalar, passed over.
	roleFixed32               // A scalar, passed over.
	roleBytes                 // Bytes or a message without values, passed over.
	roleText                  // Text that no key stands before: looked through.
	roleValue                 // An AnyValue that occurs once: walked.
	roleElement               // An AnyValue, repeated: walked.
	roleAttribute             // A KeyValue, repeated: walked.
)

// schema gives the role of each field by its one-byte tag.
type schema [oneByte]role

// Every field that OTLP 1.11 defines for the messages that hold values.
var (
	recordSchema = schema{
		1<<3 | 1:  roleFixed64, // time_unix_nano
		2<<3 | 0:  roleVarint,  // severity_number
		3<<3 | 2:  roleText,    // severity_text
		5<<3 | 2:  roleValue,   // body
		6<<3 | 2:  roleAttribute,
		7<<3 | 0:  roleVarint,  // dropped_attributes_count
		8<<3 | 5:  roleFixed32, // flags
		9<<3 | 2:  roleBytes,   // trace_id
		10<<3 | 2: roleBytes,   // span_id
		11<<3 | 1: roleFixed64, // observed_time_unix_nano
		12<<3 | 2: roleText,    // event_name
	}
	resourceSchema = schema{
		1<<3 | 2: roleAttribute,
		2<<3 | 0: roleVarint, // dropped_attributes_count
		3<<3 | 2: roleBytes,  // entity_refs: names of attributes, no values
	}
	scopeSchema = schema{
		1<<3 | 2: roleText, // name
		2<<3 | 2: roleText, // version
		3<<3 | 2: roleAttribute,
		4<<3 | 0: roleVarint, // dropped_attributes_count
	}
	arraySchema = schema{1<<3 | 2: roleElement}
	mapSchema   = schema{1<<3 | 2: roleAttribute}
)

// The functions below read up to the end of b, which may lie behind the end of
// the message that the caller is in. A position behind that end tells the
// caller that the message is malformed; what cannot be read at all is tooFar.
// They are split so that the case of one byte is inlined.

// tooFar is behind the end of every message.
const tooFar = math.MaxInt

// span reads the length at pos and returns where the content that it announces
// begins and ends.
func span(b []byte, pos int) (start, end int) {
	if pos < len(b) && b[pos] < oneByte {
		return pos + 1, pos + 1 + int(b[pos])
	}
	return longSpan(b, pos)
}

// longSpan is span for lengths of more than one byte.
func longSpan(b []byte, pos int) (start, end int) {
	n, start := uvarint(b, pos)
	if start > len(b) || n > uint64(len(b)-start) {
		return tooFar, tooFar
	}
	return start, start + int(n)
}

// afterVarint returns the position behind the varint at pos.
func afterVarint(b []byte, pos int) int {
	if pos < len(b) && b[pos] < oneByte {
		return pos + 1
	}
	_, pos = uvarint(b, pos)
	return pos
}

// uvarint reads the varint at pos and returns the position behind it. More
// than 64 bits are an error.
func uvarint(b []byte, pos int) (v uint64, next int) {
	v, size := binary.Uvarint(b[min(pos, len(b)):])
	if size <= 0 {
		return 0, tooFar
	}
	return v, pos + size
}

// maxTag is the largest tag: field numbers have 29 bits.
const maxTag = 1<<32 - 1

// longTag reads a tag of any length. A one-byte tag in a longer encoding is
// returned as what it is; every other tag as one of its wire type that no
// schema has.
func longTag(b []byte, pos int) (tag byte, next int) {
	v, next := uvarint(b, pos)
	switch {
	case v > maxTag:
		return 0, tooFar
	case v >= oneByte:
		return unknownTag | byte(v&7), next
	}
	return byte(v), next
}

// unknownTag marks a field that no message here has: number 13, which OTLP
// does not define for any of them.
const unknownTag = 13 << 3

// skip returns the position behind the content of a field that nothing is
// known of. Field number 0, groups and the wire types 6 and 7 are errors.
func skip(b []byte, tag byte, pos int) (next int) {
	if tag < 1<<3 {
		return tooFar
	}
	switch tag & 7 {
	case 0:
		return afterVarint(b, pos)
	case 1:
		return pos + 8
	case 2:
		_, next = span(b, pos)
		return next
	case 5:
		return pos + 4
	}
	return tooFar
}
