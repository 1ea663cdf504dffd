package stream

import (
	"slices"
	"sort"
)

// A pledge is records of a page that callers want on the disk: those of from..to-1 that
// have the severity. It is guarded by Stream.mu, the page's records excepted.
//
// They stay in the queue and are delivered from there. The store writes a copy of them, an
// entry of its own, which a route needs as long as it has not settled all of these
// records: need.left counts them. The copy takes the place of records that memory has to
// give up, so that they are not lost.
type pledge struct {
	store    store
	page     *page
	from, to int
	least    uint8  // severity number
	entry    *entry // its place in the log, once it is stored
	index    []int32
	taken    bool // the store deals with it: it grows no more
	stored   bool // the store has it, and index says the page's number of each record
	lost     bool // a record of it was dropped before
	frozen   bool // the next process is to have it all
}

// pledge implements store.
func (d *diskStore) pledge(p *page, from int) {
	var v *pledge
	if n := len(p.pledges); n > 0 && !p.pledges[n-1].taken {
		v = p.pledges[n-1]
	} else {
		v = &pledge{store: d, page: p, from: from, least: d.s.durable.least, entry: &entry{own: true, needs: make([]need, len(d.s.routes))}}
		p.pledges = append(p.pledges, v)
		d.pledges = append(d.pledges, v)
	}
	v.to = p.published
	for i := range d.s.routes {
		for range v.records(i, from) {
			v.entry.needs[i].left++
		}
	}
}

// records calls yield with the records from position at on that a route takes.
func (v *pledge) records(route, at int) func(yield func(i int) bool) {
	return func(yield func(i int) bool) {
		p := v.page
		for from, to := p.next(route, max(at, v.from)); from < min(to, v.to); from, to = p.next(route, to) {
			for i := from; i < min(to, v.to); i++ {
				if p.block.Severity(i) >= v.least && !yield(i) {
					return
				}
			}
		}
	}
}

// over reports whether all records are settled.
func (v *pledge) over() bool {
	return !slices.ContainsFunc(v.entry.needs, func(x need) bool { return x.left > 0 })
}

// settle notes that a route needs the records from..to-1, all of which it takes, no more from
// the page.
func (v *pledge) settle(route, from, to int) {
	n := v.count(from, to)
	if n == 0 || v.frozen {
		return
	}
	x := &v.entry.needs[route]
	x.left -= n
	if x.left == 0 && v.stored {
		v.store.copyPassed(v, route)
	}
}

// count returns how many of the records from..to-1 it pledges.
func (v *pledge) count(from, to int) (n int) {
	for i := max(from, v.from); i < min(to, v.to); i++ {
		if v.page.block.Severity(i) >= v.least {
			n++
		}
	}
	return n
}

// losePledges notes that a route has dropped the records from..to-1, which no store has. What
// a destination has refused is not lost but settled.
func (p *page) losePledges(from, to int) {
	for _, v := range p.pledges {
		v.lost = v.lost || !v.stored && v.count(from, to) > 0
	}
}

// settlePledges is settle for all pledges of p, of which it forgets those that are over.
func (p *page) settlePledges(route, from, to int) {
	if len(p.pledges) == 0 {
		return
	}
	for _, v := range p.pledges {
		v.settle(route, from, to)
	}
	p.pledges = slices.DeleteFunc(p.pledges, (*pledge).over)
}

// promised reports whether callers rely on the disk for records of p.
func (p *page) promised() bool { return len(p.pledges) > 0 }

// copyOf returns the pledge by which the store has the i-th record of p, or nil.
func (p *page) copyOf(i int) *pledge {
	for _, v := range p.pledges {
		if v.stored && v.from <= i && i < v.to && p.block.Severity(i) >= v.least {
			return v
		}
	}
	return nil
}

// retreat takes what r has not sent of p, and the store has, out of the queue: it is in the
// store alone then. The rest is left to the caller, who settles from..to-1.
func (p *page) retreat(r *route, from, to int, rest func(from, to int)) {
	for from < to {
		v, end := p.copyOf(from), from+1
		for end < to && p.copyOf(end) == v {
			end++
		}
		if v == nil {
			rest(from, end)
		} else {
			v.retreat(r, from, end)
		}
		from = end
	}
}

// retreat makes the store account for the records from..to-1, which it has.
func (v *pledge) retreat(r *route, from, to int) {
	b := v.page.block
	x := &v.entry.needs[r.index]
	if x.where == nowhere { // These are the first of the page that are not sent.
		x.where, x.from = inStore, sort.Search(len(v.index), func(k int) bool { return int(v.index[k]) >= from })
	}
	for i := from; i < to; i++ {
		x.n++
		x.levels[levelOf(b.Severity(i))]++
		r.pendingBytes -= b.Size(i)
	}
	r.shelf.held += to - from
	r.pending -= to - from
	r.due = min(r.due, r.pending)
	v.store.copyRetreated(v, r.index, v.page.waiting(from, to))
	v.page.settle(r.index, from, to, false)
}

// copyPassed implements store.
func (d *diskStore) copyPassed(v *pledge, route int) {
	d.passedLocked(route, v.page.class, v.entry)
	d.lowLocked(route, v.page.class)
	d.kick()
}

// copyRetreated implements store.
func (d *diskStore) copyRetreated(v *pledge, route int, waiters []*waiter) {
	at := &d.logs[v.page.class].routes[route]
	at.next = min(at.next, v.entry.first)
	for _, w := range waiters {
		d.awaitLocked(route, v.page.class, v.entry.end, w)
	}
}
