// Package stream delivers log records to their destinations: it takes encoded
// OTLP records from any number of goroutines, masks them, batches them, sends
// them, tries again, and accounts for every one.
//
//	exp, err := otlpgrpc.New() // OTEL_EXPORTER_OTLP_*, or http://localhost:4317
//	if err != nil {
//		log.Fatal(err)
//	}
//	s, err := stream.New(exp)
//	if err != nil {
//		log.Fatal(err)
//	}
//	defer s.Shutdown(context.Background())
//	slog.SetDefault(slog.New(slogbridge.NewHandler(s)))
//
// # The way of a record
//
// A bridge encodes a record in the caller's goroutine and puts a copy into the
// ring ([Source.Put]). One goroutine, the worker, drains the ring, masks each
// record into a page of the queue, and tells the route. The route gathers batches
// over the pages and runs several exports at once. A page is freed when all its
// records are settled.
//
// # What a caller can rely on
//
// A log call never blocks, unless the stream was made with [Block], and never
// fails visibly. A record is delivered, rejected by the destination, dropped for a
// [Reason], or held; [Stream.Stats] gives the counts, and they add up at any
// moment. A record may arrive twice when an answer was lost; it never arrives
// altered.
//
// A failed export is tried again for as long as the stream lives. What waits for
// it is bounded by [WithQueueSize]; beyond that the [Overflow] policy decides, the
// least severe records first.
//
// # Batches
//
// A batch is sent when it is full, or when its oldest record has waited for the
// linger. A record of ERROR or above does not wait, and neither does a Flush.
// Answers about the data make the batch be split, so that one record that a
// destination does not take costs no other; see [sink.Error].
//
// # Limits
//
// A record has the limits of [WithMaxRecordSize] and those that OpenTelemetry's
// environment variables set: OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT attributes, 128
// unless set, and OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT characters of a
// string, or bytes of a byte string, anywhere in the value of an attribute, without
// limit unless set. Where one is not set or empty, OTEL_ATTRIBUTE_COUNT_LIMIT and
// OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT take its place. A count of 0 leaves no attribute;
// a length is 1 at least. [New] returns an error for a value that is not such a number.
//
// The limits apply after masking and not to the resource; the length does not apply
// to keys and the body. Attributes too many are counted in the record; as in the
// OpenTelemetry SDK, a value cut to the length has no mark. The markers that masking
// puts in place of a whole value are never cut to a length.
//
// # Order
//
// Records are merged by their observed time as they leave the ring. Beyond that
// nothing is promised: exports overtake each other, and severe records go first.
//
// # End
//
// [Stream.Flush] and [Stream.Shutdown] wait until everything accepted before is
// settled, or the context ends. In that case they return an [*Incomplete], nothing
// is thrown away, and delivery goes on.
package stream
