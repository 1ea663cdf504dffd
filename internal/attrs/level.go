package attrs

import (
	"encoding/binary"
	"unicode/utf8"
)

// A Level is the attributes of a record, or of a group in it, that are encoded
// so far. Its zero value, with a tag, is that of attributes at the start of a
// buffer.
type Level struct {
	// Tag is the field of each attribute in the message around it.
	Tag byte

	// Start is the position in the buffer of the first attribute. From there on
	// it holds nothing but KeyValues of the level.
	Start int

	// Keys is a Bloom filter of the keys, with two bits for each: nearly every
	// record ends with the knowledge that no key repeats, at the price of a few
	// instructions a key.
	Keys uint64

	// Count is the number of attributes.
	Count int
}

// KeyBits returns the bits that stand for key in Level.Keys. They depend on its
// length, its first and its last byte, which is enough to tell most keys apart.
func KeyBits(key string) uint64 {
	n := len(key)
	if n == 0 {
		return 1
	}
	h := (uint32(key[0])<<16 ^ uint32(n)<<8 ^ uint32(key[n-1])) * 0x9e3779b1
	return 1<<(h>>26) | 1<<(h>>20&63)
}

// Note enters key into the level, and finds out whether it is there already.
// dst must end with the level's last attribute.
func (e *Encoder) Note(dst []byte, key string) {
	if e.note(KeyBits(key)) {
		e.compare(dst, key)
	}
}

// note enters a key by its bits. It reports whether the filter leaves open that
// the key is there already.
func (e *Encoder) note(bits uint64) (open bool) {
	keys := e.Level.Keys
	e.Level.Keys = keys | bits
	e.Level.Count++
	return keys&bits == bits
}

// manyKeys is from how many keys of a level on nobody looks whether one repeats. The
// filter is so full by then that it leaves most of them open, and to look at all
// others for each takes a time that grows with their square. The worker makes them
// unique for some 90 ns an attribute.
const manyKeys = 24

// compare settles what the filter left open.
func (e *Encoder) compare(dst []byte, key string) {
	if !e.Repeated {
		e.Repeated = e.Level.Count > manyKeys || HasKey(dst[e.Level.Start:], key)
	}
}

// HasKey reports whether key is among the KeyValues in b, each encoded as a field
// of its own with a tag of one byte. It says yes for a key that is not valid UTF-8,
// since its encoding differs from it. b must come from this package or from package
// otlp: nothing in it is checked.
func HasKey(b []byte, key string) bool {
	for len(b) > 0 {
		size, n := binary.Uvarint(b[1:])
		kv := b[1+n:][:size]
		b = b[1+n+int(size):]
		if len(kv) == 0 || kv[0] != tagKey {
			continue
		}
		size, n = binary.Uvarint(kv[1:])
		if string(kv[1+n:][:size]) == key {
			return true
		}
	}
	return !utf8.ValidString(key)
}
