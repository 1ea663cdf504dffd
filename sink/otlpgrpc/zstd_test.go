package otlpgrpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/sink/sinktest"
	"github.com/logstream-go/logstream/sink/zstdc"
)

// unzstd is a decompressor for servers, so that none is registered.
type unzstd struct{}

func (unzstd) Type() string { return "zstd" }

func (unzstd) Do(r io.Reader) ([]byte, error) {
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return io.ReadAll(d)
}

// zstdAnswers makes a server answer with zstd.
type zstdAnswers struct{}

func (zstdAnswers) Type() string { return "zstd" }

func (zstdAnswers) Do(w io.Writer, p []byte) error {
	b, err := zstdc.New().AppendCompressed(nil, p)
	if err == nil {
		_, err = w.Write(b)
	}
	return err
}

// knowsZstd makes a gRPC server one that knows zstd, as a Collector is: it
// answers in the encoding of the request.
func knowsZstd() []grpc.ServerOption {
	return []grpc.ServerOption{grpc.RPCDecompressor(unzstd{}), grpc.RPCCompressor(zstdAnswers{})}
}

// A ledgerService is a service that notes what arrives and over how many connections.
type ledgerService struct {
	collogpb.UnimplementedLogsServiceServer
	answer func() (*collogpb.ExportLogsServiceResponse, error) // nil is success

	mu     sync.Mutex // guards the following
	bodies map[string]int
	peers  map[string]int
}

func (s *ledgerService) Export(ctx context.Context, req *collogpb.ExportLogsServiceRequest) (*collogpb.ExportLogsServiceResponse, error) {
	s.note(ctx, req)
	if s.answer != nil {
		return s.answer()
	}
	return new(collogpb.ExportLogsServiceResponse), nil
}

func (s *ledgerService) note(ctx context.Context, req *collogpb.ExportLogsServiceRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bodies == nil {
		s.bodies, s.peers = make(map[string]int), make(map[string]int)
	}
	for _, r := range req.ResourceLogs[0].ScopeLogs[0].LogRecords {
		s.bodies[r.Body.GetStringValue()]++
	}
	if p, ok := peer.FromContext(ctx); ok {
		s.peers[p.Addr.String()]++
	}
}

// counts returns how many records arrived, how many of them twice, and over how
// many connections.
func (s *ledgerService) counts() (records, twice, peers int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.bodies {
		if n > 1 {
			twice++
		}
	}
	return len(s.bodies), twice, len(s.peers)
}

// news returns the warning that an export brought, and fails if it was not
// delivered in full.
func news(t *testing.T, err error, n int) string {
	t.Helper()
	e := failure(t, err)
	if e.Taken != n || e.Rejected != 0 {
		t.Fatalf("got %+v, want %d taken", e, n)
	}
	return e.Error()
}

func TestRequestsGoOutWithZstd(t *testing.T) {
	svc := new(ledgerService)
	wire := make(chan string, 10)
	addr := serve(t, listen(t), svc, append(knowsZstd(), grpc.StatsHandler(encodings{wire}))...)
	s := open(t, WithEndpoint("http://"+addr), WithCompressor(zstdc.New()))
	for range 3 {
		if err := s.Export(t.Context(), some(t, 1000).Batch); err != nil {
			t.Fatal(err)
		}
		if got := <-wire; got != "zstd" {
			t.Errorf("got encoding %q, want zstd", got)
		}
	}
	if n, _, peers := svc.counts(); n != 1000 || peers != 1 {
		t.Errorf("got %d records over %d connections, want 1000 over 1", n, peers)
	}
	if s.lane.verdict.Load() != accepted || s.lane.fallback.links.current != nil {
		t.Error("the second connection was made without a need")
	}
}

func TestAnswersWithZstdAreRead(t *testing.T) {
	svc := &ledgerService{answer: func() (*collogpb.ExportLogsServiceResponse, error) {
		return &collogpb.ExportLogsServiceResponse{PartialSuccess: &collogpb.ExportLogsPartialSuccess{RejectedLogRecords: 2, ErrorMessage: "too old"}}, nil
	}}
	addr := serve(t, listen(t), svc, knowsZstd()...)
	s := open(t, WithEndpoint("http://"+addr), WithCompressor(zstdc.New()))
	e := failure(t, s.Export(t.Context(), some(t, 5).Batch))
	if e.Rejected != 2 || !strings.Contains(e.Error(), "too old") {
		t.Errorf("got %+v, want 2 rejected", e)
	}
	if s.lane.verdict.Load() != accepted {
		t.Error("a partial success does not count as accepted")
	}
}

// What a server answers to an encoding that it does not know, and to a service
// that it does not have.
func TestTheWordsOfARefusal(t *testing.T) {
	for _, tt := range []struct {
		code codes.Code
		said string
		want doubt
	}{
		{codes.Unimplemented, `grpc: Decompressor is not installed for grpc-encoding "zstd"`, certain}, // grpc-go
		{codes.Unimplemented, "Can't find decompressor for zstd", certain},                             // grpc-java
		{codes.Unimplemented, "Content is compressed with `zstd` which isn't supported", certain},      // tonic
		{codes.Unimplemented, "Unsupported grpc-encoding value 'zstd'. Supported encodings: identity, gzip, deflate", certain},
		{codes.Unimplemented, "Compression algorithm 'ZSTD' is disabled.", certain},
		{codes.Unimplemented, "unknown service opentelemetry.proto.collector.logs.v1.LogsService", possible},
		{codes.Unimplemented, "", possible},
		{codes.Internal, "gzip: invalid header", possible},
		{codes.InvalidArgument, "proto: cannot parse invalid wire-format data", possible},
		{codes.Unavailable, "zstd", none},
		{codes.Unauthenticated, "encoding", none},
	} {
		ln := &lane{format: format{name: "zstd"}}
		err := newClassifier(false, nil).failure(t.Context(), status.Error(tt.code, tt.said))
		if got := ln.doubt(err); got != tt.want {
			t.Errorf("%v %q: got %d, want %d", tt.code, tt.said, got, tt.want)
		}
	}
	if got := new(lane).doubt(ErrClosed); got != none {
		t.Errorf("ErrClosed: got %d, want none", got)
	}
}

// refusals are servers without zstd.
var refusals = []struct {
	name  string
	start func(t *testing.T, svc *ledgerService) (endpoint string, refused func() int)
}{
	{"grpc-go", func(t *testing.T, svc *ledgerService) (string, func() int) {
		return serve(t, listen(t), svc), func() int { return 1 } // it is not asked
	}},
	{"a server that names nothing", func(t *testing.T, svc *ledgerService) (string, func() int) {
		return picky(t, svc, status.Error(codes.Unimplemented, "what is this?"))
	}},
	{"a server that takes it for gzip", func(t *testing.T, svc *ledgerService) (string, func() int) {
		return picky(t, svc, status.Error(codes.Internal, "gzip: invalid header"))
	}},
	{"a server that takes it for a message", func(t *testing.T, svc *ledgerService) (string, func() int) {
		return picky(t, svc, status.Error(codes.InvalidArgument, "cannot parse"))
	}},
}

// picky starts a server that answers err to requests with zstd, and returns its
// address and how often it has done so.
func picky(t *testing.T, svc *ledgerService, err error) (string, func() int) {
	t.Helper()
	var n atomic.Int64
	refuse := func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		md, _ := metadata.FromIncomingContext(ctx)
		if strings.Join(md.Get("x-encoding"), "") == "zstd" {
			n.Add(1)
			return nil, err
		}
		return handle(ctx, req)
	}
	return serve(t, listen(t), svc, append(knowsZstd(), grpc.UnaryInterceptor(refuse))...), func() int { return int(n.Load()) }
}

// named tells the server the encoding in a header of the request's own: gRPC's is
// not to be seen there.
func named() Option {
	return WithDialOption(grpc.WithUnaryInterceptor(func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		b := req.(*call).request.Bytes()
		encoding := "gzip"
		if len(b) > 3 && string(b[:4]) == "\x28\xb5\x2f\xfd" {
			encoding = "zstd"
		}
		return invoke(metadata.AppendToOutgoingContext(ctx, "x-encoding", encoding), method, req, reply, cc, opts...)
	}))
}

func TestARefusalOfZstdIsFollowedByGzipAtOnce(t *testing.T) {
	for _, tt := range refusals {
		t.Run(tt.name, func(t *testing.T) {
			svc := new(ledgerService)
			addr, refused := tt.start(t, svc)
			s := open(t, WithEndpoint("http://"+addr), WithCompressor(zstdc.New()), named())
			said := news(t, s.Export(t.Context(), some(t, 100).Batch), 100)
			if !strings.Contains(said, "does not take zstd, so that it gets gzip from now on") || !strings.Contains(said, ": otlpgrpc: ") {
				t.Errorf("got %q, want it to say what has changed, and why", said)
			}
			for range 5 {
				if err := s.Export(t.Context(), some(t, 100).Batch); err != nil {
					t.Fatalf("with gzip: %v", err)
				}
			}
			if n, _, peers := svc.counts(); n != 100 || peers != 1 {
				t.Errorf("got %d records over %d connections, want 100 over one", n, peers)
			}
			if got := refused(); got != 1 {
				t.Errorf("got %d refused requests, want 1", got)
			}
			if s.lane.links.current != nil || len(s.lane.links.old) != 0 {
				t.Error("the first connection is still there")
			}
		})
	}
}

func TestOTLPTestRefusesZstdToo(t *testing.T) {
	srv := receiver(t)
	s := to(t, srv, WithCompressor(zstdc.New()))
	news(t, s.Export(t.Context(), some(t, 10).Batch), 10)
	if err := s.Export(t.Context(), some(t, 10).Batch); err != nil {
		t.Fatal(err)
	}
	// What fails in gRPC itself is noted when the call is over at the server.
	requests, err := srv.WaitRequests(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range requests {
		got = append(got, r.Compression)
	}
	slices.Sort(got)
	if strings.Join(got, " ") != "gzip gzip zstd" || srv.Count() != 20 {
		t.Errorf("got %d records with %q, want 20 with zstd and twice gzip", srv.Count(), got)
	}
}

// A service that is not there is no matter of the encoding.
func TestAMissingServiceIsNotTakenForARefusalOfZstd(t *testing.T) {
	srv := receiver(t)
	s := to(t, srv, WithCompressor(&gzipCodec{name: "gzip"}))
	srv.SetFault(otlptest.Status(codes.Unimplemented, "unknown service LogsService"))
	for range 3 {
		if e := failure(t, s.Export(t.Context(), some(t, 1).Batch)); e.Kind != sink.Refused || e.Taken != 0 {
			t.Errorf("got %v, want refused", e)
		}
	}
	if got := s.lane.verdict.Load(); got != untried || srv.Stats().Requests != 6 {
		t.Errorf("got verdict %d after %d requests, want none after 6", got, srv.Stats().Requests)
	}
	srv.ClearFault()
	if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
		t.Error(err)
	}
	// Once the encoding has proved itself there is no second attempt.
	srv.SetFault(otlptest.Status(codes.Unimplemented, "unknown service LogsService"))
	before := srv.Stats().Requests
	if e := failure(t, s.Export(t.Context(), some(t, 1).Batch)); e.Kind != sink.Refused || srv.Stats().Requests != before+1 {
		t.Errorf("got %v after %d requests, want refused after 1", e, srv.Stats().Requests-before)
	}
}

// Data that is refused is refused in any encoding.
func TestInvalidDataIsNotTakenForARefusalOfZstd(t *testing.T) {
	srv := receiver(t)
	s := to(t, srv, WithCompressor(&gzipCodec{name: "gzip"}))
	srv.SetFault(otlptest.Status(codes.InvalidArgument, "too old"))
	if e := failure(t, s.Export(t.Context(), some(t, 1).Batch)); e.Kind != sink.Invalid || !strings.Contains(e.Error(), "too old") {
		t.Errorf("got %v, want invalid", e)
	}
	if got := s.lane.verdict.Load(); got != untried {
		t.Errorf("got verdict %d, want none", got)
	}
	srv.ClearFault()
	if err := s.Export(t.Context(), some(t, 1).Batch); err != nil || s.lane.verdict.Load() != accepted {
		t.Errorf("got %v and verdict %d, want the encoding accepted", err, s.lane.verdict.Load())
	}
}

// The news waits for an export that is a full success, so that it is not lost.
func TestTheNewsOfARefusalIsToldOnceWhateverHappens(t *testing.T) {
	srv := receiver(t)
	s := to(t, srv, WithCompressor(zstdc.New()))
	srv.Script(otlptest.OK(), otlptest.Status(codes.Unavailable, "busy"), otlptest.PartialSuccess(1, "old"))
	b := some(t, 4)
	if e := failure(t, s.Export(t.Context(), b.Batch)); e.Kind != sink.Retry || e.Taken != 0 || !strings.Contains(e.Error(), "busy") {
		t.Errorf("got %+v, want a retry", e)
	}
	if e := failure(t, s.Export(t.Context(), b.Batch)); e.Rejected != 1 {
		t.Errorf("got %+v, want 1 rejected", e)
	}
	news(t, s.Export(t.Context(), b.Batch), 4)
	if err := s.Export(t.Context(), b.Batch); err != nil {
		t.Errorf("got %v, want no more news", err)
	}
}

// A server with zstd is replaced by one without it, as when a proxy changes its
// mind, while exports are in flight.
func TestARefusalInMidstreamLosesNothingConcurrentSafe(t *testing.T) {
	const workers, each, n = 8, 40, 20
	knows, plain := new(ledgerService), new(ledgerService)
	first := serve(t, listen(t), knows, knowsZstd()...)
	second := serve(t, listen(t), plain)
	var moved atomic.Bool
	s := open(t, WithEndpoint("passthrough:///collector"), WithInsecure(), WithCompressor(zstdc.New()),
		WithDialOption(grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			if moved.Load() {
				return new(net.Dialer).DialContext(ctx, "tcp", second)
			}
			return new(net.Dialer).DialContext(ctx, "tcp", first)
		})))

	var told, sent atomic.Int64
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				b := sinktest.Texts(t, n, func(k int) string { return fmt.Sprintf("%d-%d-%d", w, i, k) })
				if sent.Add(1) == workers*each/2 {
					moved.Store(true)
					s.lane.links.mu.Lock()
					if s.lane.links.current != nil {
						s.lane.links.retireLocked() // the connection is given up for whatever reason
					}
					s.lane.links.mu.Unlock()
				}
				err := s.Export(t.Context(), b.Batch)
				if e, ok := errors.AsType[*sink.Error](err); ok && e.Taken == n {
					told.Add(1)
					err = nil
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	a, twiceA, _ := knows.counts()
	b, twiceB, peers := plain.counts()
	if a+b != workers*each*n || twiceA+twiceB != 0 || a == 0 || b == 0 {
		t.Errorf("got %d with zstd and %d with gzip, %d twice; want %d in all, some of each, none twice", a, b, twiceA+twiceB, workers*each*n)
	}
	if told.Load() != 1 || peers != 1 {
		t.Errorf("got the news %d times and %d connections with gzip, want 1 and 1", told.Load(), peers)
	}
}

// A countingListener knows which of its connections are open.
type countingListener struct {
	net.Listener
	mu       sync.Mutex // guards the following
	accepted int
	open     int
	changed  chan struct{} // closed and replaced with each change
}

func (l *countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.add(1)
	return &countedConn{Conn: c, gone: sync.OnceFunc(func() { l.add(-1) })}, nil
}

func (l *countingListener) add(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open += n
	l.accepted += max(n, 0)
	close(l.changed)
	l.changed = make(chan struct{})
}

// await waits until n connections are open and returns how many there ever were.
func (l *countingListener) await(t *testing.T, n int) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		l.mu.Lock()
		open, accepted, changed := l.open, l.accepted, l.changed
		l.mu.Unlock()
		if open == n {
			return accepted
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("got %d open connections, want %d", open, n)
		}
	}
}

// A countedConn tells when either end has closed it.
type countedConn struct {
	net.Conn
	gone func()
}

func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil {
		c.gone()
	}
	return n, err
}

func TestShutdownClosesBothConnections(t *testing.T) {
	l := &countingListener{Listener: listen(t), changed: make(chan struct{})}
	hold, held := make(chan struct{}), make(chan struct{}, 1)
	var holding atomic.Bool
	svc := &ledgerService{answer: func() (*collogpb.ExportLogsServiceResponse, error) {
		if holding.Load() {
			held <- struct{}{}
			<-hold
		}
		return new(collogpb.ExportLogsServiceResponse), nil
	}}
	var refusing atomic.Bool
	addr := serve(t, l, svc, append(knowsZstd(), grpc.UnaryInterceptor(
		func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
			md, _ := metadata.FromIncomingContext(ctx)
			if refusing.Load() && md.Get("x-encoding")[0] == "zstd" {
				return nil, status.Error(codes.Unimplemented, "no zstd any more")
			}
			return handle(ctx, req)
		}))...)
	s := open(t, WithEndpoint("http://"+addr), WithCompressor(zstdc.New()), named())
	if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
		t.Fatal(err)
	}

	// One export keeps the first connection in use, another makes the second.
	holding.Store(true)
	slow := make(chan error, 1)
	go func() { slow <- s.Export(t.Context(), some(t, 1).Batch) }()
	<-held
	holding.Store(false)
	refusing.Store(true)
	news(t, s.Export(t.Context(), some(t, 1).Batch), 1)
	if got := l.await(t, 2); got != 2 {
		t.Fatalf("got %d connections, want 2", got)
	}

	down := make(chan error, 1)
	go func() { down <- s.Shutdown(t.Context()) }()
	select {
	case err := <-down:
		t.Fatalf("Shutdown returned %v with an export in flight", err)
	default:
	}
	close(hold)
	if err := <-slow; err != nil {
		t.Errorf("the export in flight: %v", err)
	}
	if err := <-down; err != nil {
		t.Error(err)
	}
	l.await(t, 0)
	if err := s.Export(t.Context(), some(t, 1).Batch); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}
