package sink

import (
	"io"
	"iter"

	"github.com/logstream-go/logstream/internal/block"
)

// A Batch is a number of masked records on their way to a destination. It can be
// read by several goroutines at once, and is valid until the Export that it was
// passed to returns.
type Batch struct {
	b *block.Batch
}

// NewBatch wraps a batch of the stream. Its parameter is an internal type, so
// only this module can make one: a sink never sees a record that was not masked.
func NewBatch(b *block.Batch) *Batch { return &Batch{b} }

// Len returns the number of records.
func (b *Batch) Len() int { return b.b.Len() }

// Size returns the uncompressed size of the batch as an OTLP request, in bytes.
// It may be up to a few dozen bytes too high for each resource and scope.
func (b *Batch) Size() int { return b.b.Size() }

// AppendRequest appends the batch as an OTLP ExportLogsServiceRequest in
// protobuf encoding and returns the result. Each resource stands once in it, and
// below it each scope once.
func (b *Batch) AppendRequest(dst []byte) []byte { return b.b.AppendRequest(dst) }

// WriteTo writes what AppendRequest appends, without a copy of the records in
// between. It returns the first error of w, and how many bytes were written.
func (b *Batch) WriteTo(w io.Writer) (int64, error) { return b.b.WriteTo(w) }

// AppendJSONRequest appends the batch as an OTLP ExportLogsServiceRequest in the
// JSON encoding that OTLP defines, in the same order as AppendRequest. An error
// says that a record is damaged, so that no receiver would take it; dst is then
// returned as it was, and Export should return the error as [Invalid].
func (b *Batch) AppendJSONRequest(dst []byte) ([]byte, error) { return b.b.AppendJSONRequest(dst) }

// Records iterates over the records. A Record is valid as long as the batch.
func (b *Batch) Records() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		for s, r := range b.b.Records() {
			if !yield(newRecord(s, r)) {
				return
			}
		}
	}
}

// A Payload is an encoded form of a batch. It outlives the batch for as long as
// somebody holds a reference to it.
type Payload = block.Payload

// Payload returns the encoded form called name, such as "otlp+gzip". The first
// call makes it with encode, which appends to dst; later calls, also those of a
// retry or of another sink, find it. The caller owns one reference and must
// Release it. If encode fails, its error is returned.
func (b *Batch) Payload(name string, encode func(dst []byte) ([]byte, error)) (*Payload, error) {
	return b.b.Payload(name, encode)
}
