package stream

import (
	"slices"

	"github.com/logstream-go/logstream/internal/block"
)

// A page is a block of the queue. Its records have one class. The worker appends
// to the block; everything else here is guarded by Stream.mu.
type page struct {
	block     *block.Block
	kept      keptPage // what outlives the process; nil for none
	class     class
	number    uint64   // in the chain of its class
	published int      // records that routes may read
	choices   []choice // by route: what it takes of these; nil if all routes take everything
	left      []int    // by route: its records that are neither delivered, rejected nor dropped
	unsettled int      // sum of left
	sealed    bool     // the worker appends no more
	marks     []mark   // what flushes wait for, first to last
	pins      int      // uses of the block without the lock, for which it is not freed
	stored    *entry   // in the store, which it was read back from; nil for a page of the queue's chains
	reader    *route   // that it was read back for
	promises  promises // what callers want on the disk of it; nil for nothing

	fresh []choice // by route: what it takes of the records that are not published; the worker's
}

// next returns the first records from position at on that a route takes, and
// from == to if there are none.
func (p *page) next(route, at int) (from, to int) {
	if p.choices == nil {
		return at, max(at, p.published)
	}
	return p.choices[route].next(at)
}

// A mark is a place in a page that flushes wait for: that all records before it
// are settled. So a flush neither seals the page, which would waste the rest of its
// memory for as long as the destination is down, nor waits for what comes after it.
type mark struct {
	from, to int // records since the mark before
	left     int // records × routes of these that are not settled
	waiters  []*waiter
}

// await makes w wait for the records of p that are published and not settled.
func (p *page) await(w *waiter) {
	if p.unsettled == 0 {
		return
	}
	from, left := 0, p.unsettled
	for i := range p.marks {
		from = p.marks[i].to
		left -= p.marks[i].left
	}
	if left > 0 {
		p.marks = append(p.marks, mark{from: from, to: p.published, left: left})
	}
	last := &p.marks[len(p.marks)-1]
	last.waiters = append(last.waiters, w)
	w.left++
}

// settle says that the records from..to-1, all of which a route takes, need no more
// from it, and whether one of them was lost.
func (p *page) settle(route, from, to int, lost bool) {
	if p.kept != nil {
		p.kept.done(route, from, to)
	}
	if p.promises != nil {
		p.promises.settle(route, from, to)
	}
	p.left[route] -= to - from
	p.unsettled -= to - from
	for i := range p.marks {
		m := &p.marks[i]
		if n := min(to, m.to) - max(from, m.from); n > 0 {
			m.left -= n
			if lost {
				loseAll(waitersOf(p.marks[i:])...)
			}
		}
	}
	for len(p.marks) > 0 && p.marks[0].left == 0 {
		for _, w := range p.marks[0].waiters {
			if w.left--; w.left == 0 {
				close(w.done)
			}
		}
		p.marks = p.marks[1:]
	}
}

// waiting returns who waits for one of the records from..to-1.
func (p *page) waiting(from, to int) []*waiter {
	for i, m := range p.marks {
		if max(from, m.from) < min(to, m.to) {
			return slices.Concat(waitersOf(p.marks[i:])...)
		}
	}
	return nil
}

// waitersOf returns who waits for the first of marks, or for a later one, which is to
// wait for the first as well.
func waitersOf(marks []mark) [][]*waiter {
	var out [][]*waiter
	for _, m := range marks {
		out = append(out, m.waiters)
	}
	return out
}

// A chain holds the live pages of one class, oldest first. A page that was freed
// before an older one leaves a nil until that one is freed too.
type chain struct {
	base  uint64 // number of pages[0]
	pages []*page
}

// end returns the number that the next page will get.
func (c *chain) end() uint64 { return c.base + uint64(len(c.pages)) }

// at returns the page of a number below end, or nil if it was freed.
func (c *chain) at(number uint64) *page {
	if number < c.base {
		return nil
	}
	return c.pages[number-c.base]
}

// clip returns pos, or the beginning of the chain if the page of pos was freed.
func (c *chain) clip(pos position) position {
	if pos.page < c.base {
		return position{page: c.base}
	}
	return pos
}

func (c *chain) push(p *page) {
	p.number = c.end()
	c.pages = append(c.pages, p)
}

// remove forgets p.
func (c *chain) remove(p *page) {
	c.pages[p.number-c.base] = nil
	for len(c.pages) > 0 && c.pages[0] == nil {
		c.pages = c.pages[1:]
		c.base++
	}
}

// A position is a place in a chain: the next record to look at.
type position struct {
	page   uint64
	record int
}

// next returns the place after the page.
func (p position) next() position { return position{page: p.page + 1} }

// A waiter is a flush that waits until the marks it was registered with are passed.
type waiter struct {
	left int           // marks, at most one in a page; guarded by Stream.mu
	lost bool          // a record before a mark was rejected or dropped; likewise
	done chan struct{} // closed when left is 0
}

func newWaiter() *waiter { return &waiter{done: make(chan struct{})} }
