package mask

import (
	"github.com/logstream-go/logstream/internal/detect"
	"github.com/logstream-go/logstream/internal/keyname"
	"github.com/logstream-go/logstream/internal/otlp"
)

// maxParent is how many bytes of the keys of maps are put before a key inside:
// more than the longest built-in name begins with, and few enough that a long
// key over many entries costs no more than the entries do. Patterns have to match
// a whole path, and get maxPath.
const (
	maxParent = 64
	maxPath   = 512
)

// masksKey says that something is to be masked in a key itself. The key rule does
// not use this bit of its verdict.
const masksKey keyname.Verdict = 1 << 7

// walker goes forward through one message and collects what has to change. Its
// methods return false when the message is malformed.
//
// A field that may occur once and occurs twice is malformed too: decoders
// merge such fields, each in its own way, and the walk decides on each alone.
type walker struct {
	m       *Masker
	msg     []byte
	depth   int      // The number of arrays and maps that it is in.
	foreign bool     // The record is not the stream's own; see AppendForeign.
	told    bool     // There was an attribute exception.message.
	s       *scratch // nil until something has to be remembered.
}

// scratch returns the walk's scratch buffers. Most records need none.
func (w *walker) scratch() *scratch {
	if w.s == nil {
		w.s = scratchPool.Get().(*scratch)
	}
	return w.s
}

// fields walks the fields of a message from pos to end. What the fields of the
// schema's roles hold is the same for records, resources, scopes, arrays and
// maps, so that there is one walk for all of them.
func (w *walker) fields(sc *schema, pos, end int) bool {
	b := w.msg[:end]
	once := false
	names := siblings{sc: sc, start: pos, end: end}
	var run splitRun
	for pos < len(b) {
		at, tag, ok := pos, b[pos], true
		if pos++; tag >= oneByte {
			tag, pos = longTag(b, at)
		}
		switch r := sc[tag]; r {
		case roleVarint:
			pos = afterVarint(b, pos)
		case roleFixed64:
			pos += 8
		case roleFixed32:
			pos += 4
		case roleUnknown:
			if pos = skip(b, tag, pos); pos <= end {
				w.scratch().replace(at, pos, "", noID)
			}
		default:
			in := box{field: at, at: pos}
			if pos < len(b) && b[pos] < oneByte { // span by hand: it is not inlined.
				in.start, in.end = pos+1, pos+1+int(b[pos])
			} else {
				in.start, in.end = longSpan(b, pos)
			}
			pos = in.end
			switch {
			case r == roleBytes, pos > end:
			case r == roleAttribute:
				ok = w.keyValue(in, &names)
			case r == roleElement:
				ok = w.element(in, end, &run)
			case r == roleText:
				w.name(in, tag)
			default:
				ok = !once && w.value(nil, in, noBox, 0)
				once = true
			}
		}
		if !ok || pos > end {
			return false
		}
	}
	return true
}

// keyValue walks a KeyValue. Nearly all are a key of less than 128 bytes, then
// a value, then nothing: they take the straight way.
func (w *walker) keyValue(kv box, names *siblings) bool {
	b := w.msg[:kv.end]
	if kv.start+1 >= len(b) || b[kv.start] != tagKey || b[kv.start+1] >= oneByte {
		return w.oddKeyValue(kv, names)
	}
	start := kv.start + 2
	stop := start + int(b[kv.start+1])
	if stop+1 >= len(b) || b[stop] != tagValue {
		return w.oddKeyValue(kv, names)
	}
	v := box{stop, stop + 1, stop + 2, stop + 2 + int(b[stop+1])}
	if b[stop+1] >= oneByte {
		v.start, v.end = longSpan(b, v.at)
	}
	if v.end != len(b) {
		return w.oddKeyValue(kv, names)
	}
	key := b[start:stop]
	says, ok := w.m.cache.lookup(key, 0)
	if !ok || says != 0 {
		says = w.verdict(key)
	}
	if len(key) == len(pairValue) && names.sc == &mapSchema {
		key, says = w.paired(key, says, v, names)
	}
	if says&masksKey == 0 {
		return w.valueOf(key, v, kv, says)
	}
	s := w.scratch()
	s.push(kv)
	w.key(box{kv.start, kv.start + 1, start, stop}, names)
	ok = w.valueOf(key, v, noBox, says)
	s.pop(1)
	return ok
}

// oddKeyValue walks a KeyValue of any other shape. What is neither key nor
// value is removed.
func (w *walker) oddKeyValue(kv box, names *siblings) bool {
	key, ok := w.findKey(kv)
	if !ok {
		return false
	}
	says := w.verdict(key)
	s := w.scratch()
	s.push(kv)
	for pos := kv.start; pos < kv.end; {
		tag, in := w.keyValueField(pos)
		switch tag {
		case tagKey:
			if says&masksKey != 0 {
				w.key(in, names)
			}
		case tagValue:
			vkey, vsays := key, says
			if len(key) == len(pairValue) && names.sc == &mapSchema {
				vkey, vsays = w.paired(key, says, in, names)
			}
			if !w.valueOf(vkey, in, noBox, vsays) {
				return false
			}
		default:
			s.replace(pos, in.end, "", noID)
		}
		pos = in.end
	}
	s.pop(1)
	return true
}

// findKey checks the fields of a KeyValue and returns its key.
func (w *walker) findKey(kv box) (key []byte, ok bool) {
	keys, values := 0, 0
	for pos := kv.start; pos < kv.end; {
		tag, in := w.keyValueField(pos)
		switch {
		case in.end > kv.end:
			return nil, false
		case tag == tagKey:
			keys++
			key = w.msg[in.start:in.end]
		case tag == tagValue:
			values++
		}
		pos = in.end
	}
	return key, keys <= 1 && values <= 1
}

// keyValueField reads the field of a KeyValue at pos.
func (w *walker) keyValueField(pos int) (tag byte, in box) {
	in.field = pos
	tag, in.at = longTag(w.msg, pos)
	if tag == tagKey || tag == tagValue {
		in.start, in.end = span(w.msg, in.at)
	} else {
		in.end = skip(w.msg, tag, in.at)
	}
	return tag, in
}

// valueOf walks v, the value of key.
func (w *walker) valueOf(key []byte, v, kv box, says keyname.Verdict) bool {
	if v.start == v.end || w.msg[v.start] != tagArray && w.msg[v.start] != tagMap {
		return w.value(key, v, kv, says)
	}
	s := w.scratch()
	outer := len(s.path)
	s.path = append(append(s.path, w.m.shown(key, says)...), '.')
	ok := w.value(key, v, kv, says)
	s.path = s.path[:outer]
	return ok
}

// value walks the AnyValue v. key is its key, if it has one, kv the KeyValue
// around it unless that is open already, and says the verdict on the key.
func (w *walker) value(key []byte, v, kv box, says keyname.Verdict) bool {
	if v.start == v.end {
		return true // Null, whatever the key.
	}
	var (
		b       = w.msg[:v.end]
		tag     = b[v.start]
		in      = box{field: v.start, at: v.start + 1}
		redacts = says&keyname.MasksText != 0
		inside  *schema
	)
	switch tag {
	case tagString, tagBytes:
		in.start, in.end = span(b, in.at)
	case tagArray:
		in.start, in.end = span(b, in.at)
		inside = &arraySchema
	case tagMap:
		in.start, in.end = span(b, in.at)
		inside = &mapSchema
	case tagInt:
		in.end = afterVarint(b, in.at)
		redacts = says&keyname.MasksNumbers != 0
	case tagDouble:
		in.end = in.at + 8
		redacts = says&keyname.MasksNumbers != 0
	case tagBool:
		in.end = afterVarint(b, in.at)
		redacts = false
	}
	switch {
	case in.end > v.end:
		return false
	case in.end != v.end && says&keyname.MasksText != 0:
		w.redact(v, kv, w.m.rules[detect.Key].value, int(detect.Key))
	case in.end != v.end:
		w.redact(v, kv, redactedUnsupported, noID)
	case redacts, says&keyname.Weak != 0 && (tag == tagString || tag == tagBytes) && w.m.opaque(b[in.start:in.end]):
		return w.keyed(w.m.keyActions[says.Rank()], key, v, kv, in, inside)
	case inside != nil:
		return w.descend(inside, in, v, kv)
	case tag == tagString && w.depth == 0 && w.s != nil && len(w.s.hidden) > 0 && w.tells(key, b[in.start:]):
		w.redact(v, kv, w.m.rules[detect.Key].value, int(detect.Key))
	case tag == tagString, tag == tagBytes:
		f := short
		if tag == tagBytes {
			f = noForm
		} else if isStack(key) {
			f = lines
		}
		return w.text(in, v, kv, key, says, f)
	case tag != tagBool:
		return w.number(tag, v, kv, in, says, key)
	}
	return true
}

// descend walks the array or map in, which is all that v holds. The messages
// around it are open meanwhile, so that a change inside reaches their lengths.
func (w *walker) descend(sc *schema, in, v, kv box) bool {
	if w.depth == w.m.limits.Depth {
		if w.depth < otlp.MaxDepth {
			w.redact(v, kv, redactedLimit, noID)
			return true
		}
		return false
	}
	s := w.scratch()
	n := len(s.open)
	if kv != noBox {
		s.push(kv)
	}
	s.push(v)
	s.push(in)
	w.depth++
	ok := w.fields(sc, in.start, in.end)
	w.depth--
	s.pop(len(s.open) - n)
	return ok
}

// verdict decides a key, alone and then as the end of a name that the keys of the
// maps around it begin.
func (w *walker) verdict(key []byte) keyname.Verdict {
	v := w.decide(key, 0)
	if v&keyname.JoinsParent == 0 || v&keyname.MasksText != 0 || w.s == nil || len(w.s.path) == 0 {
		return v
	}
	s := w.s
	s.joined = append(s.joined[:0], s.path[max(0, len(s.path)-w.m.maxPath):]...)
	cut := len(s.joined)
	if v&masksKey != 0 {
		key = w.m.shown(key, v)
	}
	s.joined = append(s.joined, key...)
	return w.decide(s.joined, cut) | v&(keyname.Suspicious|masksKey)
}

// decide returns the verdict on key, cut at cut, from the cache if it is there.
func (w *walker) decide(key []byte, cut int) keyname.Verdict {
	v, ok := w.m.cache.lookup(key, cut)
	if !ok {
		v = w.m.judge(key, cut)
		w.m.cache.store(key, cut, v)
	}
	return v
}

// judge returns the verdict on a key that is not in the cache. A key that holds a
// secret is judged as what is left of it, so that it is judged alike when it is masked
// again.
func (m *Masker) judge(key []byte, cut int) (v keyname.Verdict) {
	if cut == 0 && !m.clean(key) {
		v = masksKey
	}
	if cut == 0 && isReserved(key) {
		v |= masksKey | reservedKey
	}
	return v | m.rule.Verdict(m.shown(key, v), cut)
}

// shown returns what is left of a key that was given a verdict: without what is
// masked in it, and without markers and control characters.
func (m *Masker) shown(key []byte, says keyname.Verdict) []byte {
	if says&masksKey != 0 {
		key, _ = m.settle(key, nil, long)
	}
	key = m.withoutMarkers(key)
	if m.controls != nil {
		key = m.controls.blank(key)
	}
	return key
}
