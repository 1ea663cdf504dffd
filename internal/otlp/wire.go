package otlp

import (
	"math/bits"
	"slices"
	"unicode/utf8"
)

// WireType says how the content of a field is laid out.
type WireType uint8

// The wire types that proto3 uses. 3 and 4, groups, are errors here.
const (
	Varint  WireType = 0
	Fixed64 WireType = 1
	Bytes   WireType = 2
	Fixed32 WireType = 5
)

// oneByte is the first length that needs two bytes as a varint.
const oneByte = 0x80

// AppendVarint appends v in the fewest bytes, 1 to 10.
func AppendVarint(dst []byte, v uint64) []byte {
	for v >= 0x80 {
		dst = append(dst, byte(v)|0x80)
		v >>= 7
	}
	return append(dst, byte(v))
}

// SizeVarint returns how many bytes AppendVarint adds for v.
func SizeVarint(v uint64) int {
	// 9/64 is just above 1/7: for 1 to 64 bits this is ceil(bits/7).
	return int(9*uint32(bits.Len64(v))+64) / 64
}

// SizeField returns the bytes of a field with a one-byte tag and n bytes of
// content: tag, length and content. n is not negative.
func SizeField(n int) int {
	return 1 + SizeVarint(uint64(n)) + n
}

// AppendHeader appends the tag and the length of a field whose n bytes of
// content the caller appends next. n is not negative.
func AppendHeader(dst []byte, tag byte, n int) []byte {
	if n < oneByte {
		return append(dst, tag, byte(n))
	}
	return AppendVarint(append(dst, tag), uint64(n))
}

// AppendBytesField appends b as a field of type bytes, also when it is empty.
func AppendBytesField(dst []byte, tag byte, b []byte) []byte {
	return append(AppendHeader(dst, tag, len(b)), b...)
}

// AppendStringField appends s as a field of type string, also when it is
// empty. Each run of invalid UTF-8 in s becomes one U+FFFD.
func AppendStringField(dst []byte, tag byte, s string) []byte {
	// As in AppendString: copy first, judge afterwards.
	if len(s) >= oneByte {
		return appendRepaired(dst, tag, s)
	}
	at := len(dst)
	dst, p := extendAt(dst, len(s)+2)
	dst[at], dst[at+1] = tag, byte(len(s))
	if putString(after(p, 2), s) != 0 && !utf8.ValidString(s) {
		return appendRepaired(dst[:at], tag, s)
	}
	return dst
}

// appendRepaired is AppendStringField for every string.
func appendRepaired(dst []byte, tag byte, s string) []byte {
	s = repaired(s)
	return append(AppendHeader(dst, tag, len(s)), s...)
}

// Mark says where the length of an open message stands in its buffer.
type Mark int

// Open starts a message as field tag: the caller appends its content and then
// calls Close with the returned mark. Open messages nest like brackets.
func Open(dst []byte, tag byte) ([]byte, Mark) {
	return append(dst, tag, 0), Mark(len(dst) + 1)
}

// Close writes the length of the message that Open started. One byte is
// reserved for it; content of 128 bytes and more is moved to make room.
func Close(dst []byte, m Mark) []byte {
	n := len(dst) - int(m) - 1
	if n < oneByte {
		dst[m] = byte(n)
		return dst
	}
	extra := SizeVarint(uint64(n)) - 1 // One byte is there already.
	dst = extend(dst, extra)
	copy(dst[int(m)+1+extra:], dst[int(m)+1:len(dst)-extra])
	putVarint(dst, int(m), uint64(n))
	return dst
}

// extend lengthens dst by n bytes of any content.
func extend(dst []byte, n int) []byte {
	if cap(dst)-len(dst) < n {
		dst = grow(dst, n)
	}
	return dst[:len(dst)+n]
}

// grow is kept out of the functions that extend is inlined into.
//
//go:noinline
func grow(dst []byte, n int) []byte { return slices.Grow(dst, n) }

// putVarint writes v at b[i:] and returns the position behind it. The caller
// made room.
func putVarint(b []byte, i int, v uint64) int {
	for v >= 0x80 {
		b[i] = byte(v) | 0x80
		v >>= 7
		i++
	}
	b[i] = byte(v)
	return i + 1
}

// shortVarint is the size of the largest varint that shortVarintOf makes.
const shortVarint = 5

// shortVarintOf returns the varint of v, which has n bytes, n at most shortVarint, as a
// little-endian word. It has no branches: sizes vary from one record to the next.
func shortVarintOf(v uint64, n int) uint64 {
	groups := v&0x7f | v<<1&0x7f00 | v<<2&0x7f_0000 | v<<3&0x7f00_0000 | v<<4&0x7f_0000_0000
	return groups | 0x80_8080_8080&(1<<(8*(n-1)&63)-1)
}
