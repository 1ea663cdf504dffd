package stream

import (
	"sync"

	"github.com/logstream-go/logstream/internal/block"
)

// A queue holds the masked records between the worker and the routes, in pages
// by class. All of it is guarded by Stream.mu, the content of a block excepted:
// the worker writes records beyond page.published without the lock, and routes
// read those below it.
type queue struct {
	origins  *block.Origins
	budget   int
	pageSize int
	routes   int
	choosy   bool   // some route does not take everything
	keeper   keeper // nil for none
	store    store  // likewise

	bytes  int // memory of live pages, and size of the batches in flight
	chains [classes]chain
	pages  map[*block.Block]*page
	free   sync.Pool // of blocks for reuse: a steady flow makes none, and a quiet stream keeps none
	parted bool      // exports may read blocks that are settled, of which none is used again

	starved bool          // the worker waits for room
	space   chan struct{} // gets a token when there may be room; capacity 1
}

func newQueue(budget, pageSize, routes int, origins *block.Origins) *queue {
	return &queue{
		origins:  origins,
		budget:   budget,
		pageSize: pageSize,
		routes:   routes,
		pages:    make(map[*block.Block]*page),
		space:    make(chan struct{}, 1),
	}
}

// hasRoom reports whether another page fits into the budget.
func (q *queue) hasRoom() bool { return q.bytes+q.pageSize <= q.budget }

// open adds an empty page of class c.
func (q *queue) open(c class) *page {
	p := &page{class: c, left: make([]int, q.routes)}
	if q.choosy {
		p.choices, p.fresh = make([]choice, q.routes), make([]choice, q.routes)
	}
	p.block = q.empty()
	if q.keeper != nil {
		p.kept = q.keeper.page()
	}
	q.bytes += p.block.Cap()
	q.pages[p.block] = p
	q.chains[c].push(p)
	if q.store != nil && q.bytes > q.spillAbove() {
		q.store.kick()
	}
	return p
}

// empty returns an empty block.
func (q *queue) empty() *block.Block {
	if b, ok := q.free.Get().(*block.Block); ok {
		return b
	}
	return block.New(q.pageSize, q.origins)
}

// recycle takes a block that nobody needs any more.
func (q *queue) recycle(b *block.Block) {
	if b.Cap() == q.pageSize && !q.parted {
		b.Reset()
		q.free.Put(b)
	}
}

// seal ends the appending to p.
func (q *queue) seal(p *page) {
	p.sealed = true
	q.freeIfDone(p)
}

// settle says that a route needs the records of run no more, and whether one of
// them was lost.
func (q *queue) settle(route int, run block.Run, lost bool) {
	p := q.pages[run.Block]
	p.settle(route, run.From, run.To, lost)
	if lost && p.stored != nil {
		q.store.lost(p)
	}
	q.freeIfDone(p)
}

// register makes w wait for the records that are published and not settled.
func (q *queue) register(w *waiter) {
	for _, p := range q.pages {
		if p.stored == nil {
			p.await(w)
		}
	}
	if q.store != nil {
		q.store.register(w)
	}
	if w.left == 0 {
		close(w.done)
	}
}

// freeIfDone frees p when nobody will need it any more.
func (q *queue) freeIfDone(p *page) {
	if !p.sealed || p.unsettled > 0 || p.pins > 0 {
		return
	}
	if p.stored != nil {
		q.store.settled(p)
	} else {
		q.chains[p.class].remove(p)
	}
	if p.kept != nil {
		p.kept.free()
	}
	q.forget(p)
}

// forget gives the memory of p back.
func (q *queue) forget(p *page) {
	delete(q.pages, p.block)
	q.bytes -= p.block.Cap()
	q.recycle(p.block)
	q.gained()
}

// unpin ends a use of p without the lock.
func (q *queue) unpin(p *page) {
	p.pins--
	q.freeIfDone(p)
}

// reserve accounts for a request in flight; a negative size for its end.
func (q *queue) reserve(bytes int) {
	q.bytes += bytes
	if bytes < 0 {
		q.gained()
	}
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
// class first, and the oldest first within a class; then what was read back from the
// store. It returns nil if there are none.
func (q *queue) gather(r *route) *block.Batch {
	var b *block.Batch
	pages := 0 // that b has records of
	for i := range classes {
		c := classes - 1 - i
		ch, pos := &q.chains[c], &r.next[c]
		*pos = ch.clip(*pos)
		for ; pos.page < ch.end(); *pos = pos.next() {
			p := ch.at(pos.page)
			if p == nil {
				continue
			}
			from, to := p.next(r.index, pos.record)
			if from < to {
				if pages++; pages > r.maxPages {
					return b
				}
				if b == nil {
					b = new(block.Batch)
				}
			}
			for ; from < to; from, to = p.next(r.index, to) {
				n := b.Add(p.block, from, to, r.cfg.batchRecords, r.batchBytes)
				pos.record = from + n
				if pos.record < to {
					return b // full
				}
			}
			if !p.sealed {
				break
			}
		}
	}
	for sh := &r.shelf; len(sh.back) > 0; sh.back, sh.begun = sh.back[1:], 0 {
		if pages++; pages > r.maxPages {
			return b
		}
		if b == nil {
			b = new(block.Batch)
		}
		p := sh.back[0]
		sh.begun += b.Add(p.block, sh.begun, p.published, r.cfg.batchRecords, r.batchBytes)
		if sh.begun < p.published {
			return b // full
		}
	}
	return b
}

// oldest returns the oldest page that holds records which r has not sent, of the
// lowest class that has one and is not above limit, or nil.
func (q *queue) oldest(r *route, limit class) *page {
	for c := range limit + 1 {
		ch, pos := &q.chains[c], &r.next[c]
		*pos = ch.clip(*pos)
		for ; pos.page < ch.end(); *pos = pos.next() {
			p := ch.at(pos.page)
			if p == nil {
				continue
			}
			if from, to := p.next(r.index, pos.record); from < to {
				return p
			}
			if !p.sealed {
				break
			}
		}
	}
	return nil
}

// leave moves r past p, which oldest has returned, and calls each with what r has not
// sent of it. The page is sealed: no record follows that r would miss. Whoever calls
// settles these records.
func (q *queue) leave(r *route, p *page, each func(from, to int)) {
	pos := &r.next[p.class]
	for from, to := p.next(r.index, pos.record); from < to; from, to = p.next(r.index, to) {
		each(from, to)
	}
	*pos = pos.next()
	q.seal(p)
}

// oldestSealed returns the oldest page of class c that holds records which r has not sent,
// if no more are appended to it, or nil.
func (q *queue) oldestSealed(r *route, c class) *page {
	ch, pos := &q.chains[c], &r.next[c]
	*pos = ch.clip(*pos)
	for ; pos.page < ch.end(); *pos = pos.next() {
		p := ch.at(pos.page)
		if p == nil {
			continue
		}
		if !p.sealed {
			return nil
		}
		if from, to := p.next(r.index, pos.record); from < to {
			return p
		}
	}
	return nil
}

// unsent returns what r has not sent of p, which oldestSealed has returned.
func (q *queue) unsent(r *route, p *page) []span {
	var list []span
	at := r.next[p.class].record
	for from, to := p.next(r.index, at); from < to; from, to = p.next(r.index, to) {
		list = append(list, span{from, to})
	}
	return list
}

// blank returns an empty block that counts in the budget, for a page that is read back.
// Then comes shelve, or scrap.
func (q *queue) blank() *block.Block {
	q.bytes += q.pageSize
	return q.empty()
}

// shelve adds a page that was read back.
func (q *queue) shelve(p *page) {
	q.bytes += p.block.Cap() - q.pageSize
	q.pages[p.block] = p
}

// scrap takes a block back that nothing was read into.
func (q *queue) scrap(b *block.Block) {
	q.bytes -= q.pageSize
	q.recycle(b)
	q.gained()
}
