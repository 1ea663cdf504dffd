package otlp_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math"
	"testing"

	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/otlp"
)

// OTLP/JSON has two oracles. The Collector's codec knows the format itself.
// protojson knows the JSON mapping of protobuf, which is the same but for the
// ids.

// toJSON writes a request that must be writable.
func toJSON(t testing.TB, request []byte) []byte {
	t.Helper()
	text, err := otlp.AppendJSONRequest(nil, request)
	if err != nil {
		t.Fatalf("AppendJSONRequest: got error %v, want none", err)
	}
	return text
}

// fromJSON reads a text that must be readable.
func fromJSON(t testing.TB, text []byte) []byte {
	t.Helper()
	request, err := otlp.AppendRequestFromJSON(nil, text)
	if err != nil {
		t.Fatalf("AppendRequestFromJSON: got error %v, want none: %.300s", err, text)
	}
	return request
}

// collectorFromJSON reads text as the Collector does.
func collectorFromJSON(text []byte) (*collogspb.ExportLogsServiceRequest, error) {
	req := plogotlp.NewExportRequest()
	if err := req.UnmarshalJSON(text); err != nil {
		return nil, err
	}
	b, err := req.MarshalProto()
	if err != nil {
		return nil, err
	}
	m := new(collogspb.ExportLogsServiceRequest)
	return m, proto.Unmarshal(b, m)
}

// collectorToJSON writes request as the Collector does.
func collectorToJSON(t testing.TB, request []byte) []byte {
	t.Helper()
	req := plogotlp.NewExportRequest()
	if err := req.UnmarshalProto(request); err != nil {
		t.Fatalf("the Collector cannot read the request: %v", err)
	}
	text, err := req.MarshalJSON()
	if err != nil {
		t.Fatalf("the Collector cannot write the request: %v", err)
	}
	return text
}

// protojsonFromJSON reads text as protojson does. A hexadecimal id is base64
// for it, of which it keeps all bits.
func protojsonFromJSON(text []byte) (*collogspb.ExportLogsServiceRequest, error) {
	m := new(collogspb.ExportLogsServiceRequest)
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, m); err != nil {
		return nil, err
	}
	for _, rl := range m.ResourceLogs {
		for _, sl := range rl.ScopeLogs {
			for _, r := range sl.LogRecords {
				var err error
				if r.TraceId, err = rereadID(r.TraceId); err != nil {
					return nil, err
				}
				if r.SpanId, err = rereadID(r.SpanId); err != nil {
					return nil, err
				}
			}
		}
	}
	return m, nil
}

func rereadID(id []byte) ([]byte, error) {
	return hex.DecodeString(base64.StdEncoding.EncodeToString(id))
}

// unmarshal reads a request with the generated code.
func unmarshal(t testing.TB, request []byte) *collogspb.ExportLogsServiceRequest {
	t.Helper()
	m := new(collogspb.ExportLogsServiceRequest)
	if err := proto.Unmarshal(request, m); err != nil {
		t.Fatalf("the request does not decode: %v", err)
	}
	return m
}

// fillRequest gives every absent message of m an empty one, as the Collector
// does.
func fillRequest(m *collogspb.ExportLogsServiceRequest) *collogspb.ExportLogsServiceRequest {
	m = proto.Clone(m).(*collogspb.ExportLogsServiceRequest)
	for _, rl := range m.ResourceLogs {
		if rl.Resource == nil {
			rl.Resource = requestOf().ResourceLogs[0].Resource
			proto.Reset(rl.Resource)
		}
		rl.Resource.EntityRefs = nil
		fillKeyValues(rl.Resource.Attributes)
		for _, sl := range rl.ScopeLogs {
			if sl.Scope == nil {
				sl.Scope = new(commonpb.InstrumentationScope)
			}
			fillKeyValues(sl.Scope.Attributes)
			for i, r := range sl.LogRecords {
				sl.LogRecords[i] = fill(r)
				sl.LogRecords[i].TraceId = idOrNil(r.TraceId)
				sl.LogRecords[i].SpanId = idOrNil(r.SpanId)
			}
		}
	}
	return m
}

// idOrNil is nil for an id that is all zero: the Collector does not tell it
// from none.
func idOrNil(id []byte) []byte {
	if len(bytes.Trim(id, "\x00")) == 0 {
		return nil
	}
	return id
}

// checkToJSON writes request, a canonical one, and has it read by all.
func checkToJSON(t testing.TB, request []byte) {
	t.Helper()
	text := toJSON(t, request)
	if !json.Valid(text) {
		t.Fatalf("got no JSON: %s", text)
	}
	if got := fromJSON(t, text); !bytes.Equal(got, request) {
		t.Fatalf("our reader: got %s, want %s from %.500s", brief(got), brief(request), text)
	}
	want := unmarshal(t, request)
	if got, err := protojsonFromJSON(text); err != nil || !proto.Equal(got, want) {
		t.Fatalf("protojson: got %.300v, %v, want %.300v", got, err, want)
	}
	filled := fillRequest(want)
	if got, err := collectorFromJSON(text); err != nil || !proto.Equal(fillRequest(got), filled) {
		t.Fatalf("the Collector: got %.300v, %v, want %.300v", got, err, filled)
	}
	if proto.Equal(filled, want) { // Else the Collector writes what is not there.
		if theirs := collectorToJSON(t, request); !bytes.Equal(text, theirs) {
			t.Fatalf("got  %s\nwant %s, which the Collector writes", text, theirs)
		}
	}
}

// oneNaN replaces every NaN of r by the one that is read from JSON.
func oneNaN(r *logspb.LogRecord) *logspb.LogRecord {
	oneNaNValue(r.Body)
	for _, kv := range r.Attributes {
		oneNaNValue(kv.Value)
	}
	return r
}

func oneNaNValue(v *commonpb.AnyValue) {
	switch m := v.GetValue().(type) {
	case *commonpb.AnyValue_DoubleValue:
		if math.IsNaN(m.DoubleValue) {
			m.DoubleValue = math.NaN()
		}
	case *commonpb.AnyValue_ArrayValue:
		for _, e := range m.ArrayValue.Values {
			oneNaNValue(e)
		}
	case *commonpb.AnyValue_KvlistValue:
		for _, kv := range m.KvlistValue.Values {
			oneNaNValue(kv.Value)
		}
	}
}

func TestJSONOfEveryRecordIsReadAsItWas(t *testing.T) {
	for _, s := range samples() {
		if proto.Size(s.record) > 1<<20 {
			continue // The next test has one.
		}
		checkToJSON(t, appendRequest(nil, appendRecord(nil, s.record)))
		if t.Failed() {
			t.Fatal(s.name)
		}
	}
}
