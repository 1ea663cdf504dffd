package stream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// ErrStored is in the error of a Shutdown that left records in the storage, where the
// next stream finds them, and of a Flush that waited for these; see [WithStorage]. It is not there when the disk failed.
var ErrStored = errors.New("stream: the rest is in the storage")

// ErrLost is in the error of a WaitDelivered that waited for records of which some
// were rejected or dropped.
var ErrLost = errors.New("stream: records were rejected or dropped")

// Incomplete is the error of a Flush, WaitDelivered or Shutdown that had to leave
// records behind. Unless Err is [ErrLost] they are not lost: the stream holds them
// and goes on trying to deliver them, or has stored them ([ErrStored]).
type Incomplete struct {
	Op     string // "flush", "wait" or "shutdown"
	Routes []RouteStats
	Err    error // why it did not wait any longer: the context's error, with it ErrStored or why the storage failed, or ErrLost
}

// Held returns how many records the route that lags most still holds.
func (e *Incomplete) Held() uint64 {
	var n uint64
	for _, r := range e.Routes {
		n = max(n, r.Held.Total())
	}
	return n
}

// Error says how many records are left, and where.
func (e *Incomplete) Error() string {
	msg := fmt.Sprintf("stream: %s incomplete: %v", e.Op, e.Err)
	for _, r := range e.Routes {
		msg += "; " + r.String()
	}
	return msg
}

// Unwrap returns e.Err.
func (e *Incomplete) Unwrap() error { return e.Err }

func (s *Stream) incomplete(op string, err error) error {
	return &Incomplete{Op: op, Routes: s.Stats().Routes, Err: err}
}

// loseAll notes for flushes that records which they may wait for were lost.
func loseAll(lists ...[]*waiter) {
	for _, list := range lists {
		for _, w := range list {
			w.lost = true
		}
	}
}

// Flush sends every record that was accepted before the call and waits until each
// is delivered, rejected or dropped. A back-off that is running is cut short,
// unless the destination asked for it. If ctx ends first, Flush returns an
// [*Incomplete], and the stream goes on delivering.
//
// What a former process has left in the storage it waits for as well. What is still being
// taken over from the memory of one ([WithCrashRing]) it does not: should the program end
// meanwhile, the next start sends the rest.
//
// Any number of goroutines may call Flush. After Shutdown it waits for what is
// left.
func (s *Stream) Flush(ctx context.Context) error {
	return s.settled(ctx, newWaiter(), "flush")
}

// WaitDelivered is a Flush that asks for more: that each of the records is delivered
// by every route that takes it. If one that the stream held at the time of the call
// is rejected or dropped, it returns an [*Incomplete] with [ErrLost]. What was lost
// before the call is not its business; [Stream.Stats] tells.
func (s *Stream) WaitDelivered(ctx context.Context) error {
	w := newWaiter()
	if err := s.settled(ctx, w, "wait"); err != nil {
		return err
	}
	if w.lost {
		return s.incomplete("wait", ErrLost)
	}
	return nil
}

// settled waits until what was accepted before is settled.
func (s *Stream) settled(ctx context.Context, w *waiter, op string) error {
	if s.left() {
		return s.incomplete(op, ErrStored)
	}
	select {
	case s.flushes <- w:
	case <-s.drainedAll: // the worker is gone: what is left is in the queue
		s.mu.Lock()
		s.queue.register(w)
		s.mu.Unlock()
	case <-ctx.Done():
		return s.incomplete(op, context.Cause(ctx))
	}
	s.nudge()
	return s.wait(ctx, w.done, op)
}

// wait waits for done, which wins over an ended context.
func (s *Stream) wait(ctx context.Context, done <-chan struct{}, op string) error {
	select {
	case <-done:
		return nil
	default:
	}
	parted := s.parted
	if done == s.done {
		parted = nil // the end comes all the same
	}
	select {
	case <-done:
		return nil
	case <-parted: // what this waits for will not come
		select {
		case <-done:
			return nil
		default:
			return s.incomplete(op, ErrStored)
		}
	case <-ctx.Done():
		return s.incomplete(op, context.Cause(ctx))
	}
}

// Shutdown stops the stream: from now on records are counted as dropped (closed),
// those accepted before are sent, and then the sinks are shut down. If ctx ends
// first, Shutdown returns an [*Incomplete]; delivery goes on in the background, and
// Shutdown can be called again to wait for it. Once everything is settled it
// returns the sinks' own error, if any, at every call.
//
// With [WithStorage], what is left when ctx ends is written to the storage, also if ctx has
// ended before the call, which takes 5 s at most; what is in flight is written too, and
// may arrive twice. Then the stream has ended, and the error wraps [ErrStored]. If the
// disk fails, delivery goes on in the background.
//
// A context without a deadline gets one of [DefaultShutdownTimeout], so that a
// program that defers s.Shutdown(context.Background()) ends also when its endpoint
// is gone.
func (s *Stream) Shutdown(ctx context.Context) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, DefaultShutdownTimeout)
		defer cancel()
	}
	s.closing.Store(true)
	s.shutdown.Do(func() {
		s.herald.end()
		close(s.ending)
		s.ring.Load().Close()
		go s.finish()
	})
	s.nudge()
	switch err := s.wait(ctx, s.done, "shutdown"); {
	case err == nil:
		return s.ended()
	case s.store == nil:
		return err
	default:
		return s.save(ctx, err)
	}
}

// ended returns how the stream has ended.
func (s *Stream) ended() error {
	if s.left() {
		return s.incomplete("shutdown", errors.Join(ErrStored, s.sinkErr))
	}
	return s.sinkErr
}

// left reports whether the stream has ended and left records in the store.
func (s *Stream) left() bool {
	select {
	case <-s.parted:
	default:
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.routes, func(r *route) bool { return r.shelf.held > 0 })
}

// save puts what a Shutdown leaves behind into the store. It takes its time also when ctx
// has ended, since there will be no other.
func (s *Stream) save(ctx context.Context, err error) error {
	cause := err
	if e, ok := errors.AsType[*Incomplete](err); ok {
		cause = e.Err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
	defer cancel()
	if err := s.store.save(ctx); err != nil {
		return s.incomplete("shutdown", fmt.Errorf("%w; %w", cause, err))
	}
	select {
	case <-s.parted:
		if s.left() {
			cause = fmt.Errorf("%w: %w", ErrStored, cause)
		}
		return s.incomplete("shutdown", cause)
	default: // all was delivered in the last moment
	}
	if err := s.wait(ctx, s.done, "shutdown"); err != nil {
		return err
	}
	return s.ended()
}

// nudge cuts short the back-offs of all routes.
func (s *Stream) nudge() {
	s.mu.Lock()
	for _, r := range s.routes {
		r.nudged = true
	}
	s.mu.Unlock()
	for _, r := range s.routes {
		r.kick()
	}
}

// finish waits for the worker and the routes, which end by themselves once the
// ring is closed and every record is settled, and shuts the sinks down, those of a
// route as soon as it has ended. It does so also when nobody waits any more.
func (s *Stream) finish() {
	errs := make([]error, len(s.routes))
	var wg sync.WaitGroup
	for i, r := range s.routes {
		wg.Go(func() {
			<-r.ended
			errs[i] = r.shutdownSinks()
		})
	}
	_ = s.group.Wait() // their functions return no error
	close(s.idle)
	wg.Wait()
	s.sinkErr = errors.Join(errs...)
	s.cancelExports()
	if s.keeper != nil {
		s.keeper.close()
	}
	s.reportDrops(true)
	s.diag.close()
	close(s.done)
}

// shutdownSinks shuts the route's sinks down, side by side.
func (r *route) shutdownSinks() error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	errs := make([]error, len(r.targets))
	var wg sync.WaitGroup
	for i, t := range r.targets {
		wg.Go(func() {
			if err := t.shutdown(ctx); err != nil {
				errs[i] = fmt.Errorf("stream: route %q: sink shutdown: %w", r.cfg.name, err)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
