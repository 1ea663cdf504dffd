package sink

import (
	"iter"
	"time"

	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/internal/otlp"
)

// A Record is one masked log record, decoded while it is read. Its methods
// allocate nothing but the strings that they return.
type Record struct {
	slot   block.Slot
	origin *block.Origin
	raw    []byte
	rec    otlp.Record // of raw, unless unread
	unread bool
}

// NewRecord wraps a record of a block for a filter, which mostly asks for one thing,
// or for nothing that stands in the encoded record: it is parsed when asked, each
// time. Its parameters are internal types, so only this module can make one, and of
// masked records only.
func NewRecord(s block.Slot, r block.Record) Record {
	return Record{slot: s, origin: r.Origin, raw: r.Bytes, unread: true}
}

// newRecord wraps a record of a batch for a sink, which mostly asks for everything.
func newRecord(s block.Slot, r block.Record) Record {
	rec := NewRecord(s, r)
	rec.read()
	rec.unread = false
	return rec
}

// read returns the fields of the record.
func (r *Record) read() *otlp.Record {
	if r.unread {
		// The record was checked when it was masked. Should it not parse all the
		// same, its fields read as empty.
		r.rec, _ = otlp.ParseRecord(r.raw)
	}
	return &r.rec
}

// Encoded returns the record as an OTLP LogRecord in protobuf encoding, valid as
// long as the batch.
func (r Record) Encoded() []byte { return r.raw }

// Time returns when the event happened, or the zero time if that is unknown.
func (r Record) Time() time.Time { return unixTime(r.read().Time) }

// ObservedTime returns when the logger saw the event.
func (r Record) ObservedTime() time.Time { return unixTime(r.read().ObservedTime) }

// SeverityNumber returns the OTLP severity number: 1 to 4 TRACE, 5 to 8 DEBUG,
// 9 to 12 INFO, 13 to 16 WARN, 17 to 20 ERROR, 21 to 24 FATAL, 0 unspecified.
func (r Record) SeverityNumber() int { return int(r.slot.Severity) }

// SeverityText returns the level's name, such as "INFO".
func (r Record) SeverityText() string { return string(r.read().SeverityText) }

// Body returns the message.
func (r Record) Body() Value { return Value{r.read().Body} }

// Attributes iterates over the top-level attributes in order.
func (r Record) Attributes() iter.Seq2[string, Value] {
	return entries(r.read().Attributes())
}

// TraceID returns the 16 bytes of the trace id, or nil.
func (r Record) TraceID() []byte { return r.read().TraceID }

// SpanID returns the 8 bytes of the span id, or nil.
func (r Record) SpanID() []byte { return r.read().SpanID }

// Flags returns the flags of the record; the low 8 bits are the W3C trace flags.
func (r Record) Flags() uint32 { return r.read().Flags }

// EventName returns the name of the event that the record is, or "".
func (r Record) EventName() string { return string(r.read().EventName) }

// DroppedAttributes returns how many attributes were left out at the top level
// because there were too many.
func (r Record) DroppedAttributes() uint32 { return r.read().DroppedAttributes }

// Origin returns resource and scope of the record.
func (r Record) Origin() Origin { return Origin{r.origin} }

// entries turns the reader's pairs into keys and values. What does not parse
// ends the iteration.
func entries(seq iter.Seq2[otlp.KeyValue, error]) iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for kv, err := range seq {
			if err != nil || !yield(string(kv.Key), Value{kv.Value}) {
				return
			}
		}
	}
}

// unixTime converts OTLP's nanoseconds since 1970, where 0 means unknown.
func unixTime(ns uint64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(ns))
}
