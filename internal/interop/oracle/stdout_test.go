package oracle

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/exporters/stdout/stdoutlog"

	"github.com/logstream-go/logstream/internal/interop/workload"
	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/stream"
)

// A printed record is a line of stdoutlog.
type printed struct {
	Timestamp, ObservedTimestamp time.Time
	EventName                    string
	Severity                     int
	SeverityText                 string
	Body                         printedValue
	Attributes                   []printedEntry
	TraceID, SpanID, TraceFlags  string
	Resource                     []printedEntry
	Scope                        struct {
		Name, Version, SchemaURL string
	}
	DroppedAttributes uint32
}

type printedEntry struct {
	Key   string
	Value printedValue
}

type printedValue struct {
	Type  string
	Value json.RawMessage
}

// value returns v as otlptest.Value has it.
func (v printedValue) value() (out any, err error) {
	decode := func(into any) error { return json.Unmarshal(v.Value, into) }
	switch v.Type {
	case "EMPTY":
		return nil, nil
	case "BOOL":
		var b bool
		err = decode(&b)
		return b, err
	case "INT64":
		var n int64
		err = decode(&n)
		return n, err
	case "FLOAT64":
		var f float64
		err = decode(&f)
		return f, err
	case "STRING":
		var s string
		err = decode(&s)
		return s, err
	case "BYTESLICE":
		var s string
		if err = decode(&s); err != nil {
			return nil, err
		}
		return base64.StdEncoding.DecodeString(s)
	case "SLICE":
		var list []printedValue
		if err = decode(&list); err != nil {
			return nil, err
		}
		values := make([]any, len(list))
		for i := range list {
			if values[i], err = list[i].value(); err != nil {
				return nil, err
			}
		}
		return values, nil
	case "MAP":
		var list []printedEntry
		if err = decode(&list); err != nil {
			return nil, err
		}
		return mapOf(list)
	}
	return nil, fmt.Errorf("a value of type %q", v.Type)
}

// mapOf returns entries as otlptest has them.
func mapOf(entries []printedEntry) (map[string]any, error) {
	out := make(map[string]any, len(entries))
	for _, e := range entries {
		v, err := e.Value.value()
		if err != nil {
			return nil, err
		}
		out[e.Key] = v
	}
	return out, nil
}

// record returns p as otlptest has it.
func (p *printed) record() (otlptest.Record, error) {
	r := otlptest.Record{
		Resource: &otlptest.Resource{}, Scope: &otlptest.Scope{Name: p.Scope.Name, Version: p.Scope.Version, SchemaURL: p.Scope.SchemaURL},
		SeverityNumber: p.Severity, SeverityText: p.SeverityText, DroppedAttributes: p.DroppedAttributes, EventName: p.EventName,
		Time: utc(p.Timestamp), ObservedTime: utc(p.ObservedTimestamp), TraceID: id(p.TraceID), SpanID: id(p.SpanID),
	}
	if _, err := fmt.Sscanf(p.TraceFlags, "%x", &r.Flags); err != nil {
		return r, err
	}
	var err error
	if r.Body, err = p.Body.value(); err != nil {
		return r, err
	}
	if r.Resource.Attributes, err = mapOf(p.Resource); err != nil {
		return r, err
	}
	if r.Attributes, err = mapOf(p.Attributes); err != nil {
		return r, err
	}
	for _, e := range p.Attributes {
		r.Ordered = append(r.Ordered, otlptest.KeyValue{Key: e.Key, Value: r.Attributes[e.Key]})
	}
	return r, nil
}

func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.Unix(t.Unix(), int64(t.Nanosecond())).UTC()
}

// id returns an id, or "" for one of zeros only.
func id(s string) string {
	for _, c := range s {
		if c != '0' {
			return s
		}
	}
	return ""
}

// unprintable reports whether v holds a number without a JSON form.
func unprintable(v any) bool {
	switch v := v.(type) {
	case float64:
		return math.IsNaN(v) || math.IsInf(v, 0)
	case []any:
		return slices.ContainsFunc(v, unprintable)
	case map[string]any:
		for _, e := range v {
			if unprintable(e) {
				return true
			}
		}
	}
	return false
}

// JSON has no NaN and no infinity, so stdoutlog fails on a record with one, and
// on the batch that it is in. Each costs itself only.
func TestStdoutlogPrintsEveryRecordThatHasAJSONForm(t *testing.T) {
	const size = 2000
	var out bytes.Buffer
	exp, err := stdoutlog.New(stdoutlog.WithWriter(&out))
	if err != nil {
		t.Fatal(err)
	}
	srv := newServer(t)
	// The receiver comes second: it gets a batch once stdoutlog has taken it.
	s := newStream(t, tee{newExporterSink(t, exp), newOTLP(t, srv)},
		stream.WithInFlight(1), stream.WithErrorHandler(func(error) {}))
	w := workload.New(seed, size, bridge(s))
	logAll(t, w)
	shutdown(t, s)

	want, got := arrivals(t, srv), map[int64]otlptest.Record{}
	lines := json.NewDecoder(&out)
	n := 0
	for lines.More() {
		var p printed
		if err := lines.Decode(&p); err != nil {
			t.Fatal(err)
		}
		r, err := p.record()
		if err != nil {
			t.Fatal(err)
		}
		id, ok := number(r.Attributes)
		if !ok {
			t.Fatalf("a record without a number: %v", r.Attributes)
		}
		got[id] = r
		n++
	}
	equal(t, "stdoutlog", want, got)

	st := s.Stats().Routes[0]
	t.Logf("%d of %d records printed, in %d lines; %d rejected", len(got), size, n, st.Rejected)
	if int(st.Delivered) != len(got) || int(st.Rejected) != size-len(got) || st.Rejected == 0 || len(got) < size*8/10 {
		t.Errorf("got %d printed and a ledger of %d delivered, %d rejected", len(got), st.Delivered, st.Rejected)
	}
	for id, r := range want {
		if unprintable(r.Attributes) {
			t.Errorf("record %d has been printed with a number that JSON does not have", id)
		}
	}
}
