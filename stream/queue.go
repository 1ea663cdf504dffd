package stream

import "github.com/logstream-go/logstream/internal/block"

// A queue holds the masked records between the worker and the routes, in pages
// by class. All of it is guarded by Stream.mu, the content of a block excepted:
// the worker writes records beyond page.published without the lock, and routes
// read those below it.
type queue struct {
	origins  *block.Origins
	budget   int
	pageSize int

	bytes  int // memory of live pages, and size of the batches in flight
	chains [classes]chain
	pages  map[*block.Block]*page
	free   []*block.Block // for reuse; at most freePages

	starved bool          // the worker waits for room
	space   chan struct{} // gets a token when there may be room; capacity 1
}

func newQueue(budget, pageSize int, origins *block.Origins) *queue {
	return &queue{
		origins:  origins,
		budget:   budget,
		pageSize: pageSize,
		pages:    make(map[*block.Block]*page),
		space:    make(chan struct{}, 1),
	}
}

// hasRoom reports whether another page fits into the budget.
func (q *queue) hasRoom() bool { return q.bytes+q.pageSize <= q.budget }

// open adds an empty page of class c.
func (q *queue) open(c class) *page {
	p := &page{class: c}
	if n := len(q.free); n > 0 {
		p.block = q.free[n-1]
		q.free = q.free[:n-1]
	} else {
		p.block = block.New(q.pageSize, q.origins)
	}
	q.bytes += p.block.Cap()
	q.pages[p.block] = p
	q.chains[c].push(p)
	return p
}

// seal ends the appending to p.
func (q *queue) seal(p *page) {
	p.sealed = true
	q.freeIfDone(p)
}

// settle says that the records of run need no more from one route.
func (q *queue) settle(run block.Run) {
	p := q.pages[run.Block]
	p.settle(run.From, run.To)
	q.freeIfDone(p)
}

// freeIfDone frees p when nobody will need it any more.
func (q *queue) freeIfDone(p *page) {
	if !p.sealed || p.unsettled > 0 {
		return
	}
	delete(q.pages, p.block)
	q.chains[p.class].remove(p)
	q.bytes -= p.block.Cap()
	if len(q.free) < freePages {
		p.block.Reset()
		q.free = append(q.free, p.block)
	}
	q.gained()
}

// reserve and release account for a request in flight.
func (q *queue) reserve(bytes int) { q.bytes += bytes }

func (q *queue) release(bytes int) {
	q.bytes -= bytes
	q.gained()
}

// gained wakes a worker that waits for room.
func (q *queue) gained() {
	if !q.starved {
		return
	}
	select {
	case q.space <- struct{}{}:
	default:
	}
}

// gather moves records from what r has not sent yet into a batch, the most severe
// class first, and the oldest first within a class. It returns nil if there are
// none.
func (q *queue) gather(r *route) *block.Batch {
	var b *block.Batch
	for i := range classes {
		c := classes - 1 - i
		ch, pos := &q.chains[c], &r.next[c]
		for pos.page < ch.end() {
			p := ch.at(pos.page)
			if p != nil && pos.record < p.published {
				if b == nil {
					b = new(block.Batch)
				}
				pos.record += b.Add(p.block, pos.record, p.published, r.cfg.batchRecords, r.batchBytes)
				if pos.record < p.published {
					return b // full
				}
			}
			if p != nil && !p.sealed {
				break
			}
			*pos = position{page: pos.page + 1}
		}
	}
	return b
}

// shed drops what r has not sent of its oldest page of the lowest class, though
// not above limit, and reports whether there was one. count is called with the
// severity and size of each record. The page is sealed.
func (q *queue) shed(r *route, limit class, count func(severity uint8, size int)) (p *page, ok bool) {
	for c := range limit + 1 {
		ch, pos := &q.chains[c], &r.next[c]
		for ; pos.page < ch.end(); *pos = (position{page: pos.page + 1}) {
			p := ch.at(pos.page)
			if p == nil || pos.record >= p.published {
				if p != nil && !p.sealed {
					break
				}
				continue
			}
			from := pos.record
			for i := pos.record; i < p.published; i++ {
				count(p.block.Severity(i), p.block.Size(i))
			}
			*pos = position{page: pos.page + 1}
			p.settle(from, p.published)
			q.seal(p)
			return p, true
		}
	}
	return nil, false
}
