package otlp

import (
	"errors"
	"strconv"
	"unicode/utf8"
)

// Errors of the JSON reader, inside a JSONError. ErrUTF8, ErrID and ErrDepth
// mean what they mean for protobuf.
var (
	// ErrJSON: the text is not JSON as RFC 8259 defines it.
	ErrJSON = errors.New("otlp: invalid JSON")
	// ErrJSONValue: the value of a known field is of a wrong type or out of
	// range.
	ErrJSONValue = errors.New("otlp: invalid JSON value of a field")
	// ErrJSONTwice: a field, or a second member of an AnyValue, in an object
	// that has it already.
	ErrJSONTwice = errors.New("otlp: JSON field set twice")
	// ErrJSONSize: the text is longer than MaxJSON.
	ErrJSONSize = errors.New("otlp: JSON text too long")
)

// JSONError says where reading ended. It repeats nothing of the text.
type JSONError struct {
	Err    error // One of this package's errors.
	Offset int   // In bytes from the start of the text.
}

// Error returns what is wrong and where.
func (e *JSONError) Error() string {
	return e.Err.Error() + " at byte " + strconv.Itoa(e.Offset)
}

// Unwrap returns e.Err.
func (e *JSONError) Unwrap() error { return e.Err }

// maxSkip is how deep the value of an unknown field may be nested.
const maxSkip = 512

// jsonReader reads text once, from front to back. The first error sticks: from
// then on nothing follows, so that every loop ends.
type jsonReader struct {
	text  []byte
	at    int
	err   error
	bad   int    // Where err was found.
	dst   []byte // What was read, as protobuf. Texts are unescaped behind it.
	depth int    // Levels of arrays and maps around at.
}

// fail ends reading with err.
func (r *jsonReader) fail(err error) {
	if r.err == nil {
		r.err, r.bad = err, r.at
		r.text = r.text[:r.at]
	}
}

// peek passes over white space and returns the byte that follows, 0 at the end.
func (r *jsonReader) peek() byte {
	for ; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// expect ends reading unless c follows. It does not pass over c.
func (r *jsonReader) expect(c byte) bool {
	got := r.peek()
	switch {
	case r.err != nil:
	case got == c:
		return true
	case isValueStart(got):
		r.fail(ErrJSONValue)
	default:
		r.fail(ErrJSON)
	}
	return false
}

// isValueStart reports whether a value of JSON can start with c.
func isValueStart(c byte) bool {
	switch c {
	case '"', '{', '[', 't', 'f', 'n', '-':
		return true
	}
	return isDigit(c)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// enter passes over the start of an object or array.
func (r *jsonReader) enter(start byte) bool {
	if !r.expect(start) {
		return false
	}
	r.at++
	return true
}

// more reports whether a member or element follows in an object or array that
// end ends, and passes over what stands before it, or over end.
func (r *jsonReader) more(isFirst bool, end byte) bool {
	c := r.peek()
	switch {
	case r.err != nil:
		return false
	case c == end:
		r.at++
		return false
	case isFirst:
		return true
	case c != ',':
		r.fail(ErrJSON)
		return false
	}
	r.at++
	return true
}

// name passes over a name and its colon. The name is valid until dst grows.
func (r *jsonReader) name() []byte {
	if r.peek() != '"' {
		r.fail(ErrJSON)
		return nil
	}
	name := r.string()
	if r.peek() != ':' {
		r.fail(ErrJSON)
		return nil
	}
	r.at++
	return name
}

// raw passes over a string and returns what stands between its quotes.
func (r *jsonReader) raw() (text []byte, escaped bool) {
	if !r.enter('"') {
		return nil, false
	}
	start := r.at
	end, escaped, ok := jsonTextEnd(r.text, start)
	r.at = end
	if !ok {
		r.fail(ErrJSON)
		return nil, false
	}
	text = r.text[start:end]
	if !utf8.Valid(text) {
		r.fail(ErrUTF8)
		return nil, false
	}
	r.at++
	return text, escaped
}

// string passes over a string and returns it without escapes. It is valid until
// dst grows.
func (r *jsonReader) string() []byte {
	text, escaped := r.raw()
	if !escaped {
		return text
	}
	n := len(r.dst)
	r.dst = appendUnescaped(r.dst, text)
	text, r.dst = r.dst[n:], r.dst[:n]
	return text
}

// number passes over a number and returns it.
func (r *jsonReader) number() []byte {
	r.peek()
	n := numberLen(r.text[r.at:])
	if n == 0 {
		r.fail(ErrJSON)
		return nil
	}
	r.at += n
	return r.text[r.at-n : r.at]
}

// literal passes over word if it follows.
func (r *jsonReader) literal(word string) bool {
	r.peek()
	if rest := r.text[r.at:]; len(rest) < len(word) || string(rest[:len(word)]) != word {
		return false
	}
	r.at += len(word)
	return true
}

// skip passes over any value with at most depth levels of objects and arrays.
func (r *jsonReader) skip(depth int) {
	switch c := r.peek(); c {
	case '"':
		r.raw()
	case '{', '[':
		if depth == 0 {
			r.fail(ErrDepth)
			return
		}
		r.at++
		for isFirst := true; r.more(isFirst, c+2); isFirst = false { // } and ] stand two behind { and [.
			if c == '{' {
				r.name()
			}
			r.skip(depth - 1)
		}
	case 't', 'f', 'n':
		if !r.literal("true") && !r.literal("false") && !r.literal("null") {
			r.fail(ErrJSON)
		}
	default:
		r.number()
	}
}
