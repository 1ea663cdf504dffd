package otlpgrpc

import (
	"context"
	"crypto/tls"
	"net"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"

	"github.com/logstream-go/logstream/sink/otlptest"
)

func TestEndpoints(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "otlp.sock")
	unix := receiver(t, otlptest.WithUnixSocket(socket))
	tcp := receiver(t)
	memory := receiver(t, otlptest.WithInMemory())
	addr := strings.TrimPrefix(tcp.Endpoint(), "http://")
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		srv  *otlptest.Server
		opts []Option
	}{
		{"http://host:port", tcp, []Option{WithEndpoint("http://" + addr)}},
		{"http://host:port as a URL", tcp, []Option{WithEndpointURL("http://" + addr + "/")}},
		{"host:port", tcp, []Option{WithEndpoint(addr), WithInsecure()}},
		{"dns:///localhost:port", tcp, []Option{WithEndpoint("dns:///localhost:" + port), WithInsecure()}},
		{"unix:path", unix, []Option{WithEndpoint("unix:" + socket)}},
		{"unix:///path", unix, []Option{WithEndpoint("unix://" + socket)}},
		{"a dialer", memory, []Option{WithEndpoint("passthrough:///memory"), WithInsecure(), WithDialOption(grpc.WithContextDialer(memory.Dialer()))}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := tt.srv.Count()
			if err := open(t, tt.opts...).Export(t.Context(), some(t, 3).Batch); err != nil {
				t.Fatal(err)
			}
			if got := tt.srv.Count() - before; got != 3 {
				t.Errorf("got %d records, want 3", got)
			}
		})
	}
}

func TestTheEnvironmentNamesTheEndpoint(t *testing.T) {
	srv := receiver(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", srv.Endpoint())
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b")
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
	if err := open(t).Export(t.Context(), some(t, 1).Batch); err != nil {
		t.Fatal(err)
	}
	req := srv.Requests()[0]
	if got := req.Header["api-key"]; len(got) != 1 || got[0] != "a b" {
		t.Errorf("got api-key %q, want one %q", got, "a b")
	}
	if req.Compression != "" {
		t.Errorf("got compression %q, want none", req.Compression)
	}
}

func TestRequestsGoToAllAddressesInTurn(t *testing.T) {
	const servers, exports = 3, 30
	var counts [servers]atomic.Int64
	var addrs []resolver.Address
	for i := range servers {
		svc := logsService{got: func(*collogpb.ExportLogsServiceRequest) { counts[i].Add(1) }}
		addrs = append(addrs, resolver.Address{Addr: serve(t, listen(t), svc)})
	}
	names := manual.NewBuilderWithScheme("dns") // in place of the real one, on this connection only
	names.InitialState(resolver.State{Addresses: addrs})
	s := open(t, WithEndpoint("dns:///collectors"), WithInsecure(), WithCompression(NoCompression),
		WithDialOption(grpc.WithResolvers(names)))

	// The connections come up one after the other; after that the turns are even.
	warm := func() bool {
		for i := range counts {
			if counts[i].Load() == 0 {
				return false
			}
		}
		return true
	}
	for i := 0; !warm(); i++ {
		if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
			t.Fatal(err)
		}
		if i == 10_000 {
			t.Fatal("some server never got a request")
		}
	}
	var before [servers]int64
	for i := range counts {
		before[i] = counts[i].Load()
	}
	for range exports {
		if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
			t.Fatal(err)
		}
	}
	for i := range counts {
		if got := counts[i].Load() - before[i]; got != exports/servers {
			t.Errorf("server %d: got %d requests, want %d", i, got, exports/servers)
		}
	}
}

func TestInterceptorsAndCallOptionsDoNotGetInTheWay(t *testing.T) {
	srv := receiver(t)
	srv.Script(otlptest.Reset())
	calls := 0
	twice := func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		calls++
		if err := invoke(ctx, method, req, reply, cc, opts...); err == nil {
			return nil
		}
		return invoke(ctx, method, req, reply, cc, opts...)
	}
	s := to(t, srv, WithDialOption(
		grpc.WithUnaryInterceptor(twice),
		grpc.WithDefaultCallOptions(grpc.UseCompressor("gzip"), grpc.WaitForReady(true)),
	))
	if err := s.Export(t.Context(), some(t, 100).Batch); err != nil {
		t.Fatal(err)
	}
	if calls != 1 || srv.Count() != 100 {
		t.Errorf("got %d calls and %d records, want 1 and 100", calls, srv.Count())
	}
}

// What a dial option says wins, transport security included.
func TestCredentialsOfADialOptionWin(t *testing.T) {
	a := newAuthority(t)
	addr := strings.TrimPrefix(secure(t, a).Endpoint(), "https://")
	creds := credentials.NewTLS(&tls.Config{RootCAs: a.pool()})
	s := open(t, WithEndpoint(addr), WithInsecure(), WithDialOption(grpc.WithTransportCredentials(creds)))
	if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
		t.Error(err)
	}
}
