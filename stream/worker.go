package stream

import (
	"time"

	"github.com/logstream-go/logstream/buffer"
	"github.com/logstream-go/logstream/internal/block"
)

// A worker is the one consumer of the ring. It masks records into pages and tells
// the routes. All fields belong to its goroutine.
type worker struct {
	s      *Stream
	seal   sealer
	open   [classes]*page // being appended to
	take   func(*buffer.Frame) bool
	timer  *time.Timer
	linger time.Duration
	nap    nap
	slept  time.Duration // on the timer, before this pass; 0 if it did not
	rung   bool          // a log call ended that

	deadline time.Time // when what was published must be sent; zero if nothing waits
	flushes  []*waiter // to be registered after the pass
	later    []*waiter // came during the pass: to be registered after the next one

	// Since the last publish.
	taken  int // records drained, lost ones included
	bytes  int // what the others add to a request
	lost   [levels]uint64
	vows   [classes]bool // some of the others are to be on the disk
	urgent bool
	waits  bool   // the pass had to wait for room
	given  uint64 // of taken, records of a former process
	made   uint64 // of taken, records that were not in a ring: the stream's last ones
	done   uint64 // the routes that need no more what is taken now, a bit for each

	from    *buffer.Ring // that it drains
	kept    bool         // it is the keeper's
	drained uint64       // from this ring
	chunk   chunk        // of a former process, to be taken next
	called  bool         // somebody waits for the disk
	lasts   uint64       // records that takeLast took
	waited  uint64       // moves of the store when waiting for it was in vain, and one more
}

func newWorker(s *Stream, seal sealer) *worker {
	w := &worker{s: s, seal: seal, from: s.ring.Load(), kept: s.keeper != nil, linger: s.cfg.linger, nap: newNap(s.cfg), timer: time.NewTimer(time.Hour)}
	w.timer.Stop()
	w.take = w.takeFrame
	return w
}

// run drains the ring until it is closed and empty.
func (w *worker) run() error {
	for {
		w.urgent, w.called = false, false
		group := w.s.durable.take(false) // before the drain, which takes what they wait for
		w.drain(group != nil)
		w.adopt()
		closing := w.s.closing.Load()
		due := w.urgent || w.linger == 0 || closing || len(w.flushes) > 0 ||
			!w.deadline.IsZero() && !time.Now().Before(w.deadline)
		some := w.taken > 0
		w.publish(due)
		w.learn()
		w.register()
		w.secure(group)
		if due {
			w.deadline = time.Time{}
			w.s.reportDrops(false)
		}
		if some && w.linger > 0 && w.deadline.IsZero() && !closing {
			w.deadline = time.Now().Add(w.linger)
		}
		w.flushes, w.later = w.later, nil
		if w.finished() {
			w.finish()
			return nil
		}
		if len(w.flushes) == 0 {
			w.wait()
		}
	}
}

// wait blocks until there is something to do.
//
// An idle worker sleeps without a timer, and the first record wakes it. From then
// on it sleeps on a timer, until what has come by then is due, and again until nothing has
// come; only urgent records and a ring that fills up wake it before, which a nap of the
// right length forestalls. So of a steady flow no log call pays for waking it, which costs as much as many
// records do.
func (w *worker) wait() {
	ring := w.from
	adopted := w.roomForMore()
	if w.deadline.IsZero() {
		if w.sleep(false) {
			select {
			case <-ring.Wake():
			case f := <-w.s.flushes:
				w.flushes = append(w.flushes, f)
			case w.chunk = <-adopted:
			case <-w.s.durable.wake:
				w.called = true
			case <-w.s.queue.space:
			}
			ring.Awake()
		}
		if w.linger == 0 || len(w.flushes) > 0 || w.chunk.taken != nil || w.called {
			return
		}
		w.deadline = time.Now().Add(w.linger)
	}
	start := time.Now()
	left := w.deadline.Sub(start)
	if left <= 0 || w.s.closing.Load() || !w.sleep(true) {
		return
	}
	w.timer.Reset(min(left, w.nap.next))
	select {
	case <-w.timer.C:
	case <-ring.Wake():
		w.rung = true
	case f := <-w.s.flushes:
		w.flushes = append(w.flushes, f)
	case w.chunk = <-adopted:
	case <-w.s.durable.wake:
	}
	w.timer.Stop()
	ring.Awake()
	w.slept = time.Since(start)
}

// learn sets the next nap after one, and the pass that followed.
func (w *worker) learn() {
	if w.slept > 0 {
		w.nap.learn(w.slept, w.rung && !w.urgent)
	}
	w.slept, w.rung = 0, false
}

// takeFrame moves one frame into a page. Where the queue has no room, it drops the
// frame or waits, as the policy says. It waits in the middle of the pass, so that
// a pass comes to an end however fast the ring fills up, and with it a flush. It
// always returns true.
func (w *worker) takeFrame(f *buffer.Frame) bool {
	slot := block.Slot{
		Origin:   f.Origin,
		Shard:    f.Shard,
		Severity: f.Severity,
		Flags:    f.Flags & FlagNormalize,
		Seq:      f.Seq,
		Time:     f.Time,
	}
	w.seal.normalize = f.Flags&FlagNormalize != 0
	w.seal.masked = f.Flags&flagMasked != 0
	w.seal.origin = f.Origin
	c := classOf(f.Severity)
	for fresh := false; ; fresh = true {
		if p := w.open[c]; p != nil && p.block.Append(slot, &w.seal, f.Data) {
			w.bytes += p.block.Size(p.block.Len() - 1)
			if p.kept != nil {
				_, rec := p.block.Record(p.block.Len() - 1)
				p.kept.append(slot, rec.Bytes)
			}
			w.vows[c] = w.vows[c] || w.durable(f)
			break
		}
		for !fresh && !w.turn(c) {
			if w.awaitStore() {
				continue
			}
			if w.s.cfg.overflow == DropOldest {
				fresh = true
				break
			}
			w.awaitRoom()
		}
		if fresh {
			w.lost[levelOf(f.Severity)]++
			if w.durable(f) {
				w.s.durable.broken.Add(1)
			}
			break
		}
	}
	w.taken++
	w.nap.came += frameHead + len(f.Data)
	if f.Severity >= urgentSeverity {
		w.urgent = true
	}
	return true
}

// durable reports whether a caller waits, or will, until the disk has f: nobody does for what a
// former process or the stream itself has logged.
func (w *worker) durable(f *buffer.Frame) bool {
	if f.Severity < w.s.durable.least || w.chunk.taken != nil {
		return false
	}
	_, own := w.s.own.route(f.Origin)
	return !own
}

// secure makes the store tell g once the disk has what was published.
func (w *worker) secure(g *group) {
	if g == nil {
		return
	}
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	w.s.store.secureFor(g)
}

// awaitRoom blocks until the queue may have room. What it holds is due, since
// nothing else makes room.
func (w *worker) awaitRoom() {
	w.letGo()
	select {
	case <-w.s.queue.space:
	case f := <-w.s.flushes:
		w.later = append(w.later, f)
	}
}

// letGo publishes what the worker holds, and frees the ring up to the frame that it has in
// hand: it is about to wait, in the middle of a pass.
func (w *worker) letGo() {
	w.waits = true
	w.publish(true)
	if !w.kept {
		w.from.Release()
	}
}

// storeHelpsLocked reports whether the store is about to make room, so that nothing need be
// shed. Then the worker will wait for it, unless that was in vain just now.
func (w *worker) storeHelpsLocked() bool {
	s := w.s
	if s.store == nil || w.waited == s.store.moves()+1 {
		return false
	}
	if s.store.helps() {
		return true
	}
	if !s.store.takes() {
		return false // and pages that are sealed before they are full would waste the queue
	}
	for c := range classes {
		w.sealLocked(class(c)) // all that the queue holds is in pages that are being filled
	}
	return s.store.helps()
}

// awaitStore waits for the store to make room, if it will. It returns false if nobody
// should wait for it.
func (w *worker) awaitStore() bool {
	s := w.s
	if s.store == nil {
		return false
	}
	s.mu.Lock()
	helps, moves := w.storeHelpsLocked(), s.store.moves()
	s.mu.Unlock()
	if !helps {
		return false
	}
	s.store.kick()
	w.letGo()
	patience := time.NewTimer(storePatience)
	defer patience.Stop()
	select {
	case <-s.queue.space:
	case f := <-s.flushes:
		w.later = append(w.later, f)
	case <-patience.C:
		w.waited = moves + 1
	}
	return true
}

// turn seals the open page of class c and opens another, and tells the routes, who
// need not wait for the end of the pass. It returns false when the budget has no
// room for a page.
func (w *worker) turn(c class) bool {
	s := w.s
	w.judge()
	s.mu.Lock()
	defer s.mu.Unlock()
	w.publishLocked()
	for _, r := range s.routes {
		if r.readyLocked() {
			r.kick()
		}
	}
	w.sealLocked(c)
	for !s.queue.hasRoom() && (s.store != nil && s.store.giveBack() || !w.storeHelpsLocked() && w.shedLocked(c)) {
	}
	if !s.queue.hasRoom() {
		s.keepLocked()
		s.queue.starved = true
		return false
	}
	s.queue.starved = false
	s.keepLocked() // only then are pages free that were given up
	w.open[c] = s.queue.open(c)
	return true
}

// sealLocked ends the appending to the open page of class c, if there is one.
func (w *worker) sealLocked(c class) {
	if p := w.open[c]; p != nil {
		w.open[c] = nil
		w.s.queue.seal(p)
	}
}

// shedLocked makes room for a record of class c, if it can.
func (w *worker) shedLocked(c class) bool {
	p := w.s.shedLocked(c)
	if p == nil {
		return false
	}
	if w.open[p.class] == p {
		w.open[p.class] = nil
	}
	return true
}

// publish makes what was drained visible to the routes. If it is due, they send
// it now; otherwise they wait until it fills a batch.
func (w *worker) publish(due bool) {
	if w.taken == 0 && !due {
		return
	}
	s := w.s
	w.judge()
	s.mu.Lock()
	w.publishLocked()
	for _, r := range s.routes {
		if due {
			r.due = r.pending
		}
		if r.readyLocked() {
			r.kick() // never blocks; waking a route for nothing costs more than many records
		}
	}
	s.mu.Unlock()
}

func (w *worker) publishLocked() {
	if w.taken == 0 {
		return
	}
	s := w.s
	kept := 0
	for c, p := range w.open {
		if p == nil {
			continue
		}
		from := p.published
		kept += p.block.Len() - from
		if p.kept != nil {
			p.kept.publish()
		}
		s.offerLocked(p)
		if w.vows[c] {
			s.store.pledge(p, from)
		}
	}
	if s.keeper != nil {
		s.keeper.release()
	}
	s.drained += uint64(w.taken)
	s.former += w.given + w.made
	s.adoptees += w.given
	w.drained += uint64(w.taken) - w.given - w.made
	for _, r := range s.routes {
		r.takeLocked(kept, w.bytes, &w.lost)
	}
	if w.lost != ([levels]uint64{}) {
		loseAll(w.flushes, w.later)
	}
	w.made = 0
	w.taken, w.given, w.bytes, w.lost, w.vows = 0, 0, 0, [levels]uint64{}, [classes]bool{}
	s.keepLocked()
}

// register makes the flushes that asked before the pass wait for what is not
// settled.
func (w *worker) register() {
	if len(w.flushes) == 0 {
		return
	}
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	w.registerLocked()
}

func (w *worker) registerLocked() {
	for _, f := range w.flushes {
		w.s.queue.register(f)
	}
	w.flushes = nil
}

// lastShard is the shard in the identities of records that were in no ring.
const lastShard = 1<<16 - 1

// takeLast takes a record of the stream's own when the ring is closed and empty.
func (w *worker) takeLast(h buffer.Header, record []byte) {
	h.Shard, h.Seq = lastShard, w.lasts
	w.lasts++
	w.takeFrame(&buffer.Frame{Header: h, Data: record})
	w.made++
}

// finish seals what is open: no record will follow.
func (w *worker) finish() {
	s := w.s
	group := s.durable.take(true)
	s.herald.tellLast(w.takeLast)
	w.judge()
	s.mu.Lock()
	w.publishLocked()
	if group != nil {
		s.store.secureFor(group)
	}
	for c := range classes {
		w.sealLocked(class(c))
	}
	w.registerLocked()
	s.finished = true
	s.keepLocked()
	for _, r := range s.routes {
		r.due = r.pending
	}
	s.mu.Unlock()
	close(s.drainedAll)
	for _, r := range s.routes {
		r.kick()
	}
}
