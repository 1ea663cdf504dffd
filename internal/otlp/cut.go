package otlp

import "slices"

const (
	// leastValue is the size to which every value can be cut before attributes
	// are dropped: a line of text.
	leastValue = 64
	// leastElement is the same for the elements of a map or array; it holds
	// the mark of a nested one and a few characters of a string.
	leastElement = 32
	// fixedBytes bounds the fields of a record that are never cut: two times,
	// severity number, dropped count, flags and two ids.
	fixedBytes = 9 + 9 + 11 + 6 + 5 + 18 + 10
	// markBytes bounds what CutMark takes in an array or a map.
	markBytes = len(CutMark) + 16
)

// appendCut appends record, which is canonical with unique keys, in at most
// most bytes, which are at least MinRecordBytes. The values of its attributes
// are not longer than longest and stay so.
func (s *scratch) appendCut(dst, record []byte, most, longest int) []byte {
	r, body, _ := parseRecord(record)

	// The texts and the body share the bytes with the attributes. They stand
	// first on the stack, where nothing is dropped.
	text := textEntry(r.SeverityText)
	name := textEntry(r.EventName)
	s.entries = append(s.entries, text, name, entry{nil, body, SizeField(len(body))})
	const pinned = 3
	s.push(record, TagRecordAttribute)
	level, dropped := s.fit(0, pinned, most-fixedBytes, leastValue, 0)

	dst = appendHead(dst, &r, level)
	s.longest = noLength
	if body != nil {
		dst = s.appendCutValue(dst, TagRecordBody, body, level)
	}
	s.longest = longest
	for i := pinned; i < len(s.entries); i++ {
		dst = s.appendCutEntry(dst, TagRecordAttribute, s.entries[i], level)
	}
	s.entries = s.entries[:0]
	return appendTail(dst, &r, dropped, level)
}

// textEntry is a string field with a one-byte tag.
func textEntry(text []byte) entry { return entry{nil, text, SizeField(len(text))} }

// fit makes the entries at base and above fit in budget bytes. It drops those
// whose head alone takes half of it, then others from the end until the rest
// would fit with every value cut to least bytes, and returns the highest level
// that fits: it is at least least. The first pinned entries are not dropped. If
// any is dropped, mark bytes are set aside.
//
// An entry takes its head and its value. Cutting a value can only shorten the
// head, so the sum of old heads and new values is never too small.
func (s *scratch) fit(base, pinned, budget, least, mark int) (level, dropped int) {
	entries := s.entries[base:]
	kept, need := pinned, 0
	for _, e := range entries[:pinned] {
		need += e.head() + min(len(e.value), least)
	}
	for _, e := range entries[pinned:] {
		if e.head() <= budget/2 {
			entries[kept] = e
			kept++
			need += e.head() + min(len(e.value), least)
		}
	}
	for room := budget; kept > pinned; kept-- {
		if kept < len(entries) {
			room = budget - mark
		}
		if need <= room {
			break
		}
		e := entries[kept-1]
		need -= e.head() + min(len(e.value), least)
	}
	dropped = len(entries) - kept
	if dropped > 0 {
		budget -= mark
	}
	s.entries = s.entries[:base+kept]
	return s.level(s.entries[base:], budget), dropped
}

// head is what e takes beside its value.
func (e entry) head() int { return e.size - len(e.value) }

// level returns the largest size such that all entries, their values cut to
// it, take at most budget bytes.
func (s *scratch) level(entries []entry, budget int) int {
	s.sizes = s.sizes[:0]
	for _, e := range entries {
		budget -= e.head()
		s.sizes = append(s.sizes, len(e.value))
	}
	slices.Sort(s.sizes)
	// In ascending order, each value may take an equal share of what is left;
	// a smaller one leaves the rest of its share to the larger ones. The first
	// that does not fit in its share sets the level for itself and all others.
	for i, size := range s.sizes {
		share := budget / (len(s.sizes) - i)
		if size > share {
			return share
		}
		budget -= size
	}
	return maxLevel
}

// maxLevel cuts nothing.
const maxLevel = int(^uint(0) >> 1)

// appendCutEntry appends e as field tag with its value cut to level.
func (s *scratch) appendCutEntry(dst []byte, tag byte, e entry, level int) []byte {
	dst, mark := Open(dst, tag)
	if len(e.key) > 0 {
		dst = AppendBytesField(dst, tagKey, e.key)
	}
	if e.value != nil {
		dst = s.appendCutValue(dst, TagKeyValueValue, e.value, level)
	}
	return Close(dst, mark)
}

// appendCutValue appends value, the content of an AnyValue, as field tag, cut
// to level bytes without its own tag and length.
func (s *scratch) appendCutValue(dst []byte, tag byte, value []byte, level int) []byte {
	if len(value) <= level {
		return AppendBytesField(dst, tag, value)
	}
	v, _ := ParseValue(value)
	room := level - 1 - SizeVarint(uint64(level)) // Without the member's tag and length.
	switch v.kind {
	case KindString:
		return appendCutMember(dst, tag, tagString, v.data, cutLength(v.data, room-len(CutMark), s.longest))
	case KindBytes:
		return appendCutMember(dst, tag, tagBytes, v.data, room-len(CutMark))
	case KindArray, KindMap:
		return s.appendCutList(dst, tag, v, room)
	}
	return AppendBytesField(dst, tag, value) // A scalar is always smaller than level.
}

// appendCutMember appends the AnyValue of a string or byte string that is cut
// behind its first keep bytes.
func appendCutMember(dst []byte, tag, member byte, text []byte, keep int) []byte {
	dst = AppendHeader(dst, tag, SizeField(keep+len(CutMark)))
	return appendMarked(dst, member, text[:keep])
}

// appendCutList appends v, an array or map, as field tag with room bytes for
// its elements.
func (s *scratch) appendCutList(dst []byte, tag byte, v Value, room int) []byte {
	base := len(s.entries)
	isMap := v.kind == KindMap
	member := byte(tagArray)
	if isMap {
		member = tagMap
		s.push(v.data, TagMapEntry)
	} else {
		s.pushElems(v.data)
	}
	level, dropped := s.fit(base, 0, room, leastElement, markBytes)

	dst, open := openList(dst, tag, member)
	marked := false // A map that was cut before may have the mark already.
	for i := base; i < len(s.entries); i++ {
		e := s.entries[i]
		if !isMap {
			dst = s.appendCutValue(dst, TagArrayElement, e.value, level)
			continue
		}
		marked = marked || string(e.key) == CutMark
		dst = s.appendCutEntry(dst, TagMapEntry, e, level)
	}
	switch {
	case dropped == 0 || marked:
	case isMap:
		dst = AppendInt(dst, TagMapEntry, CutMark, int64(dropped))
	default:
		dst = AppendStringValue(dst, TagArrayElement, CutMark)
	}
	s.entries = s.entries[:base]
	return closeContainer(dst, 0, open)
}
