package stream

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"time"

	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/sink"
)

// A route is one destination with its own place in the queue, its own retry state
// and its own line in the ledger.
type route struct {
	// Immutable.
	s        *Stream
	index    int
	cfg      routeConfig
	targets  []*target     // the route's sink and its fallbacks
	editor   editor        // makes what only this route sends; nil if it sends what is queued
	share    int           // of the queue, in bytes, while other routes do well
	maxPages int           // that a batch may have records of, so that it holds on to few
	wake     chan struct{} // there may be something to do; capacity 1
	outcomes chan outcome  // of exports; has room for all, so that none blocks
	ended    chan struct{} // closed when run has returned

	// Owned by run.
	active     *target        // where batches go
	batchBytes int            // shrinks when the destination finds batches too large
	again      []*flight      // to be sent again, first to last
	state      State          // written under Stream.mu
	timer      *time.Timer    // fires when nextLook says so
	rand       func() float64 // of back-off, in [0, 1)

	// Owned by the worker.
	filter filter

	// Guarded by Stream.mu.
	next         [classes]position
	pending      int // records published and not yet gathered
	pendingBytes int
	due          int  // of pending, how many must not wait for a full batch
	flying       int  // records gathered and not yet settled
	reserved     int  // bytes of the requests for these
	nudged       bool // somebody waits: cut the back-off short
	ledger       ledger
	gap          gap // what is lost and not told of
	inherited    gap // likewise, by former processes
	shelf        shelf
}

// A flight is a batch from the moment it is gathered until it is settled.
type flight struct {
	batch   *block.Batch
	edition *block.Batch // what is sent instead, if the route has an editor; made by the first export
	target  *target      // of the last attempt
	after   int          // failed attempts of the target in a row when it was launched
	panics  int
	culprit *bisection // set when it is a part of a batch that was refused
}

// sent returns what is, or was, sent.
func (f *flight) sent() *block.Batch {
	if f.edition != nil {
		return f.edition
	}
	return f.batch
}

// release lets go of the encoded forms.
func (f *flight) release() {
	f.batch.Release()
	if f.edition != nil {
		f.edition.Release()
	}
}

// An outcome is what an export returned.
type outcome struct {
	f        *flight
	err      error
	panicked bool
}

func newRoute(s *Stream, index int, cfg routeConfig) *route {
	r := &route{
		s:          s,
		index:      index,
		cfg:        cfg,
		share:      s.cfg.shareOf(&cfg),
		maxPages:   math.MaxInt,
		wake:       make(chan struct{}, 1),
		ended:      make(chan struct{}),
		batchBytes: cfg.batchBytes,
		timer:      time.NewTimer(time.Hour),
		rand:       rand.Float64,
	}
	if cfg.newEditor != nil {
		r.editor = cfg.newEditor(s, &cfg)
	}
	for i, k := range append([]sink.Sink{cfg.sink}, cfg.fallbacks...) {
		r.targets = append(r.targets, newTarget(i, k, &cfg))
	}
	if len(s.cfg.routes) > 0 {
		r.maxPages = max(1, r.share/(2*cfg.inFlight*s.cfg.pageSize()))
	}
	r.active = r.targets[0]
	r.active.serves = true
	r.outcomes = make(chan outcome, cfg.inFlight*len(r.targets))
	r.filter = filter{
		route:    index,
		least:    cfg.level,
		take:     cfg.filter,
		panicked: func(err error) { r.report("filter", err) },
	}
	if s.store != nil {
		r.shelf.aloft = make(map[*block.Batch]struct{})
	}
	r.timer.Stop()
	return r
}

// kick makes the route look whether there is something to do.
func (r *route) kick() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// run sends batches until the stream is finished and everything is settled.
func (r *route) run() error {
	defer r.end()
	for {
		now := time.Now()
		for r.launch(now) {
			now = time.Now()
		}
		if r.finished() {
			return nil
		}
		r.timer.Stop()
		if at, ok := r.nextLook(now); ok {
			r.timer.Reset(max(0, time.Until(at)))
		}
		select {
		case <-r.wake:
		case o := <-r.outcomes:
			o.f.target.flights--
			o.f.target.slots.Release(1)
			r.land(o)
		case <-r.timer.C:
		}
	}
}

// end says that run returns.
func (r *route) end() {
	r.timer.Stop()
	for _, f := range r.again { // what the store has taken
		f.release()
	}
	close(r.ended)
	if r.s.store != nil {
		r.s.store.kick()
	}
}

// finished reports whether no record is left and none will come.
func (r *route) finished() bool {
	for _, t := range r.targets {
		if t.flights > 0 {
			return false
		}
	}
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return r.shelf.parted || r.s.finished && r.pending == 0 && r.flying == 0 && r.shelf.held == 0
}

// launch starts one export, if one may start now.
func (r *route) launch(now time.Time) bool {
	if r.parted() {
		return false
	}
	r.obeyNudge()
	t := r.to(now)
	if t == nil || !t.slots.TryAcquire(1) {
		return false
	}
	f := r.nextFlight(t)
	if f == nil {
		t.slots.Release(1)
		return false
	}
	f.target, f.after = t, t.failures
	t.flights++
	if t.since.IsZero() {
		t.since = time.Now()
	}
	r.s.group.Go(func() error {
		o := outcome{f: f}
		if r.editor != nil && f.edition == nil {
			f.edition = r.editor.edit(f.batch)
		}
		o.panicked, o.err = t.export(r.s.exports, f.sent())
		r.outcomes <- o
		return nil
	})
	return true
}

// obeyNudge ends the back-off if somebody waits and the destination did not ask
// for it. A nudge during an attempt is kept for the back-off that may follow.
func (r *route) obeyNudge() {
	t := r.active
	if t.failures > 0 && t.flights > 0 {
		return
	}
	r.s.mu.Lock()
	nudged := r.nudged
	r.nudged = false
	r.s.mu.Unlock()
	if nudged && t.failures > 0 && !t.imposed {
		t.notBefore = time.Time{}
	}
}

// readyLocked reports whether there is a batch that is full or due.
func (r *route) readyLocked() bool {
	return r.due > 0 || r.pending >= r.cfg.batchRecords || r.pendingBytes >= r.cfg.batchBytes
}

// nextFlight returns what to send to t: a batch that failed before, or a new one if it
// is full or due.
func (r *route) nextFlight(t *target) *flight {
	if i := slices.IndexFunc(r.again, (*flight).mayFly); i >= 0 {
		f := r.again[i]
		r.again = slices.Delete(r.again, i, i+1)
		if f.culprit != nil {
			f.culprit.flying++
		}
		return f
	}
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if !r.readyLocked() || r.crowdedLocked(t) {
		return nil
	}
	b := r.s.queue.gather(r)
	if b == nil {
		return nil
	}
	r.pending -= b.Len()
	r.pendingBytes -= b.FieldBytes()
	r.due = max(0, r.due-b.Len())
	r.flying += b.Len()
	r.reserveLocked(r.sizeOf(b))
	r.launchedLocked(b)
	return &flight{batch: b}
}

// crowdedLocked reports whether the requests in flight take up an eighth of the
// route's share; with one more, and the pages that they come from, a sink that hangs
// leaves some of it. A route that is alone may use it all, and a target that has
// nothing in flight may have something: its route's other one may hang with all that
// there is room for.
func (r *route) crowdedLocked(t *target) bool {
	return len(r.s.routes) > 1 && t.flights > 0 && 8*r.reserved > r.share
}

// sizeOf returns the memory that a batch in flight takes besides its pages.
func (r *route) sizeOf(b *block.Batch) int {
	if r.editor != nil {
		return 2 * b.Size()
	}
	return b.Size()
}

// reserveLocked accounts for a request in flight; a negative size for its end.
func (r *route) reserveLocked(bytes int) {
	r.reserved += bytes
	r.s.queue.reserve(bytes)
}

// land deals with the outcome of an export.
func (r *route) land(o outcome) {
	f, n := o.f, o.f.batch.Len()
	if f.culprit != nil {
		f.culprit.flying--
	}
	if r.parted() {
		f.release()
		return
	}
	if o.err == nil {
		r.succeeded(f)
		r.settle(f, n, 0)
		return
	}
	e := sink.AsError(o.err)
	if e.Rejected > 0 {
		rejected := min(e.Rejected, n)
		r.succeeded(f)
		r.report("reject", fmt.Errorf("%d of %s rejected: %w", rejected, records(n), causeOf(e)))
		r.settle(f, n-rejected, rejected)
		return
	}
	if f = r.settleParts(f, e); f == nil {
		return // every record is accounted for
	}
	kind := e.Kind
	if o.panicked {
		if f.panics++; f.panics > 1 {
			kind = sink.Invalid // the data makes it panic: find the record
		}
	}
	switch kind {
	case sink.TooLarge, sink.Invalid:
		r.refuse(f, kind, e)
	case sink.Refused:
		r.fail(f, e, Refused)
	default:
		r.fail(f, e, BackingOff)
	}
}

// settleParts settles the records that e names one by one as refused, and those
// that the destination has taken, and returns what is left of f, or nil.
func (r *route) settleParts(f *flight, e *sink.Error) *flight {
	taken := min(max(e.Taken, 0), f.batch.Len())
	if failed := failures(e.Failed, f.batch.Len()); len(failed) > 0 {
		r.report("reject", fmt.Errorf("%s rejected, the first: %s: %w", records(len(failed)), e.Failed[0].Reason, causeOf(e)))
		taken -= sort.SearchInts(failed, taken) // of the first ones, so many were refused
		refused, rest := f.batch.Pick(failed)
		r.bury(f, refused, reasonsOf(e, failed))
		head, tail := r.divide(f, refused, rest)
		r.settle(head, 0, len(failed))
		f = tail
	}
	if taken > 0 {
		if taken == f.batch.Len() && len(e.Failed) == 0 && e.Err != nil {
			r.report("warning", fmt.Errorf("%s delivered, with a warning: %w", records(taken), e.Err))
		}
		r.succeeded(f)
		head, tail := r.split(f, taken)
		r.settle(head, taken, 0)
		f = tail
	}
	if f.batch.Len() == 0 {
		return nil
	}
	return f
}

// errNoReason stands for what a sink did not say.
var errNoReason = errors.New("the sink gave no reason")

// causeOf returns what a sink says of its failure.
func causeOf(e *sink.Error) error {
	if e.Err == nil {
		return errNoReason
	}
	return e.Err
}

// reasonsOf returns what was said of the records at positions, in their order. Where
// a record was named more than once, the first word counts.
func reasonsOf(e *sink.Error, positions []int) func(i int) string {
	words := make(map[int]string, len(positions))
	for _, x := range e.Failed {
		if _, ok := words[x.Index]; !ok {
			words[x.Index] = x.Reason
		}
	}
	return func(i int) string { return words[positions[i]] }
}

// failures returns the positions below n in list, in order, each once.
func failures(list []sink.Failure, n int) []int {
	var out []int
	for _, x := range list {
		if x.Index >= 0 && x.Index < n {
			out = append(out, x.Index)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// succeeded notes that the destination has accepted something.
func (r *route) succeeded(f *flight) {
	if f.culprit != nil {
		f.culprit.failures = 0
	} else if r.batchBytes < r.cfg.batchBytes {
		// What was too large once need not be for ever.
		r.batchBytes = min(r.cfg.batchBytes, r.batchBytes+r.batchBytes/regrowth)
	}
	r.arrived(f.target)
}

// fail keeps f for another attempt, after a back-off.
func (r *route) fail(f *flight, e *sink.Error, state State) {
	r.again = append(r.again, f)
	f.target.failed(f.after, e.RetryAfter, func(n int) time.Duration {
		return backoff(n, r.cfg.retryInitial, r.cfg.retryMax, r.rand())
	})
	if f.target == r.active {
		r.setState(state)
	}
	r.s.mu.Lock()
	r.ledger.failures++
	r.s.mu.Unlock()
	what := "export failed"
	if state == Refused {
		what = "the destination refuses this client"
	}
	r.report("export", fmt.Errorf("%s, %s kept: %w", what, records(f.batch.Len()), causeOf(e)))
}

// setState publishes the state for Stats.
func (r *route) setState(state State) {
	r.s.mu.Lock()
	r.state = state
	r.s.mu.Unlock()
	if r.s.store != nil {
		r.s.store.kick()
	}
}

// settle ends f: of its records so many were delivered, the others rejected.
func (r *route) settle(f *flight, delivered, rejected int) {
	b := f.batch
	r.s.mu.Lock()
	if !r.ownsLocked(b) {
		r.s.mu.Unlock()
		f.release()
		return
	}
	r.landedLocked(b)
	l := &r.ledger
	l.delivered += uint64(delivered)
	l.rejected += uint64(rejected)
	if rejected > 0 {
		f.target.since = time.Time{} // it answers
	}
	if delivered > 0 {
		f.target.delivered += uint64(delivered)
		l.requests++
		l.bytes += uint64(f.sent().Size())
		l.sent += uint64(f.sent().PayloadBytes())
	}
	r.flying -= b.Len()
	r.reserveLocked(-r.sizeOf(b))
	for _, run := range b.Runs() {
		r.s.queue.settle(r.index, run, rejected > 0)
	}
	r.s.keepLocked()
	r.s.mu.Unlock()
	f.release()
}

// split divides f after its first n records.
func (r *route) split(f *flight, n int) (head, tail *flight) {
	h, t := f.batch.Split(n)
	return r.divide(f, h, t)
}

// divide replaces f by two flights with the parts of its batch; f becomes the
// first of them.
func (r *route) divide(f *flight, first, second *block.Batch) (_, _ *flight) {
	r.s.mu.Lock()
	if r.ownsLocked(f.batch) {
		r.reserveLocked(r.sizeOf(first) + r.sizeOf(second) - r.sizeOf(f.batch))
		r.landedLocked(f.batch)
		r.launchedLocked(first)
		r.launchedLocked(second)
	}
	r.s.mu.Unlock()
	f.release()

	part := *f // what is known of the whole holds for its parts
	part.batch, part.edition = second, nil
	f.batch, f.edition = first, nil
	return f, &part
}

// report tells the error handler about a problem of this route.
func (r *route) report(subject string, err error) {
	r.s.diag.report(r.cfg.name+" "+subject, fmt.Errorf("stream: route %q: %w", r.cfg.name, err))
}

var errRejectedWhole = errors.New("no part of the batch was accepted")
