package otlpgrpc

import (
	"io"

	"google.golang.org/grpc"

	"github.com/logstream-go/logstream/internal/gzipc"
	"github.com/logstream-go/logstream/sink"
)

// A format is how requests are compressed. Servers answer in the same way.
type format struct {
	name  string     // of the encoding, as gRPC knows it; "" is none
	codec sink.Codec // nil for gzip and none
}

// The formats that need no codec.
var (
	plain   = format{}
	gzipped = format{name: "gzip"}
)

// encode returns the bytes of a request with b, which are kept for the next
// attempts. Payloads of one name are the same bytes, also when another sink of
// the stream has made them.
func (f format) encode(b *sink.Batch) (*sink.Payload, error) {
	request := func(dst []byte) ([]byte, error) { return b.AppendRequest(dst), nil }
	if f.name == "" {
		return b.Payload("otlp", request)
	}
	return b.Payload("otlp+"+f.name, func(dst []byte) ([]byte, error) {
		if f.codec != nil {
			return gzipc.Through(dst, request, f.codec.AppendCompressed)
		}
		return gzipc.AppendFrom(dst, b.Size(), b)
	})
}

// dialOptions makes a connection one for requests and answers in f. gRPC bounds
// what an answer may come to by maxReply bytes; its own decompressor knows the
// bound, and a codec is told.
func (f format) dialOptions(maxReply int) []grpc.DialOption {
	var opts []grpc.DialOption
	if f.name != "" {
		opts = append(opts, grpc.WithCompressor(compressed(f.name))) //nolint:staticcheck // Deprecated for the process-wide registry, which is not ours to change; kept throughout grpc 1.x.
	}
	if f.codec != nil {
		return append(opts, grpc.WithDecompressor(decompressor{f.codec, maxReply})) //nolint:staticcheck // As above.
	}
	return append(opts, grpc.WithDecompressor(grpc.NewGZIPDecompressor())) //nolint:staticcheck // As above.
}

// compressed is gRPC's compressor for requests that are compressed already, with
// what it names. It makes gRPC set the grpc-encoding header and the compressed flag
// of the message, and passes the bytes through.
type compressed string

// Do writes p as it is.
func (compressed) Do(w io.Writer, p []byte) error {
	_, err := w.Write(p)
	return err
}

// Type returns the name of the encoding.
func (c compressed) Type() string { return string(c) }

// A decompressor reads answers in the format of a codec.
type decompressor struct {
	codec    sink.Codec
	maxReply int
}

// Do returns what r, of which gRPC has bounded the size, decompresses to. Its
// errors become INTERNAL.
func (d decompressor) Do(r io.Reader) ([]byte, error) {
	src, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return d.codec.AppendDecompressed(nil, src, d.maxReply)
}

// Type returns the name of the encoding.
func (d decompressor) Type() string { return d.codec.Encoding() }
