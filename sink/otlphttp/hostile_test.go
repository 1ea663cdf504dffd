package otlphttp

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/logstream-go/logstream/sink"
)

func TestRedirectsAreNotFollowed(t *testing.T) {
	for _, code := range []int{301, 302, 303, 307, 308} {
		var elsewhere journal
		other := server(t, elsewhere.taking(answering(200, "")))
		srv := server(t, answering(code, "", "Location", "http://user:pw@"+other.Listener.Addr().String()+"/v1/logs?key=k3yk3y"))
		e := failureOf(t, to(t, srv, WithHeaders(map[string]string{"authorization": "c4n4ry"})).Export(t.Context(), some(t, 1).Batch))
		if elsewhere.len() > 0 {
			t.Fatalf("%d: a request went to the other host", code)
		}
		want := "the endpoint points to " + other.URL + "/v1/logs; set that as the endpoint"
		if e.Kind != sink.Refused || !strings.Contains(e.Error(), want) || strings.Contains(e.Error(), "pw") || strings.Contains(e.Error(), "k3yk3y") {
			t.Errorf("%d: got %q, want refused and %q", code, e, want)
		}
	}
	e := failureOf(t, to(t, server(t, answering(302, ""))).Export(t.Context(), some(t, 1).Batch))
	if !strings.Contains(e.Error(), "no OTLP endpoint") {
		t.Errorf("without a target: got %q", e)
	}
}

// refusing returns an address where nobody listens.
func refusing(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestBrokenConnectionsAreTriedAgain(t *testing.T) {
	readRequest := func(c net.Conn) {
		if r, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			_, _ = io.Copy(io.Discard, r.Body)
		}
	}
	reset := func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }
	for _, tt := range []struct {
		name  string
		serve func(net.Conn) // nil: nobody listens
		is    error
		said  string
	}{
		{"refused", nil, syscall.ECONNREFUSED, "connection refused"},
		{"closed at once", func(net.Conn) {}, nil, ""},
		{"reset at once", func(c net.Conn) { reset(c) }, nil, ""},
		{"closed without an answer", readRequest, nil, "EOF"},
		{"reset without an answer", func(c net.Conn) { readRequest(c); reset(c) }, syscall.ECONNRESET, "reset"},
		{"closed within the status line", func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, "HTTP/1.1 2") }, nil, "broken"},
		{"closed within the headers", func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-") }, nil, "broken"},
		{"something else than HTTP", func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, "+OK\x07 pop3 ready\r\n") }, nil, "malformed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			addr := ""
			if tt.serve == nil {
				addr = refusing(t)
			} else {
				addr = listener(t, tt.serve)
			}
			s := open(t, WithEndpoint("http://"+addr))
			e := failureOf(t, s.Export(t.Context(), some(t, 1).Batch))
			if e.Kind != sink.Retry || !strings.Contains(e.Error(), tt.said) {
				t.Errorf("got %q, want retry with %q", e, tt.said)
			}
			if tt.is != nil && !errors.Is(e, tt.is) {
				t.Errorf("got %v, want one that is %v", e, tt.is)
			}
		})
	}
}

func TestANameThatDoesNotResolveIsTriedAgain(t *testing.T) {
	s := open(t, WithEndpoint("http://collector.invalid:4318"), WithTimeout(time.Second))
	e := failureOf(t, s.Export(t.Context(), some(t, 1).Batch))
	if e.Kind != sink.Retry || !strings.Contains(e.Error(), "collector.invalid") {
		t.Errorf("got %q, want retry", e)
	}
}

// A server may close a connection while a request is on its way to it. Nothing
// has been lost, and the next attempt need not wait.
func TestAConnectionThatWasClosedWhileIdleIsReplacedAtOnce(t *testing.T) {
	var n atomic.Int32
	addr := listener(t, func(c net.Conn) {
		// The first connection serves one request, reads the second and hangs
		// up.
		r := bufio.NewReader(c)
		for {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, req.Body)
			if n.Add(1) == 2 {
				return
			}
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			if n.Load() > 2 {
				return
			}
		}
	})
	s := open(t, WithEndpoint("http://"+addr))
	for i := range 2 {
		if err := s.Export(t.Context(), some(t, 3).Batch); err != nil {
			t.Errorf("export %d: %v", i, err)
		}
	}
	if n.Load() != 3 {
		t.Errorf("got %d requests, want 3", n.Load())
	}
}

// A drip is an answer whose next byte comes as long as somebody waits for it.
func drip(w http.ResponseWriter, r *http.Request, status int, body func() []byte) {
	w.WriteHeader(status)
	f := w.(http.Flusher)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := w.Write(body()); err != nil {
			return
		}
		f.Flush()
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

func TestSlowAnswersEndWithTheAttempt(t *testing.T) {
	const limit = 200 * time.Millisecond
	one := func() []byte { return []byte{'x'} }
	for _, tt := range []struct {
		name    string
		serve   http.HandlerFunc
		success bool
	}{
		{"no answer at all", func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}, false},
		{"a body of 503 that drips", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			drip(w, r, 503, one)
		}, false},
		{"a body of 200 that drips", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			drip(w, r, 200, one)
		}, true}, // the status says that the records are there
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := to(t, server(t, tt.serve), WithTimeout(limit))
			began := time.Now()
			err := s.Export(t.Context(), some(t, 1).Batch)
			if took := time.Since(began); took < limit/2 || took > 20*limit {
				t.Errorf("took %v, want about %v", took, limit)
			}
			if tt.success {
				if err != nil {
					t.Errorf("got %v, want success", err)
				}
				return
			}
			if e := failureOf(t, err); e.Kind != sink.Retry {
				t.Errorf("got %v, want retry", e)
			}
		})
	}
}

func TestATimeOutSaysSo(t *testing.T) {
	srv := server(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	e := failureOf(t, to(t, srv).Export(ctx, some(t, 1).Batch))
	if !errors.Is(e, context.DeadlineExceeded) || !strings.Contains(e.Error(), "no answer in time") {
		t.Errorf("got %q", e)
	}
}

// zipped returns what f writes, compressed.
func zipped(f func(w io.Writer)) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	f(z)
	_ = z.Close()
	return b.Bytes()
}

func TestLargeAnswersAreBounded(t *testing.T) {
	zeros := make([]byte, 1<<20)
	bomb := zipped(func(w io.Writer) {
		for range 64 {
			_, _ = w.Write(zeros)
		}
	})
	members := bytes.Repeat(zipped(func(io.Writer) {}), 10_000) // each is nothing
	endless := func(piece []byte) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			for {
				if _, err := w.Write(piece); err != nil {
					return
				}
			}
		}
	}
	whole := func(b []byte) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { _, _ = w.Write(b) }
	}
	for _, tt := range []struct {
		name     string
		encoding string
		write    func(http.ResponseWriter)
	}{
		{"no end", "", endless(zeros)},
		{"a bomb", "gzip", whole(bomb)},
		{"members of nothing without end", "gzip", endless(members)},
		{"64 MiB of status details", "", whole(append([]byte(status(t, 14, "overloaded", 0)), append([]byte{0x1a, 0x80, 0x80, 0x80, 0x20}, make([]byte, 64<<20)...)...))},
		{"gzip that is none", "gzip", whole([]byte("plain"))},
		{"gzip that breaks off", "gzip", whole(bomb[:100])},
		{"an encoding that nobody asked for", "br", whole(zeros)},
	} {
		for _, code := range []int{200, 503} {
			t.Run(tt.name, func(t *testing.T) {
				srv := server(t, func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					w.Header().Set("Content-Type", typeProtobuf)
					if tt.encoding != "" {
						w.Header().Set("Content-Encoding", tt.encoding)
					}
					w.WriteHeader(code)
					tt.write(w)
				})
				s := to(t, srv)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				err := s.Export(t.Context(), some(t, 1).Batch)
				runtime.ReadMemStats(&after)
				if code == 200 {
					if err != nil {
						t.Errorf("got %v, want success", err)
					}
				} else if e := failureOf(t, err); e.Kind != sink.Retry || e.RetryAfter != 0 {
					t.Errorf("got %v, want retry", e)
				}
				// io.ReadAll allocates some five times of what it returns.
				if got := after.TotalAlloc - before.TotalAlloc; got > 40<<20 {
					t.Errorf("allocated %d MiB, want some 20 at most", got>>20)
				}
			})
		}
	}
}

func TestTheBoundOfAnAnswerCanBeSet(t *testing.T) {
	answer := partial(t, 1, strings.Repeat("x", 100))
	for _, tt := range []struct {
		most int
		want bool // the rejection is seen
	}{{len(answer), true}, {len(answer) - 1, false}} {
		s := to(t, server(t, answering(200, answer, "Content-Type", typeProtobuf)), WithMaxResponseSize(tt.most))
		if err := s.Export(t.Context(), some(t, 1).Batch); (err != nil) != tt.want {
			t.Errorf("%d: got %v", tt.most, err)
		}
	}
}

func TestGzippedAnswersAreRead(t *testing.T) {
	body := zipped(func(w io.Writer) { _, _ = io.WriteString(w, partial(t, 1, "too old")) })
	s := to(t, server(t, answering(200, string(body), "Content-Type", typeProtobuf, "Content-Encoding", "GZIP")))
	if e := failureOf(t, s.Export(t.Context(), some(t, 2).Batch)); e.Rejected != 1 {
		t.Errorf("got %v, want 1 rejected", e)
	}
}

func TestHeadersWithoutEndAreBounded(t *testing.T) {
	addr := listener(t, func(c net.Conn) {
		_, _ = http.ReadRequest(bufio.NewReader(c))
		if _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\n"); err != nil {
			return
		}
		for {
			if _, err := io.WriteString(c, "X-Filler: "+strings.Repeat("x", 1000)+"\r\n"); err != nil {
				return
			}
		}
	})
	e := failureOf(t, open(t, WithEndpoint("http://"+addr)).Export(t.Context(), some(t, 1).Batch))
	if e.Kind != sink.Retry {
		t.Errorf("got %v, want retry", e)
	}
}

func TestAChangeOfProtocolsIsRefused(t *testing.T) {
	addr := listener(t, func(c net.Conn) {
		r, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
	})
	e := failureOf(t, open(t, WithEndpoint("http://"+addr)).Export(t.Context(), some(t, 1).Batch))
	if e.Kind != sink.Refused || !strings.Contains(e.Error(), "no OTLP endpoint") {
		t.Errorf("got %v, want refused", e)
	}
}

// The words of a TLS port that hangs up may be lost on the way. The data must not
// be, by being taken for bad.
func TestATLSPortThatHangsUpIsRefused(t *testing.T) {
	addr := listener(t, func(c net.Conn) {
		r, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(c, "HTTP/1.0 400 Bad Request\r\n\r\nClient")
		// A reset takes away what has not been read: the client is let in on
		// the status first.
		_, _ = io.CopyN(io.Discard, c, 1)
	})
	s := open(t, WithEndpoint("http://"+addr), WithTimeout(200*time.Millisecond))
	if e := failureOf(t, s.Export(t.Context(), some(t, 1).Batch)); e.Kind != sink.Refused || !strings.Contains(e.Error(), "use https://") {
		t.Errorf("got %v, want refused", e)
	}
}

func TestTheBeginningOfALongPageIsShown(t *testing.T) {
	s := to(t, server(t, answering(502, "upstream is gone"+strings.Repeat(" x", 1000), "Content-Type", "text/html")), WithMaxResponseSize(100))
	if e := failureOf(t, s.Export(t.Context(), some(t, 1).Batch)); !strings.Contains(e.Error(), "upstream is gone") {
		t.Errorf("got %v", e)
	}
}
