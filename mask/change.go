package mask

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/logstream-go/logstream/internal/detect"
	"github.com/logstream-go/logstream/internal/keyname"
	"github.com/logstream-go/logstream/internal/otlp"
)

// The methods in this file decide on single values, and enter what has to change.

// redact replaces v, its length included, by text, the encoding of a value with a
// marker. A value that holds the marker already stays, so that masking twice
// changes nothing.
func (w *walker) redact(v, kv box, text string, id int) {
	if string(w.msg[v.at:v.end]) == text {
		return
	}
	s := w.scratch()
	n := len(s.open)
	if kv != noBox {
		s.push(kv)
	}
	s.replace(v.at, v.end, text, id)
	s.pop(len(s.open) - n)
}

// drop removes the KeyValue kv. It reports false if it is open, or no field that
// can be removed.
func (w *walker) drop(kv box, id int) bool {
	if kv == noBox {
		return false
	}
	w.scratch().replace(kv.field, kv.end, "", id)
	return true
}

// keyed does what a says with v, whose key names a secret. in is what v holds, and
// inside its schema if that is an array or a map.
func (w *walker) keyed(a Action, key []byte, v, kv, in box, inside *schema) bool {
	id := int(detect.Key)
	if a.kind() != Keep && (inside != nil || w.msg[v.start] == tagString) {
		if s := w.scratch(); len(s.hidden) < maxHidden {
			s.hidden = append(s.hidden, in)
		}
	}
	switch {
	case a.kind() == Keep && inside != nil:
		return w.descend(inside, in, v, kv)
	case a.kind() == Keep, a.kind() == Drop && w.drop(kv, id):
		return true
	case inside != nil, a.kind() == Redact, a.kind() == Drop:
		w.redact(v, kv, w.m.rules[id].value, id)
		return true
	}
	value := w.scalar(v, in)
	if len(value) <= maxSuspect {
		s := w.scratch()
		if s.found, s.joined = w.m.suspects(s.found[:0], s.joined, key, value); holdsSensitive(s.found) {
			w.redact(v, kv, w.m.rules[id].value, id)
			return true
		}
	}
	if out := w.m.keyed(a, value); out != string(value) || w.msg[v.start] != tagString {
		w.redact(v, kv, encodeValue(out), id)
	}
	return true
}

// maxHidden is how many values masked for their keys are remembered. Records have fewer;
// what an error says is no part of one that has more.
const maxHidden = 64

// tells reports whether key is that of the message of the record's exception, and text is
// in a value that was masked for its key: an error is its message in both places, and
// the message is behind all that was logged.
func (w *walker) tells(key, text []byte) bool {
	if string(key) != "exception.message" {
		return false
	}
	if w.told || len(w.s.hidden) == maxHidden {
		return true
	}
	w.told = true // Once, so that it takes linear time.
	text, _ = bytes.CutSuffix(text, []byte(otlp.CutMark))
	for _, h := range w.s.hidden {
		raw := w.msg[h.start:h.end]
		head, cut := bytes.CutSuffix(raw, []byte(otlp.CutMark))
		if len(text) > 0 && bytes.Contains(raw, text) || cut && bytes.HasPrefix(text, head) {
			return true
		}
	}
	return false
}

// scalar returns the text of a scalar value: strings and bytes as they are,
// numbers in decimal.
func (w *walker) scalar(v, in box) []byte {
	switch w.msg[v.start] {
	case tagInt:
		n, _ := binary.Uvarint(w.msg[in.at:v.end])
		return strconv.AppendInt(nil, int64(n), 10)
	case tagDouble:
		return strconv.AppendFloat(nil, math.Float64frombits(binary.LittleEndian.Uint64(w.msg[in.at:])), 'f', -1, 64)
	}
	return w.msg[in.start:in.end]
}

// name masks the text in, which stands alone in a field with a tag: the name of an event
// or scope.
func (w *walker) name(in box, tag byte) {
	if raw := w.msg[in.start:in.end]; w.foreign && tag == tagEventName && isReserved(raw) {
		out, ids := w.named(raw, short, true)
		w.rewrite(in, noBox, noBox, string(out), ids)
		return
	}
	w.text(in, noBox, noBox, nil, 0, short)
}

// text masks what is found in in, which is all of the value v, or a field of its
// own if v is noBox. key is the value's key, says the verdict on it, and f how the
// text's control characters are written, if they are.
func (w *walker) text(in, v, kv box, key []byte, says keyname.Verdict, f form) bool {
	text := w.msg[in.start:in.end]
	if says&keyname.Suspicious == 0 || len(text) > maxSuspect {
		key = nil
	}
	if key == nil && w.m.clean(text) {
		return true
	}
	s := w.scratch()
	found, tail, joined := w.m.look(s.found[:0], s.joined, text, key)
	s.found, s.joined = found, joined
	escapes := w.m.controls != nil && f != noForm && w.m.controls.in(text)
	if len(found) == 0 && tail == len(text) && !escapes {
		return true
	}
	if len(found) == 1 && found[0].Start == 0 && found[0].End == len(text) {
		if id := int(found[0].ID); w.m.rules[id].action.kind() == Drop && w.drop(kv, id) {
			return true
		}
	}
	out, ids := w.m.settle(text, key, f)
	switch {
	case string(out) == string(text):
	case says&keyname.Weak != 0 && w.m.opaque(out): // As it would be the next time.
		return w.keyed(w.m.keyActions[says.Rank()], key, v, kv, in, nil)
	default:
		w.rewrite(in, v, kv, string(out), ids)
	}
	return true
}

// minOpaque is how many characters a text has at least that is a secret for a weak key.
const minOpaque = 6

// opaque reports whether text is a secret where its key is a weak one: a single word,
// and no marker.
func (m *Masker) opaque(text []byte) bool {
	return utf8.RuneCount(text) >= minOpaque && bytes.IndexFunc(text, unicode.IsSpace) < 0 && len(m.withoutMarkers(text)) > 0
}

// minPAN is the smallest number of twelve digits.
const minPAN = 1e11

// number masks an integer or a whole double that is the number of a card. Where its
// key makes it suspicious, it is looked at as the text key=number too.
func (w *walker) number(tag byte, v, kv, in box, says keyname.Verdict, key []byte) bool {
	n, ok := whole(tag, w.msg[in.at:v.end])
	if !ok || n < minPAN {
		return true
	}
	if !w.m.engine.FindInt(n) {
		if says&keyname.Suspicious == 0 {
			return true
		}
		s := w.scratch()
		if s.found, s.joined = w.m.suspects(s.found[:0], s.joined, key, strconv.AppendInt(nil, n, 10)); len(s.found) == 0 || s.found[0].ID != detect.PAN {
			return true
		}
	}
	if says&keyname.Weak != 0 { // What is shown of it would be masked as a text the next time.
		return w.keyed(w.m.keyActions[says.Rank()], key, v, kv, in, nil)
	}
	id := int(detect.PAN)
	if r := &w.m.rules[id]; r.action.kind() != Drop || !w.drop(kv, id) {
		w.redact(v, kv, encodeValue(w.m.replacement(id, strconv.AppendInt(nil, n, 10))), id)
	}
	return true
}

// whole returns the whole number that the field with tag holds behind the tag.
func whole(tag byte, b []byte) (n int64, ok bool) {
	if tag == tagInt {
		u, size := binary.Uvarint(b)
		return int64(u), size > 0
	}
	if len(b) < 8 {
		return 0, false
	}
	return wholeFloat(math.Float64frombits(binary.LittleEndian.Uint64(b)))
}

// wholeFloat returns f as an integer, if it is one and large enough.
func wholeFloat(f float64) (n int64, ok bool) {
	if !(f >= minPAN && f < 1<<63) || f != math.Trunc(f) {
		return 0, false
	}
	return int64(f), true
}
