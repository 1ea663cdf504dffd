package otlpgrpc

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otlptest"
)

// countingDialer counts connection attempts.
func countingDialer(n *atomic.Int64) Option {
	return WithDialOption(grpc.WithContextDialer(func(ctx context.Context, addr string) (net.Conn, error) {
		n.Add(1)
		return new(net.Dialer).DialContext(ctx, "tcp", addr)
	}))
}

func TestTheFirstAttemptAfterAnOutageSucceeds(t *testing.T) {
	srv := receiver(t)
	var dials atomic.Int64
	s := to(t, srv, countingDialer(&dials))
	b := some(t, 10)
	if err := s.Export(t.Context(), b.Batch); err != nil {
		t.Fatal(err)
	}
	if err := srv.Stop(); err != nil {
		t.Fatal(err)
	}
	// Each attempt dials, whatever back-off gRPC has come to by then. The first
	// may end with the connection that is lost, and leave a dial to the second.
	const attempts = 5
	before := dials.Load()
	for i := range attempts {
		e := failure(t, s.Export(t.Context(), b.Batch))
		if e.Kind != sink.Retry || status.Code(e.Err) != codes.Unavailable {
			t.Fatalf("attempt %d: got %v, want a retry because of UNAVAILABLE", i, e)
		}
	}
	if n := dials.Load() - before; n < attempts-1 {
		t.Errorf("got %d dials for %d attempts", n, attempts)
	}
	if err := srv.Restart(); err != nil {
		t.Fatal(err)
	}
	if err := s.Export(t.Context(), b.Batch); err != nil {
		t.Errorf("the server is up again: got %v", err)
	}
}

func TestAServerThatStartsLaterIsFoundAtOnce(t *testing.T) {
	srv := receiver(t)
	if err := srv.Stop(); err != nil {
		t.Fatal(err)
	}
	s := to(t, srv)
	b := some(t, 1)
	for range 3 {
		if e := failure(t, s.Export(t.Context(), b.Batch)); e.Kind != sink.Retry {
			t.Fatalf("got %v, want a retry", e)
		}
	}
	if err := srv.Restart(); err != nil {
		t.Fatal(err)
	}
	if err := s.Export(t.Context(), b.Batch); err != nil {
		t.Error(err)
	}
}

func TestAHangEndsWithTheDeadline(t *testing.T) {
	for _, tt := range []struct {
		name    string
		timeout time.Duration // of the sink
		ctx     time.Duration
	}{
		{"of the context", time.Hour, 50 * time.Millisecond},
		{"of the sink", 50 * time.Millisecond, time.Hour},
		{"of the context, if the sink has none", 0, 50 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := receiver(t)
			srv.Script(otlptest.Hang())
			s := to(t, srv, WithTimeout(tt.timeout))
			ctx, cancel := context.WithTimeout(t.Context(), tt.ctx)
			defer cancel()
			err := s.Export(ctx, some(t, 1).Batch)
			if e := failure(t, err); e.Kind != sink.Retry || status.Code(err) != codes.DeadlineExceeded {
				t.Errorf("got %v, want a retry because of DEADLINE_EXCEEDED", e)
			}
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want context.DeadlineExceeded in the chain", err)
			}
			if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
				t.Errorf("the next one: %v", err)
			}
		})
	}
}

// A mute connection loses its other end without a word: it takes what is
// written and says nothing more.
type mute struct {
	net.Conn
	silent *atomic.Bool
	closed chan struct{}
	once   sync.Once
}

func (c *mute) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.silent.Load() {
		<-c.closed
		return 0, net.ErrClosed
	}
	return n, err
}

func (c *mute) Write(p []byte) (int, error) {
	if c.silent.Load() {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

func (c *mute) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

func TestAConnectionWhoseOtherEndIsGoneIsReplaced(t *testing.T) {
	srv := receiver(t)
	var silent atomic.Bool
	first := true
	s := to(t, srv, WithDialOption(grpc.WithContextDialer(func(ctx context.Context, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil && first {
			first = false
			conn = &mute{Conn: conn, silent: &silent, closed: make(chan struct{})}
		}
		return conn, err
	})))
	b := some(t, 1)
	if err := s.Export(t.Context(), b.Batch); err != nil {
		t.Fatal(err)
	}
	silent.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if e := failure(t, s.Export(ctx, b.Batch)); e.Kind != sink.Retry {
		t.Fatalf("got %v, want a retry", e)
	}
	if err := s.Export(t.Context(), b.Batch); err != nil {
		t.Errorf("the next attempt: %v", err)
	}
}

func TestAConnectionThatAnswersOthersIsKept(t *testing.T) {
	srv := receiver(t)
	s := to(t, srv)
	if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
		t.Fatal(err)
	}
	srv.Script(otlptest.Hang())
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	hung := make(chan error, 1)
	go func() { hung <- s.Export(ctx, some(t, 1).Batch) }()
	if _, err := srv.WaitRequests(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
		t.Fatal(err)
	}
	if err := <-hung; !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v, want context.DeadlineExceeded", err)
	}
	if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
		t.Fatal(err)
	}
	peer := srv.Requests()[0].Peer
	for i, r := range srv.Requests() {
		if r.Peer != peer {
			t.Errorf("request %d came over another connection", i)
		}
	}
}

func TestResetIsTriedAgain(t *testing.T) {
	srv := receiver(t)
	srv.Script(otlptest.Reset())
	s := to(t, srv)
	b := some(t, 100)
	if e := failure(t, s.Export(t.Context(), b.Batch)); e.Kind != sink.Retry {
		t.Errorf("got %v, want a retry", e)
	}
	if err := s.Export(t.Context(), b.Batch); err != nil {
		t.Error(err)
	}
}

func TestARetryCostsNoCompression(t *testing.T) {
	for _, tt := range []struct {
		opt  Compression
		form string
	}{
		{GzipCompression, "otlp+gzip"},
		{NoCompression, "otlp"},
	} {
		srv := receiver(t)
		srv.Script(otlptest.Status(codes.Unavailable, ""))
		s := to(t, srv, WithCompression(tt.opt))
		b := some(t, 100)
		failure(t, s.Export(t.Context(), b.Batch))
		p, err := b.Payload(tt.form, func([]byte) ([]byte, error) { return nil, errors.New("encoded again") })
		if err != nil {
			t.Fatal(err)
		}
		p.Release()
		if err := s.Export(t.Context(), b.Batch); err != nil {
			t.Fatal(err)
		}
		if _, err := srv.Wait(t.Context(), 100); err != nil {
			t.Fatal(err)
		}
	}
}
