package otlpgrpc_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/logstream-go/logstream/sink/otlpgrpc"
	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/sink/zstdc"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// told is what a stream says about its troubles.
type told struct {
	end  chan struct{} // closed when the last words are said
	mu   sync.Mutex    // guards the following
	errs []string
}

func (l *told) handle(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.errs = append(l.errs, fmt.Sprintf("%+v", err))
	if strings.Contains(err.Error(), lastWords) {
		close(l.end)
	}
}

// lastWords are the receiver's. What was said before them is known by then.
const lastWords = "last words"

// matching returns what was said with word in it.
func (l *told) matching(word string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for _, e := range l.errs {
		if strings.Contains(e, word) {
			out = append(out, e)
		}
	}
	return out
}

// A receiver without zstd: every record arrives once, nothing counts as failed or
// lost, and the stream says once what happened.
func TestAStreamToAReceiverWithoutZstd(t *testing.T) {
	srv, err := otlptest.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	k, err := otlpgrpc.New(
		otlpgrpc.WithEndpoint(srv.Endpoint()),
		otlpgrpc.WithCompressor(zstdc.New()),
		otlpgrpc.WithHeaders(map[string]string{"authorization": "Bearer canary-credential"}))
	if err != nil {
		t.Fatal(err)
	}
	l := told{end: make(chan struct{})}
	s, err := stream.New(k, stream.WithLinger(time.Millisecond), stream.WithBatchBytes(8<<10), stream.WithErrorHandler(l.handle))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slogbridge.NewHandler(s))
	const n = 5000
	for i := range n {
		log.Info("message", "i", i)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := s.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	srv.Script(otlptest.Status(codes.InvalidArgument, lastWords))
	log.Info("the end")
	if err := s.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case <-l.end:
	case <-ctx.Done():
		t.Fatal("the last words were not heard")
	}
	st := s.Stats().Routes[0]
	if st.Delivered != n || st.Failures != 0 || st.Rejected != 1 || srv.Count() != n {
		t.Errorf("got %d at the receiver and %+v, want %d delivered, and the end rejected", srv.Count(), st, n)
	}
	seen := make(map[any]bool)
	for _, r := range srv.Records() {
		seen[r.Attributes["i"]] = true
	}
	if len(seen) != n {
		t.Errorf("got %d different records, want %d", len(seen), n)
	}
	if got := l.matching("zstd"); len(got) != 1 || !strings.Contains(got[0], "gets gzip from now on") {
		t.Errorf("got the news %q, want it once", got)
	}
	if got := l.matching("canary"); len(got) > 0 {
		t.Errorf("a credential is in %q", got)
	}
}
