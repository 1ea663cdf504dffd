// Package otelexporter makes a sink of any log exporter of the OpenTelemetry Go
// SDK: otlploggrpc, otlploghttp, stdoutlog, or one of yours.
//
//	exp, err := otlploghttp.New(ctx, otlploghttp.WithRetry(otlploghttp.RetryConfig{})) // the stream retries
//	if err != nil {
//		return err
//	}
//	out, err := otelexporter.New(exp)
//	if err != nil {
//		return err
//	}
//	s, err := stream.New(out)
//
// For OTLP, otlpgrpc and otlphttp send the encoded records as they are and cost a
// fraction of this: here each record is decoded and built anew as the SDK has it.
// The package is for destinations that only an exporter speaks to, and it is the
// oracle of this module's tests.
//
// # Records
//
// An exporter gets records that the SDK itself has made, with the resource and
// the scope of the logger, and every field of the encoded record. They share no
// memory with the batch, so that an exporter may keep a record, though not the
// slice of them. What the SDK's record has no room for is lost: the counts of
// dropped attributes of resource and scope, and the flags above the lowest 8 bits.
// Its maps, resources and scopes are sorted by key, and times before 1970 and
// after the year 2262 are its exporters' affair. Limits of the SDK, which the
// environment sets, do not apply: the stream has limited the record already.
//
// # Errors
//
// The SDK's contract says that an exporter retries by itself, and that what it
// returns is final. For the SDK this means that the batch is thrown away. Here it
// means that the exporter has given up and the stream decides, which knows how long
// it can keep a record. So an error is of kind [sink.Retry] unless it says
// something that will not pass; see [New] for the rules and [WithClassifier] for
// exporters that speak of their own errors. A batch that failed half way is sent
// again as a whole: records may arrive twice, and none is missing.
//
// It is best to turn the exporter's own retry off: while it waits, it holds the
// only export that may run, and the stream does not know why. The stream obeys the
// RetryInfo of a gRPC server; otlploghttp keeps a Retry-After to itself, and the
// stream's own back-off takes its place.
//
// stdoutlog stops at a record with a NaN or an infinity, for which JSON has no
// form. The stream then looks for the record by halving the batch, so that some of
// its neighbours are printed several times.
//
// # Concurrency
//
// The contract also says that Export is never called concurrently. The sink
// serialises, and tells the stream to have one export in flight.
package otelexporter
