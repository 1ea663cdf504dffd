package oracle

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"google.golang.org/grpc/codes"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otelexporter"
	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// patience is how long an export may take here. The exporters wait longer for
// a server that does not answer, or says to wait.
const patience = 300 * time.Millisecond

// A probe passes one outcome on and tells the stream that all is well.
type probe struct {
	sink.Sink
	outcome chan error
}

// Export implements [sink.Sink].
func (p probe) Export(ctx context.Context, b *sink.Batch) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p.outcome <- p.Sink.Export(ctx, b)
	return nil
}

// outcomeOf returns what the sink of an exporter makes of three records.
func outcomeOf(t *testing.T, exp sdklog.Exporter) *sink.Error {
	t.Helper()
	k, err := otelexporter.New(exp)
	if err != nil {
		t.Fatal(err)
	}
	p := probe{k, make(chan error, 1)}
	// One batch: nothing but the end of the stream sends it.
	s := newStream(t, p, stream.WithLinger(time.Minute))
	logger := slog.New(slogbridge.NewHandler(s))
	for range 3 {
		logger.Info("hello")
	}
	shutdown(t, s)
	return sink.AsError(<-p.outcome)
}

// The rules of otelexporter go by the words of the official exporters. These
// tests hold them.
func TestAnswersOfAServerAreUnderstood(t *testing.T) {
	once := 50 * time.Millisecond // how long an exporter retries, where it does
	for _, tt := range []struct {
		name  string
		fault otlptest.Fault
		want  sink.Kind
		after time.Duration // over gRPC
	}{
		{"unavailable", otlptest.Status(codes.Unavailable, "later"), sink.Retry, 0},
		{"throttled", otlptest.StatusRetryInfo(codes.ResourceExhausted, "later", time.Hour), sink.Retry, time.Hour},
		{"too large", otlptest.Status(codes.ResourceExhausted, "too large"), sink.TooLarge, 0},
		{"no credential", otlptest.Status(codes.Unauthenticated, "who?"), sink.Refused, 0},
		{"not allowed", otlptest.Status(codes.PermissionDenied, "no"), sink.Refused, 0},
		{"no such service", otlptest.Status(codes.Unimplemented, "what?"), sink.Refused, 0},
		{"bad data", otlptest.Status(codes.InvalidArgument, "bad: data (1 logs rejected)"), sink.Invalid, 0},
		{"broken", otlptest.Status(codes.Internal, "broken"), sink.Invalid, 0},
		{"connection cut", otlptest.Reset(), sink.Retry, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, retry := range []bool{false, true} {
				srv := newServer(t)
				srv.SetFault(tt.fault)
				e := outcomeOf(t, grpcExporter(t, srv, otlploggrpc.WithRetry(otlploggrpc.RetryConfig{
					Enabled: retry, InitialInterval: 1, MaxInterval: time.Millisecond, MaxElapsedTime: once,
				})))
				if e == nil || e.Kind != tt.want || e.Rejected != 0 || e.RetryAfter != tt.after {
					t.Errorf("otlploggrpc, retry %v: got %+v, want %v", retry, e, tt.want)
				}
				e = outcomeOf(t, httpExporter(t, srv, otlploghttp.WithRetry(otlploghttp.RetryConfig{
					Enabled: retry, InitialInterval: 1, MaxInterval: time.Millisecond, MaxElapsedTime: once,
				})))
				if e == nil || e.Kind != tt.want || e.Rejected != 0 {
					t.Errorf("otlploghttp, retry %v: got %+v, want %v", retry, e, tt.want)
				}
			}
		})
	}
}

func TestStatusesOfHTTPAreUnderstood(t *testing.T) {
	srv := newServer(t)
	for status, want := range map[int]sink.Kind{
		http.StatusFound: sink.Refused, http.StatusBadRequest: sink.Invalid, http.StatusUnauthorized: sink.Refused,
		http.StatusNotFound: sink.Refused, http.StatusMethodNotAllowed: sink.Refused, http.StatusRequestEntityTooLarge: sink.TooLarge,
		http.StatusTooManyRequests: sink.Retry, http.StatusInternalServerError: sink.Invalid, http.StatusBadGateway: sink.Retry,
		http.StatusServiceUnavailable: sink.Retry, http.StatusGatewayTimeout: sink.Retry,
	} {
		for _, body := range []string{"", "failed to send logs to x: 200 (rpc error: code = OK)"} {
			srv.SetFault(otlptest.HTTPStatus(status, body))
			e := outcomeOf(t, httpExporter(t, srv, otlploghttp.WithRetry(otlploghttp.RetryConfig{})))
			if e == nil || e.Kind != want {
				t.Errorf("%d %q: got %+v, want %v", status, body, e, want)
			}
		}
	}
}

func TestPartialSuccessIsUnderstood(t *testing.T) {
	for _, tt := range []struct {
		fault otlptest.Fault
		want  int // rejected
	}{
		{otlptest.PartialSuccess(2, "too (5 logs rejected) old"), 2},
		{otlptest.PartialSuccess(1, ""), 1},
		{otlptest.PartialSuccess(1<<40, "all"), 3},
		{otlptest.PartialSuccess(0, "deprecated"), 0},
		{otlptest.PartialSuccess(-1, "what"), 0},
	} {
		srv := newServer(t)
		srv.SetFault(tt.fault)
		for name, exp := range map[string]sdklog.Exporter{"otlploggrpc": grpcExporter(t, srv), "otlploghttp": httpExporter(t, srv)} {
			switch e := outcomeOf(t, exp); {
			case tt.want == 0 && e != nil:
				t.Errorf("%s, %v: got %+v, want success", name, tt.fault, e)
			case tt.want > 0 && (e == nil || e.Rejected != tt.want):
				t.Errorf("%s, %v: got %+v, want %d rejected", name, tt.fault, e, tt.want)
			}
		}
	}
}

func TestLimitsOfAnExporterAreUnderstood(t *testing.T) {
	srv := newServer(t)
	for name, exp := range map[string]sdklog.Exporter{
		"otlploggrpc": grpcExporter(t, srv, otlploggrpc.WithMaxRequestSize(10)),
		"otlploghttp": httpExporter(t, srv, otlploghttp.WithMaxRequestSize(10)),
	} {
		if e := outcomeOf(t, exp); e == nil || e.Kind != sink.TooLarge {
			t.Errorf("%s: got %+v, want too large", name, e)
		}
	}
}

func TestTimeOutsAreTriedAgain(t *testing.T) {
	for name, with := range map[string]func(*otlptest.Server) sdklog.Exporter{
		"otlploggrpc": func(srv *otlptest.Server) sdklog.Exporter {
			return grpcExporter(t, srv, otlploggrpc.WithTimeout(50*time.Millisecond))
		},
		"otlploghttp": func(srv *otlptest.Server) sdklog.Exporter {
			return httpExporter(t, srv, otlploghttp.WithTimeout(50*time.Millisecond))
		},
	} {
		srv := newServer(t)
		srv.SetFault(otlptest.Hang())
		if e := outcomeOf(t, with(srv)); e == nil || e.Kind != sink.Retry {
			t.Errorf("%s, nothing answers: got %+v, want it tried again", name, e)
		}
		// The exporter has an answer and waits for its next attempt.
		srv.SetFault(otlptest.StatusRetryInfo(codes.ResourceExhausted, "later", 20*time.Second))
		if e := outcomeOf(t, with(srv)); e == nil || e.Kind != sink.Retry {
			t.Errorf("%s, throttled: got %+v, want it tried again", name, e)
		}
		if err := srv.Stop(); err != nil {
			t.Fatal(err)
		}
		if e := outcomeOf(t, with(srv)); e == nil || e.Kind != sink.Retry {
			t.Errorf("%s, nobody listens: got %+v, want it tried again", name, e)
		}
	}
}

// An exporter that somebody else has shut down says so.
func TestAnExporterThatIsShutDownRefuses(t *testing.T) {
	srv := newServer(t)
	for name, exp := range map[string]sdklog.Exporter{"otlploggrpc": grpcExporter(t, srv), "otlploghttp": httpExporter(t, srv)} {
		if err := exp.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		e := outcomeOf(t, exp)
		if e == nil || e.Kind != sink.Refused || !errors.Is(e, sdklog.ErrExporterShutdown) {
			t.Errorf("%s: got %+v, want it refused", name, e)
		}
	}
}

// Ten bad seconds cost the SDK its batches; here the same exporter delivers all.
func TestAnOutageThatAnExporterGivesUpOnLosesNothing(t *testing.T) {
	srv := newServer(t)
	srv.SetFault(otlptest.Status(codes.Unavailable, "outage").Times(20))
	k := newExporterSink(t, grpcExporter(t, srv, otlploggrpc.WithRetry(otlploggrpc.RetryConfig{})))
	s := newStream(t, k, stream.WithRetry(time.Millisecond, time.Millisecond), stream.WithErrorHandler(func(error) {}))
	logger := slog.New(slogbridge.NewHandler(s))
	for i := range 1000 {
		logger.Info("hello", "i", i)
	}
	shutdown(t, s)
	if st := s.Stats(); srv.Count() != 1000 || st.Routes[0].Delivered != 1000 || st.Check() != nil {
		t.Errorf("got %d records and %v, want 1000", srv.Count(), st)
	}
}
