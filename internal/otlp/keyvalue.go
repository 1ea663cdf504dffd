package otlp

import (
	"math"
	"unicode/utf8"
)

// The functions of this file append one KeyValue as field tag of the message
// around it: TagRecordAttribute, TagMapEntry, TagResourceAttribute or
// TagScopeAttribute. Lengths are computed before the first byte is written,
// so that nothing moves. Invalid UTF-8 in a key is repaired. An empty key is
// omitted, as proto3 does.

// AppendString appends key and a string. A value that is not valid UTF-8
// becomes bytes_value with the same bytes.
func AppendString(dst []byte, tag byte, key, v string) []byte {
	n := len(key) + len(v) + 6
	if n >= oneByte || key == "" {
		return appendStringSlow(dst, tag, key, v)
	}
	// All four lengths take one byte. Write as if both texts were valid and
	// look at what the copies say of their bytes afterwards.
	at := len(dst)
	dst, p := extendAt(dst, n+2)
	putHeads(p, tag, n, tagKey, len(key))
	high := putString(after(p, 4), key)
	p = after(p, 4+len(key))
	putHeads(p, TagKeyValueValue, len(v)+2, tagString, len(v))
	high |= putString(after(p, 4), v)
	if high != 0 && (!utf8.ValidString(key) || !utf8.ValidString(v)) {
		return appendStringSlow(dst[:at], tag, key, v)
	}
	return dst
}

// appendStringSlow is AppendString for every key and value.
func appendStringSlow(dst []byte, tag byte, key, v string) []byte {
	member := byte(tagString)
	if !validString(v) {
		member = tagBytes
	}
	value := SizeField(len(v))
	dst = appendKeySlow(dst, tag, key, value)
	dst = AppendHeader(dst, TagKeyValueValue, value)
	return append(AppendHeader(dst, member, len(v)), v...)
}

// AppendBytes appends key and a byte string; nil and empty are the same.
func AppendBytes(dst []byte, tag byte, key string, v []byte) []byte {
	value := SizeField(len(v))
	dst = appendKey(dst, tag, key, value)
	dst = AppendHeader(dst, TagKeyValueValue, value)
	return append(AppendHeader(dst, tagBytes, len(v)), v...)
}

// AppendBool appends key and a boolean.
func AppendBool(dst []byte, tag byte, key string, v bool) []byte {
	return append(appendKey(dst, tag, key, 2), TagKeyValueValue, 2, tagBool, bit(v))
}

// AppendInt appends key and an integer. Negative ones take ten bytes: OTLP
// does not use the zigzag form.
func AppendInt(dst []byte, tag byte, key string, v int64) []byte {
	n := SizeVarint(uint64(v))
	whole := len(key) + n + 5
	if n > shortVarint || whole >= oneByte || key == "" {
		return appendIntMember(append(appendKey(dst, tag, key, 1+n), TagKeyValueValue), v, n)
	}
	// Three bytes and a short varint are one word, and what is behind them is room.
	at, end := len(dst), len(dst)+whole+2
	dst, p := extendAt(dst, whole+2+8)
	putHeads(p, tag, whole, tagKey, len(key))
	high := putString(after(p, 4), key)
	store64(after(p, 4+len(key)), uint64(TagKeyValueValue)|uint64(1+n)<<8|uint64(tagInt)<<16|shortVarintOf(uint64(v), n)<<24)
	if high != 0 && !utf8.ValidString(key) {
		return appendIntMember(append(appendKeySlow(dst[:at], tag, key, 1+n), TagKeyValueValue), v, n)
	}
	return dst[:end]
}

// AppendDouble appends key and a floating point number, NaN and infinities
// included; their bits are kept.
func AppendDouble(dst []byte, tag byte, key string, v float64) []byte {
	dst = append(appendKey(dst, tag, key, 9), TagKeyValueValue, 9)
	return appendFixed64(dst, tagDouble, math.Float64bits(v))
}

// AppendNull appends key and the null value.
func AppendNull(dst []byte, tag byte, key string) []byte {
	return append(appendKey(dst, tag, key, 0), TagKeyValueValue, 0)
}

// appendKey appends the head of a KeyValue and its key. value is the size of
// the AnyValue that follows, without its own tag and length.
func appendKey(dst []byte, tag byte, key string, value int) []byte {
	n := len(key) + value + 4
	if n >= oneByte || key == "" {
		return appendKeySlow(dst, tag, key, value)
	}
	at := len(dst)
	dst, p := extendAt(dst, len(key)+4)
	putHeads(p, tag, n, tagKey, len(key))
	if putString(after(p, 4), key) != 0 && !utf8.ValidString(key) {
		return appendKeySlow(dst[:at], tag, key, value)
	}
	return dst
}

// appendKeySlow is appendKey for every key and size.
func appendKeySlow(dst []byte, tag byte, key string, value int) []byte {
	if key == "" {
		return AppendHeader(dst, tag, SizeField(value))
	}
	key = repaired(key) // Its length may change, so this comes first.
	dst = AppendHeader(dst, tag, SizeField(len(key))+SizeField(value))
	return append(AppendHeader(dst, tagKey, len(key)), key...)
}
