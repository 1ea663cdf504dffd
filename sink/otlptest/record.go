package otlptest

import (
	"encoding/hex"
	"time"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
)

// Record is one log record as it arrived. Its maps, slices and pointers are
// shared by every caller that got the same record from the Server and must not
// be changed.
type Record struct {
	Resource *Resource // what sent the record; never nil, shared by the records of one ResourceLogs
	Scope    *Scope    // which logger sent it; never nil, shared by the records of one ScopeLogs

	Time         time.Time // when it happened, in UTC; zero when not sent
	ObservedTime time.Time // when it was seen, in UTC; zero when not sent

	SeverityNumber int    // 1 to 24 by the specification, 0 when not sent; what was sent, in any case
	SeverityText   string // the source's name of the level

	Body       any            // as Value returns it; nil when not sent or null
	Attributes map[string]any // values as Value returns them, nil without attributes; of duplicate keys the last one
	Ordered    []KeyValue     // the same attributes in the order sent, duplicates included

	DroppedAttributes uint32 // how many attributes the sender says it left out

	TraceID   string // lower-case hex, as many digits as were sent (32 when valid); "" when not sent
	SpanID    string // lower-case hex, as many digits as were sent (16 when valid); "" when not sent
	Flags     uint32 // the low 8 bits are the W3C trace flags
	EventName string // "" when the record is not an event

	ReceivedAt time.Time // when its request had been read completely, by the receiver's clock
}

// Resource says what produced records.
type Resource struct {
	Attributes        map[string]any // values as Value returns them; nil without attributes
	DroppedAttributes uint32         // how many attributes the sender says it left out
	SchemaURL         string         // schema of the resource; "" when not sent
}

// Scope says which instrumentation, here the logger, produced records.
type Scope struct {
	Name, Version     string
	Attributes        map[string]any // values as Value returns them; nil without attributes
	DroppedAttributes uint32         // how many attributes the sender says it left out
	SchemaURL         string         // schema of the scope and its records; "" when not sent
}

// recordsOf flattens a request into records, in the order sent. They share no
// memory with buffers of the transport.
func recordsOf(req *collogspb.ExportLogsServiceRequest, at time.Time) []Record {
	total := 0
	for _, rl := range req.GetResourceLogs() {
		for _, sl := range rl.GetScopeLogs() {
			total += len(sl.GetLogRecords())
		}
	}
	out := make([]Record, 0, total)
	for _, rl := range req.GetResourceLogs() {
		byKey, _ := attributes(rl.GetResource().GetAttributes())
		resource := &Resource{
			Attributes:        byKey,
			DroppedAttributes: rl.GetResource().GetDroppedAttributesCount(),
			SchemaURL:         rl.GetSchemaUrl(),
		}
		for _, sl := range rl.GetScopeLogs() {
			scope := scopeOf(sl.GetScope(), sl.GetSchemaUrl())
			for _, lr := range sl.GetLogRecords() {
				r := recordOf(lr)
				r.Resource, r.Scope, r.ReceivedAt = resource, scope, at
				out = append(out, r)
			}
		}
	}
	return out
}

func scopeOf(s *commonpb.InstrumentationScope, schemaURL string) *Scope {
	byKey, _ := attributes(s.GetAttributes())
	return &Scope{
		Name:              s.GetName(),
		Version:           s.GetVersion(),
		Attributes:        byKey,
		DroppedAttributes: s.GetDroppedAttributesCount(),
		SchemaURL:         schemaURL,
	}
}

func recordOf(lr *logspb.LogRecord) Record {
	r := Record{
		Time:              timeOf(lr.GetTimeUnixNano()),
		ObservedTime:      timeOf(lr.GetObservedTimeUnixNano()),
		SeverityNumber:    int(lr.GetSeverityNumber()),
		SeverityText:      lr.GetSeverityText(),
		Body:              Value(lr.GetBody()),
		DroppedAttributes: lr.GetDroppedAttributesCount(),
		TraceID:           hex.EncodeToString(lr.GetTraceId()),
		SpanID:            hex.EncodeToString(lr.GetSpanId()),
		Flags:             lr.GetFlags(),
		EventName:         lr.GetEventName(),
	}
	r.Attributes, r.Ordered = attributes(lr.GetAttributes())
	return r
}

// timeOf converts OTLP's time, in which 0 means unknown. It covers all of
// uint64, which time.Unix(0, n) does not.
func timeOf(unixNano uint64) time.Time {
	if unixNano == 0 {
		return time.Time{}
	}
	return time.Unix(int64(unixNano/1e9), int64(unixNano%1e9)).UTC()
}
