package otlphttp

import (
	"errors"
	"io"
	"sync"

	"github.com/logstream-go/logstream/sink"
)

var errBodyClosed = errors.New("otlphttp: read of a request body that was closed")

// A body is the body of one request. It holds a reference to the payload until
// net/http closes it, which can be after the round trip has returned, and in
// another goroutine than one that is still reading.
type body struct {
	mu      sync.Mutex    // guards the following
	payload *sink.Payload // nil once closed
	read    int
}

func newBody(p *sink.Payload) io.ReadCloser {
	p.Retain()
	return &body{payload: p}
}

// Read copies: nobody gets hold of the payload's memory.
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.payload == nil {
		return 0, errBodyClosed
	}
	rest := b.payload.Bytes()[b.read:]
	if len(rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, rest)
	b.read += n
	return n, nil
}

// Close gives the reference back. It can be called again.
func (b *body) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.payload != nil {
		b.payload.Release()
		b.payload = nil
	}
	return nil
}
