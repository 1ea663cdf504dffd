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

// A Codec is a Compressor that reads its format as well, for transports whose
// servers answer in the format of the request, as those of gRPC do.
type Codec interface {
	Compressor

	// AppendDecompressed appends src, decompressed, to dst and returns the
	// result. It keeps neither. More than limit bytes are an error, and so is what
	// is not the format; both come before much more than limit bytes are held.
	AppendDecompressed(dst, src []byte, limit int) ([]byte, error)
}
