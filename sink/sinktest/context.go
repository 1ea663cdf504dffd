package sinktest

import (
	"context"
	"errors"
	"time"

	"github.com/logstream-go/logstream/sink"
)

// obeysDeadline: Export ends with its context's deadline.
func obeysDeadline(l *lab) {
	ctx, cancel := context.WithTimeout(l.ctx, soon)
	defer cancel()
	l.ends(ctx, "deadline")
}

// obeysCancellation: Export ends when its context is cancelled.
func obeysCancellation(l *lab) {
	ctx, cancel := context.WithCancel(l.ctx)
	defer cancel()
	defer time.AfterFunc(soon, cancel).Stop()
	l.ends(ctx, "cancellation")
}

// ends exports to a destination that hangs, with a context that ends soon.
func (l *lab) ends(ctx context.Context, why string) {
	l.Hang()
	b, messages := l.batch(10, 0)
	start := time.Now()
	err := l.exportWith(ctx, b)
	switch {
	case errors.Is(err, errPanic) || errors.Is(err, errStuck):
		return
	case err == nil:
		l.errorf("Export to a destination that does not answer: got nil, want an error")
	case sink.AsError(err).Kind != sink.Retry:
		l.errorf("Export that ended with a %s: got %v, want the kind %v", why, err, sink.Retry)
	case time.Since(start) < soon/2: // the destination may know the deadline, and be a little ahead
		l.errorf("Export failed before its context had ended: %v", err)
	}
	// The destination answers again. It may have kept what it did not answer.
	again, more := l.batch(10, 0)
	if l.must(again) {
		l.received(more, messages)
	}
}

// obeysEndedContext: with a context that has ended Export does not wait for
// anything. It may deliver what needs no waiting.
func obeysEndedContext(l *lab) {
	ctx, cancel := context.WithCancel(l.ctx)
	cancel()
	b, messages := l.batch(10, 0)
	switch err := l.exportWith(ctx, b); {
	case err == nil:
		l.received(messages, nil)
	case errors.Is(err, errPanic) || errors.Is(err, errStuck):
	case sink.AsError(err).Kind != sink.Retry:
		l.errorf("got %v, want nil or the kind %v", err, sink.Retry)
	}
}
