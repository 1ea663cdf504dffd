package otlpgrpc

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
)

// ErrClosed is returned by Export after Shutdown.
var ErrClosed = errors.New("otlpgrpc: the sink is shut down")

// A link is a connection to the endpoint.
type link struct {
	conn    *grpc.ClientConn
	answers atomic.Uint64 // calls that came to an end by themselves

	users int // exports in flight; guarded by links.mu
}

// links owns the connections: the one that new exports use, and those that were
// given up but still carry exports.
//
// A connection that cannot be established is replaced and not nursed. gRPC
// would dial again after a back-off of its own, up to two minutes, and answer
// every call until then with the error of the past; its state stays "transient
// failure" while it dials, so there is nothing to wait for either. A new
// connection resolves the name again and dials at once, and the calls on it
// wait for what comes of it.
type links struct {
	target  string            // immutable
	options []grpc.DialOption // immutable

	closing sync.WaitGroup // connections that are being closed

	mu      sync.Mutex    // guards the following
	current *link         // nil until it is needed
	old     []*link       // not current, with users
	users   int           // exports in flight on all links
	closed  bool          // no more acquire
	drained chan struct{} // made by close; closed once there are no users
}

// dialLocked makes the current link. It does no I/O: the first call connects.
func (ls *links) dialLocked() error {
	conn, err := grpc.NewClient(ls.target, ls.options...)
	if err == nil {
		ls.current = &link{conn: conn}
	}
	return err
}

// acquire returns a link to export over, which goes back to release.
func (ls *links) acquire() (*link, error) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.closed {
		return nil, ErrClosed
	}
	if ls.current != nil && ls.current.conn.GetState() == connectivity.TransientFailure {
		ls.retireLocked()
	}
	if ls.current == nil {
		if err := ls.dialLocked(); err != nil {
			return nil, err
		}
	}
	ls.current.users++
	ls.users++
	return ls.current, nil
}

// release takes back what acquire returned.
func (ls *links) release(l *link) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l.users--
	ls.users--
	if i := slices.Index(ls.old, l); i >= 0 && l.users == 0 {
		ls.old = slices.Delete(ls.old, i, i+1)
		ls.dropLocked(l)
	}
	if ls.closed && ls.users == 0 {
		close(ls.drained)
	}
}

// retire gives l up if it is current: exports to come use another link.
func (ls *links) retire(l *link) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if l == ls.current {
		ls.retireLocked()
	}
}

// retireLocked leaves no current link. The one that was is closed by its last
// user. REQUIRES: there is a current link.
func (ls *links) retireLocked() {
	l := ls.current
	ls.current = nil
	if l.users > 0 {
		ls.old = append(ls.old, l)
		return
	}
	ls.dropLocked(l)
}

// dropLocked closes a link that nothing refers to any more. Closing waits up to
// some seconds for a connection that is stuck in a write, so neither an export
// nor the lock waits for it.
func (ls *links) dropLocked(l *link) {
	ls.closing.Go(func() {
		_ = l.conn.Close() // says only whether it was closed before
	})
}

// close ends all connections, after the exports in flight, or with them when ctx
// ends first.
func (ls *links) close(ctx context.Context) error {
	ls.mu.Lock()
	if !ls.closed {
		ls.closed = true
		ls.drained = make(chan struct{})
		if ls.users == 0 {
			close(ls.drained)
		}
	}
	ls.mu.Unlock()

	var cut error // why exports in flight end with their connections
	select {
	case <-ls.drained:
	case <-ctx.Done():
		cut = ctx.Err()
	}

	ls.mu.Lock()
	if ls.users == 0 {
		cut = nil
	}
	for _, l := range ls.old {
		ls.dropLocked(l)
	}
	if ls.current != nil {
		ls.dropLocked(ls.current)
	}
	ls.old, ls.current = nil, nil
	ls.mu.Unlock()

	done := make(chan struct{})
	go func() {
		ls.closing.Wait()
		close(done)
	}()
	select {
	case <-done:
		return cut
	case <-ctx.Done():
		return ctx.Err()
	}
}
