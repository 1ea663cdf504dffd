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
	for len(msg) > 0 {
		f, rest, err := Next(msg)
		if err != nil {
			return Value{}, err
		}
		msg = rest
		if kind, ok := valueKind(f.Num, f.Type); ok {
			v = Value{kind, f.Bits, f.Data}
		}
	}
	return v, nil
}

// valueKind returns the kind of a member of AnyValue. ok is false for unknown
// fields and foreign wire types.
func valueKind(num uint32, t WireType) (kind ValueKind, ok bool) {
	switch num {
	case numString:
		return KindString, t == Bytes
	case numBool:
		return KindBool, t == Varint
	case numInt:
		return KindInt, t == Varint
	case numDouble:
		return KindDouble, t == Fixed64
	case numArray:
		return KindArray, t == Bytes
	case numMap:
		return KindMap, t == Bytes
	case numBytes:
		return KindBytes, t == Bytes
	case numStrindex:
		return KindNull, t == Varint
	}
	return KindNull, false
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
			walkKeyValues(v.data, numListValues, yield)
		}
	}
}

// KeyValue is a view of a key and its value.
type KeyValue struct {
	Key   []byte
	Value Value
}

// ParseKeyValue reads the content of a KeyValue.
func ParseKeyValue(msg []byte) (KeyValue, error) {
	var kv KeyValue
	var value []byte
	for len(msg) > 0 {
		f, rest, err := Next(msg)
		if err != nil {
			return KeyValue{}, err
		}
		msg = rest
		switch {
		case f.Num == numKey && f.Type == Bytes:
			kv.Key = f.Data
		case f.Num == numValue && f.Type == Bytes:
			value = f.Data
		}
	}
	v, err := ParseValue(value)
	if err != nil {
		return KeyValue{}, err
	}
	kv.Value = v
	return kv, nil
}

// Record is a view of a LogRecord.
type Record struct {
	Time              uint64 // Nanoseconds since 1970; 0: unknown.
	ObservedTime      uint64 // Nanoseconds since 1970; 0: unknown.
	SeverityNumber    int32  // 1 to 24 by the specification; others are passed on.
	SeverityText      []byte
	Body              Value
	DroppedAttributes uint32
	Flags             uint32 // The low 8 bits are the W3C trace flags.
	TraceID           []byte // 16 bytes when it is an id; other lengths are passed on.
	SpanID            []byte // 8 bytes when it is an id; other lengths are passed on.
	EventName         []byte

	raw []byte
}

// ParseRecord reads the content of a LogRecord. Attributes are checked when
// they are walked.
func ParseRecord(msg []byte) (Record, error) {
	r := Record{raw: msg}
	var body []byte
	for len(msg) > 0 {
		f, rest, err := Next(msg)
		if err != nil {
			return Record{}, err
		}
		msg = rest
		switch {
		case f.Num == numTime && f.Type == Fixed64:
			r.Time = f.Bits
		case f.Num == numSeverity && f.Type == Varint:
			r.SeverityNumber = int32(f.Bits)
		case f.Num == numSeverityText && f.Type == Bytes:
			r.SeverityText = f.Data
		case f.Num == numBody && f.Type == Bytes:
			body = f.Data
		case f.Num == numDropped && f.Type == Varint:
			r.DroppedAttributes = uint32(f.Bits)
		case f.Num == numFlags && f.Type == Fixed32:
			r.Flags = uint32(f.Bits)
		case f.Num == numTraceID && f.Type == Bytes:
			r.TraceID = f.Data
		case f.Num == numSpanID && f.Type == Bytes:
			r.SpanID = f.Data
		case f.Num == numObservedTime && f.Type == Fixed64:
			r.ObservedTime = f.Bits
		case f.Num == numEventName && f.Type == Bytes:
			r.EventName = f.Data
		}
	}
	v, err := ParseValue(body)
	if err != nil {
		return Record{}, err
	}
	r.Body = v
	return r, nil
}

// Attributes yields the attributes in order, duplicate keys included. An error
// is yielded once, with a zero KeyValue, and ends the walk.
func (r Record) Attributes() iter.Seq2[KeyValue, error] {
	return func(yield func(KeyValue, error) bool) {
		walkKeyValues(r.raw, numAttribute, yield)
	}
}

// walkElems yields each values field of an ArrayValue.
func walkElems(msg []byte, yield func(Value, error) bool) {
	for len(msg) > 0 {
		f, rest, err := Next(msg)
		if err != nil {
			yield(Value{}, err)
			return
		}
		msg = rest
		if f.Num != numListValues || f.Type != Bytes {
			continue
		}
		v, err := ParseValue(f.Data)
		if !yield(v, err) || err != nil {
			return
		}
	}
}

// walkKeyValues yields each field num of msg as a KeyValue.
func walkKeyValues(msg []byte, num uint32, yield func(KeyValue, error) bool) {
	for len(msg) > 0 {
		f, rest, err := Next(msg)
		if err != nil {
			yield(KeyValue{}, err)
			return
		}
		msg = rest
		if f.Num != num || f.Type != Bytes {
			continue
		}
		kv, err := ParseKeyValue(f.Data)
		if !yield(kv, err) || err != nil {
			return
		}
	}
}
