package otlptest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// ErrClosed is returned by the waiting methods and by Restart after Close.
var ErrClosed = errors.New("otlptest: receiver closed")

// journal is an append-only list that callers can wait on. Entries are never
// changed once added, so that readers share the backing array instead of
// copying it.
type journal[T any] struct {
	noun string // what the entries are, for errors; immutable
	keep bool   // whether entries are kept or only counted; immutable

	mu      sync.Mutex // guards the following
	entries []T
	count   int
	waiters []*waiter[T]
	closed  bool
}

// waiter is one call of wait that has not returned. Whoever removes it from
// journal.waiters answers it.
type waiter[T any] struct {
	n     int
	reply chan []T // has room for the one answer, so that the sender does not block under the lock
}

// add appends entries, of which there are n (they are nil when only counted),
// and wakes those who waited for them.
func (j *journal[T]) add(entries []T, n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.keep {
		j.entries = append(j.entries, entries...)
	}
	j.count += n
	j.waiters = slices.DeleteFunc(j.waiters, func(w *waiter[T]) bool {
		if w.n > j.count {
			return false
		}
		w.reply <- j.snapshotLocked()
		return true
	})
}

// wait blocks until n entries were added since the last reset, ctx is done or
// the journal is closed. It returns all entries there are at that moment.
func (j *journal[T]) wait(ctx context.Context, n int) ([]T, error) {
	j.mu.Lock()
	if j.count >= n || j.closed {
		defer j.mu.Unlock()
		if j.count >= n {
			return j.snapshotLocked(), nil
		}
		return j.snapshotLocked(), j.shortLocked(n, ErrClosed)
	}
	w := &waiter[T]{n: n, reply: make(chan []T, 1)}
	j.waiters = append(j.waiters, w)
	j.mu.Unlock()

	var cause error
	select {
	case got, ok := <-w.reply:
		if ok {
			return got, nil
		}
		cause = ErrClosed
	case <-ctx.Done():
		cause = context.Cause(ctx)
	}

	j.mu.Lock()
	defer j.mu.Unlock()
	j.waiters = slices.DeleteFunc(j.waiters, func(o *waiter[T]) bool { return o == w })
	// The answer may have come between ctx.Done and the lock:
	//
	//	wait: sees ctx.Done
	//	add:  takes the lock, sends the answer, removes w
	//	wait: takes the lock, and the entries it waited for are there
	//
	// A closed channel, which means ErrClosed, gives ok == false.
	select {
	case got, ok := <-w.reply:
		if ok {
			return got, nil
		}
	default:
	}
	return j.snapshotLocked(), j.shortLocked(n, cause)
}

// snapshot returns the entries so far. Its capacity is clipped: a caller that
// appends does not write where add will.
func (j *journal[T]) snapshot() []T {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.snapshotLocked()
}

func (j *journal[T]) snapshotLocked() []T { return slices.Clip(j.entries) }

func (j *journal[T]) shortLocked(n int, cause error) error {
	return fmt.Errorf("otlptest: %d of %d %s came: %w", j.count, n, j.noun, cause)
}

func (j *journal[T]) len() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.count
}

// reset forgets all entries. Slices handed out before stay valid, and waiters
// go on waiting for entries to come.
func (j *journal[T]) reset() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries, j.count = nil, 0
}

// close releases all waiters. Entries stay readable.
func (j *journal[T]) close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	for _, w := range j.waiters {
		close(w.reply)
	}
	j.waiters = nil
}
