package crash

import "sync/atomic"

// Words of a page.
const (
	lengthWord  = iota
	forgotWord  // how many words a later process has taken over
	changedWord // the commit that the length belongs to
	beforeWord  // the length before that commit
)

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

// Where the commit, cut off, starts in a record's word with the origin, and where the
// bits of before that commit start in its word with those of the routes.
const (
	commitShift = 32
	beforeShift = 32
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

	// Page is the page that it was in, or RingPage.
	Page int

	behind uint64 // words of the page up to its end, or records of the ring
}

// RingPage stands for the ring, where records are that no page has.
const RingPage = -1

// A Page keeps the records of one page of the queue. Append and Skip are for the one
// who appends, the others for whoever has the lock of the queue, which the one who
// appends has for Publish as well. What the others change counts from the next Commit
// of the file on.
type Page struct {
	f   *File
	mem []uint64

	// Of the one who appends.
	end    uint64   // words of records that are written
	starts []uint32 // where each record starts

	shown []uint32 // of starts, what is published
}

// Page returns page i, which must be empty.
func (f *File) Page(i int) *Page {
	at := f.parts.pages + uint64(i)*f.parts.page
	return &Page{f: f, mem: f.mem[at:][:f.parts.page:f.parts.page]}
}

// Pages returns how many pages there are.
func (f *File) Pages() int { return f.layout.Pages }

// Append writes r behind the others. It reports false if there is no room; a page
// of 11/8 of the size of the queue's has room for what that has.
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
	w[doneWord] = bits(r.Done)
	copy(bytesOf(w[headWords:]), r.Data)
	p.starts = append(p.starts, uint32(at))
	p.end += need
	return true
}

// Publish makes what was appended part of what a crash leaves.
func (p *Page) Publish() {
	p.setLength(p.end)
	p.shown = p.starts
}

// setLength stores a length, and the one before it, if this is the first change since
// the last commit.
func (p *Page) setLength(n uint64) {
	if p.mem[changedWord] != p.f.number {
		p.mem[beforeWord] = p.mem[lengthWord]
		atomic.StoreUint64(&p.mem[changedWord], p.f.number)
	}
	atomic.StoreUint64(&p.mem[lengthWord], n)
}

// Done says that a route needs the records from..to-1 no more, which are published.
func (p *Page) Done(route, from, to int) {
	commit := uint64(uint32(p.f.number)) << commitShift
	for _, at := range p.shown[from:to] {
		w := p.mem[at : at+headWords]
		done := w[doneWord]
		if origin := w[originWord]; origin>>commitShift<<commitShift != commit {
			done = bits(done)
			w[doneWord] = done
			atomic.StoreUint64(&w[originWord], uint64(uint32(origin))|commit)
		}
		atomic.StoreUint64(&w[doneWord], done|1<<route)
	}
}

// bits returns the word of a record whose routes are those of done, now as before.
func bits(done uint64) uint64 { return uint64(uint32(done)) | done<<beforeShift }

// Skip says that a route does not need record i, which is not published yet.
func (p *Page) Skip(route, i int) { p.mem[uint64(p.starts[i])+doneWord] |= bits(1 << route) }

// Clear empties the page. It may be used again after the next commit.
func (p *Page) Clear() {
	p.setLength(0)
	p.end, p.starts, p.shown = 0, p.starts[:0], nil
}

// lengthOf returns how many words of records a page has, by the last whole commit.
func lengthOf(head []uint64, commit uint64) uint64 {
	if head[changedWord] > commit {
		return head[beforeWord]
	}
	return head[lengthWord]
}

// read passes the records of page i to f, as the last whole commit has it, up to the first
// that is wrong. A Record and its Data are valid until f returns.
func read(i int, mem []uint64, commit uint64, f func(*Record)) error {
	end, taken := lengthOf(mem, commit), mem[forgotWord]
	if end > uint64(len(mem)-pageHead) || taken > end {
		return errDamaged
	}
	undone := uint32(commit + 1) // the commit that did not come
	mem = mem[pageHead+taken : pageHead+end]
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
		done := mem[doneWord]
		if uint32(mem[originWord]>>commitShift) == undone {
			done >>= beforeShift
		}
		f(&Record{
			Origin:   uint32(mem[originWord]),
			Shard:    uint16(packed >> shardShift),
			Severity: uint8(packed >> severityShift),
			Flags:    uint8(packed >> flagsShift),
			Seq:      mem[seqWord],
			Time:     int64(mem[timeWord]),
			Done:     uint64(uint32(done)),
			Data:     bytesOf(mem[headWords:need])[:n:n],
			Page:     i,
			behind:   end - uint64(len(mem)) + need,
		})
		mem = mem[need:]
	}
	return nil
}
