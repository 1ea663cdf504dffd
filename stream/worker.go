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

	deadline time.Time // when what was published must be sent; zero if nothing waits
	flushes  []*waiter // to be registered after the next complete pass

	// Since the last publish.
	taken   int // records drained, lost ones included
	bytes   int // what the others add to a request
	lost    [levels]uint64
	urgent  bool
	stalled bool // the queue is full and its policy is to wait
}

func newWorker(s *Stream, seal sealer) *worker {
	w := &worker{s: s, seal: seal, linger: s.cfg.linger, timer: time.NewTimer(time.Hour)}
	w.timer.Stop()
	w.take = w.takeFrame
	return w
}

// run drains the ring until it is closed and empty.
func (w *worker) run() error {
	for {
		w.stalled, w.urgent = false, false
		w.s.ring.Drain(w.take)
		closing := w.s.closing.Load()
		due := w.urgent || w.linger == 0 || closing || len(w.flushes) > 0 ||
			!w.deadline.IsZero() && !time.Now().Before(w.deadline)
		some := w.taken > 0
		w.publish(due)
		switch {
		case due:
			w.deadline = time.Time{}
			w.s.reportDrops()
		case some && w.deadline.IsZero():
			w.deadline = time.Now().Add(w.linger)
		}
		if w.s.ring.Finished() {
			w.finish()
			return nil
		}
		w.wait()
	}
}

// wait blocks until there is something to do.
//
// An idle worker sleeps without a timer, and the first record wakes it. From then
// on it sleeps on a timer, until what has come by then is due; only urgent records
// and a ring that fills up wake it before.
func (w *worker) wait() {
	ring := w.s.ring
	if w.stalled {
		select {
		case <-w.s.queue.space:
		case f := <-w.s.flushes:
			w.flushes = append(w.flushes, f)
		}
		return
	}
	if w.deadline.IsZero() {
		if ring.Sleep(false) {
			select {
			case <-ring.Wake():
			case f := <-w.s.flushes:
				w.flushes = append(w.flushes, f)
			}
			ring.Awake()
		}
		if w.linger == 0 || len(w.flushes) > 0 {
			return
		}
		w.deadline = time.Now().Add(w.linger)
	}
	left := time.Until(w.deadline)
	if left <= 0 || w.s.closing.Load() || !ring.Sleep(true) {
		return
	}
	w.timer.Reset(left)
	select {
	case <-w.timer.C:
	case <-ring.Wake():
	case f := <-w.s.flushes:
		w.flushes = append(w.flushes, f)
	}
	w.timer.Stop()
	ring.Awake()
}

// takeFrame moves one frame into a page. It returns false, and leaves the frame in
// the ring, when there is no room and the policy is not to drop old records.
func (w *worker) takeFrame(f *buffer.Frame) bool {
	slot := block.Slot{
		Origin:   f.Origin,
		Shard:    f.Shard,
		Severity: f.Severity,
		Flags:    f.Flags,
		Seq:      f.Seq,
		Time:     f.Time,
	}
	w.seal.normalize = f.Flags&FlagNormalize != 0
	c := classOf(f.Severity)
	for fresh := false; ; fresh = true {
		if p := w.open[c]; p != nil && p.block.Append(slot, &w.seal, f.Data) {
			w.bytes += p.block.Size(p.block.Len() - 1)
			break
		}
		if fresh || !w.turn(c) {
			if w.s.cfg.overflow.kind != dropOldest {
				w.stalled = true
				return false
			}
			w.lost[levelOf(f.Severity)]++
			break
		}
	}
	w.taken++
	if f.Severity >= urgentSeverity {
		w.urgent = true
	}
	return true
}

// turn seals the open page of class c and opens another. It returns false when
// the budget has no room for one.
func (w *worker) turn(c class) bool {
	s := w.s
	s.mu.Lock()
	defer s.mu.Unlock()
	w.publishLocked()
	if p := w.open[c]; p != nil {
		w.open[c] = nil
		s.queue.seal(p)
	}
	if s.cfg.overflow.kind == dropOldest {
		for !s.queue.hasRoom() && w.shedLocked(c) {
		}
	}
	if !s.queue.hasRoom() {
		s.queue.starved = true
		return false
	}
	s.queue.starved = false
	w.open[c] = s.queue.open(c)
	return true
}

// shedLocked makes room by dropping a page of class limit or below, of the route
// that lags most.
func (w *worker) shedLocked(limit class) bool {
	r := w.s.laggingLocked()
	p, ok := w.s.queue.shed(r, limit, r.dropLocked)
	if !ok {
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
	if !w.stalled {
		w.registerLocked()
	}
	s.mu.Unlock()
}

func (w *worker) publishLocked() {
	if w.taken == 0 {
		return
	}
	s := w.s
	kept := 0
	for _, p := range w.open {
		if p == nil {
			continue
		}
		n := p.block.Len() - p.published
		p.published += n
		p.unsettled += n * len(s.routes)
		kept += n
	}
	s.drained += uint64(w.taken)
	for _, r := range s.routes {
		r.pending += kept
		r.pendingBytes += w.bytes
		for l, n := range w.lost {
			r.ledger.dropped[QueueFull][l] += n
			s.drops.Add(n)
		}
	}
	w.taken, w.bytes, w.lost = 0, 0, [levels]uint64{}
}

// registerLocked makes the flushes that have asked wait for every page that holds
// unsettled records. Those pages are sealed, so that what is logged from now on
// goes into others.
func (w *worker) registerLocked() {
	if len(w.flushes) == 0 {
		return
	}
	for c, p := range w.open {
		if p != nil && p.unsettled > 0 {
			w.open[c] = nil
			w.s.queue.seal(p)
		}
	}
	for _, f := range w.flushes {
		for _, p := range w.s.queue.pages {
			if p.unsettled > 0 {
				f.left++
				p.waiters = append(p.waiters, f)
			}
		}
		if f.left == 0 {
			close(f.done)
		}
	}
	w.flushes = nil
}

// finish seals what is open: no record will follow.
func (w *worker) finish() {
	s := w.s
	s.mu.Lock()
	w.publishLocked()
	for c, p := range w.open {
		if p != nil {
			w.open[c] = nil
			s.queue.seal(p)
		}
	}
	w.registerLocked()
	s.finished = true
	for _, r := range s.routes {
		r.due = r.pending
	}
	s.mu.Unlock()
	close(s.drainedAll)
	for _, r := range s.routes {
		r.kick()
	}
}
