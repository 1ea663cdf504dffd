package sink

// A Compressor compresses requests for the sinks that take one as an option, so
// that a program links only the compressors that it uses. Package zstdc has one.
// Its methods may be called concurrently.
type Compressor interface {
	// Encoding returns the name of the format as HTTP and gRPC know it, such as
	// "zstd". It never changes.
	Encoding() string

	// AppendCompressed appends src, compressed, to dst and returns the result.
	// It keeps neither. With an error the request is not sent.
	AppendCompressed(dst, src []byte) ([]byte, error)
}
