package otlpgrpc

import (
	"context"
	"slices"

	"github.com/logstream-go/logstream/sink"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"google.golang.org/grpc"
)

// maxReply is the most bytes of an answer, before and after decompression: the
// specification's bound. A real one has some ten.
const maxReply = 4 << 20

// A call is one request on its way through the exporter. It travels in the
// context, from Export to the interceptor, and belongs to one goroutine.
type call struct {
	request *sink.Payload
	reply   []byte
	sent    bool  // the interceptor has seen it
	err     error // what gRPC said; the exporter would wrap it
}

type callKey struct{}

// marker is what the exporter is asked to send. It becomes an empty LogRecord
// that the interceptor drops. The exporter only reads it.
var marker = make([]sdklog.Record, 1)

// callOptions stand last, so that no default of a dial option undoes them.
// The empty compressor name means the connection's own compressor.
var callOptions = []grpc.CallOption{
	grpc.ForceCodecV2(codec{}),
	grpc.UseCompressor(""),
	grpc.MaxCallRecvMsgSize(maxReply),
}

// intercept puts the call that ctx carries in place of the exporter's request
// and reply. The reply that the exporter sees stays empty, which is success.
func intercept(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		return invoke(ctx, method, req, reply, cc, opts...)
	}
	c.sent, c.reply = true, nil
	c.err = invoke(ctx, method, c, c, cc, slices.Concat(opts, callOptions)...)
	return c.err
}

// do sends c through the exporter and returns the error of gRPC itself.
func (c *call) do(ctx context.Context, e *otlploggrpc.Exporter) error {
	err := e.Export(context.WithValue(ctx, callKey{}, c), marker)
	if c.sent {
		return c.err
	}
	return err // the exporter did not come to the call: ctx has ended
}

// newExporter returns an exporter over conn. Everything that it would otherwise
// take from the environment is said here: the environment has been read, with
// other rules, and its complaints would go to a handler of the whole process.
func newExporter(conn *grpc.ClientConn, headers map[string]string) (*otlploggrpc.Exporter, error) {
	return otlploggrpc.New(context.Background(),
		otlploggrpc.WithGRPCConn(conn),
		otlploggrpc.WithEndpoint(conn.Target()),
		otlploggrpc.WithInsecure(),
		otlploggrpc.WithHeaders(headers),
		otlploggrpc.WithCompressor("none"),
		otlploggrpc.WithTimeout(0),
		otlploggrpc.WithMaxRequestSize(0),
		otlploggrpc.WithRetry(otlploggrpc.RetryConfig{Enabled: false}),
	)
}
