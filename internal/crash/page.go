package crash

import "sync/atomic"

// Words of a record in a page.
const (
	packedWord = iota
	originWord
	seqWord
	timeWord
	doneWord
	headWords
)

// Where the parts of a record's first word start.
const (
	severityShift = 32
	flagsShift    = 40
	shardShift    = 48
)

// A Record is one as a page, or the ring of a dead process, has it.
type Record struct {
	Origin   uint32
	Shard    uint16
	Severity uint8
	Flags    uint8
	Seq      uint64
	Time     int64
	Done     uint64 // a bit for each route that needs it no more
	Data     []byte // the encoded LogRecord
}

// A Page keeps the records of one page of the queue. The worker appends and
// publishes; the others may be called by whoever has the lock of the queue, and not
// at the same time as Publish.
type Page struct {
	mem    []uint64
	end    uint64   // words of records that are written
	starts []uint32 // where each record starts
}

// Page returns page i, which must be empty.
func (f *File) Page(i int) *Page {
	at := f.parts.pages + uint64(i)*f.parts.page
	return &Page{mem: f.mem[at:][:f.parts.page:f.parts.page]}
}

// Pages returns how many pages there are.
func (f *File) Pages() int { return f.layout.Pages }

// Append writes r behind the others. It reports false if there is no room.
func (p *Page) Append(r *Record) bool {
	at := pageHead + p.end
	need := headWords + (uint64(len(r.Data))+wordSize-1)/wordSize
	if at+need > uint64(len(p.mem)) {
		return false
	}
	w := p.mem[at : at+need]
	w[packedWord] = uint64(len(r.Data)) | uint64(r.Severity)<<severityShift |
		uint64(r.Flags)<<flagsShift | uint64(r.Shard)<<shardShift
	w[originWord] = uint64(r.Origin)
	w[seqWord] = r.Seq
	w[timeWord] = uint64(r.Time)
	w[doneWord] = r.Done
	copy(bytesOf(w[headWords:]), r.Data)
	p.starts = append(p.starts, uint32(at))
	p.end += need
	return true
}

// Publish makes what was appended part of what a crash leaves.
func (p *Page) Publish() { atomic.StoreUint64(&p.mem[0], p.end) }

// Done says that a route needs the records from..to-1 no more.
func (p *Page) Done(route, from, to int) {
	for _, at := range p.starts[from:to] {
		w := &p.mem[uint64(at)+doneWord]
		atomic.StoreUint64(w, *w|1<<route)
	}
}

// Clear empties the page for another use.
func (p *Page) Clear() {
	atomic.StoreUint64(&p.mem[0], 0)
	p.end, p.starts = 0, p.starts[:0]
}

// read passes the records of a page to f, up to the first that is wrong. A Record
// and its Data are valid until f returns.
func read(mem []uint64, f func(*Record)) error {
	end := mem[0]
	if end > uint64(len(mem)-pageHead) {
		return errDamaged
	}
	mem = mem[pageHead:][:end]
	for len(mem) > 0 {
		if len(mem) < headWords {
			return errDamaged
		}
		packed := mem[packedWord]
		n := uint64(uint32(packed))
		need := headWords + (n+wordSize-1)/wordSize
		if need > uint64(len(mem)) {
			return errDamaged
		}
		f(&Record{
			Origin:   uint32(mem[originWord]),
			Shard:    uint16(packed >> shardShift),
			Severity: uint8(packed >> severityShift),
			Flags:    uint8(packed >> flagsShift),
			Seq:      mem[seqWord],
			Time:     int64(mem[timeWord]),
			Done:     mem[doneWord],
			Data:     bytesOf(mem[headWords:need])[:n:n],
		})
		mem = mem[need:]
	}
	return nil
}
