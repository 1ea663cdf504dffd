package stream

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/sink"
)

// A filter says which records a route takes. It belongs to the worker.
type filter struct {
	route       int
	least       uint8 // severity number
	take        func(sink.Record) bool
	own         ownOrigins
	panicked    func(error)
	newRecords  int // chosen of those that are not published yet
	newBytes    int // their size
	newFiltered int // the others
}

// unspecified stands for the severity of a record that has none: INFO.
const unspecified = 9

// rank returns a severity number that can be compared.
func rank(severity uint8) uint8 {
	if severity == 0 {
		return unspecified
	}
	return severity
}

// takesAt reports whether a record of level l may pass.
func (f *filter) takesAt(l Level) bool {
	return rank(uint8(l)*4) >= f.least
}

// takesIn reports whether a record of class c may pass.
func (f *filter) takesIn(c class) bool {
	return c == high || c == middle && f.least < reservedSeverity || f.least < unspecified
}

// choose returns which of the records of p that are not published yet pass, in
// the memory of c. done has a bit for each route that had them from a former process.
func (f *filter) choose(p *page, c choice, done uint64) choice {
	c = c[:0]
	for i := p.published; i < p.block.Len(); i++ {
		if done>>f.route&1 != 0 || !f.takes(p.block, i) {
			if p.kept != nil {
				p.kept.skip(f.route, i)
			}
			f.newFiltered++
			continue
		}
		c = c.add(i, i+1)
		f.newRecords++
		f.newBytes += p.block.Size(i)
	}
	return c
}

// takes reports whether the i-th record of b passes. What the stream says itself
// is for one route, whatever its filter.
func (f *filter) takes(b *block.Block, i int) bool {
	if route, ok := f.own.route(b.Origin(i)); ok {
		return route == f.route
	}
	if rank(b.Severity(i)) < f.least {
		return false
	}
	return f.take == nil || f.asks(b, i)
}

// asks calls the program's function. A record that makes it panic passes: it is
// better to send too much than to lose something.
func (f *filter) asks(b *block.Block, i int) (ok bool) {
	defer func() {
		if v := recover(); v != nil {
			ok = true
			f.panicked(fmt.Errorf("filter panicked: %v\n%s", v, debug.Stack()))
		}
	}()
	return f.take(sink.NewRecord(b.Record(i)))
}

// judge asks the filters about the records that are not published yet. It is
// called by the worker without the lock, since a filter is the program's code.
func (w *worker) judge() {
	if !w.s.queue.choosy || w.taken == 0 {
		return
	}
	for _, p := range w.open {
		if p == nil {
			continue
		}
		for i, r := range w.s.routes {
			p.fresh[i] = r.filter.choose(p, p.fresh[i], w.done)
		}
	}
}

// offerLocked makes the records of p that are not published yet visible to the
// routes.
func (s *Stream) offerLocked(p *page) {
	n := p.block.Len() - p.published
	p.published += n
	if p.choices == nil {
		for i := range p.left {
			p.left[i] += n
		}
		p.unsettled += n * len(p.left)
		return
	}
	for i, fresh := range p.fresh {
		for _, x := range fresh {
			p.choices[i] = p.choices[i].add(x.from, x.to)
			p.left[i] += x.to - x.from
			p.unsettled += x.to - x.from
		}
		p.fresh[i] = fresh[:0]
	}
}

// takeLocked notes that so many records of so many bytes were offered, others
// were lost for lack of room.
func (r *route) takeLocked(records, bytes int, lost *[levels]uint64) {
	if f := &r.filter; r.s.queue.choosy {
		records, bytes = f.newRecords, f.newBytes
		r.ledger.filtered += uint64(f.newFiltered)
		f.newRecords, f.newBytes, f.newFiltered = 0, 0, 0
	}
	r.pending += records
	r.pendingBytes += bytes
	for l, n := range lost {
		switch {
		case n == 0:
		case r.filter.takesAt(Level(l)):
			r.loseLocked(QueueFull, Level(l), n, time.Now().UnixNano())
		default:
			r.ledger.filtered += n
		}
	}
}
