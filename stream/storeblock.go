package stream

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"slices"
	"sort"

	"github.com/logstream-go/logstream/buffer/spool"
	"github.com/logstream-go/logstream/internal/block"
)

// What the stream puts into the blocks of a spool. Numbers of variable length are
// varints of encoding/binary, the others little-endian.
//
//	Meta     version, 1 byte; number of routes; for each its name, with its length; of the
//	         records that it needs, how many have each level; the number of their
//	         ranges, and for each how many records lie between it and the one before, and in it;
//	         the number of ranges of other records of the class that it needs no more, and for
//	         each the number of the first, and how many;
//	         checksum, CRC32C, 4 bytes
//	Data     for each record: origin, 4 bytes; shard, 2; severity, 1; flags, 1; sequence, 8;
//	         observed time, 8; size of the LogRecord, 4. Then the LogRecords
//	Origin   version, 1 byte; instance, resource, its schema URL, scope, its schema URL, each
//	         with its length
const (
	storeVersion = 1
	storedSlot   = 28
)

var (
	errStoreVersion = errors.New("written by another version")
	errStoreFormat  = errors.New("not what this version writes")
	castagnoli      = crc32.MakeTable(crc32.Castagnoli)
)

// A bale is records of a page on their way into the store.
type bale struct {
	page   *page
	routes []int
	ranges [][]span    // for each of these, what it needs of the page
	whole  bool        // all of them fit
	upto   int         // records of the page from here on do not belong to it
	news   [][]numbers // by route: what it needs no more of other blocks of the class
	taken  [][]numbers // of these, what was taken from the log
	index  []int32     // the page's number of each record
	block  spool.Block
	stored spool.Span // where the store has it
}

// needed returns how many records of ranges there are from record from on, and how many of each
// level, by the slots of b.
func needed(b *block.Block, ranges []span, from, upto int) (n int, of [levels]uint32, bytes int) {
	for _, x := range ranges {
		for i := max(x.from, from); i < min(x.to, upto); i++ {
			n++
			of[levelOf(b.Severity(i))]++
			bytes += b.Size(i)
		}
	}
	return n, of, bytes
}

// pack fills x.block with what x.ranges name. It reads the page without the lock: the page
// is sealed.
func (x *bale) pack(names func(route int) string, blob func(origin uint32) []byte) {
	p := x.page.block
	next := make([]int, len(x.ranges)) // position in each list of ranges
	wanted := func(i int) bool {
		any := false
		for k, list := range x.ranges {
			for next[k] < len(list) && list[next[k]].to <= i {
				next[k]++
			}
			any = any || next[k] < len(list) && list[next[k]].from <= i
		}
		return any
	}
	first, last := math.MaxInt, 0
	for _, list := range x.ranges {
		first, last = min(first, list[0].from), max(last, list[len(list)-1].to)
	}
	out := &x.block
	out.Class = spool.Class(x.page.class)
	out.Data, out.Meta, out.Origins = out.Data[:0], out.Meta[:0], out.Origins[:0]
	x.index, x.whole, x.upto = x.index[:0], true, last
	seen := make(map[uint32]bool)
	for i := first; i < last; i++ {
		if !wanted(i) {
			continue
		}
		s, rec := p.Record(i)
		if !seen[s.Origin] {
			if len(out.Origins) == spool.MaxOrigins {
				x.whole, x.upto = false, i
				break
			}
			seen[s.Origin] = true
			out.Origins = append(out.Origins, spool.Origin{ID: s.Origin, Blob: blob(s.Origin)})
		}
		x.index = append(x.index, int32(i))
		out.Data = binary.LittleEndian.AppendUint32(out.Data, s.Origin)
		out.Data = binary.LittleEndian.AppendUint16(out.Data, s.Shard)
		out.Data = append(out.Data, s.Severity, s.Flags)
		out.Data = binary.LittleEndian.AppendUint64(out.Data, s.Seq)
		out.Data = binary.LittleEndian.AppendUint64(out.Data, uint64(s.Time))
		out.Data = binary.LittleEndian.AppendUint32(out.Data, uint32(len(rec.Bytes)))
	}
	for _, i := range x.index {
		_, rec := p.Record(int(i))
		out.Data = append(out.Data, rec.Bytes...)
	}
	out.Records = len(x.index)
	x.packMeta(names)
}

// packMeta writes which records which route needs.
func (x *bale) packMeta(names func(route int) string) {
	var others []int
	for i, list := range x.news {
		if len(list) > 0 && !slices.Contains(x.routes, i) {
			others = append(others, i)
		}
	}
	m := append(x.block.Meta[:0], storeVersion)
	m = binary.AppendUvarint(m, uint64(len(x.routes)+len(others)))
	for k, r := range x.routes {
		m = binary.AppendUvarint(m, uint64(len(names(r))))
		m = append(m, names(r)...)
		_, of, _ := needed(x.page.block, x.ranges[k], 0, x.upto)
		for _, n := range of {
			m = binary.AppendUvarint(m, uint64(n))
		}
		var list []span
		for _, s := range x.ranges[k] {
			if from, to := x.at(s.from), x.at(min(s.to, x.upto)); from < to {
				list = append(list, span{from, to})
			}
		}
		m = binary.AppendUvarint(m, uint64(len(list)))
		end := 0
		for _, s := range list {
			m = binary.AppendUvarint(m, uint64(s.from-end))
			m = binary.AppendUvarint(m, uint64(s.to-s.from))
			end = s.to
		}
		m = x.appendNews(m, r)
	}
	for _, r := range others {
		m = binary.AppendUvarint(m, uint64(len(names(r))))
		m = append(m, names(r)...)
		m = append(m, make([]byte, levels+1)...) // no records
		m = x.appendNews(m, r)
	}
	x.block.Meta = binary.LittleEndian.AppendUint32(m, crc32.Checksum(m, castagnoli))
}

// appendNews appends what route needs no more to Meta.
func (x *bale) appendNews(m []byte, route int) []byte {
	if x.news == nil {
		return appendNumbers(m, nil)
	}
	return appendNumbers(m, x.news[route])
}

// at returns how many records of the block stand before the page's record i.
func (x *bale) at(i int) int {
	return sort.Search(len(x.index), func(k int) bool { return int(x.index[k]) >= i })
}

// A parser takes what was packed apart. After an error all it returns is zero.
type parser struct {
	b   []byte
	bad bool
}

func (r *parser) long() uint64 {
	n, k := binary.Uvarint(r.b)
	if k <= 0 {
		r.b, r.bad = nil, true
		return 0
	}
	r.b = r.b[k:]
	return n
}

func (r *parser) number() int {
	n := r.long()
	if n > math.MaxInt32 {
		r.b, r.bad = nil, true
		return 0
	}
	return int(n)
}

func (r *parser) bytes() []byte {
	n := r.number()
	if n > len(r.b) {
		r.b, r.bad = nil, true
		return nil
	}
	out := r.b[:n:n]
	r.b = r.b[n:]
	return out
}

// A storedNeed is what Meta says of one route.
type storedNeed struct {
	route  string
	levels [levels]uint32
	n      int
	ranges []span
	done   []numbers // that it needs no more
}

// unpackMeta returns what the routes of whoever wrote a block of so many records need of it.
func unpackMeta(meta []byte, count int) ([]storedNeed, error) {
	if len(meta) < 5 || binary.LittleEndian.Uint32(meta[len(meta)-4:]) != crc32.Checksum(meta[:len(meta)-4], castagnoli) {
		return nil, errStoreFormat
	}
	if meta[0] != storeVersion {
		return nil, errStoreVersion
	}
	r := parser{b: meta[1 : len(meta)-4]}
	var out []storedNeed
	for n := r.number(); n > 0 && !r.bad; n-- {
		x := storedNeed{route: string(r.bytes())}
		sum := 0
		for l := range x.levels {
			x.levels[l] = uint32(r.number())
			sum += int(x.levels[l])
		}
		end := 0
		for k := r.number(); k > 0 && !r.bad; k-- {
			from := end + r.number()
			end = from + r.number()
			if from >= end || end > count {
				return nil, errStoreFormat
			}
			x.ranges = append(x.ranges, span{from, end})
			x.n += end - from
		}
		if sum != x.n {
			return nil, errStoreFormat
		}
		x.done = r.numbers()
		out = append(out, x)
	}
	if r.bad || len(r.b) > 0 {
		return nil, errStoreFormat
	}
	return out, nil
}

// unpack calls each with the records of a block, in order.
func unpack(b *spool.Block, each func(i int, s block.Slot, record []byte)) error {
	if len(b.Data) < b.Records*storedSlot {
		return errStoreFormat
	}
	slots, rest := b.Data[:b.Records*storedSlot], b.Data[b.Records*storedSlot:]
	for i := range b.Records {
		s := slots[i*storedSlot:]
		n := int(binary.LittleEndian.Uint32(s[24:]))
		if n < 0 || n > len(rest) {
			return errStoreFormat
		}
		each(i, block.Slot{
			Origin:   binary.LittleEndian.Uint32(s),
			Shard:    binary.LittleEndian.Uint16(s[4:]),
			Severity: s[6],
			Flags:    s[7],
			Seq:      binary.LittleEndian.Uint64(s[8:]),
			Time:     int64(binary.LittleEndian.Uint64(s[16:])),
		}, rest[:n:n])
		rest = rest[n:]
	}
	return nil
}

// packOrigin returns the blob of an origin, without what there is no room for.
func packOrigin(o *block.Origin, instance string) []byte {
	if o.Instance != "" {
		instance = o.Instance
	}
	parts := [][]byte{[]byte(instance), o.Resource, []byte(o.ResourceSchemaURL), o.Scope, []byte(o.ScopeSchemaURL)}
	out := []byte{storeVersion}
	for i, p := range parts {
		if room := (len(parts) - i) * binary.MaxVarintLen32; len(out)+room+len(p) > spool.MaxOrigin {
			p = nil
		}
		out = binary.AppendUvarint(out, uint64(len(p)))
		out = append(out, p...)
	}
	return out
}

// unpackOrigin returns the origin of a blob, or an empty one if it cannot be read.
func unpackOrigin(blob []byte) block.Origin {
	if len(blob) == 0 || blob[0] != storeVersion {
		return block.Origin{}
	}
	r := parser{b: blob[1:]}
	o := block.Origin{Instance: string(r.bytes())}
	o.Resource, o.ResourceSchemaURL = append([]byte(nil), r.bytes()...), string(r.bytes())
	o.Scope, o.ScopeSchemaURL = append([]byte(nil), r.bytes()...), string(r.bytes())
	if r.bad {
		return block.Origin{}
	}
	return o
}
