package stream

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/sink"
)

// A target is one sink of a route: the first one, or a fallback. Its fields belong
// to the route's goroutine unless they say otherwise.
type target struct {
	// Immutable.
	index   int // in the route; 0 is the first
	sink    sink.Sink
	timeout time.Duration // of one attempt
	slots   *semaphore.Weighted

	flights   int       // exports running
	failures  int       // failed attempts in a row
	notBefore time.Time // when the next attempt may start, while failures > 0
	imposed   bool      // notBefore was set by the destination
	since     time.Time // of the first attempt after the last success; zero if there was none

	// Guarded by Stream.mu.
	serves    bool   // the route sends to it; written by the route
	delivered uint64 // records
}

func newTarget(index int, k sink.Sink, cfg *routeConfig) *target {
	inFlight, timeout := cfg.inFlight, cfg.timeout
	if l, ok := k.(sink.Limiter); ok {
		limits := l.Limits()
		if limits.MaxInFlight > 0 {
			inFlight = min(inFlight, limits.MaxInFlight)
		}
		if limits.Timeout > 0 {
			timeout = limits.Timeout
		}
	}
	return &target{
		index:   index,
		sink:    k,
		timeout: timeout,
		slots:   semaphore.NewWeighted(int64(inFlight)),
	}
}

// name returns what the ledger calls t.
func (t *target) name() string {
	if t.index == 0 {
		return "first"
	}
	return fmt.Sprintf("fallback %d", t.index)
}

// blocked reports whether no attempt may start: after a failure one at a time is
// made, and not before the back-off is over.
func (t *target) blocked(now time.Time) bool {
	return t.failures > 0 && (t.flights > 0 || now.Before(t.notBefore))
}

// export makes one attempt. A panic of the sink becomes an error. Its error is looked into here,
// where a panic of that does no harm.
func (t *target) export(ctx context.Context, b *block.Batch) (panicked bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			panicked, err = true, fmt.Errorf("sink panicked: %v\n%s", v, debug.Stack())
		}
	}()
	if e := sink.AsError(t.sink.Export(ctx, sink.NewBatch(b))); e != nil {
		return false, e
	}
	return false, nil
}

// succeeded forgets the failures, and reports whether there were any.
func (t *target) succeeded() (again bool) {
	again = t.failures > 0
	t.failures, t.imposed, t.since = 0, false, time.Time{}
	return again
}

// failed counts a failed attempt that was launched after so many others, and says
// when the next one may start. Exports that ran side by side and fail together
// count as one.
func (t *target) failed(after int, retryAfter time.Duration, backoff func(n int) time.Duration) {
	now := time.Now()
	if after == t.failures {
		t.failures++
		t.imposed = false
		t.notBefore = now.Add(backoff(t.failures))
	}
	if retryAfter > 0 {
		t.imposed = true
		if at := now.Add(min(retryAfter, maxRetryAfter)); at.After(t.notBefore) {
			t.notBefore = at
		}
	}
}

// shutdown survives a sink that panics.
func (t *target) shutdown(ctx context.Context) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panicked: %v", v)
		}
	}()
	return t.sink.Shutdown(ctx)
}
