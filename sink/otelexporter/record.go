package otelexporter

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/trace"

	"github.com/logstream-go/logstream/sink"
)

// maxKept bounds the memory that is kept for the next batch, in records: what a
// stream sends at once by default. A record of the SDK has more than half a KiB.
const maxKept = 4096

// A builder turns batches into records of the SDK. Its memory is used again: an
// exporter must not keep the slice.
type builder struct {
	templates  templates
	records    []sdklog.Record
	attributes []attribute.KeyValue
}

// build returns the records of b, valid until release.
func (d *builder) build(b *sink.Batch) []sdklog.Record {
	for r := range b.Records() {
		d.records = append(d.records, d.record(r))
	}
	return d.records
}

// release forgets the records, so that no text of theirs is kept.
func (d *builder) release() {
	if clear(d.records); cap(d.records) > maxKept {
		d.records = nil
	}
	d.records = d.records[:0]
}

// record returns r as the SDK has it.
func (d *builder) record(r sink.Record) sdklog.Record {
	dropped := int(min(r.DroppedAttributes(), maxDropped))
	attrs := d.attributes[:0]
	for k, v := range r.Attributes() {
		if k == "" {
			dropped++ // the SDK knows no attribute without a key
			continue
		}
		attrs = append(attrs, attribute.KeyValue{Key: attribute.Key(k), Value: valueOf(v)})
	}
	defer func() {
		clear(attrs)
		d.attributes = attrs
	}()

	limit := unlimited
	if dropped > 0 {
		limit = len(attrs)
	}
	out := d.templates.get(r.Origin(), limit).Clone()
	out.SetTimestamp(r.Time())
	out.SetObservedTimestamp(r.ObservedTime())
	out.SetSeverity(log.Severity(r.SeverityNumber()))
	out.SetSeverityText(r.SeverityText())
	out.SetBody(valueOf(r.Body()))
	out.SetEventName(r.EventName())
	out.SetAttributes(attrs...)
	drop(&out, dropped)
	// An id of another length is none.
	if id := r.TraceID(); len(id) == len(trace.TraceID{}) {
		out.SetTraceID(trace.TraceID(id))
	}
	if id := r.SpanID(); len(id) == len(trace.SpanID{}) {
		out.SetSpanID(trace.SpanID(id))
	}
	out.SetTraceFlags(trace.TraceFlags(r.Flags()))
	return out
}

// maxDropped bounds how many dropped attributes a record can tell of. There is no
// record of the size that it would take to have had more.
const maxDropped = 1 << 20

// surplus is what drop offers to records.
var surplus = func() (s [256]attribute.KeyValue) {
	for i := range s {
		s[i] = attribute.Bool("surplus", true)
	}
	return s
}()

// drop makes r count n dropped attributes. The SDK has no setter for the count:
// it counts what is offered beyond the limit, and r is at its limit.
func drop(r *sdklog.Record, n int) {
	for n > 0 {
		k := min(n, len(surplus))
		r.AddAttributes(surplus[:k]...)
		n -= k
	}
}
