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
// record into a page of the queue, and tells the routes. A route gathers batches
// over the pages and runs several exports at once. A page is freed when all its
// records are settled for every route.
//
// # What a caller can rely on
//
// A log call never blocks, unless the stream was made with [Block] or [WithDurable], and
// never fails visibly. A record is delivered, rejected by the destination, dropped for a
// [Reason], or held; [Stream.Stats] gives the counts, and they add up at any
// moment. A record may arrive twice when an answer was lost; it never arrives
// altered.
//
// A failed export is tried again for as long as the stream lives. What waits for
// it is bounded by [WithQueueSize]; beyond that the [Overflow] policy decides, the
// least severe records first.
//
// # Routes
//
// A stream has one route to the sink of [New], and one for each [WithRoute]. A route
// takes what its level and its filter pass, may mask more than the stream, and has
// its own batches, exports in flight, retries, fallbacks and line in the ledger:
//
//	accepted = filtered + delivered + rejected + dropped + held
//
// The queue is shared, and a record is stored once. While a route does well it does
// not pay for one that does not: that one keeps at most its share of the queue
// ([WithQueueShare]) and loses its own records beyond it, the oldest of the least
// severe first. A sink that hangs costs its route the exports in flight, and no
// other route anything.
//
// With [WithFallback] a route whose sink gives no answer for a while
// ([WithFailoverAfter]) moves on to the next one, asks the first one now and then
// with one batch, and returns to it as soon as that is accepted.
//
// # Storage
//
// With [WithStorage] nothing is shed as long as a disk has room. When a route lags so far
// behind that the queue runs full, its oldest records of the lowest class move to files,
// masked, and come back when it delivers again, after what is in memory. Shutdown
// stores what it cannot deliver in time, and the next stream sends it. The disk is touched by
// one goroutine, and never by a log call; a stream that keeps up never writes a record to
// it. A disk that fails is as good as none until it works again.
//
// With [WithDurable] the log calls of a level and above wait, for a time, until their record
// is on the disk. It stays in memory, and is delivered from there; its copy is for the next process,
// or for the case that memory has to give it up.
//
// A record counts as held until it is settled, wherever it is, and as recovered in the
// stream of a later process. A process that is killed leaves a place in the storage behind
// that may lie up to a page of each class behind what was delivered: these records arrive
// twice. Together with [WithCrashRing] a process that is killed loses none.
//
// # What is lost
//
// A hole is told where the logs are read. Once records arrive again, a route gets one
// WARN record for what it has lost: how many records of which levels, why, and from
// when to when they were logged. [WithHeartbeat] makes silence visible too. These
// records are made by the stream, have the scope [OwnScope] and attributes that begin with
// "logstream."; no other record has either. Each is for one route, whatever its filter,
// and the other routes count it as filtered.
//
// What a destination refuses for good is kept for a while: [Stream.DeadLetters].
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
// is thrown away, and delivery goes on. [Stream.WaitDelivered] is a Flush that tells
// whether the records arrived, and [Stream.FlushOnPanic] one for a program that is
// about to end.
package stream
