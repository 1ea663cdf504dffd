// Package gzipc compresses requests, once per batch, with scratch memory that is
// used again: with gzip, which every OTLP endpoint takes, or through a compressor
// that the program brings.
package gzipc

import (
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/gzip"
)

const (
	// level is klauspost's fastest. Records with varied ids and numbers shrink
	// to a third with it. Level 5 takes more than twice the CPU to save another
	// twentieth; the levels between save nothing.
	level = gzip.BestSpeed

	// usualRatio is less than what records of services shrink to, so that the
	// result is mostly allocated once.
	usualRatio = 5

	// maxPooled is the largest scratch buffer that is kept. Default batches stay
	// at 1 MB; a rare larger one is left to the garbage collector.
	maxPooled = 4 << 20
)

// A gzipper is what compressing one request needs.
type gzipper struct {
	request []byte // uncompressed
	out     []byte
	w       *gzip.Writer
}

var gzippers = sync.Pool{New: func() any {
	z := new(gzipper)
	z.w, _ = gzip.NewWriterLevel(io.Discard, level) // the level is valid
	return z
}}

// Append appends, compressed, what request appends to an empty buffer, and
// returns the result. The buffer is valid during the call of request only. It may
// be called concurrently. The error is that of request, and the result is then nil.
func Append(dst []byte, request func(dst []byte) ([]byte, error)) ([]byte, error) {
	z := gzippers.Get().(*gzipper)
	defer func() {
		z.out = nil
		if cap(z.request) <= maxPooled {
			gzippers.Put(z)
		}
	}()
	body, err := request(z.request[:0])
	if err != nil {
		return nil, err
	}
	z.request, z.out = body, slices.Grow(dst, len(body)/usualRatio)
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
