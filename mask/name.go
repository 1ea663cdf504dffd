package mask

import (
	"bytes"
	"strconv"

	"github.com/logstream-go/logstream/internal/detect"
)

// siblings are the attributes of one message, or the entries of one map. Masking may
// make equal keys of different ones, of which every backend would keep but one value:
// the later ones get a number behind them.
type siblings struct {
	sc         *schema
	start, end int // Of the message.

	// The keys that there are and those given, with the last number behind each. Made
	// when the first key is masked.
	names map[string]int

	pair *pair // Made when the first value of one is met.
}

// note enters a key as it is.
func (l *siblings) note(key []byte) {
	if l.names == nil {
		l.names = map[string]int{}
	}
	l.names[string(key)] = 1
}

// give returns name, which a key has become, with a number behind it if a sibling has
// that name. Where that would be taken for a part of a secret, as behind the marker in
// "token=[REDACTED:key]", or lie beyond the limits, the number stands before it.
func (m *Masker) give(l *siblings, name string) string {
	s := name
	for l.names[s] > 0 {
		l.names[name]++
		n := strconv.Itoa(l.names[name])
		s = name + "#" + n
		if m.settled(s) == s {
			continue
		}
		s = n + "#" + name
		if out := m.settled(s); l.names[out] == 0 {
			s = out // the limits cut a name that is longer by a number earlier
		}
	}
	l.names[s] = 1
	return s
}

// settled returns what becomes of a key.
func (m *Masker) settled(key string) string {
	out, _ := m.settle([]byte(key), nil, long)
	return string(out)
}

// each calls f with each of the siblings l. What cannot be read ends it: the walk will come
// to that.
func (w *walker) each(l *siblings, f func(kv box)) {
	for pos := l.start; pos < l.end; {
		tag, in := longTag(w.msg, pos)
		if l.sc[tag] != roleAttribute {
			if pos = skip(w.msg, tag, in); pos > l.end {
				return
			}
			continue
		}
		start, end := span(w.msg, in)
		if end > l.end {
			return
		}
		f(box{start: start, end: end})
		pos = end
	}
}

// list enters the keys that stand in l into it.
func (w *walker) list(l *siblings) {
	if l.names != nil {
		return
	}
	l.note(nil)
	w.each(l, func(kv box) {
		if key, ok := w.findKey(kv); ok {
			l.note(key)
		}
	})
}

// key masks the key in, of one of the siblings.
func (w *walker) key(in box, l *siblings) {
	raw := w.msg[in.start:in.end]
	out, ids := w.named(raw, long, l.sc == &recordSchema)
	if bytes.Equal(out, raw) {
		return
	}
	w.list(l)
	w.rewrite(in, noBox, noBox, w.m.give(l, string(out)), ids)
}

// named returns what becomes of a key or of the name of an event, which may be a
// stream's own.
func (w *walker) named(raw []byte, f form, top bool) (out []byte, ids []int) {
	out, ids = w.m.settle(raw, nil, f)
	if top && w.foreign && isReserved(out) {
		if w.m.dryRun {
			out = raw
		}
		out, ids = append([]byte(reservedMark), out...), append(ids, reservedID)
	}
	return out, ids
}

// rewrite puts out in place of in, in which the rules with ids have found something.
func (w *walker) rewrite(in, v, kv box, out string, ids []int) {
	s := w.scratch()
	n := len(s.open)
	for _, b := range [...]box{kv, v, in} {
		if b != noBox {
			s.push(b)
		}
	}
	last := noID
	for _, id := range ids {
		if id == reservedID {
			last = id
		} else {
			s.replace(in.start, in.start, "", id)
		}
	}
	s.replace(in.start, in.end, out, last)
	if last == noID {
		s.values-- // The finds were counted; to make a character visible masks nothing.
	}
	s.pop(len(s.open) - n)
}

// settle returns what becomes of text: what is found in it is replaced, and then, with
// WithEscapedControls, its control characters are made visible. Around the markers, and
// between what was visible before and what is now, something may be found that was not,
// so it is looked through again until it stays as it is; nearly always that is once. A
// text that does not settle is taken for one beyond the limits. key is as for look. The
// ids are of the rules that have found something.
func (m *Masker) settle(text, key []byte, f form) (out []byte, ids []int) {
	for range maxRounds {
		found, tail, _ := m.look(nil, nil, text, key)
		out = m.appendMasked(nil, text, found, tail)
		masked := !bytes.Equal(out, text)
		for _, x := range found {
			if masked && !m.rules[x.ID].isMarker(text[x.Start:x.End]) {
				ids = append(ids, int(x.ID))
			}
		}
		if tail < len(text) && string(text[tail:]) != MarkerLimit {
			ids = append(ids, noID)
		}
		text = out
		if f != noForm && m.controls != nil && m.controls.in(out) {
			text = m.controls.escape(out, f)
		}
		if !masked && bytes.Equal(text, out) {
			return out, ids
		}
	}
	return []byte(MarkerLimit), append(ids, noID)
}

// maxRounds is how often a text is looked through at most.
const maxRounds = 8

// look is findWithin for a text behind key, which is nil unless what the text looks like
// decides. joined is memory, and returned.
func (m *Masker) look(dst []detect.Finding, joined, text, key []byte) (found []detect.Finding, tail int, mem []byte) {
	found, tail = m.findWithin(dst, text)
	if key != nil {
		found, joined = m.suspects(found, joined, key, text)
		found = m.unite(found)
	}
	return found, tail, joined
}
