package stream

import (
	"errors"
	"fmt"
	"time"

	"github.com/logstream-go/logstream/buffer/spool"
	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/internal/otlp"
)

// storeRetry is how long the store waits after a read that failed. The third in a row
// gives the place up.
const storeRetry = 200 * time.Millisecond

// A replayer puts records that were read back into a page: as they are, or masked and cut
// again. It implements block.Masker.
type replayer struct {
	sealer
	trusted bool
}

func newReplayer(s *Stream) replayer {
	return replayer{sealer: sealer{s: s, limits: s.cfg.limits()}}
}

// AppendRecord implements block.Masker.
func (p *replayer) AppendRecord(dst, record []byte) []byte {
	if p.trusted {
		return append(dst, record...)
	}
	return p.sealer.AppendRecord(dst, record)
}

// limits returns the limits of a record.
func (c *config) limits() otlp.Limits {
	return otlp.Limits{MaxBytes: c.maxRecord, MaxAttributes: c.maxAttributes, MaxValueLength: c.maxValueLength}
}

// readBack reads one block for a route that has room for it, and reports whether it did.
func (d *diskStore) readBack() bool {
	s := d.s
	s.mu.Lock()
	r, c, e := d.wantedLocked()
	if r == nil {
		s.mu.Unlock()
		return false
	}
	b := s.queue.blank()
	s.mu.Unlock()

	n, b, err := d.fetch(r, c, e, b)
	if err != nil {
		d.reconcile() // it may have been dropped
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.keepLocked()
	switch {
	case err == nil:
		d.shelveLocked(r, c, e, b, n)
	case d.isGone(err):
		s.queue.scrap(b)
		if e.needs[r.index].where == inStore {
			d.loseLocked(r, c, e, StorageDamaged)
		}
		d.say("read", err)
	default:
		s.queue.scrap(b)
		d.retry = time.Now().Add(storeRetry)
		d.say("read", err)
	}
	r.kick()
	return true
}

// errGone says that a block is not there any more.
var errGone = errors.New("a block is gone")

// isGone reports whether reading again will not help.
func (d *diskStore) isGone(err error) bool {
	_, damaged := errors.AsType[*spool.CorruptionError](err)
	return damaged || errors.Is(err, errGone) || errors.Is(err, errStoreFormat)
}

// wantedLocked returns the next block that a route wants to have: one that delivers and has
// little in memory, or has nothing left to find out with whether it delivers.
func (d *diskStore) wantedLocked() (*route, class, *entry) {
	q := d.s.queue
	if time.Now().Before(d.retry) {
		return nil, 0, nil
	}
	for range d.s.routes {
		d.turn = (d.turn + 1) % len(d.s.routes)
		r := d.s.routes[d.turn]
		idle := r.pending+r.flying == 0
		switch {
		case r.shelf.held == 0 || !r.delivers() && !idle || r.pendingBytes >= 2*r.cfg.batchBytes:
		case q.bytes+q.pageSize > q.budget/2 && (!idle || !q.hasRoom()):
		default:
			for i := range classes {
				c := class(classes - 1 - i)
				if e := d.logs[c].nextOf(r.index); e != nil {
					return r, c, e
				}
			}
		}
	}
	return nil, 0, nil
}

// nextOf returns the first entry that a route wants and that is in the store alone.
func (l *storeLog) nextOf(route int) *entry {
	at := &l.routes[route]
	for _, e := range l.entries[l.at(at.next):] {
		at.next = e.first
		if e.needs[route].where == inStore {
			return e
		}
	}
	at.next = l.end
	return nil
}

// fetch reads what r needs of e into b, or into a larger block if need be, and returns how
// many records that are.
func (d *diskStore) fetch(r *route, c class, e *entry, b *block.Block) (int, *block.Block, error) {
	cursor := d.cursors[r.index]
	if err := cursor.Seek(spool.Class(c), e.first); err != nil {
		return 0, b, fmt.Errorf("%w: %w", errGone, err)
	}
	found, err := cursor.Next(spool.Class(c), &d.read)
	switch {
	case err != nil:
		if x, ok := errors.AsType[*spool.CorruptionError](err); ok && x.Span.From > e.first {
			return 0, b, fmt.Errorf("%w: %w", errGone, err)
		}
		return 0, b, err
	case !found || d.read.First != e.first:
		return 0, b, errGone
	}
	wants, err := d.wants(r, e)
	if err != nil {
		return 0, b, err
	}
	d.replay.trusted = e.own // others may have masked by other rules
	origins := d.originsOf(e)
	for {
		whole := true
		err := unpack(&d.read, func(i int, s block.Slot, record []byte) {
			if !whole || i < e.needs[r.index].from || !wants(i) {
				return
			}
			s.Origin = origins(s.Origin)
			d.replay.normalize, d.replay.origin = false, s.Origin
			whole = b.Append(s, &d.replay, record)
		})
		if err != nil || whole {
			return b.Len(), b, err
		}
		b = block.New(2*b.Cap(), d.s.origins) // masking has made it longer
	}
}

// wants returns which of the records that were read r needs.
func (d *diskStore) wants(r *route, e *entry) (func(i int) bool, error) {
	list, err := unpackMeta(d.read.Meta, d.read.Records)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errGone, err)
	}
	for _, x := range list {
		if x.route == r.cfg.name {
			return func(i int) bool {
				from, to := choice(x.ranges).next(i)
				return from == i && to > i
			}, nil
		}
	}
	return nil, errGone
}

// originsOf returns what the ids of origins in the block that was read are here.
func (d *diskStore) originsOf(e *entry) func(id uint32) uint32 {
	if e.own {
		return func(id uint32) uint32 { return id }
	}
	ids := make(map[uint32]uint32, len(d.read.Origins))
	for _, o := range d.read.Origins {
		key := string(o.Blob)
		id, ok := d.origins[key]
		if !ok {
			from := unpackOrigin(o.Blob)
			if !d.replay.trusted {
				from.Resource = d.s.cfg.mask.AppendResource(nil, from.Resource)
				from.Scope = d.s.cfg.mask.AppendScope(nil, from.Scope)
			}
			if from.Instance == "" {
				from.Instance = "unknown"
			}
			id = d.s.addOrigin(from)
			d.origins[key] = id
		}
		ids[o.ID] = id
	}
	return func(id uint32) uint32 { return ids[id] }
}

// shelveLocked gives r the page b with the n records that it needs of e.
func (d *diskStore) shelveLocked(r *route, c class, e *entry, b *block.Block, n int) {
	x, q := &e.needs[r.index], d.s.queue
	if x.where != inStore || n == 0 {
		// It was dropped meanwhile, or what the block says of itself has changed.
		q.scrap(b)
		if x.where == inStore {
			d.loseLocked(r, c, e, StorageDamaged)
		}
		return
	}
	if n < x.n {
		r.loseLocked(StorageDamaged, 0, uint64(x.n-n), e.time)
	}
	n = min(n, x.n)
	p := &page{
		block: b, class: c, sealed: true, published: n, unsettled: n,
		left: make([]int, len(d.s.routes)), stored: e, reader: r,
	}
	p.left[r.index] = n
	if q.choosy {
		p.choices = make([]choice, len(d.s.routes))
		p.choices[r.index] = choice{{0, n}}
	}
	q.shelve(p)
	r.shelf.held -= x.n
	x.where, x.n = inMemory, n
	r.shelf.back = append(r.shelf.back, p)
	r.pending += n
	for i := range n {
		r.pendingBytes += b.Size(i)
	}
	r.due = r.pending
}

// giveBack implements store. Only a route that does not deliver gives back, and the last
// page first.
func (d *diskStore) giveBack() bool {
	for _, r := range d.s.routes {
		last := len(r.shelf.back) - 1
		if r.delivers() || last < 0 || last == 0 && r.shelf.begun > 0 {
			continue
		}
		d.returnLocked(r, last)
		return true
	}
	return false
}

// returnLocked gives a page that was read back, and of which nothing was sent, back to the
// store.
func (d *diskStore) returnLocked(r *route, i int) {
	p := r.shelf.back[i]
	r.shelf.back = append(r.shelf.back[:i:i], r.shelf.back[i+1:]...)
	x := &p.stored.needs[r.index]
	x.where = inStore
	r.shelf.held += x.n
	r.pending -= x.n
	for k := range x.n {
		r.pendingBytes -= p.block.Size(k)
	}
	r.due = min(r.due, r.pending)
	at := &d.logs[p.class].routes[r.index]
	at.next = min(at.next, p.stored.first)
	d.s.queue.forget(p)
}
