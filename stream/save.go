package stream

import (
	"errors"
	"slices"
	"sort"
	"time"

	"github.com/logstream-go/logstream/buffer/spool"
	"github.com/logstream-go/logstream/internal/block"
)

// saveAll moves all that is not delivered into the store and stops the routes. It returns an
// error, and the stream goes on, if the disk fails.
func (d *diskStore) saveAll() error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for drained := false; !drained; {
		select {
		case <-d.s.drainedAll:
			drained = true
		case <-d.wake:
		case <-tick.C:
		}
		if !d.spillAll() {
			return d.unsaved(d.lastTrouble())
		}
	}
	if !d.spillAll() || !d.part() {
		return d.unsaved(d.lastTrouble())
	}
	return nil
}

// lastTrouble returns the error of the last write that failed.
func (d *diskStore) lastTrouble() error {
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	return d.trouble
}

// spillAll moves what no route has sent. What the budget of the storage has no room for is
// dropped.
func (d *diskStore) spillAll() bool {
	s := d.s
	d.secure()
	for {
		s.mu.Lock()
		d.full, d.after = [classes]time.Time{}, time.Time{}
		before := d.failures
		s.mu.Unlock()
		for d.spill(true) {
		}
		s.mu.Lock()
		failing, shed := d.failures > before, false
		for _, r := range s.routes {
			for c, until := range d.full {
				if p := s.queue.oldestSealed(r, class(c)); p != nil && !until.IsZero() {
					r.shedPageLocked(p, StorageFull)
					shed = true
				}
			}
		}
		s.keepLocked()
		s.mu.Unlock()
		if failing || !shed {
			return !failing
		}
	}
}

// part moves what is in flight, whose outcome nobody will wait for, gives back what was
// read, and stops the routes.
func (d *diskStore) part() bool {
	s := d.s
	s.mu.Lock()
	bales := d.aloftLocked()
	for _, x := range bales {
		x.page.pins++
	}
	s.mu.Unlock()
	ok, full := true, make(map[*page]bool)
	for _, x := range bales {
		switch err := d.move(x); {
		case err == nil:
		case errors.Is(err, spool.ErrFull):
			full[x.page] = true
		default:
			ok = false
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ok {
		d.partLocked(full)
	} else {
		d.disownLocked(bales...)
	}
	for _, x := range bales {
		s.queue.unpin(x.page)
	}
	s.keepLocked()
	return ok
}

// disownLocked passes over what was written of bales: it is in memory as before.
func (d *diskStore) disownLocked(bales ...*bale) {
	for _, x := range bales {
		l := &d.logs[x.page.class]
		l.end = max(l.end, x.stored.To)
	}
}

// aloftLocked returns what is in flight, and is in no page that was read back, by page.
func (d *diskStore) aloftLocked() []*bale {
	var list []*bale
	byPage := make(map[*page]*bale)
	for _, r := range d.s.routes {
		for b := range r.shelf.aloft {
			for _, run := range b.Runs() {
				p := d.s.queue.pages[run.Block]
				if p.stored != nil {
					continue
				}
				x := byPage[p]
				if x == nil {
					x = &bale{page: p}
					byPage[p] = x
					list = append(list, x)
				}
				k := slices.Index(x.routes, r.index)
				if k < 0 {
					k = len(x.routes)
					x.routes, x.ranges = append(x.routes, r.index), append(x.ranges, nil)
				}
				x.ranges[k] = append(x.ranges[k], span{run.From, run.To})
			}
		}
	}
	for _, x := range list {
		for k := range x.ranges {
			sort.Sort(byFrom(x.ranges[k]))
		}
	}
	return list
}

// partLocked settles all that is in memory, since the store has it, but for what is in pages
// that it had no room for.
func (d *diskStore) partLocked(full map[*page]bool) {
	s := d.s
	d.parting, s.queue.parted = true, true
	for p := range full {
		for _, v := range pledgesOf(p) {
			v.frozen = true
		}
	}
	for _, r := range s.routes {
		r.shelf.parted = true
		for b := range r.shelf.aloft {
			delete(r.shelf.aloft, b)
			r.flying -= b.Len()
			r.reserveLocked(-r.sizeOf(b))
			for _, run := range b.Runs() {
				p := s.queue.pages[run.Block]
				if full[p] {
					for i := run.From; i < run.To; i++ {
						if copyOf(p, i) != nil {
							r.shelf.held++
							continue
						}
						slot := run.Block.Slot(i)
						r.loseLocked(StorageFull, levelOf(slot.Severity), 1, slot.Time)
					}
				} else {
					r.shelf.held += run.Len()
					for _, w := range p.waiting(run.From, run.To) {
						w.left++ // for ever
					}
				}
				s.queue.settle(r.index, run, full[p])
			}
		}
		for len(r.shelf.back) > 0 {
			p, from := r.shelf.back[0], r.shelf.begun
			r.shelf.back, r.shelf.begun = r.shelf.back[1:], 0
			n := p.published - from
			r.shelf.held += n
			r.pending -= n
			s.queue.settle(r.index, block.Run{Block: p.block, From: from, To: p.published}, false)
		}
		r.due = 0
		r.kick()
	}
	close(s.parted)
	s.cancelExports()
}
