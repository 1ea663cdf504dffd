package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/logstream-go/logstream/sink/otlptest"
)

// An endpoint is a receiver that goes away and comes back.
type endpoint struct {
	down atomic.Bool
	done chan error // has the outcome, once it is over
}

// schedule stops the receiver after c.before and starts it again after c.down. An
// end of ctx before that starts it as well.
func schedule(ctx context.Context, receiver *otlptest.Server, c config) *endpoint {
	e := &endpoint{done: make(chan error, 1)}
	go func() {
		pause(ctx, c.before)
		if err := receiver.Stop(); err != nil {
			e.done <- err
			return
		}
		e.down.Store(true)
		pause(ctx, c.down)
		err := receiver.Restart()
		e.down.Store(false)
		e.done <- err
	}()
	return e
}

// wait waits until the schedule is over.
func (e *endpoint) wait() error { return <-e.done }

func (e *endpoint) String() string {
	if e.down.Load() {
		return "gone"
	}
	return "up"
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
