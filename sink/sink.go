package sink

import (
	"context"
	"time"
)

// A Sink is a destination of a stream.
type Sink interface {
	// Export makes one attempt to deliver b. It may be called several times at
	// once, must honour the deadline of ctx, and must not keep b or anything
	// read from it after it has returned. nil means that every record was
	// accepted. An [*Error] anywhere in the chain says what to do next; any
	// other error counts as one of kind [Retry]. A panic is recovered by the
	// stream and counts as a failed attempt.
	Export(ctx context.Context, b *Batch) error

	// Shutdown releases what the sink holds, within the deadline of ctx. It is
	// called once, when no Export is running and none will follow.
	Shutdown(ctx context.Context) error
}

// A Func is a Sink made of its Export method. Its Shutdown does nothing.
type Func func(ctx context.Context, b *Batch) error

// Export calls f(ctx, b).
func (f Func) Export(ctx context.Context, b *Batch) error { return f(ctx, b) }

// Shutdown returns nil.
func (f Func) Shutdown(context.Context) error { return nil }

// A Limiter is a Sink that knows what its destination accepts. The stream asks
// once, when it is made, and stays within the limits.
type Limiter interface {
	Limits() Limits
}

// Limits are the bounds of a destination. A zero field means no bound.
type Limits struct {
	MaxBatchBytes  int           // uncompressed size of a request, in bytes
	MaxRecordBytes int           // size of one encoded LogRecord, in bytes
	MaxInFlight    int           // how many exports may run at once
	Timeout        time.Duration // how long one attempt may take; the stream's default if zero
}
