package otlp

import "math"

// The functions of this file append one AnyValue as field tag of the message
// around it: TagRecordBody, TagArrayElement or TagKeyValueValue.

// AppendStringValue appends a string. One that is not valid UTF-8 becomes
// bytes_value with the same bytes.
func AppendStringValue(dst []byte, tag byte, v string) []byte {
	member := tagString
	if !validString(v) {
		member = tagBytes
	}
	if n := len(v) + 2; n < oneByte {
		return append(append(dst, tag, byte(n), member, byte(len(v))), v...)
	}
	dst = AppendHeader(dst, tag, SizeField(len(v)))
	return append(AppendHeader(dst, member, len(v)), v...)
}

// AppendBytesValue appends a byte string; nil and empty are the same.
func AppendBytesValue(dst []byte, tag byte, v []byte) []byte {
	if n := len(v) + 2; n < oneByte {
		return append(append(dst, tag, byte(n), tagBytes, byte(len(v))), v...)
	}
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
	dst = append(dst, tag, byte(1+SizeVarint(uint64(v))), tagInt)
	return AppendVarint(dst, uint64(v))
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

func bit(v bool) byte {
	if v {
		return 1
	}
	return 0
}
