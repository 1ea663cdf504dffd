// Package zstdc compresses requests with zstd, for sinks whose destination takes
// it: otlphttp.WithCompressor(zstdc.New()), and otlpgrpc.WithCompressor(zstdc.New()).
// Requests come out smaller than with gzip, in less time, and fewer destinations
// know it. A program links zstd only if it imports this package.
package zstdc

import (
	"runtime"
	"sync"

	"github.com/klauspost/compress/zstd"
)

const (
	// level is klauspost's fastest, about zstd's own level 1. On records with
	// varied ids and numbers the next one takes 1.7 times the CPU and saves
	// nothing, the one after it 3.4 times for half a hundredth.
	level = zstd.SpeedFastest

	// window bounds the memory of an encoder and of whoever decodes. It is what a
	// batch of default size fits into; decoders need to take 8 MiB by the
	// format's recommendation, and refuse more.
	window = 1 << 20
)

// A Compressor is a sink.Codec for zstd. Its memory is allocated when it is first
// used, and grows with the number of requests that are compressed at once, up to
// the number of processors. Several sinks can share one.
type Compressor struct {
	encoder func() (*zstd.Encoder, error)
}

// New returns a Compressor. It holds nothing that needs closing.
func New() *Compressor {
	return &Compressor{sync.OnceValues(func() (*zstd.Encoder, error) {
		return zstd.NewWriter(nil,
			zstd.WithEncoderLevel(level),
			zstd.WithWindowSize(window),
			zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0)))
	})}
}

// Encoding returns "zstd".
func (c *Compressor) Encoding() string { return "zstd" }

// AppendCompressed appends src as one zstd frame with a checksum to dst and
// returns the result. It may be called concurrently.
func (c *Compressor) AppendCompressed(dst, src []byte) ([]byte, error) {
	e, err := c.encoder()
	if err != nil {
		return nil, err
	}
	return e.EncodeAll(src, dst), nil
}
