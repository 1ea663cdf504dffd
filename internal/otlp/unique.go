package otlp

import (
	"bytes"
	"hash/maphash"
)

// seed makes the hashes of keys unpredictable for who sends them.
var seed = maphash.MakeSeed()

// appendUnique appends record in canonical form, with unique keys, at most
// maxAttributes attributes unless that is negative, their values cut to
// longest, and no value nested below MaxDepth.
func (s *scratch) appendUnique(dst, record []byte, maxAttributes, longest int) []byte {
	r, body, _ := parseRecord(record) // Damage is seen once more by push.
	dst = appendHead(dst, &r, maxLevel)
	s.longest = noLength
	if body != nil {
		dst = s.appendUniqueValue(dst, TagRecordBody, body, MaxDepth)
	}
	s.push(record, TagRecordAttribute)
	s.unique(0)
	kept := len(s.entries)
	if maxAttributes >= 0 {
		kept = min(kept, maxAttributes)
	}
	dropped := len(s.entries) - kept
	s.longest = longest
	for i := range kept {
		dst = s.appendUniqueEntry(dst, TagRecordAttribute, s.entries[i], MaxDepth)
	}
	if s.damaged {
		dropped++
	}
	s.entries = s.entries[:0]
	return appendTail(dst, &r, dropped, maxLevel)
}

// appendUniqueEntry appends e as field tag, its maps made unique.
func (s *scratch) appendUniqueEntry(dst []byte, tag byte, e entry, depth int) []byte {
	dst, mark := Open(dst, tag)
	if len(e.key) > 0 {
		dst = AppendBytesField(dst, tagKey, e.key)
	}
	if e.value != nil {
		dst = s.appendUniqueValue(dst, TagKeyValueValue, e.value, depth)
	}
	return Close(dst, mark)
}

// appendUniqueValue appends an AnyValue as field tag, its maps made unique, in
// which depth levels of arrays and maps may stand.
func (s *scratch) appendUniqueValue(dst []byte, tag byte, value []byte, depth int) []byte {
	v, err := ParseValue(value)
	if err != nil {
		s.damaged = true
		return AppendNullValue(dst, tag)
	}
	if v.kind != KindArray && v.kind != KindMap {
		return appendScalar(dst, tag, v.shortened(s.longest))
	}
	if depth == 0 {
		return AppendNullValue(dst, tag)
	}
	member := byte(tagArray)
	if v.kind == KindMap {
		member = tagMap
	}
	dst, open := openList(dst, tag, member)
	base := len(s.entries)
	if v.kind == KindArray {
		s.pushElems(v.data)
		for i := base; i < len(s.entries); i++ {
			dst = s.appendUniqueValue(dst, TagArrayElement, s.entries[i].value, depth-1)
		}
	} else {
		s.push(v.data, TagMapEntry)
		s.unique(base)
		for i := base; i < len(s.entries); i++ {
			dst = s.appendUniqueEntry(dst, TagMapEntry, s.entries[i], depth-1)
		}
	}
	s.entries = s.entries[:base]
	return closeContainer(dst, 0, open)
}

// push and unique work on a stack: what they leave above base belongs to the
// map that is being written, and nested maps use the stack above that. Entries
// are read by index, since a nested push can move the stack.

// push puts the KeyValues that are field tag of msg on the stack, up to the
// end or the damage of msg. Those that cannot be read are left out.
func (s *scratch) push(msg []byte, tag byte) {
	for i := 0; i < len(msg); {
		got, bits, end := scan(msg, i)
		if end < 0 {
			s.damaged = true
			return
		}
		if got == uint32(tag) {
			key, value, err := splitKeyValue(data(msg, bits, end))
			if err != nil {
				s.damaged = true
			} else {
				s.entries = append(s.entries, entry{key, value, end - i})
			}
		}
		i = end
	}
}

// pushElems puts the elements of an array on the stack, like push.
func (s *scratch) pushElems(msg []byte) {
	for i := 0; i < len(msg); {
		tag, bits, end := scan(msg, i)
		if end < 0 {
			s.damaged = true
			return
		}
		if tag == uint32(TagArrayElement) {
			s.entries = append(s.entries, entry{nil, data(msg, bits, end), end - i})
		}
		i = end
	}
}

// unique removes duplicate keys from the entries at base and above: the first
// position stays, with the last value.
func (s *scratch) unique(base int) {
	entries := s.entries[base:]
	find := s.findSmall
	if len(entries) > smallMap {
		find = s.findHashed
		s.resetTable(len(entries))
	}
	kept := 0
	for _, e := range entries {
		if first := find(entries[:kept], e.key); first >= 0 {
			entries[first].value, entries[first].size = e.value, e.size
			continue
		}
		entries[kept] = e
		kept++
	}
	s.entries = s.entries[:base+kept]
}

// findSmall returns the position of key in entries or -1.
func (s *scratch) findSmall(entries []entry, key []byte) int {
	for i := range entries {
		if bytes.Equal(entries[i].key, key) {
			return i
		}
	}
	return -1
}

// findHashed is findSmall in constant time. A key that is not found is entered
// as the one that follows entries. The table is at most half full.
func (s *scratch) findHashed(entries []entry, key []byte) int {
	mask := uint64(len(s.table) - 1)
	at := maphash.Bytes(seed, key) & mask
	for ; s.table[at] != 0; at = (at + 1) & mask {
		if i := int(s.table[at] - 1); bytes.Equal(entries[i].key, key) {
			return i
		}
	}
	s.table[at] = int32(len(entries) + 1)
	return -1
}

// resetTable empties the table and makes it fit for n keys.
func (s *scratch) resetTable(n int) {
	size := 4 * smallMap
	for size < 2*n {
		size *= 2
	}
	if size > cap(s.table) {
		s.table = make([]int32, size)
		return
	}
	s.table = s.table[:size]
	clear(s.table)
}
