package stream

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/logstream-go/logstream/buffer/spool"
)

// spillAbove says how full the queue is, in bytes, when a route that does not deliver begins
// to move into the store, so that the worker seldom has to wait for the disk.
func (q *queue) spillAbove() int { return q.budget / 4 * 3 }

// helps implements store.
func (d *diskStore) helps() bool {
	if d.writing {
		return true
	}
	p, _ := d.pickLocked(true)
	return p != nil
}

// takes implements store.
func (d *diskStore) takes() bool {
	now := time.Now()
	return (!d.failing || !now.Before(d.after)) && !slices.ContainsFunc(d.full[:], now.Before)
}

// moves implements store.
func (d *diskStore) moves() uint64 { return d.moved }

// pickLocked returns the page that is moved into the store next, and the routes that need
// it moved; or nil if there is none, or no need. With all, there is need in any case.
func (d *diskStore) pickLocked(all bool) (*page, []int) {
	s := d.s
	if d.failing && time.Now().Before(d.after) || !all && s.queue.bytes <= s.queue.spillAbove() {
		return nil, nil
	}
	heavy := []weight{{route: s.routes[0]}}
	if len(s.routes) > 1 {
		heavy = s.weighLocked()
	}
	for _, w := range heavy {
		if !all && w.route.delivers() && s.queue.hasRoom() {
			continue // it may do it by itself
		}
		p := d.candidateLocked(w.route)
		if p == nil {
			continue
		}
		list := []int{w.route.index}
		for _, r := range s.routes {
			if r != w.route && (all || !r.delivers()) && s.queue.oldestSealed(r, p.class) == p {
				list = append(list, r.index)
			}
		}
		return p, list
	}
	return nil, nil
}

// candidateLocked returns the oldest page of the lowest class that holds records which r has
// not sent, and that the store may have room for.
func (d *diskStore) candidateLocked(r *route) *page {
	for c := range class(classes) {
		if time.Now().Before(d.full[c]) {
			continue
		}
		if p := d.s.queue.oldestSealed(r, c); p != nil {
			return p
		}
	}
	return nil
}

// spill moves one page into the store, if there is need, and reports whether it did.
func (d *diskStore) spill(all bool) bool {
	s := d.s
	s.mu.Lock()
	p, list := d.pickLocked(all)
	if p == nil {
		s.mu.Unlock()
		return false
	}
	x := &d.bale
	x.page, x.routes, x.ranges = p, list, x.ranges[:0]
	for _, i := range list {
		x.ranges = append(x.ranges, s.queue.unsent(s.routes[i], p))
	}
	p.pins++
	d.writing = true
	s.mu.Unlock()

	err := d.move(x)
	d.at(moved)

	s.mu.Lock()
	d.writing = false
	if err == nil {
		d.moved++
		d.commitLocked(x)
	}
	s.queue.unpin(p)
	s.keepLocked()
	s.queue.gained() // the worker may have to go on without us
	s.mu.Unlock()
	for _, i := range list {
		s.routes[i].kick()
	}
	return err == nil
}

// move writes x, which is about to leave memory. What callers rely on does so once the disk
// has it.
func (d *diskStore) move(x *bale) error {
	d.s.mu.Lock()
	promised := len(pledgesOf(x.page)) > 0
	d.s.mu.Unlock()
	err := d.write(x)
	if err != nil || !promised {
		return err
	}
	if err := d.sync(x.stored); err != nil {
		d.s.mu.Lock()
		defer d.s.mu.Unlock()
		d.disownLocked(x)
		d.failLocked(x, err)
		return err
	}
	return nil
}

// write appends x to the spool.
func (d *diskStore) write(x *bale) error {
	d.s.mu.Lock()
	d.takeNewsLocked(x)
	d.s.mu.Unlock()
	d.graves.bury(time.Now()) // what was refused of what it tells
	x.pack(func(i int) string { return d.s.routes[i].cfg.name }, d.blob)
	span, err := d.add(&x.block)
	x.stored = span
	d.reconcile() // room may have been made
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	if err != nil || !x.whole {
		d.giveNewsBackLocked(x)
	}
	switch {
	case err == nil:
		d.pause = 0
		if d.failing {
			d.failing = false
			d.s.diag.resolved("storage write", fmt.Errorf("stream: WithStorage(%q): the disk takes records again", d.dir))
		}
	case errors.Is(err, spool.ErrFull):
		d.full[x.page.class] = time.Now().Add(storeFullPause)
		d.say("full", fmt.Errorf("%s kept in memory: %w", records(x.block.Records), err))
	default:
		d.failLocked(x, err)
	}
	return err
}

// failLocked notes that the disk did not take x.
func (d *diskStore) failLocked(x *bale, err error) {
	d.failing = true
	d.failures++
	d.trouble = err
	d.pause = min(max(storePause, 2*d.pause), storePauseMax)
	d.after = time.Now().Add(d.pause)
	d.say("write", fmt.Errorf("%s kept in memory: %w", records(x.block.Records), err))
}

// blob returns what is stored of an origin.
func (d *diskStore) blob(id uint32) []byte {
	b, ok := d.blobs[id]
	if !ok {
		b = packOrigin(d.s.origins.At(id), d.s.instance)
		d.blobs[id] = b
	}
	return b
}

// commitLocked takes what is in the store out of the queue, but for what a route has sent
// meanwhile.
func (d *diskStore) commitLocked(x *bale) {
	s, p := d.s, x.page
	e := &entry{
		first: x.block.First,
		end:   x.block.First + uint64(x.block.Records),
		time:  time.Now().UnixNano(),
		own:   true,
		needs: make([]need, len(s.routes)),
	}
	d.enterLocked(p.class, e)
	for k, i := range x.routes {
		r := s.routes[i]
		pos := &r.next[p.class]
		if pos.page > p.number {
			continue // it has sent all
		}
		from := pos.record
		n, of, bytes := needed(p.block, x.ranges[k], from, x.upto)
		if n > 0 {
			e.needs[i] = need{where: inStore, from: x.at(from), n: n, levels: of}
			r.shelf.held += n
			r.pending -= n
			r.pendingBytes -= bytes
			r.due = min(r.due, r.pending)
			d.leaveLocked(r, p, e, x.ranges[k], from, x.upto)
		}
		if x.whole {
			*pos = pos.next()
		} else {
			pos.record = max(pos.record, x.upto)
		}
	}
}

// enterLocked puts e at the end of its class.
func (d *diskStore) enterLocked(c class, e *entry) {
	l := &d.logs[c]
	l.entries = append(l.entries, e)
	l.end = e.end
}

// leaveLocked settles what a route needs of a page, since the store has it as e. Who waits for
// it waits for e from here on.
func (d *diskStore) leaveLocked(r *route, p *page, e *entry, ranges []span, from, upto int) {
	for _, x := range ranges {
		x.from, x.to = max(x.from, from), min(x.to, upto)
		if x.from >= x.to {
			continue
		}
		for _, w := range p.waiting(x.from, x.to) {
			d.awaitLocked(r.index, p.class, e.end, w)
		}
		p.settle(r.index, x.from, x.to, false)
	}
}
