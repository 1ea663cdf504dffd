package otlptest

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"google.golang.org/grpc/test/bufconn"
)

// place is where a Server listens: a TCP address, a Unix socket or memory. It
// can be opened again after its listener was closed.
type place struct {
	network string // "tcp", "unix" or "" for memory; immutable after open
	address string // immutable after open

	memory atomic.Pointer[bufconn.Listener] // the current one; nil unless in memory
}

const (
	// memoryAddress is what Endpoint names in memory. It is an IP address so
	// that no resolver is asked, and nobody listens there, so that a client
	// without the Dialer is refused at once instead of reaching a real
	// receiver.
	memoryAddress = "127.0.0.1:1"

	// memoryHTTPAddress is the same for HTTP.
	memoryHTTPAddress = "127.0.0.1:2"

	// memoryBuffer is what a connection in memory holds in each direction, as
	// the kernel's buffers would.
	memoryBuffer = 256 << 10

	// A free port can be in use for a moment by an outgoing connection of
	// anyone, so reopen tries for a while.
	reopenFor   = time.Second
	reopenPause = 20 * time.Millisecond
)

// openGRPC listens for the first time where gRPC does, and fixes the address.
func (p *place) openGRPC(c config) (net.Listener, error) {
	if c.inMemory {
		return p.open("", memoryAddress)
	}
	if c.unixPath != "" {
		abs, err := filepath.Abs(c.unixPath)
		if err != nil {
			return nil, fmt.Errorf("otlptest: %w", err)
		}
		return p.open("unix", abs)
	}
	return p.open("tcp", c.address)
}

// openHTTP listens for the first time where HTTP does, and fixes the address.
func (p *place) openHTTP(c config) (net.Listener, error) {
	if c.inMemory {
		return p.open("", memoryHTTPAddress)
	}
	return p.open("tcp", c.httpAddress)
}

func (p *place) open(network, address string) (net.Listener, error) {
	p.network, p.address = network, address
	l, err := p.listen()
	if err != nil {
		return nil, err
	}
	if p.network == "tcp" {
		p.address = l.Addr().String() // with the port chosen
	}
	return l, nil
}

func (p *place) listen() (net.Listener, error) {
	if p.network == "" {
		l := bufconn.Listen(memoryBuffer)
		p.memory.Store(l)
		return l, nil
	}
	l, err := net.Listen(p.network, p.address)
	if err != nil {
		return nil, fmt.Errorf("otlptest: %w", err)
	}
	return l, nil
}

// reopen listens again where open did.
func (p *place) reopen() (net.Listener, error) {
	for end := time.Now().Add(reopenFor); ; {
		l, err := p.listen()
		if err == nil || time.Now().After(end) {
			return l, err
		}
		<-time.After(reopenPause)
	}
}

// dial connects to the place, whatever the address asked for.
func (p *place) dial(ctx context.Context, _ string) (net.Conn, error) {
	if p.network != "" {
		var d net.Dialer
		return d.DialContext(ctx, p.network, p.address)
	}
	c, err := p.memory.Load().DialContext(ctx)
	if err != nil && ctx.Err() == nil {
		// The listener is closed: the error that TCP has for it.
		return nil, &net.OpError{Op: "dial", Net: "memory", Err: syscall.ECONNREFUSED}
	}
	return c, err
}
