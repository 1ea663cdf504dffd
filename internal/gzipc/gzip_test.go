package gzipc_test

import (
	"bytes"
	stdgzip "compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/logstream-go/logstream/internal/gzipc"
)

// request returns a function that appends s.
func request(s string) func([]byte) ([]byte, error) {
	return func(dst []byte) ([]byte, error) { return append(dst, s...), nil }
}

// unzip reads b with the decoder of the standard library.
func unzip(t *testing.T, b []byte) string {
	t.Helper()
	r, err := stdgzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestWhatIsAppendedUnzipsToTheRequest(t *testing.T) {
	for _, want := range []string{"", "x", strings.Repeat("log ", 1000), strings.Repeat("y", 5<<20)} {
		got, err := gzipc.Append([]byte("head"), request(want))
		if err != nil {
			t.Fatal(err)
		}
		rest, ok := bytes.CutPrefix(got, []byte("head"))
		if !ok {
			t.Fatalf("got %q, want it to begin with what was there", got[:4])
		}
		if s := unzip(t, rest); s != want {
			t.Errorf("got %d bytes back, want %d", len(s), len(want))
		}
	}
}

func TestRequestsDoNotMixConcurrentSafe(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			want := strings.Repeat(fmt.Sprintf("record %d ", i), 100+i)
			for range 20 {
				got, err := gzipc.Append(nil, request(want))
				if err != nil {
					t.Error(err)
					return
				}
				r, err := stdgzip.NewReader(bytes.NewReader(got))
				if err != nil {
					t.Error(err)
					return
				}
				if out, err := io.ReadAll(r); err != nil || string(out) != want {
					t.Errorf("got %d bytes and %v, want %d", len(out), err, len(want))
				}
			}
		})
	}
	wg.Wait()
}

func TestARequestThatPanicsLeavesThePoolWhole(t *testing.T) {
	func() {
		defer func() { _ = recover() }()
		_, _ = gzipc.Append(nil, func([]byte) ([]byte, error) { panic("user code") })
	}()
	got, err := gzipc.Append(nil, request("after"))
	if err != nil {
		t.Fatal(err)
	}
	if s := unzip(t, got); s != "after" {
		t.Errorf("got %q, want %q", s, "after")
	}
}

func TestTheErrorOfARequestIsReturned(t *testing.T) {
	want := errors.New("damaged")
	if got, err := gzipc.Append([]byte("x"), func([]byte) ([]byte, error) { return nil, want }); err != want || got != nil {
		t.Errorf("got %q, %v; want nothing and %v", got, err, want)
	}
	if got, err := gzipc.Append(nil, request("after")); err != nil || unzip(t, got) != "after" {
		t.Errorf("got %v after an error, want a whole request", err)
	}
}

// pieces is a request in pieces, of which the last is an error if fails is set.
type pieces struct {
	texts []string
	fails error
}

func (p pieces) WriteTo(w io.Writer) (n int64, err error) {
	for _, s := range p.texts {
		m, err := io.WriteString(w, s)
		if n += int64(m); err != nil {
			return n, err
		}
	}
	return n, p.fails
}

func TestPiecesUnzipToTheRequest(t *testing.T) {
	for _, texts := range [][]string{nil, {"x"}, {"", "a", strings.Repeat("b", 300_000), "c"}} {
		want := strings.Join(texts, "")
		for _, size := range []int{0, len(want), 1 << 20} { // only a hint
			got, err := gzipc.AppendFrom([]byte("head"), size, pieces{texts: texts})
			if err != nil {
				t.Fatal(err)
			}
			if rest, ok := bytes.CutPrefix(got, []byte("head")); !ok || unzip(t, rest) != want {
				t.Errorf("%d pieces: did not get them back", len(texts))
			}
		}
	}
}

func TestTheErrorOfAPieceIsReturned(t *testing.T) {
	want := errors.New("damaged")
	if got, err := gzipc.AppendFrom(nil, 1, pieces{[]string{"half"}, want}); err != want || got != nil {
		t.Errorf("got %q, %v; want nothing and %v", got, err, want)
	}
}

func BenchmarkAppend(b *testing.B) {
	text := strings.Repeat("time=2026 level=INFO msg=order user=42 ", 25_000)
	dst, f := make([]byte, 0, 1<<20), request(text)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := gzipc.Append(dst[:0], f); err != nil {
			b.Fatal(err)
		}
	}
}
