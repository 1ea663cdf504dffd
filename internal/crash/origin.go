package crash

import (
	"encoding/binary"
	"hash/crc32"
	"sync/atomic"
)

// An Origin is the resource and scope of records, as block.Origin has them.
type Origin struct {
	Resource          []byte
	ResourceSchemaURL string
	Scope             []byte
	ScopeSchemaURL    string
	Instance          string // of the stream that took the records, unless it is the file's own
}

// entryHead is the length, checksum and id of an entry, in bytes.
const entryHead = 12

// AddOrigin keeps the origin of an id, once. It reports false if there is no room:
// then records of this origin are recovered without one. Any number of goroutines may
// call it; it must return before the first record with the id is put into the ring.
func (f *File) AddOrigin(id uint32, o *Origin) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.origins[id]; ok {
		return true
	}
	e := make([]byte, entryHead, entryHead+256)
	binary.NativeEndian.PutUint32(e[8:], id)
	for _, part := range []string{string(o.Resource), o.ResourceSchemaURL, string(o.Scope), o.ScopeSchemaURL, o.Instance} {
		e = append(binary.NativeEndian.AppendUint32(e, uint32(len(part))), part...)
	}
	binary.NativeEndian.PutUint32(e, uint32(len(e)))
	binary.NativeEndian.PutUint32(e[4:], crc32.Checksum(e[8:], castagnoli))
	for len(e)%wordSize != 0 {
		e = append(e, 0)
	}
	area := f.parts.origins.of(f.mem)
	used := atomic.LoadUint64(&area[0])
	room := bytesOf(area[1:])
	if used+uint64(len(e)) > uint64(len(room)) {
		return false
	}
	copy(room[used:], e)
	atomic.StoreUint64(&area[0], used+uint64(len(e)))
	f.origins[id] = struct{}{}
	return true
}

// readOrigins returns the origins in the area of a file, up to the first entry that
// is wrong.
func readOrigins(area []uint64) (list map[uint32]Origin, err error) {
	list = make(map[uint32]Origin)
	b := bytesOf(area[1:])
	if area[0] > uint64(len(b)) {
		return list, errDamaged
	}
	b = b[:area[0]]
	for len(b) > 0 {
		if len(b) < entryHead {
			return list, errDamaged
		}
		n := binary.NativeEndian.Uint32(b)
		padded := (uint64(n) + wordSize - 1) / wordSize * wordSize
		if n < entryHead || padded > uint64(len(b)) ||
			crc32.Checksum(b[8:n], castagnoli) != binary.NativeEndian.Uint32(b[4:]) {
			return list, errDamaged
		}
		id := binary.NativeEndian.Uint32(b[8:])
		e := b[entryHead:n]
		var part [5]string
		for i := range part {
			if len(e) < 4 || uint64(binary.NativeEndian.Uint32(e)) > uint64(len(e)-4) {
				return list, errDamaged
			}
			n := binary.NativeEndian.Uint32(e)
			part[i], e = string(e[4:4+n]), e[4+n:]
		}
		list[id] = Origin{[]byte(part[0]), part[1], []byte(part[2]), part[3], part[4]}
		b = b[padded:]
	}
	return list, nil
}
