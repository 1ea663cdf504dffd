// Package gzipc compresses requests, once per batch, with scratch memory that is
// used again: with gzip, which every OTLP endpoint takes, or through a compressor
// that the program brings.
package gzipc

import (
	"bytes"
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
)

// A gzipper is what compressing one request needs.
type gzipper struct {
	out []byte
	w   *gzip.Writer
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
	return Through(dst, request, func(dst, src []byte) ([]byte, error) {
		return AppendFrom(dst, len(src), bytes.NewReader(src))
	})
}

// AppendFrom appends, compressed, what request writes, about size bytes, and returns
// the result. It may be called concurrently. The error is that of request, and the
// result is then nil.
func AppendFrom(dst []byte, size int, request io.WriterTo) ([]byte, error) {
	z := gzippers.Get().(*gzipper)
	defer func() {
		z.out = nil
		gzippers.Put(z)
	}()
	z.out = slices.Grow(dst, size/usualRatio)
	z.w.Reset(z)
	if _, err := request.WriteTo(z.w); err != nil {
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
