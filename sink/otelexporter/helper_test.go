package otelexporter

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/internal/leak"
	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/sink"
)

// TestMain takes the OpenTelemetry variables of the machine away from the tests,
// and fails if goroutines are left at the end.
func TestMain(m *testing.M) {
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "OTEL_") {
			os.Unsetenv(name)
		}
	}
	os.Exit(leak.Main(m))
}

// fake is an exporter that keeps what it gets and answers as it is told.
type fake struct {
	export   func(ctx context.Context, records []sdklog.Record) error // nil accepts everything
	flush    error
	shutdown error

	mu      sync.Mutex // guards what follows
	records []sdklog.Record
	calls   []string
}

func (f *fake) Export(ctx context.Context, records []sdklog.Record) error {
	f.mu.Lock()
	f.calls = append(f.calls, "Export")
	for _, r := range records {
		f.records = append(f.records, r.Clone())
	}
	f.mu.Unlock()
	if f.export != nil {
		return f.export(ctx, records)
	}
	return nil
}

func (f *fake) ForceFlush(context.Context) error { return f.called("ForceFlush", f.flush) }

func (f *fake) Shutdown(context.Context) error { return f.called("Shutdown", f.shutdown) }

func (f *fake) called(name string, err error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, name)
	return err
}

// newSink returns a sink of exp.
func newSink(t testing.TB, exp sdklog.Exporter, opts ...Option) *Sink {
	t.Helper()
	s, err := New(exp, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// exported returns what an exporter gets of b.
func exported(t *testing.T, b *sink.Batch) []sdklog.Record {
	t.Helper()
	var f fake
	if err := newSink(t, &f).Export(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	return f.records
}

// noMask passes records as they are.
type noMask struct{}

func (noMask) AppendRecord(dst, rec []byte) []byte { return append(dst, rec...) }

// scope is the origin of records that need none in particular.
var scope = block.Origin{Scope: otlp.AppendScope(nil, "scope", "v1")}

// batchOf returns a batch of records that share an origin, and its memory.
func batchOf(t testing.TB, origin block.Origin, records ...[]byte) (*sink.Batch, *block.Block) {
	t.Helper()
	origins := new(block.Origins)
	id := origins.Add(origin)
	b := block.New(1<<20, origins)
	for _, r := range records {
		rec, err := otlp.ParseRecord(r)
		if err != nil {
			t.Fatal(err)
		}
		if !b.Append(block.Slot{Origin: id, Severity: uint8(rec.SeverityNumber)}, noMask{}, r) {
			t.Fatal("no room")
		}
	}
	return whole(b), b
}

// whole returns all records of b as a batch.
func whole(b *block.Block) *sink.Batch {
	batch := new(block.Batch)
	batch.Add(b, 0, b.Len(), b.Len(), 1<<30)
	return sink.NewBatch(batch)
}

// body returns a record that is nothing but its body.
func body(text string) []byte { return otlp.AppendStringValue(nil, otlp.TagRecordBody, text) }

// benchRecord returns a record as applications log it.
func benchRecord(i int) []byte {
	rec := otlp.AppendTime(nil, uint64(i+1))
	rec = otlp.AppendSeverity(rec, 9, "INFO")
	rec = otlp.AppendStringValue(rec, otlp.TagRecordBody, "request served")
	rec = otlp.AppendString(rec, otlp.TagRecordAttribute, "http.request.method", "GET")
	rec = otlp.AppendString(rec, otlp.TagRecordAttribute, "url.path", "/orders/4711")
	rec = otlp.AppendInt(rec, otlp.TagRecordAttribute, "http.response.status_code", 200)
	rec = otlp.AppendDouble(rec, otlp.TagRecordAttribute, "duration", 0.25)
	rec = otlp.AppendBool(rec, otlp.TagRecordAttribute, "cached", i%2 == 0)
	return otlp.AppendObservedTime(rec, uint64(i+1))
}
