package otlphttp

import (
	"context"
	"errors"
	"sync"
)

// ErrClosed is returned by Export after Shutdown.
var ErrClosed = errors.New("otlphttp: the sink is shut down")

// A gate lets exports in until it is closed, and knows when the last one has
// left.
type gate struct {
	end  context.Context // ends the exports in flight
	stop context.CancelFunc

	mu     sync.Mutex // guards the following
	inside int
	closed bool
	empty  chan struct{} // closed once closed and nobody is inside
}

func (g *gate) init() {
	g.end, g.stop = context.WithCancel(context.Background())
	g.empty = make(chan struct{})
}

// enter returns a context that also ends when the gate is closed by force. leave
// must be called once.
func (g *gate) enter(ctx context.Context) (_ context.Context, leave func(), err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil, nil, ErrClosed
	}
	g.inside++
	ctx, cancel := context.WithCancel(ctx)
	unhook := context.AfterFunc(g.end, cancel)
	return ctx, func() {
		unhook()
		cancel()
		g.mu.Lock()
		defer g.mu.Unlock()
		g.inside--
		g.checkLocked()
	}, nil
}

// checkLocked tells when the last one has left.
func (g *gate) checkLocked() {
	if g.closed && g.inside == 0 {
		close(g.empty)
	}
}

// close lets nobody in any more, and waits until everybody has left or ctx ends;
// then those inside are told to leave.
func (g *gate) close(ctx context.Context) error {
	g.mu.Lock()
	if !g.closed {
		g.closed = true
		g.checkLocked()
	}
	g.mu.Unlock()
	defer g.stop()
	select {
	case <-g.empty:
		return nil
	default:
	}
	select {
	case <-g.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
