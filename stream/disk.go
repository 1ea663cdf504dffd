package stream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/logstream-go/logstream/buffer/spool"
)

const (
	// storePause and storePauseMax bound the time from a failure of the disk to the
	// next attempt, which doubles.
	storePause    = time.Second
	storePauseMax = 30 * time.Second

	// storeFullPause is how long a class is not tried again after the storage had no
	// room for it.
	storeFullPause = time.Second
)

// A diskStore is a store in a directory, in one goroutine: only run touches the disk, and
// it holds no lock while it does.
type diskStore struct {
	// Immutable after open.
	dir       string
	bytes     int64
	age       time.Duration
	every     time.Duration
	letterAge time.Duration
	graves    graveyard
	bad       []error // what is wrong with the options
	s         *Stream
	spool     *spool.Spool
	cursors   []*spool.Cursor                        // by route
	add       func(*spool.Block) (spool.Span, error) // Append of the spool
	sync      func(spool.Span) error                 // its Commit
	hook      func(step)                             // of tests, which end the process there
	fault     func(*diskStore)                       // of tests, which change add and sync
	crashes   *crashReport                           // nil for none
	wake      chan struct{}                          // there may be something to do; capacity 1
	saves     chan chan<- error                      // requests of save
	ended     chan struct{}                          // closed when the spool is
	blobs     map[uint32][]byte                      // of origins; run's, like all that follows up to the next comment
	bale      bale                                   // scratch
	read      spool.Block                            // scratch
	replay    replayer                               // of what is read back
	turn      int                                    // the route that is looked at first
	retry     time.Time                              // when to read again after an error
	passed    [][classes]uint64                      // by route: what the cursors were told
	origins   map[string]uint32                      // of former processes, by blob

	// Guarded by Stream.mu.
	logs     [classes]storeLog
	writing  bool               // a page is on its way
	failing  bool               // the last write failed
	failures int                // writes that failed
	trouble  error              // of the last of these
	pause    time.Duration      // since then, until the next attempt
	after    time.Time          // no write before
	full     [classes]time.Time // until when there is no room for a class
	doubt    time.Time          // until when no caller waits for an fsync, since one has failed
	moved    uint64
	pledges  []*pledge // to be written
	groups   []*group  // who waits for it
	parting  bool      // pages that were read back stay in the store
}

// A step is one after which a process may end.
type step string

const (
	looking  step = "looking"  // nothing is under way
	pledged  step = "pledged"  // records that callers wait for are in the queue
	appended step = "appended" // they are in the spool
	buried   step = "buried"   // letters were added to the file, or a step of writing it anew
	synced   step = "synced"   // and on the disk
	told     step = "told"     // and the callers know it
	advanced step = "advanced" // a place was written
	moved    step = "moved"    // a page was written, and is in the queue as well
)

func (d *diskStore) at(p step) {
	if d.hook != nil {
		d.hook(p)
	}
}

// A storeLog is the blocks of a class, oldest first.
type storeLog struct {
	entries []*entry
	end     uint64 // number of the next record
	done    int    // how often a route has settled one, since those that none needs were left out
	routes  []logRoute
}

// A logRoute is how far a route has come in a class.
type logRoute struct {
	low     uint64 // it needs nothing below
	next    uint64 // nothing below waits to be read
	waiters []placeWaiter
	news    news
}

// A placeWaiter waits until a route needs nothing below a number.
type placeWaiter struct {
	upto uint64
	w    *waiter
}

// at returns the position of the first entry that ends above number.
func (l *storeLog) at(number uint64) int {
	return sort.Search(len(l.entries), func(i int) bool { return l.entries[i].end > number })
}

// open implements store.
func (d *diskStore) open(s *Stream) error {
	d.s = s
	d.wake, d.saves, d.ended = make(chan struct{}, 1), make(chan chan<- error), make(chan struct{})
	d.blobs, d.origins = make(map[uint32][]byte), make(map[string]uint32)
	d.replay = newReplayer(s)
	sync := spool.SyncAlways()
	if d.every > 0 {
		sync = spool.SyncEvery(d.every)
	}
	opts := []spool.Option{
		spool.WithMaxBytes(d.bytes), spool.WithMaxAge(d.age), spool.WithSync(sync),
		spool.WithErrorHandler(func(err error) { d.say("background", err) }),
	}
	if s.cfg.durable != nil {
		opts = append(opts, spool.WithKept(spool.Class(classOf(s.durable.least))))
	}
	sp, rec, err := spool.Open(d.dir, opts...)
	if err != nil {
		return fmt.Errorf("stream: WithStorage(%q): %w", d.dir, err)
	}
	d.spool = sp
	d.add, d.sync = sp.Append, sp.Commit
	names := make(map[string]*spool.Cursor)
	for _, r := range s.routes {
		c, err := sp.Cursor(r.cfg.name)
		if err != nil {
			return errors.Join(fmt.Errorf("stream: WithStorage(%q): %w", d.dir, err), sp.Close())
		}
		d.cursors, names[r.cfg.name] = append(d.cursors, c), c
	}
	d.passed = make([][classes]uint64, len(s.routes))
	for c := range d.logs {
		d.logs[c].routes = make([]logRoute, len(s.routes))
	}
	if err := d.takeStock(rec); err != nil {
		return errors.Join(fmt.Errorf("stream: WithStorage(%q): %w", d.dir, err), sp.Close())
	}
	if err := d.crashes.open(d); err != nil {
		return errors.Join(fmt.Errorf("stream: WithCrashReport: %w", err), sp.Close())
	}
	d.openGraves()
	if d.fault != nil {
		d.fault(d)
	}
	return nil
}

// say reports trouble with the storage.
func (d *diskStore) say(subject string, err error) {
	d.s.diag.report("storage "+subject, fmt.Errorf("stream: WithStorage(%q): %w", d.dir, err))
}

// kick implements store.
func (d *diskStore) kick() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// begun implements store.
func (d *diskStore) begun() { d.crashes.tell(d.s) }

// run implements store.
func (d *diskStore) run() error {
	defer close(d.ended)
	look := time.NewTimer(time.Hour)
	defer look.Stop()
	for {
		looked := time.Now()
		for d.work(false) {
			looked = time.Now()
		}
		if d.allEnded() {
			d.secure() // what is settled; the worker has ended before
			d.close()
			return nil
		}
		look.Reset(d.nextLook(looked))
		select {
		case <-d.wake:
		case <-look.C:
		case done := <-d.saves:
			err := d.saveAll()
			if err == nil {
				d.close()
			}
			done <- err
			if err == nil {
				return nil
			}
		}
	}
}

// work does one thing that there is to do, and reports whether there was one. With all,
// it moves whatever can be moved.
func (d *diskStore) work(all bool) bool {
	d.at(looking)
	secured := d.secure()
	d.advance()
	return d.spill(all) || !all && d.readBack() || secured
}

// nextLook returns how long there is nothing to do if nobody says so, and there was
// nothing at looked: what came due since then is looked at once.
func (d *diskStore) nextLook(looked time.Time) time.Duration {
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	wait := time.Minute
	if d.age > 0 {
		wait = min(wait, d.age/4)
	}
	times := append([]time.Time{d.retry}, d.full[:]...)
	if d.failing {
		times = append(times, d.after)
	}
	times = append(times, d.graves.next()...)
	for _, t := range times {
		if t.After(looked) {
			wait = min(wait, time.Until(t))
		}
	}
	return wait
}

// allEnded reports whether no route runs any more.
func (d *diskStore) allEnded() bool {
	for _, r := range d.s.routes {
		select {
		case <-r.ended:
		default:
			return false
		}
	}
	return true
}

// close gives the directory back.
func (d *diskStore) close() {
	d.advance()
	d.crashes.close()
	if d.graves.pause > 0 { // the disk was full, and a sync removes what every route has passed
		_ = d.spool.Sync() // Close says what is wrong
	}
	d.graves.close()
	if err := d.spool.Close(); err != nil {
		d.say("close", err)
	}
}

// advance writes down how far the routes have come, and notes what the spool has dropped.
func (d *diskStore) advance() {
	d.reconcile()
	lows := make([][classes]uint64, len(d.cursors))
	d.s.mu.Lock()
	for i := range d.cursors {
		for c := range d.logs {
			lows[i][c] = d.lowLocked(i, class(c))
		}
	}
	d.s.mu.Unlock()
	d.graves.bury(time.Now()) // what was refused of them, before they are passed
	for i, cursor := range d.cursors {
		for c, low := range lows[i] {
			if low <= d.passed[i][c] {
				continue
			}
			d.passed[i][c] = low
			if err := cursor.Advance(spool.Class(c), low); err != nil {
				d.say("cursor", err)
			}
			d.at(advanced)
		}
	}
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	for c := range d.logs {
		l := &d.logs[c]
		low := l.end
		for i := range l.routes {
			low = min(low, l.routes[i].low)
		}
		if n := l.at(low); n > 0 {
			clear(l.entries[:n]) // the array lives on for a while
			l.entries = l.entries[n:]
		}
		if l.done > len(l.entries)/2+64 {
			l.done = 0
			l.entries = slices.DeleteFunc(l.entries, func(e *entry) bool {
				for i := range l.routes {
					if e.needed(i) {
						return false
					}
				}
				return true
			})
		}
	}
}

// lowLocked returns the number below which a route needs nothing, and lets go of who waited
// for that.
func (d *diskStore) lowLocked(route int, c class) uint64 {
	l := &d.logs[c]
	at := &l.routes[route]
	i := l.at(at.low)
	for i < len(l.entries) && !l.entries[i].needed(route) {
		i++
	}
	at.low = l.end
	if i < len(l.entries) {
		at.low = l.entries[i].first
	}
	kept := at.waiters[:0]
	for _, x := range at.waiters {
		if x.upto > at.low {
			kept = append(kept, x)
		} else if x.w.left--; x.w.left == 0 {
			close(x.w.done)
		}
	}
	clear(at.waiters[len(kept):])
	at.waiters = kept
	return at.low
}

// awaitLocked makes w wait until a route needs nothing below upto.
func (d *diskStore) awaitLocked(route int, c class, upto uint64, w *waiter) {
	w.left++
	at := &d.logs[c].routes[route]
	at.waiters = append(at.waiters, placeWaiter{upto, w})
}

// register implements store.
func (d *diskStore) register(w *waiter) {
	for c := range d.logs {
		for i := range d.s.routes {
			if end := d.logs[c].end; d.lowLocked(i, class(c)) < end {
				d.awaitLocked(i, class(c), end, w)
			}
		}
	}
}

// reconcile counts what the spool has dropped, which is always the oldest of a class.
func (d *diskStore) reconcile() {
	st := d.spool.Stats()
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	defer d.s.keepLocked()
	for c := range d.logs {
		l, start := &d.logs[c], st.Classes[c].Start
		for _, e := range l.entries {
			if e.end > start {
				break
			}
			for i := range e.needs {
				if e.needs[i].where == inStore {
					d.loseLocked(d.s.routes[i], class(c), e, d.droppedFor(e))
				}
			}
		}
	}
}

// droppedFor returns why the spool dropped e.
func (d *diskStore) droppedFor(e *entry) Reason {
	if d.age > 0 && time.Since(time.Unix(0, e.time)) > d.age {
		return StorageExpired
	}
	return StorageFull
}

// loseLocked counts what a route needs of e, and is in the store alone, as lost.
func (d *diskStore) loseLocked(r *route, c class, e *entry, reason Reason) {
	x := &e.needs[r.index]
	for l, n := range x.levels {
		if n > 0 {
			r.loseLocked(reason, Level(l), uint64(n), e.time)
		}
	}
	r.shelf.held -= x.n
	x.where = nowhere
	d.spoilLocked(r, c, e)
	d.lowLocked(r.index, c)
	d.passedLocked(r.index, c, e)
	r.kick()
}

// spoilLocked tells those who wait for e that something of it was lost.
func (d *diskStore) spoilLocked(r *route, c class, e *entry) {
	for _, x := range d.logs[c].routes[r.index].waiters {
		if x.upto > e.first {
			x.w.lost = true
		}
	}
}

// lost implements store.
func (d *diskStore) lost(p *page) { d.spoilLocked(p.reader, p.class, p.stored) }

// settled implements store.
func (d *diskStore) settled(p *page) {
	if d.parting {
		return
	}
	p.stored.needs[p.reader.index].where = nowhere
	d.passedLocked(p.reader.index, p.class, p.stored)
	d.lowLocked(p.reader.index, p.class)
	d.kick()
}

// save implements store.
func (d *diskStore) save(ctx context.Context) error {
	done := make(chan error, 1)
	select {
	case d.saves <- done:
	case <-d.ended:
		return nil
	case <-ctx.Done():
		return d.unsaved(ctx.Err())
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return d.unsaved(ctx.Err())
	}
}

// unsaved returns why the store did not take what was left.
func (d *diskStore) unsaved(err error) error {
	return fmt.Errorf("stream: WithStorage(%q): not stored: %w", d.dir, err)
}
