package otlptest_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/logstream-go/logstream/sink/otlptest"
)

func TestEndpointIsReachableAsItIs(t *testing.T) {
	serverTLS, roots := certificate(t)
	plain := insecure.NewCredentials()
	socket := filepath.Join(t.TempDir(), "otlp.sock")
	tests := map[string]struct {
		opts   []otlptest.Option
		prefix string
		creds  credentials.TransportCredentials
		target func(endpoint string) string
	}{
		"TCP":     {nil, "http://127.0.0.1:", plain, nil},
		"address": {[]otlptest.Option{otlptest.WithAddress("localhost:0")}, "http://", plain, nil},
		"TLS":     {[]otlptest.Option{otlptest.WithTLS(serverTLS)}, "https://127.0.0.1:", credentials.NewTLS(&tls.Config{RootCAs: roots}), nil},
		"Unix":    {[]otlptest.Option{otlptest.WithUnixSocket(socket)}, "unix://" + socket, plain, func(e string) string { return e }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			srv := newServer(t, tt.opts...)
			if got := srv.Endpoint(); !strings.HasPrefix(got, tt.prefix) {
				t.Fatalf("endpoint: got %q, want %q and so on", got, tt.prefix)
			}
			target := hostport(srv)
			if tt.target != nil {
				target = tt.target(srv.Endpoint())
			}
			c := dial(t, target, grpc.WithTransportCredentials(tt.creds))
			if got := send(t, c, 3); got != codes.OK {
				t.Errorf("got %v, want OK", got)
			}
			counts(t, srv, 3, 1)
		})
	}
}

func TestEndpointOfARelativeSocketIsAbsolute(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	srv := newServer(t, otlptest.WithUnixSocket("s"))
	if want := "unix://" + filepath.Join(dir, "s"); srv.Endpoint() != want {
		t.Errorf("got %q, want %q", srv.Endpoint(), want)
	}
}

func TestDialerReachesEveryKindOfListener(t *testing.T) {
	serverTLS, roots := certificate(t)
	tests := map[string]struct {
		opts  []otlptest.Option
		creds credentials.TransportCredentials
	}{
		"TCP":                {nil, insecure.NewCredentials()},
		"Unix":               {[]otlptest.Option{otlptest.WithUnixSocket(filepath.Join(t.TempDir(), "s"))}, insecure.NewCredentials()},
		"in memory":          {[]otlptest.Option{otlptest.WithInMemory()}, insecure.NewCredentials()},
		"in memory with TLS": {[]otlptest.Option{otlptest.WithInMemory(), otlptest.WithTLS(serverTLS)}, credentials.NewTLS(&tls.Config{RootCAs: roots, ServerName: "127.0.0.1"})},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			srv := newServer(t, tt.opts...)
			// Resolved as a client would resolve the endpoint, not as an
			// opaque name.
			c := dial(t, "dns:///127.0.0.1:1", grpc.WithTransportCredentials(tt.creds), grpc.WithContextDialer(srv.Dialer()))
			srv.Script(otlptest.Reset())
			if got := send(t, c, 1); got != codes.Unavailable {
				t.Errorf("Reset: got %v, want Unavailable", got)
			}
			if _, err := c.Export(within(t), batch(0, 1), grpc.WaitForReady(true)); err != nil {
				t.Errorf("got %v, want nil", err)
			}
			counts(t, srv, 1, 2)
		})
	}
}

func TestWithTLSCanAskForClientCertificates(t *testing.T) {
	cfg, roots := certificate(t)
	cfg.ClientCAs, cfg.ClientAuth = roots, tls.RequireAndVerifyClientCert
	srv := newServer(t, otlptest.WithTLS(cfg))
	for name, tt := range map[string]struct {
		certs []tls.Certificate
		want  codes.Code
	}{
		"without": {nil, codes.Unavailable},
		"with":    {cfg.Certificates, codes.OK},
	} {
		c := dial(t, hostport(srv), grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: roots, Certificates: tt.certs})))
		if got := send(t, c, 1); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
	counts(t, srv, 1, 1)
}

func TestAPlaintextClientOfATLSReceiverFails(t *testing.T) {
	cfg, _ := certificate(t)
	srv := newServer(t, otlptest.WithTLS(cfg))
	if got := send(t, dial(t, hostport(srv), plaintext), 1); got != codes.Unavailable {
		t.Errorf("got %v, want Unavailable", got)
	}
	counts(t, srv, 0, 0)
}

func TestResetAndSlowReadWorkThroughTLS(t *testing.T) {
	cfg, roots := certificate(t)
	srv := newServer(t, otlptest.WithTLS(cfg))
	c := dial(t, hostport(srv), grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: roots})))
	const n = 1000
	rate := 10 * batchSize(batch(0, n)) // a tenth of a second
	srv.Script(otlptest.Reset(), otlptest.SlowRead(rate))
	if got := send(t, c, n); got != codes.Unavailable {
		t.Errorf("Reset: got %v, want Unavailable", got)
	}
	start := time.Now()
	if _, err := c.Export(within(t), batch(0, n), grpc.WaitForReady(true)); err != nil || time.Since(start) < 90*time.Millisecond {
		t.Errorf("SlowRead: got %v after %v, want nil after 100 ms", err, time.Since(start))
	}
	counts(t, srv, n, 2)
}

func TestFaultsOutliveStopAndRestart(t *testing.T) {
	srv := newServer(t, otlptest.WithInMemory())
	c := newClient(t, srv, grpc.WithConnectParams(quick))
	srv.Script(otlptest.OK(), otlptest.Status(codes.NotFound, ""))
	srv.SetFault(otlptest.Status(codes.DataLoss, ""))
	if got := send(t, c, 1); got != codes.OK {
		t.Errorf("got %v, want OK", got)
	}
	if err := srv.Restart(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []codes.Code{codes.NotFound, codes.DataLoss, codes.DataLoss} {
		if _, err := c.Export(within(t), batch(0, 1), grpc.WaitForReady(true)); status.Code(err) != want {
			t.Errorf("restarted: got %v, want %v", err, want)
		}
	}
	srv.ClearFault()
	if got := send(t, c, 1); got != codes.OK {
		t.Errorf("cleared: got %v, want OK", got)
	}
	counts(t, srv, 2, 5)
}

func TestStopRefusesAndRestartComesBackOnTheSameAddress(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "otlp.sock")
	for name, opts := range map[string][]otlptest.Option{
		"TCP": nil, "in memory": {otlptest.WithInMemory()}, "Unix": {otlptest.WithUnixSocket(socket)},
	} {
		t.Run(name, func(t *testing.T) {
			srv := newServer(t, opts...)
			endpoint := srv.Endpoint()
			c := newClient(t, srv, grpc.WithConnectParams(quick))
			if got := send(t, c, 1); got != codes.OK {
				t.Fatalf("got %v, want OK", got)
			}
			for range 2 {
				if err := srv.Stop(); err != nil {
					t.Fatalf("Stop: got %v, want nil", err)
				}
			}
			if got := send(t, c, 1); got != codes.Unavailable {
				t.Errorf("stopped: got %v, want Unavailable", got)
			}
			_, err := srv.Dialer()(within(t), "")
			if !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, syscall.ENOENT) {
				t.Errorf("stopped: dial got %v, want refused", err)
			}
			for range 2 { // the second restarts a running receiver
				if err := srv.Restart(); err != nil {
					t.Fatalf("Restart: got %v, want nil", err)
				}
			}
			if got := srv.Endpoint(); got != endpoint {
				t.Errorf("endpoint: got %q, want %q as before", got, endpoint)
			}
			if _, err := c.Export(within(t), batch(1, 1), grpc.WaitForReady(true)); err != nil {
				t.Errorf("restarted: got %v, want nil", err)
			}
			if got, want := numbers(srv.Records()), []int64{0, 1}; !slices.Equal(got, want) {
				t.Errorf("records: got %v, want %v", got, want)
			}
		})
	}
}

func TestStopCutsRequestsInProgress(t *testing.T) {
	srv := newServer(t)
	c := newClient(t, srv)
	srv.Script(otlptest.Hang())
	failed := make(chan codes.Code)
	go func() { failed <- send(t, c, 1) }()
	if _, err := srv.WaitRequests(within(t), 1); err != nil {
		t.Fatal(err)
	}
	if err := srv.Stop(); err != nil {
		t.Fatal(err)
	}
	if got := <-failed; got != codes.Unavailable {
		t.Errorf("got %v, want Unavailable", got)
	}
	counts(t, srv, 0, 1)
}

func TestRestartFailsWhenThePortIsTaken(t *testing.T) {
	srv := newServer(t)
	if err := srv.Stop(); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", hostport(srv))
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Restart(); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("got %v, want EADDRINUSE", err)
	}
	l.Close()
	if err := srv.Restart(); err != nil {
		t.Errorf("once free: got %v, want nil", err)
	}
	if got := send(t, newClient(t, srv), 1); got != codes.OK {
		t.Errorf("got %v, want OK", got)
	}
}

func TestRestartWaitsForAPortThatIsTakenForAMoment(t *testing.T) {
	srv := newServer(t)
	if err := srv.Stop(); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", hostport(srv))
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, func() { l.Close() })
	if err := srv.Restart(); err != nil {
		t.Errorf("got %v, want nil", err)
	}
}

func TestCloseWaitsForRequestsInProgress(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *otlptest.Server) {
		entered, leave := make(chan struct{}), make(chan struct{})
		srv.SetFault(otlptest.RejectIf(func(otlptest.Record) bool {
			close(entered)
			<-leave
			return true
		}))
		c := newClient(t, srv)
		var wg sync.WaitGroup
		wg.Go(func() { send(t, c, 1) })
		<-entered
		closed := make(chan error, 1)
		wg.Go(func() { closed <- srv.Close() })
		synctest.Wait()
		if len(closed) != 0 {
			t.Error("Close returned while a request was in progress")
		}
		close(leave)
		wg.Wait()
		if err := <-closed; err != nil {
			t.Errorf("got %v, want nil", err)
		}
	})
}

func TestCloseIsFinalAndKeepsWhatArrived(t *testing.T) {
	srv := newServer(t)
	c := newClient(t, srv)
	send(t, c, 2)
	waited := make(chan error, 2)
	go func() {
		records, err := srv.Wait(t.Context(), 3)
		if len(records) != 2 {
			t.Errorf("Wait: got %d records, want the 2 there are", len(records))
		}
		waited <- err
	}()
	go func() {
		_, err := srv.WaitRequests(t.Context(), 2)
		waited <- err
	}()
	for range 2 {
		if err := srv.Close(); err != nil {
			t.Errorf("Close: got %v, want nil", err)
		}
	}
	for range 2 {
		if err := <-waited; !errors.Is(err, otlptest.ErrClosed) {
			t.Errorf("waiting: got %v, want ErrClosed", err)
		}
	}
	if err := srv.Restart(); !errors.Is(err, otlptest.ErrClosed) {
		t.Errorf("Restart: got %v, want ErrClosed", err)
	}
	if err := srv.Stop(); err != nil {
		t.Errorf("Stop: got %v, want nil", err)
	}
	if records, err := srv.Wait(t.Context(), 2); err != nil || len(records) != 2 {
		t.Errorf("Wait for what is there: got %d, %v, want 2, nil", len(records), err)
	}
	counts(t, srv, 2, 1)
}

func TestWaitSaysHowManyCame(t *testing.T) {
	srv := newServer(t)
	send(t, newClient(t, srv), 2)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	records, err := srv.Wait(ctx, 3)
	if len(records) != 2 || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "2 of 3 records") {
		t.Errorf("got %d records and %v, want 2 and a deadline that says 2 of 3 records", len(records), err)
	}
	requests, err := srv.WaitRequests(ctx, 2)
	if len(requests) != 1 || err == nil || !strings.Contains(err.Error(), "1 of 2 requests") {
		t.Errorf("got %d requests and %v, want 1 and an error that says 1 of 2 requests", len(requests), err)
	}
}

func TestWaitReturnsOnceTheRecordsAreThere(t *testing.T) {
	srv := newServer(t)
	c := newClient(t, srv)
	got := make(chan []otlptest.Record)
	go func() {
		records, err := srv.Wait(t.Context(), 5)
		if err != nil {
			t.Error(err)
		}
		got <- records
	}()
	for i := range 3 {
		if _, err := c.Export(t.Context(), batch(2*i, 2)); err != nil {
			t.Fatal(err)
		}
	}
	if n := numbers(<-got); !slices.Equal(n, []int64{0, 1, 2, 3, 4, 5}) {
		t.Errorf("got %v, want 0 to 5", n)
	}
}

func TestResetMakesTheReceiverAsNew(t *testing.T) {
	srv := newServer(t)
	c := newClient(t, srv)
	srv.Script(otlptest.OK(), otlptest.TooLarge(), otlptest.Hang())
	srv.SetFault(otlptest.Hang())
	send(t, c, 2)
	send(t, c, 2)
	before := srv.Records()
	srv.Reset()
	if got := srv.Stats(); got != (otlptest.Stats{}) {
		t.Errorf("stats: got %+v, want zero", got)
	}
	counts(t, srv, 0, 0)
	if _, err := c.Export(t.Context(), batch(7, 1)); err != nil {
		t.Errorf("got %v, want no fault left", err)
	}
	if got := numbers(before); !slices.Equal(got, []int64{0, 1}) {
		t.Errorf("records from before: got %v, want them unchanged", got)
	}
	if got := numbers(srv.Records()); !slices.Equal(got, []int64{7}) {
		t.Errorf("records: got %v, want 7", got)
	}
}

func TestRequestsTellWhatTheClientSent(t *testing.T) {
	srv := newServer(t)
	c := newClient(t, srv, grpc.WithUserAgent("probe/1.0"))
	ctx := metadata.AppendToOutgoingContext(t.Context(), "Authorization", "Bearer x", "k", "1", "k", "2")
	start := time.Now()
	req := batch(0, 40)
	if _, err := c.Export(ctx, req); err != nil {
		t.Fatal(err)
	}
	got := srv.Requests()[0]
	if got.Records != 40 || got.Size != batchSize(req) || got.WireSize != got.Size || got.Compression != "" || got.Code != codes.OK || got.Fault != "ok" {
		t.Errorf("got %+v, want 40 records, %d bytes, no compression, OK", got, batchSize(req))
	}
	if got.Message != nil {
		t.Error("message: got one without WithMessages")
	}
	if host, _, err := net.SplitHostPort(got.Peer); err != nil || host != "127.0.0.1" {
		t.Errorf("peer: got %q, want 127.0.0.1 and a port", got.Peer)
	}
	if got.ReceivedAt.Before(start) || got.ReceivedAt.After(time.Now()) {
		t.Errorf("received at %v, want between %v and now", got.ReceivedAt, start)
	}
	if h := got.Header; !slices.Equal(h["authorization"], []string{"Bearer x"}) || !slices.Equal(h["k"], []string{"1", "2"}) ||
		len(h["user-agent"]) != 1 || !strings.HasPrefix(h["user-agent"][0], "probe/1.0") {
		t.Errorf("header: got %v", h)
	}
}

func TestWithDiscardCountsOnly(t *testing.T) {
	srv := newServer(t, otlptest.WithDiscard())
	c := newClient(t, srv)
	size := 0
	for i := range 3 {
		req := batch(i, 100)
		size += batchSize(req)
		if _, err := c.Export(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	if records, err := srv.Wait(within(t), 300); records != nil || err != nil {
		t.Errorf("Wait: got %d records, %v, want none, nil", len(records), err)
	}
	if srv.Count() != 300 || srv.Records() != nil || srv.Requests() != nil {
		t.Errorf("got %d, %d records, %d requests, want 300, none, none", srv.Count(), len(srv.Records()), len(srv.Requests()))
	}
	want := otlptest.Stats{Requests: 3, Records: 300, Bytes: int64(size), WireBytes: int64(size)}
	if got := srv.Stats(); got != want {
		t.Errorf("stats: got %+v, want %+v", got, want)
	}
}

func TestWithMaxMessageSizeRefusesLargerRequests(t *testing.T) {
	limit := batchSize(batch(0, 50))
	srv := newServer(t, otlptest.WithMaxMessageSize(limit))
	c := newClient(t, srv)
	if got := send(t, c, 50); got != codes.OK {
		t.Errorf("at the limit: got %v, want OK", got)
	}
	if got := send(t, c, 51); got != codes.ResourceExhausted {
		t.Errorf("above it: got %v, want ResourceExhausted", got)
	}
	if _, err := srv.WaitRequests(within(t), 2); err != nil {
		t.Fatal(err)
	}
	counts(t, srv, 50, 2)
	if got := srv.Requests()[1]; got.Code != codes.ResourceExhausted || got.Records != 0 {
		t.Errorf("request: got %v with %d records, want ResourceExhausted with 0", got.Code, got.Records)
	}
}

func TestTheDefaultLimitIsFourMebibytes(t *testing.T) {
	srv := newServer(t)
	c := newClient(t, srv)
	large := batch(0, 1)
	body := large.ResourceLogs[0].ScopeLogs[0].LogRecords[0]
	for size, want := range map[int]codes.Code{4<<20 - 1000: codes.OK, 4<<20 + 1: codes.ResourceExhausted} {
		body.Body = text(strings.Repeat("x", size))
		if _, err := c.Export(t.Context(), large); status.Code(err) != want {
			t.Errorf("body of %d bytes: got %v, want %v", size, err, want)
		}
	}
}

func TestClientsMayShareTheReceiverConcurrentSafe(t *testing.T) {
	srv := newServer(t)
	const clients, requests, records = 8, 20, 25
	var wg sync.WaitGroup
	for i := range clients {
		c := newClient(t, srv)
		wg.Go(func() {
			for j := range requests {
				for {
					_, err := c.Export(t.Context(), batch((i*requests+j)*records, records))
					if err == nil {
						break
					}
					if status.Code(err) != codes.Aborted {
						t.Error(err)
						return
					}
				}
			}
		})
		wg.Go(func() {
			srv.Script(otlptest.Status(codes.Aborted, ""), otlptest.Delay(time.Millisecond))
			if _, err := srv.Wait(t.Context(), i*100); err != nil {
				t.Error(err)
			}
			srv.Stats()
			srv.Requests()
		})
	}
	wg.Wait()
	arrived := 0
	for _, r := range srv.Requests() {
		arrived += r.Records
	}
	if st := srv.Stats(); st.Records+st.Refused != int64(arrived) || st.Refused != clients*records {
		t.Errorf("stats: got %+v, want %d records in all and %d of them refused", st, arrived, clients*records)
	}
	got := numbers(srv.Records())
	slices.Sort(got)
	for i, n := range got {
		if n != int64(i) {
			t.Fatalf("record %d: got %d, want each number once", i, n)
		}
	}
	if len(got) != clients*requests*records || len(srv.Requests()) != clients*(requests+1) {
		t.Errorf("got %d records in %d requests, want %d in %d", len(got), len(srv.Requests()), clients*requests*records, clients*(requests+1))
	}
}

func TestStopAndRestartUnderLoadConcurrentSafe(t *testing.T) {
	srv := newServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	for range 4 {
		c := newClient(t, srv, grpc.WithConnectParams(quick))
		wg.Go(func() {
			for ctx.Err() == nil {
				_, _ = c.Export(ctx, batch(0, 10), grpc.WaitForReady(true))
			}
		})
	}
	for i := range 5 {
		if _, err := srv.Wait(within(t), (i+1)*100); err != nil {
			t.Fatal(err)
		}
		if err := srv.Stop(); err != nil {
			t.Fatal(err)
		}
		if err := srv.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	wg.Wait()
}

// What a record costs does not depend on how many came before it, also for a
// test that waits for each request.
func TestManyRecordsAreNotQuadratic(t *testing.T) {
	srv := newServer(t)
	c := newClient(t, srv)
	const total, each = 300_000, 3000
	req := batch(0, each)
	for _, r := range req.ResourceLogs[0].ScopeLogs[0].LogRecords {
		r.Attributes = r.Attributes[:1]
	}
	half := func() uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range total / each / 2 {
			if _, err := c.Export(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			if _, err := srv.Wait(t.Context(), srv.Count()); err != nil {
				t.Fatal(err)
			}
			srv.Requests()
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	if first, second := half(), half(); second > 2*first {
		t.Errorf("the second half allocated %d bytes, the first %d, want about as many", second, first)
	}
	a, b := srv.Records(), srv.Records()
	if len(a) != total || &a[0] != &b[0] {
		t.Errorf("got %d records, want %d, handed out without a copy", len(a), total)
	}
}

// quick reconnects without the seconds that grpc waits by default.
var quick = grpc.ConnectParams{MinConnectTimeout: time.Second}

// certificate makes a server configuration for 127.0.0.1 and the roots that
// trust it.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, roots
}
