package otlp

import (
	"bytes"
	"math"
	"strconv"
)

// numberLen returns the length of the number that text starts with, or 0 if it
// starts with none.
func numberLen(text []byte) int {
	i := 0
	if i < len(text) && text[i] == '-' {
		i++
	}
	first := i
	i += digits(text[i:])
	if i == first || text[first] == '0' && i > first+1 {
		return 0
	}
	if i < len(text) && text[i] == '.' {
		n := digits(text[i+1:])
		if n == 0 {
			return 0
		}
		i += 1 + n
	}
	if i < len(text) && text[i]|0x20 == 'e' {
		j := i + 1
		if j < len(text) && (text[j] == '+' || text[j] == '-') {
			j++
		}
		n := digits(text[j:])
		if n == 0 {
			return 0
		}
		i = j + n
	}
	return i
}

// digits returns how many digits text starts with.
func digits(text []byte) int {
	for i, c := range text {
		if !isDigit(c) {
			return i
		}
	}
	return len(text)
}

// parseInteger returns the absolute value of num, a number of JSON, and whether
// it is negative. It is not ok if num has a fraction or more than 64 bits.
// 1.5e1 is an integer, as in the JSON mapping of protobuf.
func parseInteger(num []byte) (abs uint64, negative, ok bool) {
	if num[0] == '-' {
		num, negative = num[1:], true
	}
	exp, frac := 0, []byte(nil)
	if i := bytes.IndexAny(num, "eE"); i >= 0 {
		exp = parseExponent(num[i+1:])
		num = num[:i]
	}
	if i := bytes.IndexByte(num, '.'); i >= 0 {
		frac = bytes.TrimRight(num[i+1:], "0")
		num = num[:i]
	}
	// What is left is num and frac in a row, times 10^(exp-len(frac)).
	exp -= len(frac)
	if len(frac) == 0 {
		for exp < 0 && len(num) > 0 && num[len(num)-1] == '0' {
			num = num[:len(num)-1]
			exp++
		}
	}
	for _, part := range [2][]byte{num, frac} {
		for _, c := range part {
			if abs, ok = timesTen(abs, c-'0'); !ok {
				return 0, false, false
			}
		}
	}
	if abs == 0 {
		return 0, false, true
	}
	if exp < 0 {
		return 0, false, false
	}
	for range exp {
		if abs, ok = timesTen(abs, 0); !ok {
			return 0, false, false
		}
	}
	return abs, negative, true
}

// parseExponent reads the exponent of a number. Beyond what 64 bits could hold
// with any mantissa, all are alike.
func parseExponent(text []byte) int {
	const most = 2 * MaxJSON
	sign := 1
	switch text[0] {
	case '-':
		sign, text = -1, text[1:]
	case '+':
		text = text[1:]
	}
	n := 0
	for _, c := range text {
		n = min(n*10+int(c-'0'), most)
	}
	return sign * n
}

// timesTen returns v*10+d.
func timesTen(v uint64, d byte) (uint64, bool) {
	const most = math.MaxUint64 / 10
	if v > most || v == most && d > math.MaxUint64%10 {
		return 0, false
	}
	return v*10 + uint64(d), true
}

// quotable passes over a number, or a string that holds nothing but one, and
// returns it.
func (r *jsonReader) quotable() []byte {
	if r.peek() != '"' {
		if c := r.peek(); c != '-' && !isDigit(c) {
			r.expect('"')
			return nil
		}
		return r.number()
	}
	num := r.string()
	if r.err == nil && (len(num) == 0 || numberLen(num) != len(num)) {
		r.fail(ErrJSONValue)
		return nil
	}
	return num
}

// uint passes over an integer of at most most, or a string that holds one.
func (r *jsonReader) uint(most uint64) uint64 {
	num := r.quotable()
	if r.err != nil {
		return 0
	}
	abs, negative, ok := parseInteger(num)
	if !ok || negative || abs > most {
		r.fail(ErrJSONValue)
	}
	return abs
}

// int passes over an integer between -most-1 and most, or a string that holds
// one.
func (r *jsonReader) int(most uint64) int64 {
	num := r.quotable()
	if r.err != nil {
		return 0
	}
	abs, negative, ok := parseInteger(num)
	switch {
	case ok && negative && abs <= most+1:
		return -int64(abs)
	case ok && !negative && abs <= most:
		return int64(abs)
	}
	r.fail(ErrJSONValue)
	return 0
}

// double passes over a floating point number, or a string that holds one or the
// name of one that JSON cannot write.
func (r *jsonReader) double() float64 {
	if r.peek() == '"' {
		for _, s := range []struct {
			name  string
			value float64
		}{{`"NaN"`, math.NaN()}, {`"Infinity"`, math.Inf(1)}, {`"-Infinity"`, math.Inf(-1)}} {
			if r.literal(s.name) {
				return s.value
			}
		}
	}
	num := r.quotable()
	if r.err != nil {
		return 0
	}
	v, err := strconv.ParseFloat(string(num), 64)
	if err != nil { // It has the form of a number, so it is out of range.
		r.fail(ErrJSONValue)
	}
	return v
}
