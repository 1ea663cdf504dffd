package otlpjson

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Value is an AnyValue: at most one field is set; none means null.
type Value struct {
	String *string `json:"stringValue"`
	Bool   *bool   `json:"boolValue"`
	Int    *Int    `json:"intValue"`
	Double *Double `json:"doubleValue"`
	Bytes  *[]byte `json:"bytesValue"`
	Array  *Array  `json:"arrayValue"`
	Map    *KVList `json:"kvlistValue"`
}

// An Array is an ArrayValue.
type Array struct {
	Values []Value `json:"values"`
}

// A KVList is a KeyValueList.
type KVList struct {
	Values []KeyValue `json:"values"`
}

// A KeyValue is an attribute, or an entry of a map.
type KeyValue struct {
	Key   string `json:"key"`
	Value Value  `json:"value"`
}

// An Int is a 64-bit integer, which JSON holds as a decimal string.
type Int int64

// UnmarshalJSON accepts a decimal string only, which is what the Collector writes.
func (i *Int) UnmarshalJSON(b []byte) error {
	digits, ok := unquote(b)
	if !ok {
		return fmt.Errorf("otlpjson: intValue is %s", b)
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	*i = Int(n)
	return err
}

// A Double is a 64-bit floating-point number.
type Double float64

// UnmarshalJSON accepts a number and the names of those that JSON has no number for.
func (d *Double) UnmarshalJSON(b []byte) error {
	text, quoted := unquote(b)
	switch {
	case !quoted:
		f, err := strconv.ParseFloat(string(b), 64)
		*d = Double(f)
		return err
	case text == "NaN":
		*d = Double(math.NaN())
	case text == "Infinity":
		*d = Double(math.Inf(1))
	case text == "-Infinity":
		*d = Double(math.Inf(-1))
	default:
		return fmt.Errorf("otlpjson: doubleValue is %s", b)
	}
	return nil
}

// unquote strips the quotes from a JSON string without escapes.
func unquote(b []byte) (string, bool) {
	if len(b) < 2 || b[0] != '"' {
		return "", false
	}
	return string(b[1 : len(b)-1]), true
}

// StringOf returns a string value.
func StringOf(s string) Value { return Value{String: &s} }

// BoolOf returns a bool value.
func BoolOf(b bool) Value { return Value{Bool: &b} }

// IntOf returns an integer value.
func IntOf(n int64) Value { return Value{Int: (*Int)(&n)} }

// DoubleOf returns a floating-point value.
func DoubleOf(f float64) Value { return Value{Double: (*Double)(&f)} }

// BytesOf returns a bytes value.
func BytesOf(b []byte) Value { return Value{Bytes: &b} }

// ArrayOf returns an array value.
func ArrayOf(values ...Value) Value { return Value{Array: &Array{Values: values}} }

// MapOf returns a map value.
func MapOf(entries ...KeyValue) Value { return Value{Map: &KVList{Values: entries}} }

// kinds counts the fields of v that are set.
func (v *Value) kinds() int {
	n := 0
	for _, set := range [...]bool{
		v.String != nil, v.Bool != nil, v.Int != nil, v.Double != nil, v.Bytes != nil, v.Array != nil, v.Map != nil,
	} {
		if set {
			n++
		}
	}
	return n
}

// check reports an AnyValue with more than one kind in v or below it.
func (v *Value) check() error {
	if v.kinds() > 1 {
		return fmt.Errorf("otlpjson: a value with several kinds: %s", v.Text())
	}
	if v.Array != nil {
		for i := range v.Array.Values {
			if err := v.Array.Values[i].check(); err != nil {
				return err
			}
		}
	}
	if v.Map != nil {
		return checkAll(v.Map.Values)
	}
	return nil
}

// checkAll is check for the values of kvs.
func checkAll(kvs []KeyValue) error {
	for i := range kvs {
		if err := kvs[i].Value.check(); err != nil {
			return err
		}
	}
	return nil
}

// Text returns v in words, for messages.
func (v *Value) Text() string {
	var parts []string
	add := func(kind, text string) { parts = append(parts, kind+" "+text) }
	if v.String != nil {
		add("string", strconv.Quote(*v.String))
	}
	if v.Bool != nil {
		add("bool", strconv.FormatBool(*v.Bool))
	}
	if v.Int != nil {
		add("int", strconv.FormatInt(int64(*v.Int), 10))
	}
	if v.Double != nil {
		add("double", strconv.FormatFloat(float64(*v.Double), 'g', -1, 64))
	}
	if v.Bytes != nil {
		add("bytes", strconv.Quote(string(*v.Bytes)))
	}
	if v.Array != nil {
		var elems []string
		for i := range v.Array.Values {
			elems = append(elems, v.Array.Values[i].Text())
		}
		add("array", "["+strings.Join(elems, ", ")+"]")
	}
	if v.Map != nil {
		var entries []string
		for i := range v.Map.Values {
			entries = append(entries, strconv.Quote(v.Map.Values[i].Key)+": "+v.Map.Values[i].Value.Text())
		}
		add("map", "{"+strings.Join(entries, ", ")+"}")
	}
	if len(parts) == 0 {
		return "null"
	}
	return strings.Join(parts, " and ")
}
