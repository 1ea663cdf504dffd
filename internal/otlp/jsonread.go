package otlp

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
)

// MaxJSON is the longest text that AppendRequestFromJSON reads, in bytes: three
// times what the OpenTelemetry Collector accepts as one request.
const MaxJSON = 64 << 20

// AppendRequestFromJSON reads text, an ExportLogsServiceRequest or LogsData in
// OTLP/JSON, and appends it as protobuf: the bytes that this package writes for
// the same request, ascending fields and all, whatever the order in the text.
//
// It accepts what OTLP/JSON and below it the JSON mapping of protobuf define.
// Unknown fields are passed over, and names in snake_case are unknown. Ids are
// hexadecimal in any case. Integers may be numbers or strings, also such as
// 1e3; an enum is a number only. Bytes may be base64 of either alphabet, with
// or without padding. null is a field that is not set. Half a surrogate pair
// becomes U+FFFD.
//
// Nothing else may follow the object; a file of one object a line is read line
// by line. The text may come from anywhere: it is at most MaxJSON bytes, arrays
// and maps are nested at most MaxDepth deep, and values of unknown fields 512
// levels. The time is linear in the text, and what is appended never longer
// than it. Every error is a *JSONError, and dst is then returned as it was.
func AppendRequestFromJSON(dst, text []byte) ([]byte, error) {
	if len(text) > MaxJSON {
		return dst, &JSONError{Err: ErrJSONSize, Offset: MaxJSON}
	}
	r := jsonReader{text: text, dst: dst}
	r.message(msgRequest)
	if err := r.finish(); err != nil {
		return dst, err
	}
	return r.dst, nil
}

// messageField reads an object as field f.
func (r *jsonReader) messageField(f *jsonField) {
	levels := 0
	if f.message == msgArray || f.message == msgMap {
		levels = 1
	}
	if r.depth += levels; r.depth > MaxDepth {
		r.fail(ErrDepth)
		return
	}
	var m Mark
	r.dst, m = Open(r.dst, f.tag)
	r.message(f.message)
	r.dst = Close(r.dst, m)
	r.depth -= levels
}

// textField reads a string as field tag. An empty one without presence is
// omitted.
func (r *jsonReader) textField(tag byte, hasPresence bool) {
	text, escaped := r.raw()
	switch {
	case len(text) == 0 && !hasPresence:
	case escaped:
		var m Mark
		r.dst, m = Open(r.dst, tag)
		r.dst = Close(appendUnescaped(r.dst, text), m)
	default:
		r.dst = AppendBytesField(r.dst, tag, text)
	}
}

// bytesField reads base64 as field tag.
func (r *jsonReader) bytesField(tag byte) {
	text, escaped := r.raw()
	if escaped { // Some writers escape the slash.
		text = appendUnescaped(nil, text)
		if bytes.ContainsAny(text, "\r\n") {
			r.fail(ErrJSONValue) // The decoder would pass over line breaks.
			return
		}
	}
	enc := base64.RawStdEncoding
	if bytes.ContainsAny(text, "-_") {
		enc = base64.RawURLEncoding
	}
	if len(text)%4 == 0 {
		text = bytes.TrimSuffix(text, []byte("="))
		text = bytes.TrimSuffix(text, []byte("="))
	}
	var m Mark
	r.dst, m = Open(r.dst, tag)
	var err error
	if r.dst, err = enc.AppendDecode(r.dst, text); err != nil {
		r.fail(ErrJSONValue)
		return
	}
	r.dst = Close(r.dst, m)
}

// idField reads an id of n bytes, at most 16, as field tag. An empty string is
// no id.
func (r *jsonReader) idField(tag byte, n int) {
	text := r.string()
	if len(text) == 0 {
		return
	}
	var id [16]byte
	if len(text) != hex.EncodedLen(n) {
		r.fail(ErrID)
		return
	}
	if _, err := hex.Decode(id[:], text); err != nil {
		r.fail(ErrID)
		return
	}
	r.dst = AppendBytesField(r.dst, tag, id[:n])
}

// bool passes over true or false.
func (r *jsonReader) bool() bool {
	if r.literal("true") {
		return true
	}
	if r.literal("false") {
		return false
	}
	if c := r.peek(); c == 't' || c == 'f' || !isValueStart(c) {
		r.fail(ErrJSON)
	} else {
		r.fail(ErrJSONValue)
	}
	return false
}
