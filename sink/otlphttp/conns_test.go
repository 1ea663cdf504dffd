package otlphttp

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
)

// ends returns both ends of a connection.
func ends(t *testing.T) (ours, theirs net.Conn) {
	t.Helper()
	ours, theirs = net.Pipe()
	t.Cleanup(func() {
		_ = ours.Close()
		_ = theirs.Close()
	})
	return ours, theirs
}

func TestConnectionsAreClosedWithTheirEndpoint(t *testing.T) {
	var c conns
	var theirs []net.Conn
	dial := c.dial(func(context.Context, string, string) (net.Conn, error) {
		ours, other := ends(t)
		theirs = append(theirs, other)
		return ours, nil
	})
	first, err := dial(t.Context(), "tcp", "a:1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dial(t.Context(), "tcp", "a:1"); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil || len(c.open) != 1 {
		t.Errorf("got %v and %d open connections, want one", err, len(c.open))
	}
	c.close()
	c.close()
	// A dial may end when nobody wants its connection any more.
	if late, err := dial(t.Context(), "tcp", "a:1"); !errors.Is(err, ErrClosed) || late != nil {
		t.Errorf("got %v and error %v, want %v", late, err, ErrClosed)
	}
	for i, other := range theirs {
		if _, err := other.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("connection %d: got %v, want it closed", i, err)
		}
	}
	if err := first.Close(); err != nil {
		t.Errorf("a second Close: got %v", err)
	}
}

func TestAFailedDialIsNotNoted(t *testing.T) {
	var c conns
	broken := errors.New("broken")
	dial := c.dial(func(context.Context, string, string) (net.Conn, error) { return nil, broken })
	if got, err := dial(t.Context(), "tcp", "a:1"); !errors.Is(err, broken) || got != nil || len(c.open) != 0 {
		t.Errorf("got %v, %v and %d open connections", got, err, len(c.open))
	}
}

// An HTTP/2 connection takes itself for busy for a moment after its last answer.
func TestShutdownLeavesNoConnection(t *testing.T) {
	srv := tlsServer(t, "HTTP/2", answering(200, ""))
	for range 30 {
		s, err := New(WithEndpoint(srv.URL), WithTLSClientConfig(srv.trusted()))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
			t.Fatal(err)
		}
		c := &s.balancer.endpoints[0].conns
		if len(c.open) != 1 {
			t.Fatalf("got %d connections, want one", len(c.open))
		}
		if err := s.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.mu.Lock()
		if len(c.open) != 0 {
			t.Fatalf("got %d connections after Shutdown, want none", len(c.open))
		}
		c.mu.Unlock()
	}
}
