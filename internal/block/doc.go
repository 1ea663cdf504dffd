// Package block holds masked records on their way from the worker to the sinks.
//
// A [Block] is a slotted page: encoded records grow from the front of one
// pointer-free piece of memory, their slots (who, when, how severe) from its
// back. A record's bytes stand ready as one log_records field of an OTLP
// ScopeLogs message (tag, length, LogRecord), so that the records of one origin
// that lie side by side go into an export request with a single copy.
//
//	+--------------------------------------------------------------+
//	| 0x12 len LogRecord | 0x12 len LogRecord | ... | free | ... slot 1 | slot 0 |
//	+--------------------------------------------------------------+
//
// One goroutine appends. What it has appended never changes, so others may read
// every slot below the count that the appender published to them (in package
// stream: under the queue's mutex).
//
// A [Batch] is a list of slot ranges, and knows how to frame them as an OTLP
// ExportLogsServiceRequest, grouped by resource, then scope.
//
// # Masked by construction
//
// The only way to put a record into a Block is [Block.Append], which writes
// through a [Masker]; the only way to make a Batch is from Blocks; and a sink
// receives nothing but a Batch. So no record reaches a sink unmasked.
package block
