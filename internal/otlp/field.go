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
	// ErrUTF8: a string field is not valid UTF-8. Only from Validate and the
	// response decoders.
	ErrUTF8 = errors.New("otlp: invalid UTF-8 in a string field")
	// ErrDepth: values are nested deeper than the limit. Only from Validate.
	ErrDepth = errors.New("otlp: values nested too deeply")
)

// maxFieldNumber is the largest field number of protobuf.
const maxFieldNumber = 1<<29 - 1

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
	var tag uint64
	if len(msg) > 0 && msg[0] < 0x80 {
		tag, rest = uint64(msg[0]), msg[1:]
	} else if tag, rest, err = varint(msg); err != nil {
		return Field{}, nil, err
	}
	num := tag >> 3
	if num-1 >= maxFieldNumber {
		return Field{}, nil, ErrFieldNumber
	}
	f.Num, f.Type = uint32(num), WireType(tag&7)
	switch f.Type {
	case Varint:
		f.Bits, rest, err = varint(rest)
	case Fixed64:
		if len(rest) < 8 {
			return Field{}, nil, ErrTruncated
		}
		f.Bits, rest = binary.LittleEndian.Uint64(rest), rest[8:]
	case Fixed32:
		if len(rest) < 4 {
			return Field{}, nil, ErrTruncated
		}
		f.Bits, rest = uint64(binary.LittleEndian.Uint32(rest)), rest[4:]
	case Bytes:
		f.Data, rest, err = lengthPrefixed(rest)
	default:
		return Field{}, nil, ErrWireType
	}
	if err != nil {
		return Field{}, nil, err
	}
	return f, rest, nil
}

// lengthPrefixed splits a length and as many bytes off b. data has no spare
// capacity, so that an append to it cannot overwrite what follows.
func lengthPrefixed(b []byte) (data, rest []byte, err error) {
	var n uint64
	if len(b) > 0 && b[0] < 0x80 {
		n, b = uint64(b[0]), b[1:]
	} else if n, b, err = varint(b); err != nil {
		return nil, nil, err
	}
	if n > uint64(len(b)) {
		return nil, nil, ErrTruncated
	}
	return b[:n:n], b[n:], nil
}

// varint splits a varint of at most ten bytes off b. Longer forms than needed
// are accepted, as every protobuf reader does.
func varint(b []byte) (v uint64, rest []byte, err error) {
	for i := range min(len(b), 10) {
		c := b[i]
		if i == 9 && c > 1 {
			return 0, nil, ErrOverflow
		}
		v |= uint64(c&0x7f) << (7 * uint(i))
		if c < 0x80 {
			return v, b[i+1:], nil
		}
	}
	return 0, nil, ErrTruncated
}
