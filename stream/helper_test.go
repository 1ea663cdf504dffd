package stream

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/logstream-go/logstream/internal/leak"
	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/sink"
)

// childArg makes the test's program a child, which runs child in a directory and with
// a number. It is set where processes can be killed.
const childArg = "stream-child"

var child func(dir, number string) error

func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == childArg {
		if err := child(os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(leak.Main(m))
}

const (
	debugSeverity = 5
	infoSeverity  = 9
	warnSeverity  = 13
	errorSeverity = 17
)

// encode returns a LogRecord with a body and a severity.
func encode(severity uint8, body string) []byte {
	rec := otlp.AppendTime(nil, uint64(time.Now().UnixNano()))
	rec = otlp.AppendSeverity(rec, severity, "")
	rec = otlp.AppendStringValue(rec, otlp.TagRecordBody, body)
	return otlp.AppendObservedTime(rec, uint64(time.Now().UnixNano()))
}

// A producer puts records into a stream.
type producer struct {
	src  *Source
	hint uint32
}

func newProducer(s *Stream) *producer { return &producer{src: s.Source(nil, "")} }

func (p *producer) put(severity uint8, body string) {
	p.src.Put(&p.hint, Meta{Observed: time.Now().UnixNano(), Severity: severity}, encode(severity, body))
}

// A recorder is a sink that keeps what it accepted and answers as it is told.
type recorder struct {
	mu       sync.Mutex
	answer   func(call int, b *sink.Batch) error // nil accepts everything
	calls    int
	bodies   []string
	batches  []int
	running  int
	parallel int // the most exports at once
	shutdown int
	times    []time.Time // of each call
}

func (r *recorder) Export(_ context.Context, b *sink.Batch) error {
	r.mu.Lock()
	call := r.calls
	r.calls++
	r.running++
	r.parallel = max(r.parallel, r.running)
	r.times = append(r.times, time.Now())
	answer := r.answer
	r.mu.Unlock()

	var err error
	if answer != nil {
		err = answer(call, b)
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	r.running--
	n := b.Len()
	if err != nil {
		e := sink.AsError(err)
		n = e.Taken
		if e.Rejected > 0 {
			n = b.Len() - e.Rejected
		}
	}
	r.batches = append(r.batches, n)
	for rec := range b.Records() {
		if n == 0 {
			break
		}
		n--
		r.bodies = append(r.bodies, string(rec.Body().Str()))
	}
	return err
}

func (r *recorder) Shutdown(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shutdown++
	return nil
}

func (r *recorder) received() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.bodies...)
}

// newStream returns a stream that is shut down, with a ledger that adds up, when
// the test ends.
func newStream(t *testing.T, k sink.Sink, opts ...Option) *Stream {
	t.Helper()
	s, err := New(k, append([]Option{WithErrorHandler(func(error) {})}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		check(t, s)
		for _, r := range s.Stats().Routes {
			if held := r.Held.Total(); held != 0 {
				t.Errorf("route %q holds %d records after Shutdown", r.Name, held)
			}
		}
	})
	return s
}

// check fails the test if the ledger does not add up.
func check(t *testing.T, s *Stream) RouteStats {
	t.Helper()
	st := s.Stats()
	if err := st.Check(); err != nil {
		t.Error(err)
	}
	return st.Routes[0]
}

func flush(t *testing.T, s *Stream) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour) // of a bubble
	defer cancel()
	if err := s.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

// advance lets time pass inside a synctest bubble.
func advance(d time.Duration) { <-time.After(d) }

// shutdowns returns how often Shutdown was called.
func (r *recorder) shutdowns() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shutdown
}

// attempts returns how often Export was called.
func (r *recorder) attempts() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls
}

// attribute returns a LogRecord with an attribute.
func attribute(key, value string) []byte {
	return otlp.AppendObservedTime(otlp.AppendString(nil, otlp.TagRecordAttribute, key, value), 1)
}

// eventually waits for something that other goroutines do.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !cond(); {
		if time.Now().After(end) {
			t.Fatalf("%s: did not come", what)
		}
		<-time.After(time.Millisecond)
	}
}
