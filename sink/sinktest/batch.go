package sinktest

import (
	"fmt"
	"math"
	"sync"
	"testing"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/sink"
)

// A Batch is a batch as a stream makes them, and the stream's side of it.
type Batch struct {
	*sink.Batch

	inner *block.Batch // what sink.Batch wraps
	once  sync.Once    // of Release
}

// NewBatch returns a batch of records of one resource and scope, which ends with
// the test.
func NewBatch(tb testing.TB, records ...*logspb.LogRecord) *Batch {
	tb.Helper()
	return FromRequest(tb, request(records))
}

// Texts returns a batch of n records at INFO whose bodies are what body says of 0 to n-1, a
// nanosecond apart, which ends with the test. It is for tests to which records are just so many
// bytes; see NewBatch for all others.
func Texts(tb testing.TB, n int, body func(i int) string) *Batch {
	tb.Helper()
	list := make([]*logspb.LogRecord, n)
	for i := range list {
		list[i] = &logspb.LogRecord{
			TimeUnixNano:   1_700_000_000_000_000_000 + uint64(i),
			SeverityNumber: logspb.SeverityNumber_SEVERITY_NUMBER_INFO,
			SeverityText:   "INFO",
			Body:           text(body(i)),
		}
	}
	return NewBatch(tb, list...)
}

// FromRequest returns a batch with the records of req, of any number of
// resources and scopes, which ends with the test. The batch as a request equals
// req if that has each resource once, and below it each scope once.
func FromRequest(tb testing.TB, req *collogspb.ExportLogsServiceRequest) *Batch {
	tb.Helper()
	b, err := fromRequest(req)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(b.Release)
	return b
}

// FromEncoded returns a batch of LogRecords in protobuf encoding, or of bytes
// that are none, which ends with the test.
func FromEncoded(tb testing.TB, records ...[]byte) *Batch {
	tb.Helper()
	b, err := fromEncoded(records)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(b.Release)
	return b
}

// Release ends the batch, as a stream does when every record of it is delivered
// or given up: its encoded forms go back to the pool as soon as nobody holds
// them, and its memory serves others, so that what was read from it becomes
// garbage. Releasing again does nothing.
func (b *Batch) Release() {
	b.once.Do(func() {
		b.inner.Release()
		scribblePool()
		for r := range b.Records() {
			scribble(r.Encoded()) // it lies in the page
		}
	})
}

// Leases returns how many references to the batch's payloads sinks hold. Below
// zero, one was released too often. It is 0 after Release.
func (b *Batch) Leases() int { return b.inner.Leases() }

// request returns records as a request of one resource and scope.
func request(records []*logspb.LogRecord) *collogspb.ExportLogsServiceRequest {
	return &collogspb.ExportLogsServiceRequest{ResourceLogs: []*logspb.ResourceLogs{{
		Resource:  &resourcepb.Resource{Attributes: []*commonpb.KeyValue{attr("service.name", text("sinktest"))}},
		ScopeLogs: []*logspb.ScopeLogs{{Scope: &commonpb.InstrumentationScope{Name: "sinktest", Version: "1"}, LogRecords: records}},
	}}}
}

// encoded is a record on its way into a page.
type encoded struct {
	bytes  []byte
	origin uint32
	record *logspb.LogRecord
}

func fromRequest(req *collogspb.ExportLogsServiceRequest) (*Batch, error) {
	origins := new(block.Origins)
	var records []encoded
	m := proto.MarshalOptions{Deterministic: true}
	for _, rl := range req.GetResourceLogs() {
		resource, err := m.Marshal(rl.GetResource())
		if err != nil {
			return nil, fmt.Errorf("sinktest: resource: %w", err)
		}
		for _, sl := range rl.GetScopeLogs() {
			scope, err := m.Marshal(sl.GetScope())
			if err != nil {
				return nil, fmt.Errorf("sinktest: scope: %w", err)
			}
			id := origins.Add(block.Origin{
				Resource: resource, ResourceSchemaURL: rl.GetSchemaUrl(),
				Scope: scope, ScopeSchemaURL: sl.GetSchemaUrl(),
			})
			for _, lr := range sl.GetLogRecords() {
				b, err := m.Marshal(lr)
				if err != nil {
					return nil, fmt.Errorf("sinktest: record %d: %w", len(records), err)
				}
				records = append(records, encoded{b, id, lr})
			}
		}
	}
	return fill(origins, records)
}

func fromEncoded(raw [][]byte) (*Batch, error) {
	origins := new(block.Origins)
	id := origins.Add(block.Origin{})
	records := make([]encoded, len(raw))
	for i, b := range raw {
		records[i] = encoded{bytes: b, origin: id}
	}
	return fill(origins, records)
}

// fill returns a batch of records in a page of their size.
func fill(origins *block.Origins, records []encoded) (*Batch, error) {
	size := 0
	for _, r := range records {
		size += block.Room(len(r.bytes))
	}
	page := block.New(size, origins)
	for i, r := range records {
		s := block.Slot{
			Origin:   r.origin,
			Severity: uint8(min(max(r.record.GetSeverityNumber(), 0), 24)),
			Seq:      uint64(i),
			Time:     int64(r.record.GetObservedTimeUnixNano()),
		}
		if !page.Append(s, asIs{}, r.bytes) {
			return nil, fmt.Errorf("sinktest: record %d of %d bytes does not fit", i, len(r.bytes))
		}
	}
	inner := new(block.Batch)
	inner.Add(page, 0, len(records), len(records), math.MaxInt)
	return &Batch{Batch: sink.NewBatch(inner), inner: inner}, nil
}

// asIs is a masker that changes nothing.
type asIs struct{}

func (asIs) AppendRecord(dst, record []byte) []byte { return append(dst, record...) }

// garbage is what stands in memory that serves others. In place of a record it is
// none.
const garbage = '!'

func scribble(b []byte) {
	for i := range b {
		b[i] = garbage
	}
}

// scribblePool overwrites buffers that are free for the payloads of others.
func scribblePool() {
	var other block.Batch
	defer other.Release()
	for _, name := range []string{"1", "2", "3", "4"} {
		p, err := other.Payload(name, func(dst []byte) ([]byte, error) {
			dst = dst[:cap(dst)]
			scribble(dst)
			return dst, nil
		})
		if err == nil {
			p.Release() // the batch has it still, so that the next one is another
		}
	}
}
