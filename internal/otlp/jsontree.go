package otlp

import (
	"encoding/json"
	"unicode/utf8"
)

// maxTree is how deep ParseJSON follows arrays and objects: the bound of
// encoding/json.
const maxTree = 10_000

// ParseJSON returns the value that text is in JSON: nil, a bool, a json.Number, a
// string, a []any or a map[string]any. Of equal names in an object the last one
// stays. Each byte of a string that is not UTF-8, and half a surrogate pair, becomes
// U+FFFD.
//
// It is what a json.Decoder with UseNumber makes of text, which a test holds. That
// decoder reads into any type, and a program that links it is a tenth of a megabyte
// larger. Every error is a *JSONError.
func ParseJSON(text []byte) (any, error) {
	r := jsonReader{text: withoutInvalid(text)}
	v := r.tree(maxTree)
	if err := r.finish(); err != nil {
		return nil, err
	}
	return v, nil
}

// tree passes over a value with at most depth levels of objects and arrays, and
// returns it.
func (r *jsonReader) tree(depth int) any {
	c := r.peek()
	if (c == '{' || c == '[') && depth == 0 {
		r.fail(ErrDepth)
		return nil
	}
	switch c {
	case '"':
		return string(r.string())
	case '{':
		r.at++
		m := map[string]any{}
		for isFirst := true; r.more(isFirst, '}'); isFirst = false {
			name := string(r.name())
			m[name] = r.tree(depth - 1)
		}
		return m
	case '[':
		r.at++
		list := []any{}
		for isFirst := true; r.more(isFirst, ']'); isFirst = false {
			list = append(list, r.tree(depth-1))
		}
		return list
	case 't', 'f':
		return r.bool()
	case 'n':
		if !r.literal("null") {
			r.fail(ErrJSON)
		}
		return nil
	}
	return json.Number(r.number())
}

// finish returns the error of reading text, of which nothing may be left but white
// space.
func (r *jsonReader) finish() error {
	if r.peek(); r.at < len(r.text) {
		r.fail(ErrJSON)
	}
	if r.err != nil {
		return &JSONError{Err: r.err, Offset: r.bad}
	}
	return nil
}

// withoutInvalid returns text with U+FFFD for each byte that is not UTF-8.
func withoutInvalid(text []byte) []byte {
	if utf8.Valid(text) {
		return text
	}
	out := make([]byte, 0, len(text)+len(text)/4)
	for _, c := range string(text) {
		out = utf8.AppendRune(out, c)
	}
	return out
}
