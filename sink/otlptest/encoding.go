package otlptest

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// Errors of decoder.decode, which say what to answer.
var (
	errEncoding = errors.New("otlptest: the encoding of the request is not known")
	errTooLarge = errors.New("otlptest: the request is too large")
)

// decoder decompresses the requests of one HTTP server. It is used by many
// requests at once.
type decoder struct {
	limit int           // bytes of output
	gzip  gunzip        // shared with gRPC's
	zstd  *zstd.Decoder // nil when the encoding is refused
}

func newDecoder(c config) (*decoder, error) {
	d := &decoder{limit: c.maxMessageSize, gzip: gunzip{limit: int64(c.maxMessageSize)}}
	if c.noZstd {
		return d, nil
	}
	// One at a time needs no goroutines. The bound holds for what a frame
	// promises as well as for what comes out.
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(d.limit)))
	if err != nil {
		return nil, fmt.Errorf("otlptest: %w", err)
	}
	d.zstd = z
	return d, nil
}

func (d *decoder) close() {
	if d.zstd != nil {
		d.zstd.Close()
	}
}

// decode returns what body holds, which was sent with the Content-Encoding
// encoding.
func (d *decoder) decode(encoding string, body []byte) ([]byte, error) {
	var out []byte
	var err error
	switch {
	case encoding == "" || encoding == "identity":
		return body, nil
	case encoding == "gzip":
		out, err = d.gzip.Do(bytes.NewReader(body))
	case encoding == "zstd" && d.zstd != nil:
		out, err = d.zstd.DecodeAll(body, nil)
		if errors.Is(err, zstd.ErrDecoderSizeExceeded) || errors.Is(err, zstd.ErrWindowSizeExceeded) {
			return nil, errTooLarge
		}
	default:
		return nil, errEncoding
	}
	if err != nil {
		return nil, err
	}
	if len(out) > d.limit {
		return nil, errTooLarge
	}
	return out, nil
}
