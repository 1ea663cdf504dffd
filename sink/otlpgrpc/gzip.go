package otlpgrpc

import "io"

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
