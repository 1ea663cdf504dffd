package stream_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otlpgrpc"
	"github.com/logstream-go/logstream/sink/otlphttp"
	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// receiver starts an OTLP receiver, and returns a sink that sends to it.
func receiver(t *testing.T, grpc bool) (*otlptest.Server, sink.Sink) {
	t.Helper()
	srv, err := otlptest.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	var k sink.Sink
	if grpc {
		k, err = otlpgrpc.New(otlpgrpc.WithEndpointURL(srv.Endpoint()))
	} else {
		k, err = otlphttp.New(otlphttp.WithEndpointURL(srv.HTTPURL()), otlphttp.WithTimeout(500*time.Millisecond))
	}
	if err != nil {
		t.Fatal(err)
	}
	return srv, k
}

// Four receivers on loopback, over HTTP and gRPC: the first one refuses for a while
// and its fallback serves, one takes severe records only, and one hangs.
func TestRoutesToReceiversOnLoopback(t *testing.T) {
	mainSrv, mainSink := receiver(t, false)
	backupSrv, backupSink := receiver(t, true)
	severeSrv, severeSink := receiver(t, true)
	hungSrv, hungSink := receiver(t, false)
	hungSrv.SetFault(otlptest.Hang())
	mainSrv.Script(otlptest.OK(), otlptest.HTTPStatus(http.StatusUnauthorized, "who are you?").For(1500*time.Millisecond))

	s, err := stream.New(mainSink,
		stream.WithFallback(backupSink),
		stream.WithFailoverAfter(time.Second),
		stream.WithRetry(10*time.Millisecond, 100*time.Millisecond),
		stream.WithLinger(time.Millisecond),
		stream.WithErrorHandler(func(error) {}),
		stream.WithRoute("severe", severeSink, stream.WithRouteLevel(slog.LevelError)),
		stream.WithRoute("hung", hungSink))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slogbridge.NewHandler(s))
	const n = 400
	for i := range n {
		log.Log(t.Context(), []slog.Level{slog.LevelInfo, slog.LevelError}[i%2], "x", "i", i)
		<-time.After(5 * time.Millisecond)
	}

	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := s.Shutdown(ctx); err == nil || !strings.Contains(err.Error(), "hung") {
		t.Errorf("got %v from Shutdown, want that the route hung is incomplete", err)
	}
	hungSrv.ClearFault()
	ctx, cancel = context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Error(err)
	}

	st := s.Stats()
	if err := st.Check(); err != nil {
		t.Error(err)
	}
	if got := mainSrv.Count() + backupSrv.Count(); got != n || st.Routes[0].Delivered != n {
		t.Errorf("got %d at the first receiver and %d at its fallback, want %d together", mainSrv.Count(), backupSrv.Count(), n)
	}
	if by := st.Routes[0].Fallbacks[0].Delivered; by == 0 || by != uint64(backupSrv.Count()) {
		t.Errorf("the ledger has %d by the fallback, which got %d", by, backupSrv.Count())
	}
	if got := severeSrv.Count(); got != n/2 {
		t.Errorf("got %d severe records, want %d", got, n/2)
	}
	if got := hungSrv.Count(); got < n || st.Routes[2].Delivered != n {
		t.Errorf("got %d at the receiver that hung, want %d", got, n)
	}
	t.Log(st)
}
