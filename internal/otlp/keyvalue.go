package otlp

import "math"

// The functions of this file append one KeyValue as field tag of the message
// around it: TagRecordAttribute, TagMapEntry, TagResourceAttribute or
// TagScopeAttribute. Lengths are computed before the first byte is written,
// so that nothing moves. Invalid UTF-8 in a key is repaired.

// AppendString appends key and a string. A value that is not valid UTF-8
// becomes bytes_value with the same bytes.
func AppendString(dst []byte, tag byte, key, v string) []byte {
	if !validString(key) {
		key = repaired(key)
	}
	member := tagString
	if !validString(v) {
		member = tagBytes
	}
	if n := len(key) + len(v) + 6; n < oneByte && key != "" {
		dst = append(append(dst, tag, byte(n), tagKey, byte(len(key))), key...)
		return append(append(dst, TagKeyValueValue, byte(len(v)+2), member, byte(len(v))), v...)
	}
	value := SizeField(len(v))
	dst = appendKey(dst, tag, key, value)
	dst = AppendHeader(dst, TagKeyValueValue, value)
	return append(AppendHeader(dst, member, len(v)), v...)
}

// AppendBytes appends key and a byte string; nil and empty are the same.
func AppendBytes(dst []byte, tag byte, key string, v []byte) []byte {
	if !validString(key) {
		key = repaired(key)
	}
	value := SizeField(len(v))
	dst = appendKey(dst, tag, key, value)
	dst = AppendHeader(dst, TagKeyValueValue, value)
	return append(AppendHeader(dst, tagBytes, len(v)), v...)
}

// AppendBool appends key and a boolean.
func AppendBool(dst []byte, tag byte, key string, v bool) []byte {
	if !validString(key) {
		key = repaired(key)
	}
	return append(appendKey(dst, tag, key, 2), TagKeyValueValue, 2, tagBool, bit(v))
}

// AppendInt appends key and an integer.
func AppendInt(dst []byte, tag byte, key string, v int64) []byte {
	if !validString(key) {
		key = repaired(key)
	}
	value := 1 + SizeVarint(uint64(v))
	dst = appendKey(dst, tag, key, value)
	dst = append(dst, TagKeyValueValue, byte(value), tagInt)
	return AppendVarint(dst, uint64(v))
}

// AppendDouble appends key and a floating point number.
func AppendDouble(dst []byte, tag byte, key string, v float64) []byte {
	if !validString(key) {
		key = repaired(key)
	}
	dst = append(appendKey(dst, tag, key, 9), TagKeyValueValue, 9)
	return appendFixed64(dst, tagDouble, math.Float64bits(v))
}

// AppendNull appends key and the null value.
func AppendNull(dst []byte, tag byte, key string) []byte {
	if !validString(key) {
		key = repaired(key)
	}
	return append(appendKey(dst, tag, key, 0), TagKeyValueValue, 0)
}

// appendKey appends the header of a KeyValue and its key. value is the size of
// the AnyValue that follows, without its tag and length.
func appendKey(dst []byte, tag byte, key string, value int) []byte {
	if key == "" {
		return AppendHeader(dst, tag, SizeField(value))
	}
	dst = AppendHeader(dst, tag, SizeField(len(key))+SizeField(value))
	return append(AppendHeader(dst, tagKey, len(key)), key...)
}
