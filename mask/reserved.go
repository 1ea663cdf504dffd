package mask

import (
	"bytes"

	"github.com/logstream-go/logstream/internal/keyname"
	"github.com/logstream-go/logstream/internal/otlp"
)

// The stream tells of itself, what was lost above all, in attributes whose keys begin
// with otlp.OwnPrefix. A record of anybody else does not have them: a mark before such
// a key says that it is not the stream's.

// reservedMark is that mark. It stands in slog's own marks too.
const reservedMark = "!"

// reservedKey in the verdict on a key says that it is reserved. The key rule does not
// use this bit, which comes with masksKey.
const reservedKey keyname.Verdict = 1 << 6

// reservedName is that of the count of keys that were marked.
const reservedName = "reserved"

// reservedID is the id of an edit that marks a reserved key.
const reservedID = -2

// isReserved reports whether key is the stream's own, or the map of such keys: backends
// write the map logstream{x} as logstream.x.
func isReserved(key []byte) bool {
	rest, ok := bytes.CutPrefix(key, []byte(otlp.OwnPrefix[:len(otlp.OwnPrefix)-1]))
	return ok && (len(rest) == 0 || rest[0] == '.')
}

// AppendForeign is AppendRecord for a record that the stream has not made itself: keys
// of its attributes that begin with "logstream.", and the key "logstream", get a ! before
// them, and so does such a name of an event. [Masker.Counts] counts them as "reserved".
// None and WithDryRun do that too. The last parameter has an internal type, so
// that only this module calls it.
func (m *Masker) AppendForeign(dst, record []byte, _ otlp.Foreign) []byte {
	out, ok := m.rewrite(dst, record, &recordSchema, true)
	if !ok {
		m.malformed.Add(1)
		return appendMalformedRecord(dst, record)
	}
	return out
}

// appendMarked appends record with reserved keys marked, and else as it is. What cannot
// be read ends the search, as it does for who reads the record.
func (m *Masker) appendMarked(dst, record []byte) []byte {
	w := walker{m: m, msg: record}
	for pos := 0; pos < len(record); {
		tag, at := longTag(record, pos)
		field := box{field: pos, at: at}
		switch tag {
		case tagAttribute:
			if field.start, field.end = span(record, at); field.end <= len(record) {
				w.markKey(field)
			}
			pos = field.end
		case tagEventName:
			if field.start, field.end = span(record, at); field.end <= len(record) {
				w.mark(field, noBox)
			}
			pos = field.end
		default:
			pos = skip(record, tag, at)
		}
	}
	if w.s == nil {
		return append(dst, record...)
	}
	m.countEdits(w.s)
	dst = w.s.appendTo(dst, record)
	w.s.release()
	return dst
}

// markKey marks the key of the attribute kv if it is reserved.
func (w *walker) markKey(kv box) {
	if kv.end-kv.start > 2 && w.msg[kv.start] == tagKey && w.msg[kv.start+2] != otlp.OwnPrefix[0] && w.msg[kv.start+1] < oneByte {
		return
	}
	for pos := kv.start; pos < kv.end; {
		tag, in := w.keyValueField(pos)
		if in.end > kv.end {
			return
		}
		if tag == tagKey {
			w.mark(in, kv)
		}
		pos = in.end
	}
}

// mark marks the text in, which stands in the message kv, if it is reserved.
func (w *walker) mark(in, kv box) {
	if isReserved(w.msg[in.start:in.end]) {
		w.rewrite(in, noBox, kv, reservedMark+string(w.msg[in.start:in.end]), []int{reservedID})
	}
}

// tagEventName is the tag of a LogRecord's last field.
const tagEventName = 12<<3 | 2

// keepReserved undoes all edits of msg but the marks of reserved keys.
func (e *editor) keepReserved(msg []byte) {
	for i := range e.edits {
		if x := &e.edits[i]; x.length < 0 && x.id != reservedID {
			x.text = string(msg[x.at:x.to])
		}
	}
}
