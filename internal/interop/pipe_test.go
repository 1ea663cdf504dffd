package interop

import (
	"context"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/logstream-go/logstream/internal/interop/collector"
	"github.com/logstream-go/logstream/internal/interop/otlpjson"
	"github.com/logstream-go/logstream/internal/interop/workload"
	"github.com/logstream-go/logstream/mask"
	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// deadline bounds every wait: a test that hangs fails with the ledger instead.
const deadline = time.Minute

// records returns how many records a comparison logs: 200,000, or what
// INTEROP_RECORDS says.
func records(t *testing.T) int {
	t.Helper()
	text := os.Getenv("INTEROP_RECORDS")
	if text == "" {
		return 200_000
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1000 {
		t.Fatalf("INTEROP_RECORDS is %q, want a number from 1000", text)
	}
	return n
}

// newCollector returns a Collector that does not run yet.
func newCollector(t *testing.T, opts ...collector.Option) *collector.Collector {
	t.Helper()
	c, err := collector.New(t.TempDir(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Kill)
	return c
}

// start starts c.
func start(t *testing.T, c *collector.Collector) {
	t.Helper()
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// stop stops c so that all it has accepted is in its files.
func stop(t *testing.T, c *collector.Collector) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	if err := c.Stop(ctx); err != nil {
		t.Fatal(err)
	}
}

// A pipe is a stream into a Collector, as an application would have it.
type pipe struct {
	stream *stream.Stream
	meter  *meter
}

// newPipe returns a stream to k whose log calls wait for room instead of
// dropping, so that every record must arrive.
func newPipe(t *testing.T, k sink.Sink, opts ...stream.Option) *pipe {
	t.Helper()
	p := &pipe{meter: &meter{Sink: k}}
	opts = append([]stream.Option{
		stream.WithMask(keysOnly(t)),
		stream.WithResource(
			slog.String("service.name", "interop"),
			slog.String("service.instance.id", "1"),
			slog.Group("build", slog.Bool("release", true), slog.Any("tags", []string{"a", "ü"})),
			slog.String("db.password", "swordfish"),
		),
		stream.WithOverflow(stream.Block(deadline)),
		stream.WithErrorHandler(func(err error) { t.Log(err) }),
	}, opts...)
	var err error
	if p.stream, err = stream.New(p.meter, opts...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.shutdown(t) })
	return p
}

// keysOnly returns a Masker that masks by the keys of attributes, which the workload
// expects. Among so many random texts and numbers some look like secrets.
func keysOnly(t *testing.T) *mask.Masker {
	t.Helper()
	var off []mask.Detector
	for d := mask.Detector(0); ; d++ {
		if _, err := mask.New(mask.WithoutDetector(d)); err != nil {
			break // there is no further one
		}
		off = append(off, d)
	}
	m, err := mask.New(mask.WithoutDetector(off...))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// resource returns what the resource of newPipe must arrive as.
func resource(t *testing.T) []otlpjson.KeyValue {
	t.Helper()
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	build := otlpjson.MapOf(
		otlpjson.KeyValue{Key: "release", Value: otlpjson.BoolOf(true)},
		otlpjson.KeyValue{Key: "tags", Value: otlpjson.ArrayOf(otlpjson.StringOf("a"), otlpjson.StringOf("ü"))},
	)
	return []otlpjson.KeyValue{
		{Key: "service.name", Value: otlpjson.StringOf("interop")},
		{Key: "service.instance.id", Value: otlpjson.StringOf("1")},
		{Key: "build", Value: build},
		{Key: "db.password", Value: otlpjson.StringOf("[REDACTED:key]")},
		{Key: "process.pid", Value: otlpjson.IntOf(int64(os.Getpid()))},
		{Key: "host.name", Value: otlpjson.StringOf(host)},
		{Key: "telemetry.sdk.name", Value: otlpjson.StringOf("logstream")},
		{Key: "telemetry.sdk.language", Value: otlpjson.StringOf("go")},
		{Key: "telemetry.sdk.version", Value: otlpjson.StringOf(stream.Version)},
	}
}

// handler makes the handlers of a workload.
func (p *pipe) handler(o workload.Options) slog.Handler {
	return slogbridge.NewHandler(p.stream,
		slogbridge.WithScope(o.ScopeName, o.ScopeVersion),
		slogbridge.WithLevel(o.Level),
		slogbridge.WithSource(o.Source),
		slogbridge.WithReplaceAttr(o.ReplaceAttr))
}

// log logs all records of w from several goroutines.
func (p *pipe) log(t *testing.T, w *workload.Workload) {
	t.Helper()
	const producers = 4
	var wg sync.WaitGroup
	for i := range producers {
		wg.Go(func() {
			for id := i; id < w.Len(); id += producers {
				if err := w.Log(t.Context(), id); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// shutdown sends what is left and checks that the ledger adds up.
func (p *pipe) shutdown(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	if err := p.stream.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if err := p.stream.Stats().Check(); err != nil {
		t.Error(err)
	}
}

// delivered checks that the ledger says of n records that each was delivered.
func (p *pipe) delivered(t *testing.T, n int) {
	t.Helper()
	s := p.stream.Stats()
	if s.Accepted != uint64(n) || s.Routes[0].Delivered != uint64(n) {
		t.Errorf("got ledger %v, want %d accepted and delivered", s, n)
	}
}

// A meter is a sink that tells how far it has come.
type meter struct {
	sink.Sink

	mu    sync.Mutex // guards what follows
	count int        // records delivered
	marks []mark
}

// A mark is closed when count has reached at.
type mark struct {
	at      int
	reached chan struct{}
}

// Export implements [sink.Sink].
func (m *meter) Export(ctx context.Context, b *sink.Batch) error {
	if err := m.Sink.Export(ctx, b); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.count += b.Len()
	for len(m.marks) > 0 && m.count >= m.marks[0].at {
		close(m.marks[0].reached)
		m.marks = m.marks[1:]
	}
	return nil
}

// after returns a channel that is closed when n records are delivered. Later
// calls must ask for more.
func (m *meter) after(n int) <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	reached := make(chan struct{})
	m.marks = append(m.marks, mark{n, reached})
	return reached
}

// await waits for done.
func await(t *testing.T, done <-chan struct{}, what string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	select {
	case <-done:
	case <-ctx.Done():
		t.Fatalf("%s: nothing for %v", what, deadline)
	}
}
