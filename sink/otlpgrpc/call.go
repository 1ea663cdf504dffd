package otlpgrpc

import (
	"context"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/logstream-go/logstream/sink"
)

// A call is one request on its way through the exporter. It travels in the
// context, from Export to the interceptor, and belongs to one goroutine.
type call struct {
	conn     *grpc.ClientConn // where to send it
	request  *sink.Payload
	maxReply int // bytes of the answer, before and after decompression
	reply    []byte
	header   metadata.MD // of the answer; nil if there is none, or nothing but a status
	sent     bool        // the interceptor has seen it
	err      error       // what gRPC said; the exporter would wrap it
}

// unreadable reports whether the server has answered with more than a status, and
// gRPC gave up reading it: the answer is too large, or its encoding is not known or
// wrong. A server refuses a request in the same words, but sends no header then.
func (c *call) unreadable() bool {
	switch st := status.Convert(c.err); st.Code() {
	case codes.ResourceExhausted, codes.Internal:
		return len(c.header) > 0 && strings.HasPrefix(st.Message(), "grpc: ")
	}
	return false
}

type callKey struct{}

// options stand last, so that no default of a dial option undoes them.
// The empty compressor name means the connection's own compressor.
func (c *call) options() []grpc.CallOption {
	return []grpc.CallOption{
		grpc.ForceCodecV2(codec{}),
		grpc.UseCompressor(""),
		grpc.MaxCallRecvMsgSize(c.maxReply),
		grpc.Header(&c.header),
	}
}

// intercept sends the call that ctx carries, in place of the exporter's request
// and on a connection that may change. The reply that the exporter sees stays
// empty, which is success.
func intercept(ctx context.Context, method string, _, _ any, _ *grpc.ClientConn, _ grpc.UnaryInvoker, _ ...grpc.CallOption) error {
	c := ctx.Value(callKey{}).(*call) // nobody else calls over the carrier
	c.sent = true
	c.err = c.conn.Invoke(ctx, method, c, c, c.options()...)
	return c.err
}
