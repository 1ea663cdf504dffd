// Package gzipc compresses requests, once per batch, with scratch memory that is
// used again: with gzip, which every OTLP endpoint takes, or through a compressor
// that the program brings.
package gzipc

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/flate"
)

const (
	// level is klauspost's fastest. Records with varied ids and numbers shrink
	// to a third with it. Level 5 takes more than twice the CPU to save another
	// twentieth; the levels between save nothing.
	level = flate.BestSpeed

	// usualRatio is less than what records of services shrink to, so that the
	// result is mostly allocated once.
	usualRatio = 5
)

// header begins every gzip stream (RFC 1952): it has no name and no time, was made
// for speed, on no known system.
const header = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"

// A gzipper is what compressing one request needs. It frames what the compressor
// makes itself: the package that does it has options for names and comments, which
// a program would carry.
type gzipper struct {
	out  []byte
	w    *flate.Writer
	sum  uint32 // of what was compressed
	size uint32 // likewise, modulo 2^32
}

var gzippers = sync.Pool{New: func() any {
	z := new(gzipper)
	z.w, _ = flate.NewWriter(io.Discard, level) // the level is valid
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
	z.out = append(slices.Grow(dst, len(header)+size/usualRatio), header...)
	z.sum, z.size = 0, 0
	z.w.Reset((*compressed)(z))
	if _, err := request.WriteTo(z); err != nil {
		return nil, err
	}
	if err := z.w.Close(); err != nil {
		return nil, err
	}
	z.out = binary.LittleEndian.AppendUint32(z.out, z.sum)
	return binary.LittleEndian.AppendUint32(z.out, z.size), nil
}

// Write compresses p.
func (z *gzipper) Write(p []byte) (int, error) {
	z.sum = crc32.Update(z.sum, crc32.IEEETable, p)
	z.size += uint32(len(p))
	return z.w.Write(p)
}

// compressed is the side of a gzipper to which the compressor writes.
type compressed gzipper

// Write appends compressed bytes to the output.
func (c *compressed) Write(p []byte) (int, error) {
	c.out = append(c.out, p...)
	return len(p), nil
}
