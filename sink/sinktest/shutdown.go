package sinktest

import (
	"context"
	"errors"
	"time"
)

// shutsDown: nothing happens after Shutdown, not even a panic.
func shutsDown(l *lab) {
	b, messages := l.batch(10, 0)
	if !l.must(b) {
		return
	}
	if err := l.shutdown(enough); err != nil {
		l.errorf("Shutdown: got %v, want nil", err)
		return
	}
	if !l.Stateless {
		late, _ := l.batch(10, 0)
		if err := l.export(late, enough); err == nil {
			l.errorf("Export after Shutdown: got nil, want an error")
		}
	}
	// A second Shutdown is a mistake of the caller, which must cost it nothing:
	// what it returns is the sink's choice.
	_ = l.shutdown(enough)
	if !l.Stateless {
		l.received(messages, nil)
	}
}

// shutsDownInTime: with a context that has ended, Shutdown does not wait. What
// it could not release in time may take a moment more.
func shutsDownInTime(l *lab) {
	b, _ := l.batch(10, 0)
	if !l.must(b) {
		return
	}
	_ = l.shutdown(0)      // watches that it returns
	_ = l.shutdown(enough) // and that it can be called again
}

// shutsDownWhileHanging: the stream calls Shutdown when no Export runs, but an
// Export that it has given up on may not know it yet.
func shutsDownWhileHanging(l *lab) {
	l.Hang()
	ctx, cancel := context.WithTimeout(l.ctx, enough)
	defer cancel()
	b, _ := l.batch(10, 0)
	done := make(chan error, 1)
	go func() { done <- l.exportWith(ctx, b) }()
	inFlight := time.NewTimer(soon)
	defer inFlight.Stop()
	select {
	case err := <-done:
		if !errors.Is(err, errPanic) {
			l.errorf("Export to a destination that does not answer: got %v, want it to wait", err)
		}
		return
	case <-inFlight.C:
	}
	_ = l.shutdown(soon) // watches that it returns
	cancel()
	<-done //nolint:errcheck // whoever started it looks at the error
}
