// Package sink defines what a destination of a stream is: a [Sink] that exports
// one [Batch] of masked records at a time and says with an [Error] what may be
// tried again.
//
//	var lines sink.Func = func(ctx context.Context, b *sink.Batch) error {
//		for r := range b.Records() {
//			fmt.Println(r.Time(), r.SeverityText(), r.Body())
//		}
//		return nil
//	}
//
// The package holds no concrete destination. The stream owns queueing, batching,
// retry, splitting and accounting; a sink makes a single attempt and reports its
// outcome.
//
// The text of a [Value] has no control characters, so that a record is one line whatever
// was logged. [AppendLine] does the same for other texts. Sinks that keep the structure,
// such as OTLP's, pass on what was logged; mask.WithEscapedControls is for them.
//
// # Contract
//
// Export may run several times at once. A Batch and all that is read from it is
// valid until Export returns; a transport that reads on after that keeps a
// [Payload] instead. Export must honour the context's deadline. Returning nil
// means that the destination has accepted every record.
//
// Shutdown is called once, after the last Export has returned.
package sink
