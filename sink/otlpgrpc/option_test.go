package otlpgrpc

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otlptest"
)

func TestNewReturnsAllProblemsAtOnce(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/no/such/key")
	_, err := New(
		nil,
		WithEndpointURL("localhost:4317"),
		WithHeaders(map[string]string{"te": "x", "a b": "s3cr3t"}),
		WithTimeout(-time.Second),
		WithCompression(99),
		WithMaxRequestSize(0),
		WithMaxResponseSize(-1),
	)
	if err == nil {
		t.Fatal("got no error")
	}
	for _, want := range []string{"otlpgrpc: ", "option 1", "WithEndpointURL", "WithHeaders", "WithTimeout: -1s", "WithCompression: 99", "WithMaxRequestSize: 0 is below 1", "WithMaxResponseSize: -1 is below 1", "OTEL_EXPORTER_OTLP_CLIENT_KEY"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got error %q, want %q in it", err, want)
		}
	}
	if strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("got error %q with a credential", err)
	}
}

func TestBadOptions(t *testing.T) {
	for _, tt := range []struct {
		name string
		opts []Option
		want string
	}{
		{"an endpoint with a path", []Option{WithEndpoint("https://h/v1/logs")}, "WithEndpoint"},
		{"an endpoint with a password", []Option{WithEndpoint("https://u:s3cr3t@h")}, "header"},
		{"insecure with https", []Option{WithEndpoint("https://h"), WithInsecure()}, "WithInsecure"},
		{"the zero compression", []Option{WithCompression(0)}, "WithCompression"},
		{"a header that gRPC sets", []Option{WithHeaders(map[string]string{"User-Agent": "me"})}, "user-agent"},
		{"a dial option that gRPC refuses", []Option{WithDialOption(grpc.WithDefaultServiceConfig("{"))}, "service config"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(tt.opts...)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("got %v, want an error with %q in it", err, tt.want)
			}
		})
	}
}

func TestTheLaterOptionWins(t *testing.T) {
	srv := receiver(t)
	s := open(t, WithEndpointURL("http://192.0.2.1:1"), WithTimeout(1), WithEndpoint(srv.Endpoint()), WithTimeout(time.Minute))
	if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
		t.Error(err)
	}
}

func TestNewNeedsNoServer(t *testing.T) {
	s := open(t)
	if got, want := s.lane.links.target, "dns:///localhost:4317"; got != want {
		t.Errorf("got target %q, want %q", got, want)
	}
	if s.timeout != 10*time.Second || s.lane.format != gzipped {
		t.Errorf("got timeout %v and format %q, want 10s and gzip", s.timeout, s.lane.format.name)
	}
}

func TestLimitsTellTheTimeoutAndTheSize(t *testing.T) {
	s := open(t, WithEndpointURL("http://192.0.2.1:1"), WithTimeout(42*time.Second))
	if got, want := s.Limits(), (sink.Limits{MaxBatchBytes: 64 << 20, Timeout: 42 * time.Second}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	s = open(t, WithMaxRequestSize(1000))
	if got := s.Limits().MaxBatchBytes; got != 1000 {
		t.Errorf("got %d bytes, want 1000", got)
	}
}

func TestARequestAboveTheBoundIsNotSent(t *testing.T) {
	srv := receiver(t)
	s := to(t, srv, WithMaxRequestSize(1000))
	e := failure(t, s.Export(t.Context(), some(t, 100).Batch))
	if e.Kind != sink.TooLarge || !strings.Contains(e.Error(), "above the limit of 1000") || srv.Stats().Requests != 0 {
		t.Errorf("got %v after %d requests, want too large before the first", e, srv.Stats().Requests)
	}
	if err := s.Export(t.Context(), some(t, 5).Batch); err != nil {
		t.Errorf("a small one: %v", err)
	}
}

func TestAnAnswerAboveTheBoundIsNotAskedForAgain(t *testing.T) {
	srv := receiver(t)
	srv.Script(otlptest.PartialSuccess(1, strings.Repeat("x", 100)), otlptest.PartialSuccess(1, strings.Repeat("x", 80)))
	s := to(t, srv, WithMaxResponseSize(100))
	if e := failure(t, s.Export(t.Context(), some(t, 5).Batch)); e.Kind != sink.Invalid || e.Rejected != 5 {
		t.Errorf("above: got %+v, want all 5 rejected", e)
	}
	if e := failure(t, s.Export(t.Context(), some(t, 5).Batch)); e.Rejected != 1 {
		t.Errorf("below: got %+v, want 1 rejected", e)
	}
}
