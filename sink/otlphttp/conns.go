package otlphttp

import (
	"context"
	"io"
	"net"
	"sync"
)

// A dialFunc connects, as net.Dialer.DialContext does.
type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// conns knows the open connections of an endpoint, so that Shutdown leaves none.
// http.Transport closes those only that it takes for idle: an HTTP/2 connection ends
// a request a moment after its answer was read, and stays if it is asked in that
// moment; and a dial goes on when the request that it was for has given up.
type conns struct {
	mu     sync.Mutex // guards the following
	open   map[*conn]struct{}
	closed bool
}

// dial returns f with the connections noted. After close it fails with ErrClosed.
func (c *conns) dial(f dialFunc) dialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		inner, err := f(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.closed {
			_ = inner.Close()
			return nil, ErrClosed
		}
		if c.open == nil {
			c.open = make(map[*conn]struct{})
		}
		noted := &conn{inner, c}
		c.open[noted] = struct{}{}
		return noted, nil
	}
}

// close closes all connections. It can be called again.
func (c *conns) close() {
	c.mu.Lock()
	c.closed = true
	open := c.open
	c.open = nil
	c.mu.Unlock()
	for noted := range open {
		_ = noted.Conn.Close()
	}
}

// A conn leaves the list of its endpoint when it is closed.
type conn struct {
	net.Conn
	list *conns
}

// Close closes the connection.
func (c *conn) Close() error {
	c.list.mu.Lock()
	delete(c.list.open, c)
	c.list.mu.Unlock()
	return c.Conn.Close()
}

// copyBuffers hold what is on its way from a body to a connection.
var copyBuffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// ReadFrom writes what r yields. Without it net/http makes a buffer for each
// request that it sends over HTTP/1 in plain text.
func (c *conn) ReadFrom(r io.Reader) (int64, error) {
	buf := copyBuffers.Get().(*[32 << 10]byte)
	defer copyBuffers.Put(buf)
	return io.CopyBuffer(struct{ io.Writer }{c.Conn}, r, buf[:])
}
