package otlphttp

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/sink/zstdc"
)

// formats are the bodies that a request can have.
var formats = []struct {
	name     string
	opts     []Option
	encoding string
	media    string
}{
	{"gzip by default", nil, "gzip", typeProtobuf},
	{"gzip", []Option{WithCompressor(zstdc.New()), WithCompression(GzipCompression)}, "gzip", typeProtobuf},
	{"none", []Option{WithCompression(NoCompression)}, "", typeProtobuf},
	{"zstd", []Option{WithCompression(NoCompression), WithCompressor(zstdc.New())}, "zstd", typeProtobuf},
	{"JSON with gzip", []Option{WithEncoding(JSON)}, "gzip", typeJSON},
	{"JSON with zstd", []Option{WithEncoding(JSON), WithCompressor(zstdc.New())}, "zstd", typeJSON},
	{"JSON", []Option{WithEncoding(JSON), WithCompression(NoCompression)}, "", typeJSON},
}

func TestARequestIsWhatTheSpecificationSays(t *testing.T) {
	for _, tt := range formats {
		t.Run(tt.name, func(t *testing.T) {
			var j journal
			srv := server(t, j.taking(answering(200, "")))
			s := to(t, srv, append(tt.opts, WithHeaders(map[string]string{"X-Api-Key": "k3y"}))...)
			if err := s.Export(t.Context(), some(t, 3).Batch); err != nil {
				t.Fatal(err)
			}
			r, b := j.last(t)
			if r.Method != http.MethodPost || r.URL.Path != "/v1/logs" {
				t.Errorf("got %s %s, want POST /v1/logs", r.Method, r.URL.Path)
			}
			for k, want := range map[string]string{
				"Content-Type": tt.media, "Content-Encoding": tt.encoding, "X-Api-Key": "k3y", "Accept-Encoding": "gzip",
			} {
				if got := r.Header.Get(k); got != want {
					t.Errorf("%s: got %q, want %q", k, got, want)
				}
			}
			if got := r.Header.Get("User-Agent"); !strings.HasPrefix(got, "logstream-otlp-http/") {
				t.Errorf("got User-Agent %q", got)
			}
			if r.ContentLength != int64(len(b)) || len(r.TransferEncoding) > 0 {
				t.Errorf("got Content-Length %d and %q, want %d", r.ContentLength, r.TransferEncoding, len(b))
			}
			if _, ok := r.Header["Idempotency-Key"]; ok {
				t.Error("the mark for net/http has been sent")
			}
			if got, want := texts(decode(t, r, b)), []string{"message 0", "message 1", "message 2"}; !slices.Equal(got, want) {
				t.Errorf("got records %q, want %q", got, want)
			}
		})
	}
}

func TestRecordsArriveOverHTTP2AndTLS(t *testing.T) {
	srv := tlsServer(t, "HTTP/2", answering(200, ""))
	var j journal
	srv.Config.Handler = j.taking(answering(200, ""))
	s := to(t, srv.Server, WithTLSClientConfig(srv.trusted()))
	for range 2 {
		if err := s.Export(t.Context(), some(t, 2).Batch); err != nil {
			t.Fatal(err)
		}
	}
	r, b := j.last(t)
	if r.ProtoMajor != 2 {
		t.Errorf("got %s, want HTTP/2", r.Proto)
	}
	if got := len(texts(decode(t, r, b))); got != 2 {
		t.Errorf("got %d records, want 2", got)
	}
}

func TestAnIndependentReceiverTakesEveryFormat(t *testing.T) {
	srv, err := otlptest.New()
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	for _, tt := range formats {
		t.Run(tt.name, func(t *testing.T) {
			srv.Reset()
			s := open(t, append(tt.opts, WithEndpoint(srv.HTTPEndpoint()))...)
			if err := s.Export(t.Context(), some(t, 100).Batch); err != nil {
				t.Fatal(err)
			}
			if got := srv.Count(); got != 100 {
				t.Errorf("got %d records, want 100", got)
			}
		})
	}
}

func TestRecordsArriveOverAUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	var j journal
	unixServer(t, path, j.taking(answering(200, "")))
	s := open(t, WithEndpoint("unix://"+path))
	if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
		t.Fatal(err)
	}
	if r, _ := j.last(t); r.Host != "localhost" {
		t.Errorf("got host %q, want localhost", r.Host)
	}
}

func TestAURLIsUsedAsItIs(t *testing.T) {
	var j journal
	srv := server(t, j.taking(answering(204, "")))
	const path = "/api//default/v1/logs%2Fx/?structure=raw&a=b+c"
	s := open(t, WithEndpointURL(srv.URL+path))
	if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
		t.Fatal(err)
	}
	if r, _ := j.last(t); r.RequestURI != path {
		t.Errorf("got %s, want %s", r.RequestURI, path)
	}
}

func TestAnEmptyBatchIsNotSent(t *testing.T) {
	var j journal
	srv := server(t, j.taking(answering(200, "")))
	s := to(t, srv)
	if err := s.Export(t.Context(), some(t, 0).Batch); err != nil || j.len() != 0 {
		t.Errorf("got %v and %d requests, want none", err, j.len())
	}
}

func TestARequestAboveTheLimitIsNotSent(t *testing.T) {
	var j journal
	srv := server(t, j.taking(answering(200, "")))
	s := to(t, srv, WithMaxRequestSize(1000))
	if got := s.Limits().MaxBatchBytes; got != 1000 {
		t.Errorf("got limit %d, want 1000", got)
	}
	e := failureOf(t, s.Export(t.Context(), some(t, 100).Batch))
	if e.Kind != sink.TooLarge || j.len() != 0 {
		t.Errorf("got %v and %d requests, want too large and none", e, j.len())
	}
}

func TestRetriesSendTheSameBytes(t *testing.T) {
	var j journal
	srv := server(t, j.taking(answering(503, "")))
	s := to(t, srv)
	b := some(t, 10)
	for range 3 {
		failureOf(t, s.Export(t.Context(), b.Batch))
	}
	if j.len() != 3 || string(j.bodies[0]) != string(j.bodies[2]) {
		t.Errorf("got %d requests, want 3 alike", j.len())
	}
	made := 0
	p, err := b.Payload("otlp+gzip", func(dst []byte) ([]byte, error) { made++; return dst, nil })
	if err != nil || made != 0 {
		t.Errorf("got %d more encodings, want the one that is there", made)
	}
	p.Release()
}

func TestConnectionsAreKept(t *testing.T) {
	var j journal
	srv := server(t, j.taking(answering(200, "x", "Content-Type", "text/html")))
	s := to(t, srv)
	for range 5 {
		if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range j.requests {
		if r.RemoteAddr != j.requests[0].RemoteAddr {
			t.Errorf("got a second connection from %s", r.RemoteAddr)
		}
	}
}

func TestExportsRunAtOnceConcurrentSafe(t *testing.T) {
	var j journal
	srv := server(t, j.taking(answering(200, "")))
	s := to(t, srv, WithCompressor(zstdc.New()))
	done := make(chan error)
	for range 8 {
		b := some(t, 20)
		go func() { done <- s.Export(t.Context(), b.Batch) }()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if j.len() != 8 {
		t.Errorf("got %d requests, want 8", j.len())
	}
}

func TestAfterShutdownNothingIsSent(t *testing.T) {
	var j journal
	srv := server(t, j.taking(answering(200, "")))
	s := to(t, srv)
	for range 2 {
		if err := s.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Export(t.Context(), some(t, 1).Batch); !errors.Is(err, ErrClosed) || j.len() != 0 {
		t.Errorf("got %v and %d requests, want ErrClosed and none", err, j.len())
	}
}

func TestShutdownWaitsForExports(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	srv := server(t, func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
	})
	s := to(t, srv)
	b := some(t, 1)
	exported, down := make(chan error, 1), make(chan error, 1)
	go func() { exported <- s.Export(t.Context(), b.Batch) }()
	<-arrived
	go func() { down <- s.Shutdown(t.Context()) }()
	for { // until the gate is closed
		_, leave, err := s.gate.enter(t.Context())
		if err != nil {
			break
		}
		leave()
	}
	select {
	case <-down:
		t.Error("Shutdown has returned before the export")
	default:
	}
	close(release)
	if err := <-exported; err != nil {
		t.Errorf("Export: %v", err)
	}
	if err := <-down; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

func TestShutdownEndsExportsWithItsContext(t *testing.T) {
	arrived := make(chan struct{})
	srv := server(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		_, _ = r.Body.Read(make([]byte, 1<<20)) // the server looks at the connection once the body is read
		<-r.Context().Done()
	})
	s := to(t, srv, WithTimeout(0))
	b := some(t, 1)
	exported := make(chan error, 1)
	go func() { exported <- s.Export(context.WithoutCancel(t.Context()), b.Batch) }()
	<-arrived
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown: got %v, want context.Canceled", err)
	}
	if e := failureOf(t, <-exported); e.Kind != sink.Retry || !errors.Is(e, context.Canceled) {
		t.Errorf("got %v, want a cancelled attempt", e)
	}
}
