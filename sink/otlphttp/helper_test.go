package otlphttp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	stdgzip "compress/gzip"

	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/klauspost/compress/zstd"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/sinktest"
)

// some returns a batch of n small records.
func some(tb testing.TB, n int) *sinktest.Batch {
	tb.Helper()
	return sinktest.Texts(tb, n, func(i int) string { return fmt.Sprintf("message %d", i) })
}

// server starts an HTTP server for the test.
func server(tb testing.TB, h http.HandlerFunc) *httptest.Server {
	tb.Helper()
	srv := httptest.NewServer(h)
	tb.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	return srv
}

// answering returns a handler that answers with status and body, and the headers
// given as pairs.
func answering(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// open returns a sink for the test.
func open(tb testing.TB, opts ...Option) *Sink {
	tb.Helper()
	s, err := New(opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			tb.Errorf("Shutdown: %v", err)
		}
	})
	return s
}

// to returns a sink that exports to srv.
func to(tb testing.TB, srv *httptest.Server, opts ...Option) *Sink {
	tb.Helper()
	return open(tb, append([]Option{WithEndpoint(srv.URL)}, opts...)...)
}

// failureOf returns the sink.Error of a failed export.
func failureOf(tb testing.TB, err error) *sink.Error {
	tb.Helper()
	e, ok := errors.AsType[*sink.Error](err)
	if !ok {
		tb.Fatalf("got error %v (%T), want a *sink.Error", err, err)
	}
	return e
}

// A journal keeps requests as they arrived.
type journal struct {
	mu       sync.Mutex
	requests []*http.Request
	bodies   [][]byte
}

// taking returns a handler that keeps requests and then calls h.
func (j *journal) taking(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client has gone
		}
		j.mu.Lock()
		j.requests = append(j.requests, r)
		j.bodies = append(j.bodies, b)
		j.mu.Unlock()
		h(w, r)
	}
}

// len returns the number of requests that have arrived whole.
func (j *journal) len() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.requests)
}

// last returns the last request and its body.
func (j *journal) last(tb testing.TB) (*http.Request, []byte) {
	tb.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.requests) == 0 {
		tb.Fatal("no request has arrived")
	}
	return j.requests[len(j.requests)-1], j.bodies[len(j.bodies)-1]
}

// decode reads a request with decoders that are not ours.
func decode(tb testing.TB, r *http.Request, b []byte) *collogpb.ExportLogsServiceRequest {
	tb.Helper()
	var err error
	switch enc := r.Header.Get("Content-Encoding"); enc {
	case "gzip":
		var z *stdgzip.Reader
		if z, err = stdgzip.NewReader(bytes.NewReader(b)); err == nil {
			b, err = io.ReadAll(z)
		}
	case "zstd":
		var d *zstd.Decoder
		if d, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1)); err == nil {
			b, err = d.DecodeAll(b, nil)
			d.Close()
		}
	case "":
	default:
		tb.Fatalf("got Content-Encoding %q", enc)
	}
	if err != nil {
		tb.Fatal(err)
	}
	m := new(collogpb.ExportLogsServiceRequest)
	if r.Header.Get("Content-Type") == typeJSON {
		err = protojson.Unmarshal(b, m)
	} else {
		err = proto.Unmarshal(b, m)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// texts returns the bodies of a request's records.
func texts(m *collogpb.ExportLogsServiceRequest) []string {
	var out []string
	for _, rl := range m.ResourceLogs {
		for _, sl := range rl.ScopeLogs {
			for _, r := range sl.LogRecords {
				out = append(out, r.Body.GetStringValue())
			}
		}
	}
	return out
}
