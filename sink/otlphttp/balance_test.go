package otlphttp

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logstream-go/logstream/sink"
)

// A node is a server whose answer can be changed.
type node struct {
	journal
	url    string
	status atomic.Int32
}

func startNode(t *testing.T) *node {
	n := new(node)
	n.status.Store(200)
	n.url = server(t, n.taking(func(w http.ResponseWriter, r *http.Request) {
		if n.status.Load() == 429 {
			w.Header().Set("Retry-After", "100")
		}
		w.WriteHeader(int(n.status.Load()))
	})).URL
	return n
}

// cluster returns nodes and a sink for all of them.
func cluster(t *testing.T, n int, opts ...Option) ([]*node, *Sink) {
	nodes := make([]*node, n)
	urls := make([]string, n)
	for i := range nodes {
		nodes[i] = startNode(t)
		urls[i] = nodes[i].url
	}
	return nodes, open(t, append(opts, WithEndpointURL(urls[0], urls[1:]...))...)
}

func TestRequestsAreSpreadOverEndpoints(t *testing.T) {
	nodes, s := cluster(t, 3)
	for range 9 {
		if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
			t.Fatal(err)
		}
	}
	for i, n := range nodes {
		if n.len() != 3 {
			t.Errorf("node %d: got %d requests, want 3", i, n.len())
		}
	}
}

func TestAnEndpointThatIsDownCostsNothing(t *testing.T) {
	for _, status := range []int32{429, 503, 401, 404} {
		nodes, s := cluster(t, 3)
		nodes[1].status.Store(status)
		for i := range 9 {
			if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
				t.Fatalf("%d: export %d: %v", status, i, err)
			}
		}
		if got := nodes[1].len(); got != 1 {
			t.Errorf("%d: got %d requests at the node that is down, want 1", status, got)
		}
		if got := nodes[0].len() + nodes[2].len(); got != 9 {
			t.Errorf("%d: got %d requests at the others, want 9", status, got)
		}
	}
}

func TestWhatIsAboutTheDataIsNotTriedElsewhere(t *testing.T) {
	for _, status := range []int32{400, 413, 500} {
		nodes, s := cluster(t, 2)
		nodes[0].status.Store(status)
		nodes[1].status.Store(status)
		failureOf(t, s.Export(t.Context(), some(t, 1).Batch))
		if got := nodes[0].len() + nodes[1].len(); got != 1 {
			t.Errorf("%d: got %d requests, want 1", status, got)
		}
	}
}

func TestIfAllAreDownOneIsTriedAndTheFirstToRecoverCounts(t *testing.T) {
	nodes, s := cluster(t, 2)
	nodes[0].status.Store(429)
	nodes[1].status.Store(503)
	e := failureOf(t, s.Export(t.Context(), some(t, 1).Batch))
	if e.Kind != sink.Retry || e.RetryAfter != 0 || !strings.Contains(e.Error(), "429") || !strings.Contains(e.Error(), "503") {
		t.Errorf("got %+v, want retry at once and both answers", e)
	}
	failureOf(t, s.Export(t.Context(), some(t, 1).Batch))
	if nodes[0].len() != 1 || nodes[1].len() != 2 {
		t.Errorf("got %d and %d requests, want 1 and 2", nodes[0].len(), nodes[1].len())
	}
	nodes[1].status.Store(401)
	if e := failureOf(t, s.Export(t.Context(), some(t, 1).Batch)); e.Kind != sink.Refused {
		t.Errorf("got %v, want refused", e)
	}
}

func TestRefusedByAllIsRefused(t *testing.T) {
	nodes, s := cluster(t, 2)
	nodes[0].status.Store(401)
	nodes[1].status.Store(403)
	e := failureOf(t, s.Export(t.Context(), some(t, 1).Batch))
	if _, ok := errors.AsType[*failure](e); e.Kind != sink.Refused || !ok {
		t.Errorf("got %+v", e)
	}
}

func TestACancelledExportSaysNothingAboutAnEndpoint(t *testing.T) {
	nodes, s := cluster(t, 2)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	failureOf(t, s.Export(ctx, some(t, 1).Batch))
	for range 2 {
		if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
			t.Fatal(err)
		}
	}
	if nodes[0].len() != 1 || nodes[1].len() != 1 {
		t.Errorf("got %d and %d requests, want one each", nodes[0].len(), nodes[1].len())
	}
}

func TestHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h health
		free := func(after time.Duration, want bool) {
			t.Helper()
			if got := h.claim(time.Now().Add(after)); got != want {
				t.Errorf("%v from now: got %v, want %v", after, got, want)
			}
		}
		free(0, true)
		free(0, true)
		h.down(time.Now(), 0)
		free(firstPause-1, false)
		free(firstPause, true)  // the one to try
		free(firstPause, false) // the others
		h.down(time.Now(), 0)
		free(2*firstPause-1, false)
		free(2*firstPause, true)
		for range 100 {
			h.down(time.Now(), 0)
		}
		free(longestPause-1, false)
		free(longestPause, true)
		h.down(time.Now(), 2*time.Minute)
		free(2*time.Minute-1, false)
		h.down(time.Now(), 24*time.Hour)
		free(longestAsked, true)
		h.up()
		free(0, true)
		free(0, true)
	})
}

func TestTheOneThatWaitsLeastIsTried(t *testing.T) {
	s := open(t, WithEndpointURL("http://a", "http://b", "http://c"))
	for i, d := range []time.Duration{time.Minute, 40 * time.Second, 50 * time.Second} {
		s.balancer.endpoints[i].health.down(time.Now(), d)
	}
	for range 4 {
		var got []string
		for e := range s.balancer.candidates() {
			got = append(got, e.String())
		}
		if len(got) != 1 || got[0] != "http://b" {
			t.Errorf("got %q, want http://b", got)
		}
	}
}

func TestTheTurnGoesOnWhenTheCounterWraps(t *testing.T) {
	s := open(t, WithEndpointURL("http://a", "http://b", "http://c"))
	s.balancer.next.Store(^uint32(0) - 1)
	for range 5 {
		n := 0
		for range s.balancer.candidates() {
			n++
		}
		if n != 3 {
			t.Errorf("got %d candidates, want 3", n)
		}
	}
}

// A fixed is a compressor that is not gzip: it marks what it was given.
type fixed struct{ err error }

func (fixed) Encoding() string { return "x-mark" }

func (f fixed) AppendCompressed(dst, src []byte) ([]byte, error) {
	return append(append(dst, "mark"...), src...), f.err
}

func TestARefusedCompressorGivesWayToGzip(t *testing.T) {
	old := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Content-Encoding") != "gzip" {
				answering(status, body)(w, r)
			}
		}
	}
	for _, tt := range []struct {
		name   string
		status int
		body   string
	}{
		{"415", 415, ""},
		{"501", 501, ""},
		{"400 that names the encoding", 400, "unsupported Content-Encoding"},
		{"400 that names it", 400, "cannot do X-MARK"},
		{"400 that complains about garbage", 400, "proto: cannot parse invalid wire-format data"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var j journal
			s := to(t, server(t, j.taking(old(tt.status, tt.body))), WithCompressor(fixed{}))
			for range 3 {
				if err := s.Export(t.Context(), some(t, 2).Batch); err != nil {
					t.Fatal(err)
				}
			}
			if j.len() != 4 {
				t.Errorf("got %d requests, want one refused and three with gzip", j.len())
			}
			r, b := j.last(t)
			if got := len(texts(decode(t, r, b))); got != 2 {
				t.Errorf("got %d records, want 2", got)
			}
		})
	}
}

func TestACompressorThatWasAcceptedStays(t *testing.T) {
	var status atomic.Int32
	status.Store(200)
	var j journal
	s := to(t, server(t, j.taking(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(int(status.Load())) })), WithCompressor(fixed{}))
	if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
		t.Fatal(err)
	}
	for _, code := range []int{400, 503, 413} {
		status.Store(int32(code))
		failureOf(t, s.Export(t.Context(), some(t, 1).Batch))
	}
	status.Store(200)
	if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
		t.Fatal(err)
	}
	if r, _ := j.last(t); j.len() != 5 || r.Header.Get("Content-Encoding") != "x-mark" {
		t.Errorf("got %d requests, the last with %q", j.len(), r.Header.Get("Content-Encoding"))
	}
}

func TestABadBatchDoesNotCondemnACompressor(t *testing.T) {
	var j journal
	s := to(t, server(t, j.taking(answering(400, "bad record"))), WithCompressor(fixed{}))
	if e := failureOf(t, s.Export(t.Context(), some(t, 1).Batch)); e.Kind != sink.Invalid {
		t.Errorf("got %v, want invalid", e)
	}
	if got := s.balancer.endpoints[0].verdict.Load(); got != untried || j.len() != 2 {
		t.Errorf("got verdict %d after %d requests, want none after 2", got, j.len())
	}
}

func TestACompressorThatFailsIsAnError(t *testing.T) {
	var j journal
	s := to(t, server(t, j.taking(answering(200, ""))), WithCompressor(fixed{io.ErrShortBuffer}))
	e := failureOf(t, s.Export(t.Context(), some(t, 1).Batch))
	if e.Kind != sink.Invalid || !errors.Is(e, io.ErrShortBuffer) || j.len() != 0 {
		t.Errorf("got %v and %d requests", e, j.len())
	}
}
