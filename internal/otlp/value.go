package otlp

import (
	"math"
	"unicode/utf8"
)

// The functions of this file append one AnyValue as field tag of the message
// around it: TagRecordBody, TagArrayElement or TagKeyValueValue.

// AppendStringValue appends a string. One that is not valid UTF-8 becomes
// bytes_value with the same bytes.
func AppendStringValue(dst []byte, tag byte, v string) []byte {
	if len(v) >= oneByte-2 {
		return appendLongStringValue(dst, tag, v)
	}
	at := len(dst)
	dst, p := extendAt(dst, len(v)+4)
	putHeads(p, tag, len(v)+2, tagString, len(v))
	if putString(after(p, 4), v) != 0 && !utf8.ValidString(v) {
		dst[at+2] = tagBytes
	}
	return dst
}

// appendLongStringValue is AppendStringValue for every length.
func appendLongStringValue(dst []byte, tag byte, v string) []byte {
	member := byte(tagString)
	if !validString(v) {
		member = tagBytes
	}
	dst = AppendHeader(dst, tag, SizeField(len(v)))
	return append(AppendHeader(dst, member, len(v)), v...)
}

// AppendBytesValue appends a byte string; nil and empty are the same.
func AppendBytesValue(dst []byte, tag byte, v []byte) []byte {
	dst = AppendHeader(dst, tag, SizeField(len(v)))
	return append(AppendHeader(dst, tagBytes, len(v)), v...)
}

// AppendBoolValue appends a boolean.
func AppendBoolValue(dst []byte, tag byte, v bool) []byte {
	return append(dst, tag, 2, tagBool, bit(v))
}

// AppendIntValue appends an integer. Negative ones take ten bytes: OTLP does
// not use the zigzag form.
func AppendIntValue(dst []byte, tag byte, v int64) []byte {
	return appendIntMember(append(dst, tag), v, SizeVarint(uint64(v)))
}

// AppendDoubleValue appends a floating point number, NaN and infinities
// included; their bits are kept.
func AppendDoubleValue(dst []byte, tag byte, v float64) []byte {
	return appendFixed64(append(dst, tag, 9), tagDouble, math.Float64bits(v))
}

// AppendNullValue appends an AnyValue without a member, which is null.
func AppendNullValue(dst []byte, tag byte) []byte {
	return append(dst, tag, 0)
}

// appendIntMember appends the length and the content of an AnyValue that holds
// v, whose varint has n bytes.
func appendIntMember(dst []byte, v int64, n int) []byte {
	at := len(dst)
	dst = extend(dst, 2+n)
	dst[at], dst[at+1] = byte(1+n), tagInt
	putVarint(dst, at+2, uint64(v))
	return dst
}

// bit is v as protobuf writes it.
func bit(v bool) byte {
	if v {
		return 1
	}
	return 0
}
