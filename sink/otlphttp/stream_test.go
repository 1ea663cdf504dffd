package otlphttp_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/logstream-go/logstream/sink/otlphttp"
	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// through starts a receiver with max bytes a request, and a stream to it. What the
// stream says about its troubles is kept from the test's output and must not hold
// the credential.
func through(t *testing.T, max int, opts ...stream.Option) (*otlptest.Server, *stream.Stream, *slog.Logger) {
	t.Helper()
	srv, err := otlptest.New(otlptest.WithMaxMessageSize(max))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	k, err := otlphttp.New(
		otlphttp.WithEndpointURL(srv.HTTPURL()),
		otlphttp.WithHeaders(map[string]string{"authorization": "Bearer c4n4ry-credential"}))
	if err != nil {
		t.Fatal(err)
	}
	s, err := stream.New(k, append([]stream.Option{
		stream.WithLinger(time.Millisecond),
		stream.WithRetry(10*time.Millisecond, 100*time.Millisecond),
		stream.WithErrorHandler(func(err error) {
			if strings.Contains(fmt.Sprintf("%v %+v", err, err), "c4n4ry") {
				t.Errorf("a credential is in %v", err)
			}
		}),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	return srv, s, slog.New(slogbridge.NewHandler(s))
}

// listen returns a listener on loopback.
func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func flush(t *testing.T, s *stream.Stream) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := s.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

// One record is larger than what the receiver takes; 399 are not.
func TestOneRecordThatIsTooLargeCostsItselfOnly(t *testing.T) {
	srv, s, log := through(t, 96<<10, stream.WithMaxRecordSize(128<<10))
	for i := range 400 {
		if i == 200 {
			log.Info("large", "blob", strings.Repeat("x", 100<<10))
			continue
		}
		log.Info("small", "i", i)
	}
	flush(t, s)
	st := s.Stats().Routes[0]
	if got := srv.Count(); got != 399 || st.Delivered != 399 || st.Rejected != 1 {
		t.Errorf("got %d at the receiver and %+v, want 399, and 1 rejected", got, st)
	}
}

func TestA401InTheMiddleLosesNothing(t *testing.T) {
	srv, s, log := through(t, 4<<20)
	log.Info("before")
	flush(t, s)
	srv.Script(otlptest.HTTPStatus(http.StatusUnauthorized, "who are you, c4n4ry-credential?").Times(2))
	for i := range 100 {
		log.Info("during", "i", i)
	}
	flush(t, s)
	if got := srv.Count(); got != 101 || s.Stats().Routes[0].Delivered != 101 {
		t.Errorf("got %d at the receiver and %+v, want 101", got, s.Stats())
	}
}

func TestAnOutageLosesNothing(t *testing.T) {
	for name, fault := range map[string]otlptest.Fault{
		"503":                      otlptest.Status(codes.Unavailable, "starting"),
		"429 with Retry-After":     otlptest.HTTPStatus(429, "").RetryAfter(time.Second),
		"a connection that breaks": otlptest.Reset(),
	} {
		t.Run(name, func(t *testing.T) {
			srv, s, log := through(t, 4<<20)
			srv.Script(fault.Times(2))
			for i := range 50 {
				log.Info("invalid text is bytes", "i", i, "text", "a\xff")
			}
			flush(t, s)
			if got := srv.Count(); got < 50 || s.Stats().Routes[0].Delivered != 50 {
				t.Errorf("got %d at the receiver and %+v, want 50", got, s.Stats())
			}
		})
	}
}

// A host that is wrong altogether takes nothing and is told from one that works.
func TestARedirectingHostHoldsTheData(t *testing.T) {
	var redirect atomic.Bool
	redirect.Store(true)
	srv, _, _ := through(t, 4<<20)
	front := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if redirect.CompareAndSwap(true, false) {
			w.Header().Set("Location", srv.HTTPURL())
			w.WriteHeader(http.StatusPermanentRedirect)
		}
	})}
	l := listen(t)
	done := make(chan struct{})
	go func() { defer close(done); _ = front.Serve(l) }()
	t.Cleanup(func() { _ = front.Close(); <-done })

	k, err := otlphttp.New(otlphttp.WithEndpoint("http://" + l.Addr().String()))
	if err != nil {
		t.Fatal(err)
	}
	s, err := stream.New(k, stream.WithLinger(time.Millisecond), stream.WithRetry(10*time.Millisecond, 100*time.Millisecond), stream.WithErrorHandler(func(error) {}))
	if err != nil {
		t.Fatal(err)
	}
	slog.New(slogbridge.NewHandler(s)).Info("held")
	flush(t, s)
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.Stats().Routes[0].Delivered != 1 || srv.Count() != 0 {
		t.Errorf("got %+v and %d at the other host, want 1 delivered here", s.Stats(), srv.Count())
	}
}
