// Package otlpgrpc is the sink for OTLP over gRPC.
//
//	exp, err := otlpgrpc.New() // OTEL_EXPORTER_OTLP_*; without any: http://localhost:4317
//	if err != nil {
//		return err
//	}
//	s, err := stream.New(exp)
//
// # How it works
//
// The transport is otlploggrpc, the exporter of the OpenTelemetry Go SDK. It is
// handed a single empty record as a marker; an interceptor then puts the encoded
// request of the batch in its place, sends it on the connection that this package
// has dialled, and takes the answer's bytes before anything decodes them. So a
// record is encoded once, when it is logged, and costs about the same here as in a
// bare gRPC call with ready bytes.
//
//	Export ─ encode, compress once per batch
//	   └─ otlploggrpc.Exporter   one per export in flight
//	        └─ interceptor       marker out, bytes in
//	             └─ grpc.ClientConn   one, shared by all
//
// The request's buffer belongs to gRPC until it lets go of it, which may be
// after Export has returned: a cancelled call can still be in the queue of the
// connection.
//
// # Attempts
//
// An Export is one attempt; the stream retries. gRPC's own retry is off, and its
// reconnect back-off never decides when an export may succeed: an export that
// finds the connection broken makes a new one, and so sees the endpoint as it
// is now, and its present error. The same goes for a connection on which
// everything timed out: without keepalive pings, a peer that is gone without a
// word would otherwise hold the logs for a quarter of an hour.
//
// # Answers
//
// A status becomes a [sink.Error] by OTLP's table: CANCELLED, DEADLINE_EXCEEDED,
// ABORTED, OUT_OF_RANGE, UNAVAILABLE and DATA_LOSS are tried again;
// RESOURCE_EXHAUSTED is tried again if it comes with RetryInfo and means "too
// large" if not; UNAUTHENTICATED, PERMISSION_DENIED and UNIMPLEMENTED are about
// the client; the rest is about the data. A partial success rejects the number
// of records that it names. One that names none is a success; what it says then is
// a warning for the stream's error handler.
// Answers are read up to [WithMaxResponseSize]; where one is above that or makes no
// sense to gRPC the batch counts as rejected, for the server has dealt with
// it and OTLP forbids to send it again.
//
// # Compression
//
// Requests go out with gzip, which every endpoint takes, once per batch however
// often it is sent. [WithCompressor] brings another format, such as zstd, that the
// program then links:
//
//	exp, err := otlpgrpc.New(otlpgrpc.WithCompressor(zstdc.New()))
//
// gRPC sets the compression per connection. An endpoint that refuses the format,
// with UNIMPLEMENTED, gets the same batch over a second connection with gzip at
// once, and all that follow; the first connection is closed when its calls are
// over. The stream's error handler is told once. An UNIMPLEMENTED that
// names no encoding may be about the service, and to a server that does not look at
// the encoding the request is garbage: then gzip is tried too, until a request was
// accepted in one format or the other.
//
// # What it leaves alone
//
// Compressor, decompressor and codec are set on the connection. Nothing of this package stands
// in gRPC's process-wide registries.
package otlpgrpc
