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
	d        *diskStore
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
	list := listOf(p)
	if list == nil {
		list = &pledges{page: p}
		p.promises = list
	}
	if n := len(list.all); n > 0 && !list.all[n-1].taken {
		v = list.all[n-1]
	} else {
		v = &pledge{d: d, page: p, from: from, least: d.s.durable.least, entry: &entry{own: true, needs: make([]need, len(d.s.routes))}}
		list.all = append(list.all, v)
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
		v.d.passedLocked(route, v.page.class, v.entry)
		v.d.lowLocked(route, v.page.class)
		v.d.kick()
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

// Pledges are those of a page, in order, without those that are over. They implement promises.
type pledges struct {
	page *page
	all  []*pledge
}

// listOf returns the pledges of p, or nil if there were none.
func listOf(p *page) *pledges {
	list, _ := p.promises.(*pledges)
	return list
}

// pledgesOf returns the pledges of p.
func pledgesOf(p *page) []*pledge {
	if list := listOf(p); list != nil {
		return list.all
	}
	return nil
}

// settle implements promises.
func (l *pledges) settle(route, from, to int) {
	if len(l.all) == 0 {
		return
	}
	for _, v := range l.all {
		v.settle(route, from, to)
	}
	l.all = slices.DeleteFunc(l.all, (*pledge).over)
}

// remove forgets v.
func (l *pledges) remove(v *pledge) {
	l.all = slices.DeleteFunc(l.all, func(x *pledge) bool { return x == v })
}

// copyOf returns the pledge by which the store has the i-th record of p, or nil.
func copyOf(p *page, i int) *pledge {
	for _, v := range pledgesOf(p) {
		if v.stored && v.from <= i && i < v.to && p.block.Severity(i) >= v.least {
			return v
		}
	}
	return nil
}

// retreat implements promises. What a destination has refused was settled; only what is dropped
// is lost.
func (l *pledges) retreat(r *route, from, to int, drop func(from, to int)) {
	for from < to {
		v, end := copyOf(l.page, from), from+1
		for end < to && copyOf(l.page, end) == v {
			end++
		}
		if v != nil {
			v.retreat(r, from, end)
		} else {
			for _, x := range l.all {
				x.lost = x.lost || !x.stored && x.count(from, end) > 0
			}
			drop(from, end)
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
	at := &v.d.logs[v.page.class].routes[r.index]
	at.next = min(at.next, v.entry.first)
	for _, w := range v.page.waiting(from, to) {
		v.d.awaitLocked(r.index, v.page.class, v.entry.end, w)
	}
	v.page.settle(r.index, from, to, false)
}
