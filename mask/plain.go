package mask

import (
	"encoding/binary"
	"math/bits"

	"github.com/logstream-go/logstream/internal/keyname"
)

// Tags of the fields of a LogRecord that stand before its attributes, and theirs.
const (
	tagTime         = 1<<3 | 1
	tagSeverity     = 2<<3 | 0
	tagSeverityText = 3<<3 | 2
	tagBody         = 5<<3 | 2
	tagAttribute    = 6<<3 | 2
)

// A short attribute starts with two tags, each with a length of one byte, and its
// value with one. They are compared at once, as little-endian words.
const (
	tagsAndHighBits = 0x80ff80ff
	shortAttribute  = tagAttribute | tagKey<<16
)

// keyRoom is how many bytes of an attribute are read before its length is known:
// four bytes of tags and lengths, and eight of the key. The last attribute has the
// observed time behind it, so nothing is lost by asking for them.
const keyRoom = 4 + 8

// plain reports whether record is one that the walk leaves as it is, as far as a
// glance can tell. Nearly all records are of this kind: known fields in ascending
// order, a body that is a text, and attributes with scalar values whose keys are
// known to name no secret. False says no more than that the record has to be walked.
//
// It accepts less than the walk does, and never more: each length that it believes
// is compared with the end of the message around it, and what it has no case for
// ends the glance.
func (m *Masker) plain(record []byte) bool {
	c := m.cache
	b := record
	p := m.plainStart(b)
	for p <= len(b)-keyRoom && b[p] == tagAttribute {
		head := binary.LittleEndian.Uint32(b[p:])
		n, k := int(head>>8&0xff), int(head>>24)
		end := p + 2 + n
		value := p + 4 + k
		if head&tagsAndHighBits != shortAttribute || value+2 > end || end > len(b)-2 {
			if p = m.plainAttribute(b, p); p == tooFar {
				return false
			}
			continue
		}
		id := identifyIn(b, p+4, k)
		e := c.slots[c.place(id)].Load()
		if e == nil || !e.id.is(id) {
			e = c.find(id)
		}
		if e == nil || e.verdict&notPlain != 0 || k > idBytes && e.key != string(b[p+4:value]) {
			return false
		}
		head = binary.LittleEndian.Uint32(b[value:])
		n = end - value - 2
		if head&0xffff != tagValue|uint32(n)<<8 {
			return false
		}
		// A value that is empty, which is null, fits none of the first two.
		tag, inner := head>>16&0xff, int(head>>24)
		switch {
		case tag == tagString && inner == n-2:
			// A text of one byte's length is never longer than the limit.
			if text := b[value+4 : end]; !m.glances || !m.engine.Quiet(text) {
				if !m.clean(text) {
					return false
				}
			}
		case tag == tagInt && n <= maxSmallInt && value+11 <= len(b) && varintSize(b[value+3:]) == n-1:
		case !m.plainValue(b[value+2 : end]):
			return false
		}
		p = end
	}
	return m.plainEnd(b, p)
}

// notPlain are the verdicts on keys whose values have to be looked at otherwise.
const notPlain = keyname.MasksText | keyname.MasksNumbers | keyname.Suspicious | keyname.Weak | masksKey

// maxSmallInt is the size of the largest AnyValue with an integer that cannot be a
// card's number: a tag, and 35 bits, which is less than minPAN.
const maxSmallInt = 1 + 5

// varintSize returns the size of the varint at v[0], which has 8 bytes or more, or
// 9 for every longer one.
func varintSize(v []byte) int {
	const high = 0x8080_8080_8080_8080
	return bits.TrailingZeros64(^binary.LittleEndian.Uint64(v)&high)>>3 + 1
}

// plainAttribute is plain for the attribute of any size at b[p]. It returns the
// position behind it, or tooFar.
func (m *Masker) plainAttribute(b []byte, p int) int {
	p, end := span(b, p+1)
	if end > len(b) || p+4 > end || b[p] != tagKey {
		return tooFar
	}
	key, stop := span(b, p+1)
	if stop > end-2 || b[stop] != tagValue {
		return tooFar
	}
	v, to := span(b, stop+1)
	if to != end || !m.plainValue(b[v:to]) {
		return tooFar
	}
	says, ok := m.cache.lookup(b[key:stop], 0)
	if !ok || says&notPlain != 0 {
		return tooFar
	}
	return end
}

// infoText is the severity text of most records, as a little-endian word.
const infoText = 'I' | 'N'<<8 | 'F'<<16 | 'O'<<24

// plainStart is plain for the fields before the attributes.
func (m *Masker) plainStart(b []byte) int {
	p := 0
	if len(b) > 0 && b[0] == tagTime {
		p = 9
	}
	number := byte(0)
	if p+1 < len(b) && b[p] == tagSeverity && b[p+1] < oneByte {
		number = b[p+1]
		p += 2
	}
	if p+6 <= len(b) && b[p] == tagSeverityText && b[p+1] < oneByte {
		switch word := binary.LittleEndian.Uint32(b[p+2:]); {
		case word == infoText && b[p+1] == 4 && number-9 < 4:
			p += 6
		default:
			text := p + 2
			if p = text + int(b[p+1]); p > len(b) || string(b[text:p]) != severityText(number) && !m.clean(b[text:p]) {
				return tooFar
			}
		}
	}
	if p < len(b) && b[p] == tagBody {
		from, to := span(b, p+1)
		if to > len(b) || !m.plainBody(b[from:to]) {
			return tooFar
		}
		p = to
	}
	return p
}

// plainEnd is plain for the fields behind the attributes.
func (m *Masker) plainEnd(b []byte, p int) bool {
	for last := byte(tagAttribute); p < len(b); {
		tag := b[p]
		if tag <= last || tag >= oneByte {
			return false
		}
		last = tag
		switch p++; recordSchema[tag] {
		case roleVarint:
			p = afterVarint(b, p)
		case roleFixed64:
			p += 8
		case roleFixed32:
			p += 4
		case roleBytes:
			_, p = span(b, p)
		case roleText:
			var from int
			if from, p = span(b, p); p > len(b) || !m.clean(b[from:p]) || isReserved(b[from:p]) {
				return false
			}
		default:
			return false
		}
	}
	return p == len(b)
}

// plainBody is plain for the body v. Messages are mostly constants: one that was
// found clean, though a glance could not tell, is remembered.
func (m *Masker) plainBody(v []byte) bool {
	if len(v) < 2 || v[0] != tagString {
		return m.plainValue(v)
	}
	from, to := span(v, 1)
	if to != len(v) {
		return false
	}
	text := v[from:to]
	if m.glances && len(text) <= m.limits.Bytes && m.engine.Quiet(text) {
		return true
	}
	if _, known := m.bodies.lookup(text, 0); known {
		return true
	}
	if !m.clean(text) {
		return false
	}
	m.bodies.store(text, 0, 0)
	return true
}

// plainValue is plain for the AnyValue v: null or a scalar.
func (m *Masker) plainValue(v []byte) bool {
	if len(v) < 2 {
		return len(v) == 0
	}
	switch v[0] {
	case tagString, tagBytes:
		from, end := span(v, 1)
		return end == len(v) && m.clean(v[from:])
	case tagBool:
		return afterVarint(v, 1) == len(v)
	case tagInt:
		return afterVarint(v, 1) == len(v) && m.plainNumber(v)
	case tagDouble:
		return len(v) == 9 && m.plainNumber(v)
	}
	return false
}

// plainNumber reports whether the number in v is no card's.
func (m *Masker) plainNumber(v []byte) bool {
	n, ok := whole(v[0], v[1:])
	return !ok || !m.engine.FindInt(n)
}
