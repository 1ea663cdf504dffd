package stream

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sort"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/sink"
)

// A route is one destination with its own place in the queue, its own retry state
// and its own line in the ledger.
type route struct {
	// Immutable.
	s        *Stream
	cfg      routeConfig
	slots    *semaphore.Weighted // exports in flight; taken and given back by run
	wake     chan struct{}       // there may be something to do; capacity 1
	outcomes chan outcome        // of exports; capacity cfg.inFlight, so that none blocks

	// Owned by run.
	batchBytes int            // shrinks when the destination finds batches too large
	flights    int            // exports running
	again      []*flight      // to be sent again, first to last
	failures   int            // failed attempts in a row
	notBefore  time.Time      // when the next attempt may start, while failures > 0
	imposed    bool           // notBefore was set by the destination
	state      State          // written under Stream.mu
	timer      *time.Timer    // fires at notBefore
	rand       func() float64 // of back-off, in [0, 1)

	// Guarded by Stream.mu.
	next         [classes]position
	pending      int // records published and not yet gathered
	pendingBytes int
	due          int  // of pending, how many must not wait for a full batch
	flying       int  // records gathered and not yet settled
	nudged       bool // somebody waits: cut the back-off short
	ledger       ledger
}

// A flight is a batch from the moment it is gathered until it is settled.
type flight struct {
	batch   *block.Batch
	after   int // failed attempts of the route in a row when it was launched
	panics  int
	culprit *bisection // set when it is a part of a batch that was refused
}

// An outcome is what an export returned.
type outcome struct {
	f        *flight
	err      error
	panicked bool
}

func newRoute(s *Stream, cfg routeConfig) *route {
	r := &route{
		s:          s,
		cfg:        cfg,
		slots:      semaphore.NewWeighted(int64(cfg.inFlight)),
		wake:       make(chan struct{}, 1),
		outcomes:   make(chan outcome, cfg.inFlight),
		batchBytes: cfg.batchBytes,
		timer:      time.NewTimer(time.Hour),
		rand:       rand.Float64,
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
	for {
		for r.launch() {
		}
		if r.finished() {
			r.timer.Stop()
			return nil
		}
		select {
		case <-r.wake:
		case o := <-r.outcomes:
			r.flights--
			r.slots.Release(1)
			r.land(o)
		case <-r.timer.C:
		}
	}
}

// finished reports whether no record is left and none will come.
func (r *route) finished() bool {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return r.s.finished && r.pending == 0 && r.flying == 0
}

// launch starts one export, if one may start now. After a failure one attempt at
// a time is made, and not before the back-off is over.
func (r *route) launch() bool {
	if r.failures > 0 {
		if r.flights > 0 {
			return false // a nudge is kept for the back-off that may follow
		}
		r.s.mu.Lock()
		nudged := r.nudged
		r.nudged = false
		r.s.mu.Unlock()
		if nudged && !r.imposed {
			r.notBefore = time.Time{}
		}
		if left := time.Until(r.notBefore); left > 0 {
			r.timer.Reset(left)
			return false
		}
	}
	if !r.slots.TryAcquire(1) {
		return false
	}
	f := r.nextFlight()
	if f == nil {
		r.slots.Release(1)
		return false
	}
	f.after = r.failures
	r.flights++
	r.s.group.Go(func() error {
		o := outcome{f: f}
		o.panicked, o.err = r.export(f.batch)
		r.outcomes <- o
		return nil
	})
	return true
}

// readyLocked reports whether there is a batch that is full or due.
func (r *route) readyLocked() bool {
	return r.due > 0 || r.pending >= r.cfg.batchRecords || r.pendingBytes >= r.cfg.batchBytes
}

// nextFlight returns what to send: a batch that failed before, or a new one if it
// is full or due.
func (r *route) nextFlight() *flight {
	if len(r.again) > 0 {
		f := r.again[0]
		r.again = r.again[1:]
		return f
	}
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if r.failures == 0 {
		r.nudged = false // there is no back-off that it could be about
	}
	if !r.readyLocked() {
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
	r.s.queue.reserve(b.Size())
	return &flight{batch: b}
}

// export makes one attempt. A panic of the sink becomes an error.
func (r *route) export(b *block.Batch) (panicked bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), r.cfg.timeout)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			panicked, err = true, fmt.Errorf("sink panicked: %v\n%s", v, debug.Stack())
		}
	}()
	return false, r.cfg.sink.Export(ctx, sink.NewBatch(b))
}

// land deals with the outcome of an export.
func (r *route) land(o outcome) {
	f, n := o.f, o.f.batch.Len()
	if o.err == nil {
		r.succeeded(f)
		r.settle(f, n, 0)
		return
	}
	e := sink.AsError(o.err)
	if e.Rejected > 0 {
		rejected := min(e.Rejected, n)
		r.succeeded(f)
		r.report("reject", fmt.Errorf("%d of %s rejected: %w", rejected, records(n), e.Err))
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
		r.report("reject", fmt.Errorf("%s rejected, the first: %s: %w", records(len(failed)), e.Failed[0].Reason, e.Err))
		taken -= sort.SearchInts(failed, taken) // of the first ones, so many were refused
		refused, rest := f.batch.Pick(failed)
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
	if r.failures > 0 {
		r.failures, r.imposed = 0, false
		r.setState(Sending)
		r.s.diag.resolved(r.cfg.name+" export", fmt.Errorf("stream: route %q delivers again", r.cfg.name))
	}
}

// fail keeps f for another attempt, after a back-off. Exports that ran side by
// side and fail together count as one failed attempt.
func (r *route) fail(f *flight, e *sink.Error, state State) {
	r.again = append(r.again, f)
	now := time.Now()
	if f.after == r.failures {
		r.failures++
		r.imposed = false
		r.notBefore = now.Add(backoff(r.failures, r.cfg.retryInitial, r.cfg.retryMax, r.rand()))
	}
	if e.RetryAfter > 0 {
		r.imposed = true
		if at := now.Add(min(e.RetryAfter, maxRetryAfter)); at.After(r.notBefore) {
			r.notBefore = at
		}
	}
	r.setState(state)
	r.s.mu.Lock()
	r.ledger.failures++
	r.s.mu.Unlock()
	what := "export failed"
	if state == Refused {
		what = "the destination refuses this client"
	}
	r.report("export", fmt.Errorf("%s, %s kept: %w", what, records(f.batch.Len()), e.Err))
}

// setState publishes the state for Stats.
func (r *route) setState(state State) {
	r.s.mu.Lock()
	r.state = state
	r.s.mu.Unlock()
}

// settle ends f: of its records so many were delivered, the others rejected.
func (r *route) settle(f *flight, delivered, rejected int) {
	b := f.batch
	r.s.mu.Lock()
	l := &r.ledger
	l.delivered += uint64(delivered)
	l.rejected += uint64(rejected)
	if delivered > 0 {
		l.requests++
		l.bytes += uint64(b.Size())
		l.sent += uint64(b.PayloadBytes())
	}
	r.flying -= b.Len()
	r.s.queue.release(b.Size())
	for _, run := range b.Runs() {
		r.s.queue.settle(run)
	}
	r.s.mu.Unlock()
	b.Release()
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
	r.s.queue.reserve(first.Size() + second.Size() - f.batch.Size())
	r.s.mu.Unlock()
	f.batch.Release()

	part := *f // what is known of the whole holds for its parts
	part.batch = second
	f.batch = first
	return f, &part
}

// report tells the error handler about a problem of this route.
func (r *route) report(subject string, err error) {
	r.s.diag.report(r.cfg.name+" "+subject, fmt.Errorf("stream: route %q: %w", r.cfg.name, err))
}

// dropLocked counts a record that was shed from the queue.
func (r *route) dropLocked(severity uint8, size int) {
	r.ledger.dropped[QueueFull][levelOf(severity)]++
	r.s.drops.Add(1)
	r.pending--
	r.pendingBytes -= size
	r.due = min(r.due, r.pending)
}

var errRejectedWhole = errors.New("no part of the batch was accepted")
