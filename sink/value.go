package sink

import (
	"encoding/base64"
	"iter"
	"strconv"

	"github.com/logstream-go/logstream/internal/control"
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

// String returns v as text for a line: strings and keys as [AppendLine] writes them,
// numbers and bools as Go does, bytes in base64, null as "null", arrays as "[a b]" and
// maps as "{k: v, l: w}". Str has the bytes of a string as they are.
func (v Value) String() string { return string(v.appendText(nil)) }

// AppendLine appends text to dst so that it stays in its line, and returns the longer
// slice: control characters (C0, DEL, C1, the separators U+2028 and U+2029, and those
// that turn the direction of text) become visible escapes, such as \n and \u001b. So
// does a byte that is no UTF-8. Without that, whoever has a say in a text can write log
// lines of their own, or colour and erase those of others on a terminal (CWE-117).
// Backslashes stay as they are: a second call changes nothing.
//
// A sink that writes lines passes everything through it that is no [Value]: the names
// of attributes, SeverityText and EventName.
func AppendLine(dst []byte, text string) []byte {
	return control.Append(dst, []byte(text), control.Short)
}

func (v Value) appendText(dst []byte) []byte {
	switch v.Kind() {
	case KindString:
		return control.Append(dst, v.Str(), control.Short)
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
			dst = AppendLine(dst, k)
			dst = append(dst, ": "...)
			dst = e.appendText(dst)
			sep = ", "
		}
		return append(dst, '}')
	}
	return append(dst, "null"...)
}
