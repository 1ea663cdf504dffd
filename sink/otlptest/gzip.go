package otlptest

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
)

// gunzip decompresses the requests of one grpc.Server (see grpc.Decompressor).
// It is used by many requests at once. Its readers are pooled, its output is
// not: grpc does not tell when it has finished with it.
type gunzip struct {
	limit    int64        // bytes of output above which grpc refuses the message; immutable
	lastSize atomic.Int64 // of the previous message, the best guess for the next
	readers  sync.Pool    // of *gzip.Reader
}

// Type names the encoding.
func (*gunzip) Type() string { return "gzip" }

// Do returns at most limit+1 bytes: enough for grpc to see that there are too
// many, and no more for a small message that expands without end.
func (g *gunzip) Do(r io.Reader) ([]byte, error) {
	z, _ := g.readers.Get().(*gzip.Reader)
	if z == nil {
		z = new(gzip.Reader)
	}
	defer g.readers.Put(z)
	if err := z.Reset(r); err != nil {
		return nil, err
	}
	// bytes.Buffer wants room for bytes.MinRead before it tries the read that
	// finds EOF.
	buf := bytes.NewBuffer(make([]byte, 0, g.lastSize.Load()+bytes.MinRead))
	if _, err := buf.ReadFrom(io.LimitReader(z, g.limit+1)); err != nil {
		return nil, err
	}
	g.lastSize.Store(int64(buf.Len()))
	return buf.Bytes(), nil
}
