package oracle

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/logstream-go/logstream/internal/interop/workload"
	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otelexporter"
	"github.com/logstream-go/logstream/sink/otlpgrpc"
	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// deadline bounds every wait.
const deadline = time.Minute

// newServer returns a receiver.
func newServer(t *testing.T) *otlptest.Server {
	t.Helper()
	srv, err := otlptest.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	return srv
}

// grpcExporter returns otlploggrpc as the SDK's documentation makes it.
func grpcExporter(t *testing.T, srv *otlptest.Server, opts ...otlploggrpc.Option) *otlploggrpc.Exporter {
	t.Helper()
	exp, err := otlploggrpc.New(t.Context(), append([]otlploggrpc.Option{otlploggrpc.WithEndpointURL(srv.Endpoint())}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return exp
}

// httpExporter returns otlploghttp.
func httpExporter(t *testing.T, srv *otlptest.Server, opts ...otlploghttp.Option) *otlploghttp.Exporter {
	t.Helper()
	exp, err := otlploghttp.New(t.Context(), append([]otlploghttp.Option{otlploghttp.WithEndpointURL(srv.HTTPURL())}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return exp
}

// newOTLP returns the sink otlpgrpc.
func newOTLP(t *testing.T, srv *otlptest.Server) sink.Sink {
	t.Helper()
	k, err := otlpgrpc.New(otlpgrpc.WithEndpointURL(srv.Endpoint()))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// newExporterSink returns the sink otelexporter.
func newExporterSink(t *testing.T, exp sdklog.Exporter) sink.Sink {
	t.Helper()
	k, err := otelexporter.New(exp)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// An sdk is the way through the OpenTelemetry SDK.
type sdk struct {
	provider *sdklog.LoggerProvider
	filter   *filter
}

// newSDK returns the SDK with a queue for n records.
func newSDK(exp sdklog.Exporter, n int) *sdk {
	f := &filter{Exporter: exp, poison: map[int64]bool{}}
	res := resource.NewSchemaless(attribute.String("service.name", "oracle"),
		attribute.Map("build", attribute.Bool("release", true), attribute.Slice("tags", attribute.StringValue("ü"))))
	return &sdk{filter: f, provider: sdklog.NewLoggerProvider(
		sdklog.WithResource(res),
		sdklog.WithProcessor(sdklog.NewBatchProcessor(f, sdklog.WithMaxQueueSize(n))))}
}

// handler returns the handler of a scope.
func (s *sdk) handler(o workload.Options) slog.Handler {
	return grouped{otelslog.NewHandler(o.ScopeName, otelslog.WithVersion(o.ScopeVersion), otelslog.WithSource(o.Source),
		otelslog.WithLoggerProvider(s.provider))}
}

// grouped is a handler that ignores a group without a name, as slog.Logger does
// for its handlers and slog.Handler demands of them. otelslog loses all attributes
// of such a record, and so its number too; a test of its own shows it.
type grouped struct{ slog.Handler }

func (g grouped) WithAttrs(attrs []slog.Attr) slog.Handler {
	return grouped{g.Handler.WithAttrs(attrs)}
}

func (g grouped) WithGroup(name string) slog.Handler {
	if name == "" {
		return g
	}
	return grouped{g.Handler.WithGroup(name)}
}

// filter keeps from an exporter what would cost the whole batch: records with
// text that is not UTF-8.
type filter struct {
	sdklog.Exporter

	mu     sync.Mutex     // guards the following
	poison map[int64]bool // numbers of records that were kept back
	failed error
}

// Export implements [sdklog.Exporter].
func (f *filter) Export(ctx context.Context, records []sdklog.Record) error {
	var good []sdklog.Record
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range records {
		attrs := attributesOf(r)
		if valid(r.Body()) && valid(attribute.MapValue(attrs...)) {
			good = append(good, r)
		} else if id, ok := numberIn(attrs); ok {
			f.poison[id] = true
		} else {
			f.failed = errors.Join(f.failed, errors.New("a record without a number"))
		}
	}
	if len(good) == 0 {
		return nil
	}
	err := f.Exporter.Export(ctx, good)
	f.failed = errors.Join(f.failed, err)
	return err
}

// valid reports whether all text in v is UTF-8.
func valid(v attribute.Value) bool {
	switch v.Type() {
	case attribute.STRING:
		return utf8.ValidString(v.AsString())
	case attribute.SLICE:
		for _, e := range v.AsSlice() {
			if !valid(e) {
				return false
			}
		}
	case attribute.MAP:
		for _, kv := range v.AsMap() {
			if !utf8.ValidString(string(kv.Key)) || !valid(kv.Value) {
				return false
			}
		}
	}
	return true
}

func attributesOf(r sdklog.Record) []attribute.KeyValue {
	var out []attribute.KeyValue
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		out = append(out, kv)
		return true
	})
	return out
}

// numberIn returns the number of a record of the workload.
func numberIn(attrs []attribute.KeyValue) (int64, bool) {
	for _, kv := range attrs {
		if kv.Key == workload.IDKey {
			return kv.Value.AsInt64(), true
		}
		if kv.Value.Type() == attribute.MAP {
			if id, ok := numberIn(kv.Value.AsMap()); ok {
				return id, true
			}
		}
	}
	return 0, false
}

// number does the same for what arrived.
func number(attrs map[string]any) (int64, bool) {
	if id, ok := attrs[workload.IDKey].(int64); ok {
		return id, true
	}
	for _, v := range attrs {
		if m, ok := v.(map[string]any); ok {
			if id, ok := number(m); ok {
				return id, true
			}
		}
	}
	return 0, false
}

// arrivals returns what a receiver has, by number, each once.
func arrivals(t *testing.T, srv *otlptest.Server) map[int64]otlptest.Record {
	t.Helper()
	out := map[int64]otlptest.Record{}
	for _, r := range srv.Records() {
		id, ok := number(r.Attributes)
		if _, twice := out[id]; !ok || twice {
			t.Fatalf("a record has no number, or it arrived before: %v", r.Attributes)
		}
		out[id] = r
	}
	return out
}

// newStream returns a stream whose log calls wait for room.
func newStream(t *testing.T, k sink.Sink, opts ...stream.Option) *stream.Stream {
	t.Helper()
	s, err := stream.New(k, append([]stream.Option{
		stream.WithResource(slog.String("service.name", "oracle"),
			slog.Group("build", slog.Bool("release", true), slog.Any("tags", []string{"ü"}))),
		stream.WithOverflow(stream.Block(deadline)),
		stream.WithErrorHandler(func(err error) { t.Log(err) }),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// bridge returns the handlers of a stream.
func bridge(s *stream.Stream) func(workload.Options) slog.Handler {
	return func(o workload.Options) slog.Handler {
		return slogbridge.NewHandler(s,
			slogbridge.WithScope(o.ScopeName, o.ScopeVersion),
			slogbridge.WithLevel(o.Level),
			slogbridge.WithSource(o.Source),
			slogbridge.WithReplaceAttr(o.ReplaceAttr))
	}
}

// A tee is a sink that exports each batch through several sinks. So all of them
// get the very same records.
type tee []sink.Sink

// Export implements [sink.Sink].
func (k tee) Export(ctx context.Context, b *sink.Batch) error {
	for _, s := range k {
		if err := s.Export(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// Shutdown implements [sink.Sink].
func (k tee) Shutdown(ctx context.Context) error {
	var err error
	for _, s := range k {
		err = errors.Join(err, s.Shutdown(ctx))
	}
	return err
}

// logAll logs the records of w, one after the other.
func logAll(t *testing.T, w *workload.Workload) {
	t.Helper()
	for id := range w.Len() {
		if err := w.Log(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
}

// shutdown sends what is left.
func shutdown(t *testing.T, s interface{ Shutdown(context.Context) error }) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
}
