package stream

import (
	"encoding/binary"
	"math"
	"slices"
)

// maxNews bounds what a block tells of others. What is forgotten arrives twice if the process is
// killed.
const maxNews = 512

// Numbers are the records from..to-1 of a class.
type numbers struct{ from, to uint64 }

// A news is what a route has settled above its place in the log, and no block tells of yet. A
// place says of one record that all before it are settled; so a process that is killed while
// an old record is held up would leave the later ones to be sent again. Each block tells what was
// settled before it was written, in its Meta. It is guarded by Stream.mu.
type news []numbers

// add notes that an entry is settled.
func (n *news) add(e *entry) {
	list := *n
	if last := len(list) - 1; last >= 0 && list[last].to == e.first {
		list[last].to = e.end
		return
	}
	if len(list) == maxNews {
		list = slices.Delete(list, 0, 1)
	}
	*n = append(list, numbers{e.first, e.end})
}

// take returns the news above a place, of which there are none afterwards.
func (n *news) take(low uint64) []numbers {
	list := slices.DeleteFunc(*n, func(x numbers) bool { return x.to <= low })
	*n = nil
	return list
}

// giveBack undoes take.
func (n *news) giveBack(list []numbers) {
	list = append(list, *n...)
	*n = list[max(0, len(list)-maxNews):]
}

// takeNewsLocked fills in what x tells of other blocks of its class, and of those that it
// takes the place of.
func (d *diskStore) takeNewsLocked(x *bale) {
	c := x.page.class
	x.taken, x.news = make([][]numbers, len(d.s.routes)), make([][]numbers, len(d.s.routes))
	for i := range d.s.routes {
		at := &d.logs[c].routes[i]
		x.taken[i] = at.news.take(d.lowLocked(i, c))
		x.news[i] = x.taken[i]
	}
	for k, i := range x.routes {
		told := news(slices.Clone(x.taken[i]))
		for _, v := range pledgesOf(x.page) {
			if v.stored && v.within(i, x.ranges[k]) {
				told.add(v.entry)
				v.entry.needs[i].told = true
			}
		}
		x.news[i] = told
	}
}

// giveNewsBackLocked undoes takeNewsLocked.
func (d *diskStore) giveNewsBackLocked(x *bale) {
	for i := range d.s.routes {
		d.logs[x.page.class].routes[i].news.giveBack(x.taken[i])
	}
	for _, v := range pledgesOf(x.page) {
		for i := range v.entry.needs {
			v.entry.needs[i].told = false
		}
	}
}

// within reports whether a route needs of v nothing but records of ranges.
func (v *pledge) within(route int, ranges choice) bool {
	x := &v.entry.needs[route]
	n := 0
	for i := range v.records(route, 0) {
		if from, to := ranges.next(i); from == i && to > i {
			n++
		}
	}
	return x.left > 0 && x.left == n && x.where == nowhere
}

// passedLocked notes that a route needs e no more.
func (d *diskStore) passedLocked(route int, c class, e *entry) {
	if e.needed(route) {
		return
	}
	l := &d.logs[c]
	if l.done++; !e.needs[route].told && d.lowLocked(route, c) < e.first {
		l.routes[route].news.add(e)
	}
}

// appendNumbers appends list to the Meta of a block.
func appendNumbers(m []byte, list []numbers) []byte {
	m = binary.AppendUvarint(m, uint64(len(list)))
	for _, x := range list {
		m = binary.AppendUvarint(m, x.from)
		m = binary.AppendUvarint(m, x.to-x.from)
	}
	return m
}

// numbers reads what appendNumbers has written.
func (r *parser) numbers() (list []numbers) {
	for n := r.number(); n > 0 && !r.bad; n-- {
		from, size := r.long(), r.long()
		if size > math.MaxUint64-from {
			r.b, r.bad = nil, true
		}
		list = append(list, numbers{from, from + size})
	}
	return list
}
