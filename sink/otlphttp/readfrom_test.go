package otlphttp

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
)

// pipe returns a noted connection and what its other end has read once it is closed.
func pipe(t *testing.T) (*conn, <-chan string) {
	t.Helper()
	near, far := net.Pipe()
	var list conns
	noted := &conn{near, &list}
	got := make(chan string, 1)
	go func() {
		b, _ := io.ReadAll(far)
		got <- string(b)
	}()
	return noted, got
}

func TestAConnectionReadsABodyWhole(t *testing.T) {
	for _, n := range []int{0, 1, 32 << 10, 100_000} {
		c, got := pipe(t)
		want := strings.Repeat("x", n)
		if m, err := c.ReadFrom(strings.NewReader(want)); m != int64(n) || err != nil {
			t.Errorf("got %d and %v, want %d", m, err, n)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if s := <-got; s != want {
			t.Errorf("got %d bytes, want %d", len(s), n)
		}
	}
}

func TestTheErrorOfABodyIsReturned(t *testing.T) {
	c, got := pipe(t)
	want := errors.New("no more")
	n, err := c.ReadFrom(io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(want)))
	if n != 3 || !errors.Is(err, want) {
		t.Errorf("got %d and %v, want 3 and %v", n, err, want)
	}
	_ = c.Close()
	if s := <-got; s != "abc" {
		t.Errorf("got %q, want what came before the error", s)
	}
}

// A body reaches a connection without a buffer of its own.
func TestReadFromAllocatesNothing(t *testing.T) {
	near, far := net.Pipe()
	defer func() { _ = near.Close() }()
	go func() { _, _ = io.Copy(io.Discard, far) }()
	c := &conn{near, new(conns)}
	text := strings.Repeat("x", 1000)
	r := strings.NewReader(text)
	bytes := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r.Reset(text)
			_, _ = c.ReadFrom(struct{ io.Reader }{r})
		}
	}).AllocedBytesPerOp()
	if bytes > 16<<10 { // the race detector makes pools forget one in four
		t.Errorf("got %d bytes a body, want far less than a buffer", bytes)
	}
}
