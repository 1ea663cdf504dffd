package otlpgrpc

import (
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"

	"github.com/logstream-go/logstream/sink"
)

const (
	// gzipLevel is klauspost's fastest. Records with varied ids and numbers
	// shrink to a third with it. Level 5 takes more than twice the CPU to save
	// another twentieth; the levels between save nothing.
	gzipLevel = gzip.BestSpeed

	// maxPooledRequest is the largest scratch buffer that is kept. Default
	// batches stay at 1 MB; a rare larger one is left to the garbage collector.
	maxPooledRequest = 4 << 20
)

// A gzipper is what compressing one batch needs.
type gzipper struct {
	request []byte // uncompressed
	out     []byte
	w       *gzip.Writer
}

var gzippers = sync.Pool{New: func() any {
	z := new(gzipper)
	z.w, _ = gzip.NewWriterLevel(io.Discard, gzipLevel) // the level is valid
	return z
}}

// appendGzip appends the request of b, compressed, to dst.
func appendGzip(dst []byte, b *sink.Batch) ([]byte, error) {
	z := gzippers.Get().(*gzipper)
	defer func() {
		z.out = nil
		if cap(z.request) <= maxPooledRequest {
			gzippers.Put(z)
		}
	}()
	z.request = b.AppendRequest(z.request[:0])
	z.out = dst
	z.w.Reset(z)
	if _, err := z.w.Write(z.request); err != nil {
		return nil, err
	}
	if err := z.w.Close(); err != nil {
		return nil, err
	}
	return z.out, nil
}

// Write appends compressed bytes to the output.
func (z *gzipper) Write(p []byte) (int, error) {
	z.out = append(z.out, p...)
	return len(p), nil
}

// gzipped is gRPC's compressor for requests that are compressed already. It
// makes gRPC set the grpc-encoding header and the compressed flag of the
// message, and passes the bytes through.
type gzipped struct{}

// Do writes p as it is.
func (gzipped) Do(w io.Writer, p []byte) error {
	_, err := w.Write(p)
	return err
}

// Type returns the name of the encoding.
func (gzipped) Type() string { return "gzip" }
