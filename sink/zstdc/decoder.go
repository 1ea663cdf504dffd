package zstdc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// maxWindow is the largest window that a frame to be read may ask for: the
// format's recommendation to decoders.
const maxWindow = 8 << 20

// firstRead is the room for the first read. Most answers of a server fit into it.
const firstRead = 512

// errNoDecoder cannot happen with options that are right.
var errNoDecoder = errors.New("zstdc: there is no decoder")

// decoders are decoders without goroutines: what nobody uses is left to the
// garbage collector.
var decoders = sync.Pool{New: func() any {
	d, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil
	}
	return d
}}

// AppendDecompressed appends what the zstd frames in src hold to dst and returns
// the result. More than limit bytes are an error, as are bytes that are not zstd;
// a frame with a window above 8 MiB counts as such. It may be called concurrently.
func (c *Compressor) AppendDecompressed(dst, src []byte, limit int) ([]byte, error) {
	d, ok := decoders.Get().(*zstd.Decoder)
	if !ok {
		return nil, errNoDecoder
	}
	// A bytes.Reader and not a bytes.Buffer: what the latter holds would be
	// decoded whole, whatever comes of it.
	if err := d.Reset(bytes.NewReader(src)); err != nil {
		return nil, fmt.Errorf("zstdc: %w", err)
	}
	defer func() {
		_ = d.Reset(nil) // lets go of src; there is nothing to fail
		decoders.Put(d)
	}()
	return appendAll(dst, d, limit)
}

// appendAll appends what d holds, up to limit bytes.
func appendAll(dst []byte, d *zstd.Decoder, limit int) ([]byte, error) {
	head := len(dst)
	for {
		dst = slices.Grow(dst, firstRead)
		// One byte more than the limit shows that there is more.
		room := dst[len(dst):min(cap(dst), head+limit+1)]
		n, err := d.Read(room)
		dst = dst[:len(dst)+n]
		switch {
		case len(dst)-head > limit:
			return nil, fmt.Errorf("zstdc: more than %d bytes when decompressed", limit)
		case errors.Is(err, io.EOF):
			return dst, nil
		case err != nil:
			return nil, fmt.Errorf("zstdc: %w", err)
		}
	}
}
