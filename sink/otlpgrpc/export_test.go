package otlpgrpc

import (
	"fmt"
	"strings"
	"testing"

	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/sink/sinktest"
)

var compressions = []struct {
	name string
	opt  Compression
	wire string
}{
	{"gzip", GzipCompression, "gzip"},
	{"none", NoCompression, ""},
}

func TestExportDeliversEveryRecord(t *testing.T) {
	for _, c := range compressions {
		for _, n := range []int{1, 1000} {
			t.Run(fmt.Sprintf("%s %d", c.name, n), func(t *testing.T) {
				srv := receiver(t)
				s := to(t, srv, WithCompression(c.opt))
				b := some(t, n)
				if err := s.Export(t.Context(), b.Batch); err != nil {
					t.Fatal(err)
				}
				got, err := srv.Wait(t.Context(), n)
				if err != nil {
					t.Fatal(err)
				}
				for i, r := range got {
					if want := fmt.Sprintf("message %d", i); r.Body != want {
						t.Fatalf("record %d: got body %v, want %v", i, r.Body, want)
					}
					if r.Resource.Attributes["service.name"] != "sinktest" || r.Scope.Name != "sinktest" {
						t.Fatalf("record %d: got resource %v and scope %v", i, r.Resource, r.Scope)
					}
				}
				req := srv.Requests()
				if len(req) != 1 || req[0].Compression != c.wire {
					t.Fatalf("got %d requests, compression %q; want 1 with %q", len(req), req[0].Compression, c.wire)
				}
				if want := len(b.AppendRequest(nil)); req[0].Size != want {
					t.Errorf("got a request of %d bytes, want %d", req[0].Size, want)
				}
				if ua := strings.Join(req[0].Header["user-agent"], ""); !strings.HasPrefix(ua, "logstream-otlp-grpc/") {
					t.Errorf("got User-Agent %q", ua)
				}
			})
		}
	}
}

func TestAnEmptyBatchIsNotSent(t *testing.T) {
	srv := receiver(t)
	s := to(t, srv)
	if err := s.Export(t.Context(), sinktest.Texts(t, 0, nil).Batch); err != nil {
		t.Fatal(err)
	}
	if n := srv.Stats().Requests; n != 0 {
		t.Errorf("got %d requests, want 0", n)
	}
}

func TestExportsMayRunAtOnceConcurrentSafe(t *testing.T) {
	srv := receiver(t, otlptest.WithDiscard())
	s := to(t, srv)
	const workers, each, n = 8, 20, 50
	errs := make(chan error, workers)
	for range workers {
		go func() {
			for range each {
				if err := s.Export(t.Context(), some(t, n).Batch); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range workers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if got := srv.Count(); got != workers*each*n {
		t.Errorf("got %d records, want %d", got, workers*each*n)
	}
}
