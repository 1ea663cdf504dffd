package otlp

import (
	"iter"
	"math"
)

// ValueKind says which member an AnyValue holds.
type ValueKind uint8

// The kinds of value.
const (
	KindNull ValueKind = iota // No member, or one that logs do not use.
	KindString
	KindBool
	KindInt
	KindDouble
	KindArray
	KindMap
	KindBytes
)

// Value is a view of an AnyValue. The zero Value is null. An accessor of
// another kind than the value's returns the zero value of its type.
type Value struct {
	kind ValueKind
	bits uint64
	data []byte // Content of string, bytes, ArrayValue or KeyValueList.
}

// ParseValue reads the content of an AnyValue. The elements of an array or map
// are checked when they are walked.
func ParseValue(msg []byte) (Value, error) {
	var v Value
	for i := 0; i < len(msg); {
		tag, bits, end := scan(msg, i)
		if end < 0 {
			return Value{}, scanError(end)
		}
		switch tag {
		case tagString:
			v = Value{KindString, 0, data(msg, bits, end)}
		case tagBool:
			v = Value{KindBool, bits, nil}
		case tagInt:
			v = Value{KindInt, bits, nil}
		case tagDouble:
			v = Value{KindDouble, bits, nil}
		case tagArray:
			v = Value{KindArray, 0, data(msg, bits, end)}
		case tagMap:
			v = Value{KindMap, 0, data(msg, bits, end)}
		case tagBytes:
			v = Value{KindBytes, 0, data(msg, bits, end)}
		case tagStrindex:
			v = Value{}
		}
		i = end
	}
	return v, nil
}

// Kind returns the kind of v.
func (v Value) Kind() ValueKind { return v.kind }

// Str returns the bytes of a string. They are valid UTF-8 if the record passed
// Validate.
func (v Value) Str() []byte {
	if v.kind != KindString {
		return nil
	}
	return v.data
}

// Bytes returns a byte string.
func (v Value) Bytes() []byte {
	if v.kind != KindBytes {
		return nil
	}
	return v.data
}

// Bool returns a boolean.
func (v Value) Bool() bool { return v.kind == KindBool && v.bits != 0 }

// Int returns an integer.
func (v Value) Int() int64 {
	if v.kind != KindInt {
		return 0
	}
	return int64(v.bits)
}

// Double returns a floating point number.
func (v Value) Double() float64 {
	if v.kind != KindDouble {
		return 0
	}
	return math.Float64frombits(v.bits)
}

// Elems yields the elements of an array in order; of any other kind, nothing.
// An error is yielded once, with a zero Value, and ends the walk.
func (v Value) Elems() iter.Seq2[Value, error] {
	return func(yield func(Value, error) bool) {
		if v.kind == KindArray {
			walkElems(v.data, yield)
		}
	}
}

// Entries yields the entries of a map in order, duplicate keys included; of
// any other kind, nothing. An error is yielded once, with a zero KeyValue, and
// ends the walk.
func (v Value) Entries() iter.Seq2[KeyValue, error] {
	return func(yield func(KeyValue, error) bool) {
		if v.kind == KindMap {
			walkKeyValues(v.data, TagMapEntry, yield)
		}
	}
}

// walkElems yields each element of an ArrayValue.
func walkElems(msg []byte, yield func(Value, error) bool) {
	for i := 0; i < len(msg); {
		tag, bits, end := scan(msg, i)
		if end < 0 {
			yield(Value{}, scanError(end))
			return
		}
		i = end
		if tag != uint32(TagArrayElement) {
			continue
		}
		v, err := ParseValue(data(msg, bits, end))
		if !yield(v, err) || err != nil {
			return
		}
	}
}
