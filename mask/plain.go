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
func (c *keyCache) plain(record []byte) bool {
	b := record
	p := plainStart(b)
	for p <= len(b)-keyRoom && b[p] == tagAttribute {
		head := binary.LittleEndian.Uint32(b[p:])
		n, k := int(head>>8&0xff), int(head>>24)
		end := p + 2 + n
		value := p + 4 + k
		if head&tagsAndHighBits != shortAttribute || value+2 > end || end > len(b)-2 {
			if p = c.plainAttribute(b, p); p == tooFar {
				return false
			}
			continue
		}
		id := identifyIn(b, p+4, k)
		e := c.slots[c.place(id)].Load()
		if e == nil || !e.id.is(id) {
			e = c.find(id)
		}
		if e == nil || e.verdict&(keyname.MasksText|keyname.MasksNumbers) != 0 || k > idBytes && e.key != string(b[p+4:value]) {
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
		case tag == tagInt && n < 10 && value+11 <= len(b) && varintSize(b[value+3:]) == n-1:
		case !plainValue(b[value+2 : end]):
			return false
		}
		p = end
	}
	return plainEnd(b, p)
}

// varintSize returns the size of the varint at v[0], which has 8 bytes or more, or
// 9 for every longer one.
func varintSize(v []byte) int {
	const high = 0x8080_8080_8080_8080
	return bits.TrailingZeros64(^binary.LittleEndian.Uint64(v)&high)>>3 + 1
}

// plainAttribute is plain for the attribute of any size at b[p]. It returns the
// position behind it, or tooFar.
func (c *keyCache) plainAttribute(b []byte, p int) int {
	p, end := span(b, p+1)
	if end > len(b) || p+4 > end || b[p] != tagKey {
		return tooFar
	}
	key, stop := span(b, p+1)
	if stop > end-2 || b[stop] != tagValue {
		return tooFar
	}
	v, to := span(b, stop+1)
	if to != end || !plainValue(b[v:to]) {
		return tooFar
	}
	says, ok := c.lookup(b[key:stop], 0)
	if !ok || says&(keyname.MasksText|keyname.MasksNumbers) != 0 {
		return tooFar
	}
	return end
}

// plainStart is plain for the fields before the attributes.
func plainStart(b []byte) int {
	p := 0
	if len(b) > 0 && b[0] == tagTime {
		p = 9
	}
	if p+1 < len(b) && b[p] == tagSeverity && b[p+1] < oneByte {
		p += 2
	}
	if p+1 < len(b) && b[p] == tagSeverityText && b[p+1] < oneByte {
		p += 2 + int(b[p+1])
	}
	if p < len(b) && b[p] == tagBody {
		from, to := span(b, p+1)
		if to > len(b) || !plainValue(b[from:to]) {
			return tooFar
		}
		p = to
	}
	return p
}

// plainEnd is plain for the fields behind the attributes.
func plainEnd(b []byte, p int) bool {
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
		default:
			return false
		}
	}
	return p == len(b)
}

// plainValue is plain for the AnyValue v: null or a scalar.
func plainValue(v []byte) bool {
	if len(v) < 2 {
		return len(v) == 0
	}
	switch v[0] {
	case tagString, tagBytes:
		_, end := span(v, 1)
		return end == len(v)
	case tagInt, tagBool:
		return afterVarint(v, 1) == len(v)
	case tagDouble:
		return len(v) == 9
	}
	return false
}
