package otlptest

import (
	"context"
	"errors"
	"net"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/stats"
	grpcstatus "google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
)

// grpcTransport serves OTLP/gRPC on one listener, from newGRPC to stop. All
// that is particular to gRPC is in this file and in gzip.go, except the codes,
// in which faults are written whatever the transport.
//
// A request passes through three callbacks, which find each other by the *rpc
// in its context:
//
//	headers   on the goroutine that reads the connection: takes the fault
//	export    on a goroutine of its own: decompressed body in, answer out
//	HandleRPC around and inside export: sizes, and requests that failed in grpc
type grpcTransport struct {
	srv    *Server
	server *grpc.Server
	done   chan struct{} // closed when Serve returned
	err    error         // of Serve; read after done
}

// newGRPC serves on l until stop.
func newGRPC(srv *Server, l net.Listener) *grpcTransport {
	t := &grpcTransport{srv: srv, done: make(chan struct{})}
	limit := srv.cfg.maxMessageSize
	opts := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(limit),
		grpc.InTapHandle(t.headers),
		grpc.StatsHandler(rpcStats{}),
		grpc.ForceServerCodecV2(rawCodec{}),
		// Deprecated in favour of the registry of the process, which a
		// library must not change; kept throughout grpc 1.x.
		grpc.RPCDecompressor(&gunzip{limit: int64(limit)}), //nolint:staticcheck // SA1019: see above
		grpc.WaitForHandlers(true),                         // nothing runs after stop
	}
	if srv.cfg.tls != nil {
		opts = append(opts, grpc.Creds(credentials.NewTLS(srv.cfg.tls)))
	}
	t.server = grpc.NewServer(opts...)
	t.server.RegisterService(&grpc.ServiceDesc{
		ServiceName: collogspb.LogsService_ServiceDesc.ServiceName,
		HandlerType: (*any)(nil),
		Methods:     []grpc.MethodDesc{{MethodName: "Export", Handler: export}},
	}, nil)
	go t.serve(l)
	return t
}

// serve accepts connections until stop.
func (t *grpcTransport) serve(l net.Listener) {
	defer close(t.done)
	// The error means that stop came before Serve, which then has closed l.
	if err := t.server.Serve(listener{l}); !errors.Is(err, grpc.ErrServerStopped) {
		t.err = err
	}
}

// stop closes the listener and all connections and returns once nothing of the
// transport runs any more.
func (t *grpcTransport) stop() error {
	t.server.Stop()
	<-t.done
	return t.err
}

// exchangeKey is the context key that finds the *rpc of a request in its context.
type exchangeKey struct{}

// rpc is an exchange over gRPC.
type rpc struct {
	*exchange
	conn    *conn
	restore func() // ends the slow reading; nil when the request is not read slowly
}

// headers runs when the headers of a request are there, on the goroutine that
// reads the connection: what it does to the connection holds before the next
// byte is read.
func (t *grpcTransport) headers(ctx context.Context, info *tap.Info) (context.Context, error) {
	if info.FullMethodName != collogspb.LogsService_Export_FullMethodName {
		return ctx, nil
	}
	x := &rpc{exchange: t.srv.begin()}
	x.protocol = protocolGRPC
	x.malformed = codes.Internal // what grpc-go answers to a message that its codec cannot decode
	if p, ok := peer.FromContext(ctx); ok {
		x.peer = p.Addr.String()
		if a, ok := p.Addr.(*peerAddr); ok {
			x.conn = a.conn
		}
	}
	if t.srv.store.requests.keep {
		x.header = info.Header.Copy()
	}
	switch {
	case x.conn == nil:
	case x.fault.cutsEarly():
		x.fail(x.fault.answerTo(reset)) // before the client can know
		x.conn.cut()
	case x.fault.rate > 0:
		// grpc can drop a request before it reaches export, for instance when
		// its deadline has passed: only the end of ctx is certain.
		x.restore = x.conn.slowDown(x.fault.rate)
		context.AfterFunc(ctx, x.restore)
	}
	return context.WithValue(ctx, exchangeKey{}, x), nil
}

// export handles LogsService.Export. It takes the place of the generated
// handler, which would always decode. decode reads the request from the
// connection and blocks for as long as that takes.
func export(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
	x, ok := ctx.Value(exchangeKey{}).(*rpc)
	if !ok {
		return nil, grpcstatus.Error(codes.Internal, "otlptest: request without headers")
	}
	var raw rawMessage
	defer raw.free()
	err := decode(&raw)
	if x.restore != nil {
		x.restore() // a delay of the answer is no reason to read others slowly
	}
	switch {
	case x.fault.cutsEarly():
		// The whole request can have been in the buffers of the connection
		// that was cut.
		return nil, grpcstatus.Error(codes.Unavailable, "")
	case err != nil:
		return nil, err // recorded by rpcStats
	}
	return x.reply(x.body(ctx, raw.bytes()))
}

// reply turns an answer into what a gRPC handler returns.
func (x *rpc) reply(a answer) (any, error) {
	if a.cut && x.conn != nil {
		x.conn.cut()
	}
	if a.code != codes.OK {
		st := grpcstatus.New(a.code, a.message)
		if a.hasRetry {
			var err error
			if st, err = st.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(a.retryAfter)}); err != nil {
				return nil, err
			}
		}
		return nil, st.Err()
	}
	resp := new(collogspb.ExportLogsServiceResponse)
	if a.partial {
		resp.PartialSuccess = &collogspb.ExportLogsPartialSuccess{RejectedLogRecords: a.rejected, ErrorMessage: a.message}
	}
	return resp, nil
}

// rawMessage is a request as bytes, in a buffer that belongs to grpc until
// free.
type rawMessage struct{ buf mem.Buffer }

func (m *rawMessage) bytes() []byte {
	if m.buf == nil {
		return nil
	}
	return m.buf.ReadOnlyData()
}

func (m *rawMessage) free() {
	if m.buf != nil {
		m.buf.Free()
		m.buf = nil
	}
}

// rawCodec reads requests as rawMessage and writes responses as protobuf.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	m, ok := v.(*rawMessage)
	if !ok {
		return grpcstatus.Errorf(codes.Internal, "otlptest: cannot decode into %T", v)
	}
	m.free()
	m.buf = data.MaterializeToBuffer(mem.DefaultBufferPool())
	return nil
}

func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	m, ok := v.(proto.Message)
	if !ok {
		return nil, grpcstatus.Errorf(codes.Internal, "otlptest: cannot encode %T", v)
	}
	b, err := proto.Marshal(m)
	if err != nil {
		return nil, err
	}
	return mem.BufferSlice{mem.SliceBuffer(b)}, nil
}

// rpcStats learns what only grpc knows: sizes on the wire, and requests that
// failed before their handler saw a message.
type rpcStats struct{}

func (rpcStats) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (rpcStats) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (rpcStats) HandleConn(context.Context, stats.ConnStats)                       {}

// HandleRPC runs on the goroutine of the request, before, in and after its
// handler.
func (rpcStats) HandleRPC(ctx context.Context, s stats.RPCStats) {
	x, ok := ctx.Value(exchangeKey{}).(*rpc)
	if !ok {
		return
	}
	switch s := s.(type) {
	case *stats.InHeader:
		x.compression = s.Compression
	case *stats.InPayload:
		x.wireSize = s.CompressedLength
	case *stats.End:
		if !x.recorded {
			x.fail(answer{code: grpcstatus.Code(s.Error)})
		}
	}
}
