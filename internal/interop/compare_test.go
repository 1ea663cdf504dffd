package interop

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/logstream-go/logstream/internal/interop/otlpjson"
	"github.com/logstream-go/logstream/internal/interop/workload"
)

var service = []otlpjson.KeyValue{{Key: "service.name", Value: otlpjson.StringOf("test")}}

// logged returns a workload of n records that have been logged to nobody.
func logged(t *testing.T, n int) *workload.Workload {
	t.Helper()
	w := workload.New(1, n, func(workload.Options) slog.Handler { return slog.DiscardHandler })
	for i := range n {
		if err := w.Log(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// arrived returns record id as it ought to arrive.
func arrived(w *workload.Workload, id int) *otlpjson.Data {
	want := w.Want(id)
	return &otlpjson.Data{ResourceLogs: []otlpjson.ResourceLogs{{
		Resource: otlpjson.Resource{Attributes: service},
		ScopeLogs: []otlpjson.ScopeLogs{{
			Scope: otlpjson.Scope{Name: want.ScopeName, Version: want.ScopeVersion},
			LogRecords: []otlpjson.Record{{
				TimeUnixNano:         uint64(want.TimeMin),
				ObservedTimeUnixNano: uint64(want.ObservedMax),
				SeverityNumber:       want.SeverityNumber,
				SeverityText:         want.SeverityText,
				Body:                 &want.Body,
				Attributes:           want.Attributes,
				Flags:                want.Flags,
				TraceID:              want.TraceID,
				SpanID:               want.SpanID,
			}},
		}},
	}}}
}

// compare compares data with what w has logged.
func compare(t *testing.T, w *workload.Workload, data ...*otlpjson.Data) Report {
	t.Helper()
	c := newComparison(w, service)
	for _, d := range data {
		c.data(d)
	}
	return c.result()
}

func TestRecordsThatAreAsLoggedDoNotDiffer(t *testing.T) {
	w := logged(t, 5000)
	var all []*otlpjson.Data
	for i := range w.Len() {
		all = append(all, arrived(w, i))
	}
	got := compare(t, w, all...)
	if want := "compared 5000 records: 0 differences, 0 missing, 0 duplicates"; got.String() != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A comparison that finds nothing is worth something only if it would have found
// each of these.
func TestEveryFieldIsCompared(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*otlpjson.ResourceLogs, *otlpjson.ScopeLogs, *otlpjson.Record)
	}{
		{"time", func(_ *otlpjson.ResourceLogs, _ *otlpjson.ScopeLogs, r *otlpjson.Record) { r.TimeUnixNano-- }},
		{"observed time", func(_ *otlpjson.ResourceLogs, _ *otlpjson.ScopeLogs, r *otlpjson.Record) { r.ObservedTimeUnixNano++ }},
		{"severity number", func(_ *otlpjson.ResourceLogs, _ *otlpjson.ScopeLogs, r *otlpjson.Record) { r.SeverityNumber++ }},
		{"severity text", func(_ *otlpjson.ResourceLogs, _ *otlpjson.ScopeLogs, r *otlpjson.Record) { r.SeverityText += "X" }},
		{"body", func(_ *otlpjson.ResourceLogs, _ *otlpjson.ScopeLogs, r *otlpjson.Record) {
			*r.Body = otlpjson.StringOf("other")
		}},
		{"body: got none", func(_ *otlpjson.ResourceLogs, _ *otlpjson.ScopeLogs, r *otlpjson.Record) { r.Body = nil }},
		{"attributes.item", func(_ *otlpjson.ResourceLogs, _ *otlpjson.ScopeLogs, r *otlpjson.Record) {
			for i := range r.Attributes {
				if r.Attributes[i].Key == "item" {
					r.Attributes[i].Value = otlpjson.StringOf("spoilt")
				}
			}
		}},
		{"attributes: got \"more\"", func(_ *otlpjson.ResourceLogs, _ *otlpjson.ScopeLogs, r *otlpjson.Record) {
			r.Attributes = append(r.Attributes, otlpjson.KeyValue{Key: "more"})
		}},
		{"dropped attributes", func(_ *otlpjson.ResourceLogs, _ *otlpjson.ScopeLogs, r *otlpjson.Record) {
			r.DroppedAttributesCount = 1
		}},
		{"flags", func(_ *otlpjson.ResourceLogs, _ *otlpjson.ScopeLogs, r *otlpjson.Record) { r.Flags ^= 1 }},
		{"trace id", func(_ *otlpjson.ResourceLogs, _ *otlpjson.ScopeLogs, r *otlpjson.Record) { r.TraceID += "0" }},
		{"span id", func(_ *otlpjson.ResourceLogs, _ *otlpjson.ScopeLogs, r *otlpjson.Record) { r.SpanID += "0" }},
		{"event name", func(_ *otlpjson.ResourceLogs, _ *otlpjson.ScopeLogs, r *otlpjson.Record) { r.EventName = "e" }},
		{"scope name", func(_ *otlpjson.ResourceLogs, s *otlpjson.ScopeLogs, _ *otlpjson.Record) { s.Scope.Name = "" }},
		{"scope version", func(_ *otlpjson.ResourceLogs, s *otlpjson.ScopeLogs, _ *otlpjson.Record) { s.Scope.Version = "x" }},
		{"scope: got", func(_ *otlpjson.ResourceLogs, s *otlpjson.ScopeLogs, _ *otlpjson.Record) {
			s.Scope.Attributes = service
		}},
		{"dropped scope attributes", func(_ *otlpjson.ResourceLogs, s *otlpjson.ScopeLogs, _ *otlpjson.Record) {
			s.Scope.DroppedAttributesCount = 1
		}},
		{"scope schema URL", func(_ *otlpjson.ResourceLogs, s *otlpjson.ScopeLogs, _ *otlpjson.Record) { s.SchemaURL = "s" }},
		{"resource: got no", func(r *otlpjson.ResourceLogs, _ *otlpjson.ScopeLogs, _ *otlpjson.Record) {
			r.Resource.Attributes = nil
		}},
		{"dropped resource attributes", func(r *otlpjson.ResourceLogs, _ *otlpjson.ScopeLogs, _ *otlpjson.Record) {
			r.Resource.DroppedAttributesCount = 1
		}},
		{"resource schema URL", func(r *otlpjson.ResourceLogs, _ *otlpjson.ScopeLogs, _ *otlpjson.Record) { r.SchemaURL = "s" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := logged(t, 1)
			d := arrived(w, 0)
			rl := &d.ResourceLogs[0]
			c.spoil(rl, &rl.ScopeLogs[0], &rl.ScopeLogs[0].LogRecords[0])
			got := compare(t, w, d)
			if got.Differences != 1 || got.Missing != 0 || len(got.Examples) == 0 || !strings.Contains(got.Examples[0], c.name) {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestEveryKindOfValueIsCompared(t *testing.T) {
	entry := func(v otlpjson.Value) otlpjson.KeyValue { return otlpjson.KeyValue{Key: "k", Value: v} }
	values := []otlpjson.Value{
		{},
		otlpjson.StringOf(""), otlpjson.StringOf("a"), otlpjson.StringOf("1"), otlpjson.BytesOf(nil),
		otlpjson.BytesOf([]byte("a")), otlpjson.BoolOf(false), otlpjson.BoolOf(true), otlpjson.IntOf(0), otlpjson.IntOf(1),
		otlpjson.DoubleOf(0), otlpjson.DoubleOf(-1 / inf), otlpjson.DoubleOf(1), otlpjson.DoubleOf(inf), otlpjson.DoubleOf(inf - inf),
		otlpjson.ArrayOf(), otlpjson.ArrayOf(otlpjson.Value{}), otlpjson.ArrayOf(otlpjson.IntOf(1)),
		otlpjson.ArrayOf(otlpjson.IntOf(1), otlpjson.IntOf(2)), otlpjson.ArrayOf(otlpjson.IntOf(2), otlpjson.IntOf(1)),
		otlpjson.MapOf(), otlpjson.MapOf(entry(otlpjson.Value{})), otlpjson.MapOf(entry(otlpjson.IntOf(1))),
		otlpjson.MapOf(otlpjson.KeyValue{Key: "l", Value: otlpjson.IntOf(1)}),
		otlpjson.MapOf(entry(otlpjson.MapOf(entry(otlpjson.IntOf(1))))),
	}
	for i := range values {
		for j := range values {
			var d differ
			d.value("v", &values[i], &values[j])
			if found := len(d) > 0; found != (i != j) {
				t.Errorf("%s and %s: got differences %q", values[i].Text(), values[j].Text(), d)
			}
		}
	}
}

// inf is a variable, so that what is computed with it is not a constant.
var inf = func() float64 { var zero float64; return 1 / zero }()

func TestAKeyThatArrivesTwiceIsADifference(t *testing.T) {
	kv := otlpjson.KeyValue{Key: "k", Value: otlpjson.IntOf(1)}
	var d differ
	d.entries("attributes", []otlpjson.KeyValue{kv, kv}, []otlpjson.KeyValue{kv})
	if len(d) != 1 {
		t.Errorf("got %q, want one difference", d)
	}
}

func TestRecordsAreCounted(t *testing.T) {
	w := logged(t, 3)
	lost := arrived(w, 0)
	lost.ResourceLogs[0].ScopeLogs[0].LogRecords[0].Attributes = nil
	got := compare(t, w, arrived(w, 1), arrived(w, 1), arrived(w, 1), lost, arrived(w, 2))
	if got.Missing != 1 || got.Duplicates != 2 || got.Unknown != 1 || got.Differences != 0 {
		t.Errorf("got %s", got)
	}
	if want := "compared 3 records: 0 differences, 1 missing, 2 duplicates, 1 unknown\n"; !strings.HasPrefix(got.String(), want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCompareReadsFiles(t *testing.T) {
	w := logged(t, 1)
	path := filepath.Join(t.TempDir(), "records")
	d := otlpjson.Data{ResourceLogs: []otlpjson.ResourceLogs{{Resource: otlpjson.Resource{}}}}
	line, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(line, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Compare(w, service, path)
	if err != nil || got.Missing != 1 {
		t.Errorf("got %s, %v, want 1 missing", got, err)
	}
	if err := os.WriteFile(path, []byte("torn\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Compare(w, service, path); err == nil {
		t.Error("got no error for a file that is not OTLP/JSON")
	}
}
