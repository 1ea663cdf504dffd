package otlp

import "bytes"

// cleanRecord reports whether AppendLimited can copy record as it is: it is
// canonical (fields in ascending order, nothing twice, ids of the right
// length), has at most maxAttributes attributes unless that is negative, every
// key is unique in its map, no value is nested too deeply, and none of an
// attribute is longer than longest. This is the answer for nearly every record,
// so the check allocates nothing.
func cleanRecord(msg []byte, maxAttributes, longest int) bool {
	last, attributes, keys := uint32(0), 0, keySet{}
	for i := 0; i < len(msg); {
		tag, bits, end := scan(msg, i)
		if end < 0 {
			return false
		}
		i = end
		if tag < last || tag == last && tag != uint32(TagRecordAttribute) {
			return false
		}
		last = tag
		switch tag {
		case uint32(TagRecordAttribute):
			attributes++
			if !keys.cleanKeyValue(data(msg, bits, end), MaxDepth, longest) {
				return false
			}
		case uint32(TagRecordBody):
			if !cleanValue(data(msg, bits, end), MaxDepth, noLength) {
				return false
			}
		case tagTraceID:
			if end-int(bits) != 16 {
				return false
			}
		case tagSpanID:
			if end-int(bits) != 8 {
				return false
			}
		case tagTime, tagSeverity, tagSeverityText, tagDropped,
			tagFlags, tagObservedTime, tagEventName:
		default:
			if validateUnknown(tag, numEventName) != nil {
				return false
			}
		}
	}
	// Many keys are compared last: it costs the most.
	if maxAttributes >= 0 && attributes > maxAttributes {
		return false
	}
	return !keys.full || uniqueMany(msg, TagRecordAttribute)
}

// cleanValue checks an AnyValue that may hold depth levels of arrays and maps
// and strings of longest characters: one known member or none.
func cleanValue(msg []byte, depth, longest int) bool {
	if len(msg) == 0 {
		return true
	}
	tag, bits, end := scan(msg, 0)
	if end != len(msg) {
		return false
	}
	switch tag {
	case tagBool, tagInt, tagDouble:
		return true
	case tagString, tagBytes:
		return end-int(bits) <= longest || cleanLength(data(msg, bits, end), tag == tagBytes, longest)
	case tagArray:
		return depth > 0 && cleanArray(data(msg, bits, end), depth-1, longest)
	case tagMap:
		return depth > 0 && cleanMap(data(msg, bits, end), depth-1, longest)
	}
	return false
}

// cleanArray checks an ArrayValue whose elements may hold depth levels.
func cleanArray(msg []byte, depth, longest int) bool {
	for i := 0; i < len(msg); {
		tag, bits, end := scan(msg, i)
		if end < 0 || tag != uint32(TagArrayElement) || !cleanValue(data(msg, bits, end), depth, longest) {
			return false
		}
		i = end
	}
	return true
}

// cleanMap checks a KeyValueList whose values may hold depth levels.
func cleanMap(msg []byte, depth, longest int) bool {
	var keys keySet
	for i := 0; i < len(msg); {
		tag, bits, end := scan(msg, i)
		if end < 0 || tag != uint32(TagMapEntry) || !keys.cleanKeyValue(data(msg, bits, end), depth, longest) {
			return false
		}
		i = end
	}
	return !keys.full || uniqueMany(msg, TagMapEntry)
}

// smallMap is the number of keys up to which comparing each with each is
// faster than hashing.
const smallMap = 16

// keySet holds the keys of one map as long as they are few. It lives on the
// stack of the walk.
type keySet struct {
	n      int
	full   bool             // More than smallMap keys: those behind were not compared.
	prints [smallMap]uint32 // Compared first: one word in place of a key.
	keys   [smallMap][]byte
}

// cleanKeyValue checks a KeyValue, a key and a value at most once each, and
// adds its key.
func (s *keySet) cleanKeyValue(msg []byte, depth, longest int) bool {
	var key []byte
	i := 0
	if len(msg) > 0 && msg[0] == tagKey {
		_, bits, end := scan(msg, 0)
		if end < 0 {
			return false
		}
		key, i = data(msg, bits, end), end
	}
	if i < len(msg) {
		tag, bits, end := scan(msg, i)
		if end != len(msg) || tag != uint32(TagKeyValueValue) || !cleanValue(data(msg, bits, end), depth, longest) {
			return false
		}
	}
	return s.add(key)
}

// add reports whether key is new, as far as the set can tell.
func (s *keySet) add(key []byte) bool {
	if s.n == smallMap {
		s.full = true
		return true
	}
	mine := fingerprint(key)
	for i, other := range s.prints[:s.n] {
		if other == mine && bytes.Equal(s.keys[i], key) {
			return false
		}
	}
	s.prints[s.n], s.keys[s.n] = mine, key
	s.n++
	return true
}

// fingerprint tells most keys of a record apart by their length and three of
// their bytes.
func fingerprint(key []byte) uint32 {
	n := len(key)
	if n == 0 {
		return 0
	}
	return uint32(n)<<24 | uint32(key[0])<<16 | uint32(key[n/2])<<8 | uint32(key[n-1])
}

// uniqueMany reports whether the KeyValues that are field tag of msg have
// unique keys, however many they are.
func uniqueMany(msg []byte, tag byte) bool {
	s := scratches.Get().(*scratch)
	defer s.release()
	s.push(msg, tag)
	n := len(s.entries)
	s.unique(0)
	return len(s.entries) == n
}
