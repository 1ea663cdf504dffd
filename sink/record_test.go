package sink

import (
	"reflect"
	"testing"

	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/internal/otlp"
)

// asIs is a masker that changes nothing.
type asIs struct{}

func (asIs) AppendRecord(dst, record []byte) []byte { return append(dst, record...) }

// What a filter sees of a record is what a sink sees of it.
func TestARecordReadWhenAskedIsTheSame(t *testing.T) {
	origins := new(block.Origins)
	id := origins.Add(block.Origin{Scope: otlp.AppendScope(nil, "scope", "1")})
	full := otlp.AppendTime(nil, 1)
	full = otlp.AppendSeverity(full, 17, "ERROR")
	full = otlp.AppendStringValue(full, otlp.TagRecordBody, "body")
	full = otlp.AppendString(full, otlp.TagRecordAttribute, "k", "v")
	full = otlp.AppendDroppedAttributes(full, 3)
	full = otlp.AppendTrace(full, 1, &[16]byte{1}, &[8]byte{2})
	full = otlp.AppendObservedTime(full, 2)
	full = otlp.AppendEventName(full, "event")

	// read returns everything that there is.
	read := func(r Record) []any {
		out := []any{
			r.Encoded(), r.Time(), r.ObservedTime(), r.SeverityNumber(), r.SeverityText(), r.Body().String(), r.TraceID(),
			r.SpanID(), r.Flags(), r.EventName(), r.DroppedAttributes(), r.Origin(), r.Origin().ScopeName(),
		}
		for k, v := range r.Attributes() {
			out = append(out, k, v.String())
		}
		return out
	}
	for name, rec := range map[string][]byte{"full": full, "empty": {}, "damaged": full[:len(full)-3]} {
		b := block.New(4096, origins)
		if !b.Append(block.Slot{Origin: id, Severity: 17}, asIs{}, rec) {
			t.Fatal("no room")
		}
		batch := new(block.Batch)
		batch.Add(b, 0, 1, 1, 4096)
		for want := range NewBatch(batch).Records() {
			if got, want := read(NewRecord(b.Record(0))), read(want); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: got %v, want %v", name, got, want)
			}
		}
	}
}
