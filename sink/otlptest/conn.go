package otlptest

import (
	"net"
	"sync"
	"time"
)

// listener hands out its connections as *conn.
type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, done: make(chan struct{})}, nil
}

// conn is a server connection that can be slowed down and cut. It is found
// again from a request by its RemoteAddr, which passes through TLS and through
// the transports unchanged.
type conn struct {
	net.Conn
	closeOnce sync.Once
	done      chan struct{} // closed by the first Close

	mu   sync.Mutex // guards the following
	slow int        // requests that want the connection slow
	rate int        // bytes per second while slow > 0
}

// readsPerSecond is how many portions a slow read is cut into: a portion each
// 50 ms looks like a trickle to the client.
const readsPerSecond = 20

// Read waits after what it read for as long as that should have taken. Reading
// late is what slows the client down: HTTP/2 gives it a new window only for
// what was read, and behind it the socket buffers fill up. It is called by one
// goroutine of the transport.
func (c *conn) Read(p []byte) (int, error) {
	rate := c.readRate()
	if rate == 0 {
		return c.Conn.Read(p)
	}
	n, err := c.Conn.Read(p[:min(len(p), max(1, rate/readsPerSecond))])
	if n > 0 {
		t := time.NewTimer(time.Duration(n) * time.Second / time.Duration(rate))
		defer t.Stop()
		select {
		case <-t.C:
		case <-c.done:
		}
	}
	return n, err
}

func (c *conn) readRate() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.slow == 0 {
		return 0
	}
	return c.rate
}

// slowDown reads with rate bytes per second until release was called, which may
// be called more than once. With several at once the last rate counts until all
// are released.
func (c *conn) slowDown(rate int) (release func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slow++
	c.rate = rate
	return sync.OnceFunc(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.slow--
	})
}

// Close also ends a slow read.
func (c *conn) Close() error {
	c.closeOnce.Do(func() { close(c.done) })
	return c.Conn.Close()
}

// cut closes the connection, over TCP with a RST instead of an orderly end.
func (c *conn) cut() {
	if t, ok := c.Conn.(interface{ SetLinger(sec int) error }); ok {
		_ = t.SetLinger(0) // without it the client reads EOF, which is a cut too
	}
	_ = c.Close()
}

// RemoteAddr returns a *peerAddr.
func (c *conn) RemoteAddr() net.Addr { return &peerAddr{Addr: c.Conn.RemoteAddr(), conn: c} }

// peerAddr is the client's address, with the way back to the connection.
type peerAddr struct {
	net.Addr
	conn *conn
}
