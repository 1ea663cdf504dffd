package otlp_test

import (
	"bytes"
	"testing"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"

	"github.com/logstream-go/logstream/internal/otlp"
)

func TestInvalidIDsAreOmitted(t *testing.T) {
	id, span := [16]byte(traceID), [8]byte(spanID)
	for _, c := range []struct {
		name  string
		flags uint8
		trace *[16]byte
		span  *[8]byte
		want  *logspb.LogRecord
	}{
		{"nothing", 0, nil, nil, &logspb.LogRecord{}},
		{"flags alone", 1, nil, nil, &logspb.LogRecord{Flags: 1}},
		{"both ids", 0, &id, &span, &logspb.LogRecord{TraceId: traceID, SpanId: spanID}},
		{"flags of eight bits", 0xff, &id, &span, &logspb.LogRecord{Flags: 0xff, TraceId: traceID, SpanId: spanID}},
		{"no span", 1, &id, nil, &logspb.LogRecord{Flags: 1, TraceId: traceID}},
		{"zero span", 1, &id, new([8]byte), &logspb.LogRecord{Flags: 1, TraceId: traceID}},
		{"span without a trace", 1, nil, &span, &logspb.LogRecord{Flags: 1}},
		{"span with a zero trace", 0, new([16]byte), &span, &logspb.LogRecord{}},
	} {
		if got, want := otlp.AppendTrace(nil, c.flags, c.trace, c.span), marshal(t, c.want); !bytes.Equal(got, want) {
			t.Errorf("%s: got %x, want %x", c.name, got, want)
		}
	}
}
