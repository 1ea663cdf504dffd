// Package slownet serves connections slowly, so that a test can end something in the middle
// of a request. Only tests import it.
package slownet

import (
	"net"
	"runtime"
	"sync"
)

// piece is how much is read at once, in bytes: a request of any size takes many.
const piece = 4096

// Listen returns l with connections that are read in small pieces, each of which t counts.
func Listen(l net.Listener, t *Trigger) net.Listener { return listener{l, t} }

type listener struct {
	net.Listener
	trigger *Trigger
}

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return conn{c, l.trigger}, nil
}

type conn struct {
	net.Conn
	trigger *Trigger
}

func (c conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p[:min(len(p), piece)])
	c.trigger.count(n)
	runtime.Gosched()
	return n, err
}

// A Trigger calls a function once so many bytes have been read.
type Trigger struct {
	mu   sync.Mutex
	left int
	f    func()
}

// Set makes t call f, unless it is nil, once after bytes have been read from now on.
func (t *Trigger) Set(after int, f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.left, t.f = after, f
}

func (t *Trigger) count(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.left -= n; t.left <= 0 && t.f != nil {
		t.f()
		t.f = nil
	}
}
