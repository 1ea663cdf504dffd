package otlptest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/peer"
	grpcstatus "google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"
)

// piped returns a server connection and a client that writes to it without end.
func piped(t *testing.T) *conn {
	t.Helper()
	server, client := net.Pipe()
	c := &conn{Conn: server, done: make(chan struct{})}
	t.Cleanup(func() {
		client.Close()
		c.Close()
	})
	go func() {
		for {
			if _, err := client.Write(make([]byte, 4096)); err != nil {
				return
			}
		}
	}()
	return c
}

func TestSlowReadsComeInPortionsAndOnTime(t *testing.T) {
	tests := map[string]struct {
		rate, portion int
		took          time.Duration
	}{
		"many bytes":  {1000, 50, 50 * time.Millisecond},
		"one byte":    {1, 1, time.Second},
		"a huge rate": {1 << 30, 4096, 4096 * time.Second >> 30},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := piped(t)
				release := c.slowDown(tt.rate)
				start := time.Now()
				n, err := c.Read(make([]byte, 32<<10))
				if n != tt.portion || err != nil || time.Since(start) != tt.took {
					t.Errorf("got %d bytes, %v after %v, want %d after %v", n, err, time.Since(start), tt.portion, tt.took)
				}
				release()
				start = time.Now()
				if _, err := c.Read(make([]byte, 32<<10)); err != nil || time.Since(start) != 0 {
					t.Errorf("released: got %v after %v, want no wait", err, time.Since(start))
				}
			})
		})
	}
}

func TestSlowReadsLastUntilEveryRequestReleasedThem(t *testing.T) {
	c := &conn{}
	a := c.slowDown(100)
	b := c.slowDown(200)
	a()
	a()
	if got := c.readRate(); got != 200 {
		t.Errorf("one of two released: got %d B/s, want 200", got)
	}
	b()
	if got := c.readRate(); got != 0 {
		t.Errorf("both released: got %d B/s, want 0", got)
	}
}

func TestCloseEndsASlowRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := piped(t)
		c.slowDown(1)
		start := time.Now()
		ended := make(chan time.Duration)
		go func() {
			_, _ = c.Read(make([]byte, 1))
			ended <- time.Since(start)
		}()
		synctest.Wait()
		c.cut()
		if got := <-ended; got != 0 {
			t.Errorf("Read returned %v after Close, want at once", got)
		}
	})
}

func TestCutOverTCPIsAReset(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := listener{inner}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	server.RemoteAddr().(*peerAddr).conn.cut()
	if _, err := client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v, want ECONNRESET", err)
	}
	if err := server.Close(); err == nil {
		t.Error("Close after cut: got nil, want that it was closed already")
	}
}

// grpc can refuse a request between its headers and its handler, for instance
// when its deadline has passed already.
func TestARequestThatEndsBeforeItsHandlerReleasesTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := piped(t)
		srv := &Server{store: newStore(true)}
		srv.Script(SlowRead(1))
		ctx, cancel := context.WithCancel(peer.NewContext(t.Context(), &peer.Peer{Addr: c.RemoteAddr()}))
		transport := &grpcTransport{srv: srv}
		if _, err := transport.headers(ctx, &tap.Info{FullMethodName: collogspb.LogsService_Export_FullMethodName}); err != nil {
			t.Fatal(err)
		}
		if got := c.readRate(); got != 1 {
			t.Errorf("got %d B/s, want 1", got)
		}
		cancel()
		synctest.Wait()
		if got := c.readRate(); got != 0 {
			t.Errorf("ended: got %d B/s, want 0", got)
		}
	})
}

// The end of a small request is in the buffers of the transport when its headers
// cut the connection, and can still reach the handler.
func TestAnEarlyResetIgnoresABodyThatWasThereAlready(t *testing.T) {
	c := piped(t)
	srv := &Server{store: newStore(true)}
	srv.Script(Reset())
	transport := &grpcTransport{srv: srv}
	ctx, err := transport.headers(peer.NewContext(t.Context(), &peer.Peer{Addr: c.RemoteAddr()}),
		&tap.Info{FullMethodName: collogspb.LogsService_Export_FullMethodName})
	if err != nil {
		t.Fatal(err)
	}
	body := encoded(t, grouped([]int{3}))
	_, err = export(nil, ctx, func(v any) error {
		v.(*rawMessage).buf = mem.SliceBuffer(body)
		return nil
	}, nil)
	if got := grpcstatus.Code(err); got != codes.Unavailable {
		t.Errorf("got %v, want Unavailable", err)
	}
	if got := srv.Stats(); got != (Stats{Requests: 1}) {
		t.Errorf("stats: got %+v, want one request and nothing of it", got)
	}
}

func TestGunzipStopsOneByteAfterTheLimit(t *testing.T) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	if _, err := w.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[int64]int{1000: 1001, 1<<20 - 1: 1 << 20, 1 << 20: 1 << 20, 1 << 30: 1 << 20} {
		g := &gunzip{limit: limit}
		for range 2 { // the second with a reader and a size from before
			out, err := g.Do(bytes.NewReader(z.Bytes()))
			if err != nil || len(out) != want {
				t.Errorf("limit %d: got %d bytes, %v, want %d", limit, len(out), err, want)
			}
		}
	}
}
