package otlp

// MapMark says where the lengths of an open map stand in its buffer.
type MapMark struct{ kv, value int }

// ArrayMark says where the lengths of an open array stand in its buffer.
type ArrayMark struct{ kv, value int }

// OpenMap appends key and starts a map as its value, in a KeyValue that is
// field tag of the message around it. The caller appends the entries with
// TagMapEntry and then calls CloseMap. An empty map is an empty map, not null.
func OpenMap(dst []byte, tag byte, key string) ([]byte, MapMark) {
	dst, kv, value := openKeyValue(dst, tag, key, tagMap)
	return dst, MapMark{kv, value}
}

// CloseMap ends the map that OpenMap started.
func CloseMap(dst []byte, m MapMark) []byte {
	return closeContainer(dst, m.kv, m.value)
}

// OpenArray appends key and starts an array as its value, in a KeyValue that
// is field tag of the message around it. The caller appends the elements with
// TagArrayElement and then calls CloseArray.
func OpenArray(dst []byte, tag byte, key string) ([]byte, ArrayMark) {
	dst, kv, value := openKeyValue(dst, tag, key, tagArray)
	return dst, ArrayMark{kv, value}
}

// CloseArray ends the array that OpenArray started.
func CloseArray(dst []byte, m ArrayMark) []byte {
	return closeContainer(dst, m.kv, m.value)
}

// OpenMapValue starts a map as an AnyValue that is field tag of the message
// around it. The caller appends the entries with TagMapEntry and then calls
// CloseMapValue.
func OpenMapValue(dst []byte, tag byte) ([]byte, MapMark) {
	dst, value := openList(dst, tag, tagMap)
	return dst, MapMark{value: value}
}

// CloseMapValue ends the map that OpenMapValue started.
func CloseMapValue(dst []byte, m MapMark) []byte {
	return closeContainer(dst, 0, m.value)
}

// OpenArrayValue starts an array as an AnyValue that is field tag of the
// message around it. The caller appends the elements with TagArrayElement and
// then calls CloseArrayValue.
func OpenArrayValue(dst []byte, tag byte) ([]byte, ArrayMark) {
	dst, value := openList(dst, tag, tagArray)
	return dst, ArrayMark{value: value}
}

// CloseArrayValue ends the array that OpenArrayValue started.
func CloseArrayValue(dst []byte, m ArrayMark) []byte {
	return closeContainer(dst, 0, m.value)
}

// openKeyValue appends the headers of KeyValue, AnyValue and the list inside
// it with one byte for each unknown length. kv and value are the positions of
// the first two; the third is always two bytes behind the second. Position 0
// is a tag and never a length, so kv 0 says that there is no KeyValue.
func openKeyValue(dst []byte, tag byte, key string, member byte) (b []byte, kv, value int) {
	kv = len(dst) + 1
	dst = append(dst, tag, 0)
	if key != "" {
		dst = AppendStringField(dst, tagKey, key)
	}
	dst, value = openList(dst, TagKeyValueValue, member)
	return dst, kv, value
}

// openList appends the headers of an AnyValue as field tag and of the array or
// map in it. value is the position of the first length.
func openList(dst []byte, tag, member byte) (b []byte, value int) {
	return append(dst, tag, 0, member, 0), len(dst) + 1
}

// closeContainer fills in the open lengths. All three are known before any
// byte moves, so the content moves at most once: three calls of Close would
// move it three times. kv is 0 if no KeyValue is open.
func closeContainer(dst []byte, kv, value int) []byte {
	list := len(dst) - (value + 3)
	switch n := len(dst) - (kv + 1); {
	case kv != 0 && n < oneByte:
		dst[kv], dst[value], dst[value+2] = byte(n), byte(list+2), byte(list)
		return dst
	case kv == 0 && list+2 < oneByte:
		dst[value], dst[value+2] = byte(list+2), byte(list)
		return dst
	}
	return closeLong(dst, kv, value, list)
}

// closeLong is closeContainer where a length may need more than one byte.
func closeLong(dst []byte, kv, value, list int) []byte {
	member := dst[value+1]
	inner := SizeField(list) // Content of the AnyValue.
	extraValue := SizeVarint(uint64(inner)) - 1
	extra := extraValue + SizeVarint(uint64(list)) - 1
	head := value - (kv + 1) // From behind the KeyValue's length to the AnyValue's.
	var whole, extraKV int
	if kv != 0 {
		whole = head + SizeVarint(uint64(inner)) + inner
		extraKV = SizeVarint(uint64(whole)) - 1
		extra += extraKV
	}
	// The content moves first and by the sum of all growth, then the head of
	// the KeyValue by the growth of the length in front of it.
	if extra > 0 {
		end := len(dst)
		dst = extend(dst, extra)
		copy(dst[value+3+extra:], dst[value+3:end])
	}
	if kv != 0 {
		if extraKV > 0 {
			copy(dst[kv+1+extraKV:], dst[kv+1:value])
		}
		putVarint(dst, kv, uint64(whole))
	}
	at := putVarint(dst, value+extraKV, uint64(inner))
	dst[at] = member
	putVarint(dst, at+1, uint64(list))
	return dst
}
