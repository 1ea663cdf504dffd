package sink

import (
	"encoding/base64"
	"iter"
	"strconv"

	"github.com/logstream-go/logstream/internal/otlp"
)

// A ValueKind says what a [Value] holds.
type ValueKind uint8

// The kinds of values that OTLP knows.
const (
	KindNull ValueKind = iota
	KindString
	KindBool
	KindInt
	KindDouble
	KindBytes
	KindArray
	KindMap
)

// A Value is a value of OTLP, read where it stands. It is valid as long as the
// batch. A method for another kind than the value's returns a zero value.
type Value struct{ v otlp.Value }

// Kind returns what v holds.
func (v Value) Kind() ValueKind {
	switch v.v.Kind() {
	case otlp.KindString:
		return KindString
	case otlp.KindBool:
		return KindBool
	case otlp.KindInt:
		return KindInt
	case otlp.KindDouble:
		return KindDouble
	case otlp.KindBytes:
		return KindBytes
	case otlp.KindArray:
		return KindArray
	case otlp.KindMap:
		return KindMap
	}
	return KindNull
}

// Str returns the bytes of a string.
func (v Value) Str() []byte { return v.v.Str() }

// Bool returns a bool.
func (v Value) Bool() bool { return v.v.Bool() }

// Int returns an int.
func (v Value) Int() int64 { return v.v.Int() }

// Double returns a double.
func (v Value) Double() float64 { return v.v.Double() }

// Bytes returns bytes.
func (v Value) Bytes() []byte { return v.v.Bytes() }

// Elems iterates over an array.
func (v Value) Elems() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		for e, err := range v.v.Elems() {
			if err != nil || !yield(Value{e}) {
				return
			}
		}
	}
}

// Entries iterates over a map, in the order in which it was encoded.
func (v Value) Entries() iter.Seq2[string, Value] { return entries(v.v.Entries()) }

// String returns a string as it is, and any other value as text: numbers and
// bools as Go writes them, bytes in base64, null as "null", arrays as "[a b]" and
// maps as "{k: v, l: w}".
func (v Value) String() string { return string(v.appendText(nil)) }

func (v Value) appendText(dst []byte) []byte {
	switch v.Kind() {
	case KindString:
		return append(dst, v.Str()...)
	case KindBool:
		return strconv.AppendBool(dst, v.Bool())
	case KindInt:
		return strconv.AppendInt(dst, v.Int(), 10)
	case KindDouble:
		return strconv.AppendFloat(dst, v.Double(), 'g', -1, 64)
	case KindBytes:
		return base64.StdEncoding.AppendEncode(dst, v.Bytes())
	case KindArray:
		dst = append(dst, '[')
		sep := ""
		for e := range v.Elems() {
			dst = append(dst, sep...)
			dst = e.appendText(dst)
			sep = " "
		}
		return append(dst, ']')
	case KindMap:
		dst = append(dst, '{')
		sep := ""
		for k, e := range v.Entries() {
			dst = append(dst, sep...)
			dst = append(dst, k...)
			dst = append(dst, ": "...)
			dst = e.appendText(dst)
			sep = ", "
		}
		return append(dst, '}')
	}
	return append(dst, "null"...)
}
