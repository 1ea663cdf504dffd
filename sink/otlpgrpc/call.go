package otlpgrpc

import (
	"context"

	"google.golang.org/grpc"

	"github.com/logstream-go/logstream/sink"
)

// maxReply is the most bytes of an answer, before and after decompression: the
// specification's bound. A real one has some ten.
const maxReply = 4 << 20

// A call is one request on its way through the exporter. It travels in the
// context, from Export to the interceptor, and belongs to one goroutine.
type call struct {
	conn    *grpc.ClientConn // where to send it
	request *sink.Payload
	reply   []byte
	sent    bool  // the interceptor has seen it
	err     error // what gRPC said; the exporter would wrap it
}

type callKey struct{}

// callOptions stand last, so that no default of a dial option undoes them.
// The empty compressor name means the connection's own compressor.
var callOptions = []grpc.CallOption{
	grpc.ForceCodecV2(codec{}),
	grpc.UseCompressor(""),
	grpc.MaxCallRecvMsgSize(maxReply),
}

// intercept sends the call that ctx carries, in place of the exporter's request
// and on a connection that may change. The reply that the exporter sees stays
// empty, which is success.
func intercept(ctx context.Context, method string, _, _ any, _ *grpc.ClientConn, _ grpc.UnaryInvoker, _ ...grpc.CallOption) error {
	c := ctx.Value(callKey{}).(*call) // nobody else calls over the carrier
	c.sent = true
	c.err = c.conn.Invoke(ctx, method, c, c, callOptions...)
	return c.err
}
