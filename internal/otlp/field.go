package otlp

import (
	"encoding/binary"
	"errors"
)

// Errors of the reader. They say what is wrong, not where: the bytes may hold
// what must not be repeated in a message.
var (
	// ErrTruncated: a field ends behind the message that holds it.
	ErrTruncated = errors.New("otlp: truncated message")
	// ErrOverflow: a varint has more than 64 bits.
	ErrOverflow = errors.New("otlp: varint overflows 64 bits")
	// ErrWireType: a group, an undefined wire type, or, from Validate, a known
	// field of a foreign wire type.
	ErrWireType = errors.New("otlp: invalid wire type")
	// ErrFieldNumber: a field number outside 1 to 2^29-1.
	ErrFieldNumber = errors.New("otlp: invalid field number")
	// ErrUTF8: a string field is not valid UTF-8. Only from Validate.
	ErrUTF8 = errors.New("otlp: invalid UTF-8 in a string field")
	// ErrID: a trace id or span id of a wrong length. Only from Validate.
	ErrID = errors.New("otlp: invalid length of an id")
	// ErrDepth: values are nested deeper than the limit. Only from Validate.
	ErrDepth = errors.New("otlp: values nested too deeply")
)

// maxTag is the tag of the largest field number of protobuf, 2^29-1.
const maxTag = 1<<32 - 1

// Field is one field of a message.
type Field struct {
	Num  uint32
	Type WireType
	Bits uint64 // The value of a Varint, Fixed64 or Fixed32 field.
	Data []byte // The content of a Bytes field: a view into the message.
}

// Next splits the first field off msg. The caller ends when rest is empty;
// Next on an empty message returns ErrTruncated. After an error f and rest
// are zero.
func Next(msg []byte) (f Field, rest []byte, err error) {
	tag, bits, end := scan(msg, 0)
	if end < 0 {
		return Field{}, nil, scanError(end)
	}
	f.Num, f.Type = tag>>3, WireType(tag&7)
	if f.Type == Bytes {
		f.Data = data(msg, bits, end)
	} else {
		f.Bits = bits
	}
	return f, msg[end:], nil
}

// What scan returns as end in place of a position.
const (
	endTruncated = -1 - iota
	endOverflow
	endWireType
	endFieldNumber
)

// scanError is the error for a negative end.
func scanError(end int) error {
	switch end {
	case endTruncated:
		return ErrTruncated
	case endOverflow:
		return ErrOverflow
	case endWireType:
		return ErrWireType
	default:
		return ErrFieldNumber
	}
}

// scan reads the field at msg[i:]. It is the one place where bytes become
// fields; its results fit in registers, which a Field and two slices do not.
// The field ends before msg[end]; its content is msg[bits:end] for Bytes and
// the value bits for other types. A negative end is an error.
func scan(msg []byte, i int) (tag uint32, bits uint64, end int) {
	// Nearly all tags and lengths take one byte, so each has a short way.
	if i < len(msg) && msg[i] < oneByte {
		tag = uint32(msg[i])
		i++
	} else {
		if bits, i = scanVarint(msg, i); i < 0 {
			return 0, 0, i
		}
		if bits > maxTag {
			return 0, 0, endFieldNumber
		}
		tag = uint32(bits)
	}
	if tag < 1<<3 { // Number 0.
		return 0, 0, endFieldNumber
	}
	switch WireType(tag & 7) {
	case Bytes:
		if i < len(msg) && msg[i] < oneByte {
			bits = uint64(msg[i])
			i++
		} else if bits, i = scanVarint(msg, i); i < 0 {
			return 0, 0, i
		}
		// Compared as uint64, since the length may be anything, before it is
		// used as an int.
		if bits > uint64(len(msg)-i) {
			return 0, 0, endTruncated
		}
		return tag, uint64(i), i + int(bits)
	case Varint:
		if i < len(msg) && msg[i] < oneByte {
			return tag, uint64(msg[i]), i + 1
		}
		bits, i = scanVarint(msg, i)
		return tag, bits, i
	case Fixed64:
		if len(msg)-i < 8 {
			return 0, 0, endTruncated
		}
		return tag, binary.LittleEndian.Uint64(msg[i:]), i + 8
	case Fixed32:
		if len(msg)-i < 4 {
			return 0, 0, endTruncated
		}
		return tag, uint64(binary.LittleEndian.Uint32(msg[i:])), i + 4
	default:
		return 0, 0, endWireType
	}
}

// scanVarint reads a varint of at most ten bytes. Longer forms than needed are
// accepted, as every protobuf reader does.
func scanVarint(msg []byte, i int) (v uint64, end int) {
	for shift := uint(0); i < len(msg); shift += 7 {
		c := msg[i]
		i++
		if shift == 63 && c > 1 {
			return 0, endOverflow
		}
		v |= uint64(c&0x7f) << shift
		if c < oneByte {
			return v, i
		}
	}
	return 0, endTruncated
}

// data is the content of a Bytes field that scan found. It has no spare
// capacity, so that an append to it cannot overwrite what follows.
func data(msg []byte, bits uint64, end int) []byte {
	return msg[int(bits):end:end]
}
