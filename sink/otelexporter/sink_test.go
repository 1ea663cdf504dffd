package otelexporter

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/stream"
)

func TestNewReturnsAllProblemsAtOnce(t *testing.T) {
	_, err := New(nil, WithClassifier(nil), nil)
	if err == nil {
		t.Fatal("got no error")
	}
	for _, want := range []string{"the exporter is nil", "option 2 is nil"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want also %q", err, want)
		}
	}
}

func TestAnEmptyBatchIsNotExported(t *testing.T) {
	var f fake
	b, _ := batchOf(t, scope)
	if err := newSink(t, &f).Export(t.Context(), b); err != nil || len(f.calls) != 0 {
		t.Errorf("got %v and calls %q, want none", err, f.calls)
	}
}

func TestExportsDoNotOverlapConcurrentSafe(t *testing.T) {
	var running, calls atomic.Int32
	s := newSink(t, &fake{export: func(_ context.Context, records []sdklog.Record) error {
		if n := running.Add(1); n > 1 {
			t.Errorf("got %d exports at once, want 1", n)
		}
		for _, r := range records {
			if got := r.Body().AsString(); got != "x" {
				t.Errorf("got body %q, want x", got)
			}
		}
		calls.Add(1)
		running.Add(-1)
		return nil
	}})
	var wg sync.WaitGroup
	for range 8 {
		b, _ := batchOf(t, scope, body("x"), body("x"))
		wg.Go(func() {
			for range 50 {
				if err := s.Export(t.Context(), b); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if calls.Load() != 400 {
		t.Errorf("got %d exports, want 400", calls.Load())
	}
	if got := s.Limits(); got != (sink.Limits{MaxInFlight: 1}) {
		t.Errorf("got limits %+v, want one export at a time", got)
	}
}

func TestTheContextBoundsTheWaitForAnotherExport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		f := &fake{export: func(context.Context, []sdklog.Record) error { <-release; return nil }}
		s := newSink(t, f)
		b, _ := batchOf(t, scope, body("x"))
		first := make(chan error, 1)
		go func() { first <- s.Export(t.Context(), b) }()
		synctest.Wait()

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := s.Export(ctx, b)
		if e := sink.AsError(err); !errors.Is(err, context.DeadlineExceeded) || e.Kind != sink.Retry {
			t.Errorf("got %v, want a deadline, to be tried again", err)
		}
		close(release)
		if err := <-first; err != nil {
			t.Errorf("the first export: %v", err)
		}
		if len(f.calls) != 1 {
			t.Errorf("got calls %q, want one", f.calls)
		}
	})
}

func TestNothingIsExportedAfterTheDeadline(t *testing.T) {
	var f fake
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b, _ := batchOf(t, scope, body("x"))
	err := newSink(t, &f).Export(ctx, b)
	if e := sink.AsError(err); e == nil || e.Kind != sink.Retry || !errors.Is(err, context.Canceled) || len(f.calls) != 0 {
		t.Errorf("got %v and calls %q, want a cancelled export and none", err, f.calls)
	}
}

func TestTheContextReachesTheExporter(t *testing.T) {
	type key struct{}
	s := newSink(t, &fake{export: func(ctx context.Context, _ []sdklog.Record) error {
		if ctx.Value(key{}) != "it" {
			t.Error("the exporter has got another context")
		}
		return nil
	}})
	b, _ := batchOf(t, scope, body("x"))
	if err := s.Export(context.WithValue(t.Context(), key{}, "it"), b); err != nil {
		t.Error(err)
	}
}

func TestShutdownFlushesThenShutsDownOnce(t *testing.T) {
	var f fake
	s := newSink(t, &f)
	for range 2 {
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if want := []string{"ForceFlush", "Shutdown"}; !slices.Equal(f.calls, want) {
		t.Errorf("got calls %q, want %q", f.calls, want)
	}
	b, _ := batchOf(t, scope, body("x"))
	if err := s.Export(t.Context(), b); err != ErrClosed {
		t.Errorf("Export after Shutdown: got %v, want %v", err, ErrClosed)
	}
}

func TestShutdownReportsWhatFailed(t *testing.T) {
	f := fake{flush: errors.New("not flushed"), shutdown: errors.New("not closed")}
	err := newSink(t, &f).Shutdown(t.Context())
	if !errors.Is(err, f.flush) || !errors.Is(err, f.shutdown) || len(f.calls) != 2 {
		t.Errorf("got %v after %q, want both errors", err, f.calls)
	}
}

func TestShutdownEndsWithItsContextWhileAnExportHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		f := &fake{export: func(context.Context, []sdklog.Record) error { <-release; return nil }}
		s := newSink(t, f)
		b, _ := batchOf(t, scope, body("x"))
		exports := make(chan error, 2)
		go func() { exports <- s.Export(t.Context(), b) }()
		synctest.Wait()

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
		if want := []string{"Export"}; !slices.Equal(f.calls, want) {
			t.Errorf("got calls %q, want %q", f.calls, want)
		}
		// The exporter is shut down as soon as it can be.
		close(release)
		synctest.Wait()
		if want := []string{"Export", "ForceFlush", "Shutdown"}; <-exports != nil || !slices.Equal(f.calls, want) {
			t.Errorf("got calls %q, want %q", f.calls, want)
		}
	})
}

func TestShutdownWaitsForAnExport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		f := &fake{export: func(context.Context, []sdklog.Record) error { <-release; return nil }}
		s := newSink(t, f)
		b, _ := batchOf(t, scope, body("x"))
		exported, stopped := make(chan error, 1), make(chan error, 1)
		go func() { exported <- s.Export(t.Context(), b) }()
		synctest.Wait()
		go func() { stopped <- s.Shutdown(t.Context()) }()
		synctest.Wait()
		close(release)
		if err := errors.Join(<-exported, <-stopped); err != nil {
			t.Error(err)
		}
		if want := []string{"Export", "ForceFlush", "Shutdown"}; !slices.Equal(f.calls, want) {
			t.Errorf("got calls %q, want %q", f.calls, want)
		}
	})
}

func TestAnExporterThatPanicsDoesNotBlockTheNextExport(t *testing.T) {
	calls := 0
	s := newSink(t, &fake{export: func(_ context.Context, records []sdklog.Record) error {
		if calls++; calls == 1 {
			panic("careless")
		}
		if len(records) != 1 {
			t.Errorf("got %d records, want 1", len(records))
		}
		return nil
	}})
	b, _ := batchOf(t, scope, body("x"))
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed: the stream has to see it")
			}
		}()
		_ = s.Export(t.Context(), b)
	}()
	if err := s.Export(t.Context(), b); err != nil {
		t.Error(err)
	}
}

// What the SDK would have thrown away, the stream sends again.
func TestAStreamSendsAgainWhatAnExporterGaveUp(t *testing.T) {
	calls := 0
	f := &fake{export: func(context.Context, []sdklog.Record) error {
		if calls++; calls < 4 {
			return errors.New("gave up")
		}
		return nil
	}}
	s, err := stream.New(newSink(t, f), stream.WithRetry(time.Millisecond, time.Millisecond),
		stream.WithErrorHandler(func(error) {}))
	if err != nil {
		t.Fatal(err)
	}
	var hint uint32
	s.Source(nil, "").Put(&hint, stream.Meta{Observed: 1, Severity: 9}, body("kept"))
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.Stats().Routes[0].Delivered; got != 1 || calls != 4 {
		t.Errorf("got %d delivered after %d calls, want 1 after 4", got, calls)
	}
	if want := []string{"Export", "Export", "Export", "Export", "ForceFlush", "Shutdown"}; !slices.Equal(f.calls, want) {
		t.Errorf("got calls %q, want %q", f.calls, want)
	}
}

func BenchmarkExport(b *testing.B) {
	records := make([][]byte, 1000)
	for i := range records {
		records[i] = benchRecord(i)
	}
	batch, _ := batchOf(b, scope, records...)
	s := newSink(b, new(discard))
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Export(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(records)), "ns/record")
}

// discard is an exporter that does nothing.
type discard struct{}

func (discard) Export(context.Context, []sdklog.Record) error { return nil }
func (discard) Shutdown(context.Context) error                { return nil }
func (discard) ForceFlush(context.Context) error              { return nil }
