package otlpgrpc

import (
	"context"
	"sync"

	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// marker is what an exporter is asked to send. It becomes an empty LogRecord
// that the interceptor drops. The exporter only reads it.
var marker = make([]sdklog.Record, 1)

// A carrier is the exporters, one for each export that was ever in flight at
// once (an exporter makes one call at a time). They share a connection that
// never connects: its interceptor takes every call away.
type carrier struct {
	conn    *grpc.ClientConn  // immutable
	headers map[string]string // immutable

	mu   sync.Mutex // guards the following
	free []exporter
}

// An exporter exports the marker. It is a function, and not an [otlploggrpc.Exporter],
// because a program with gRPC links every method of every type that a Sink has in its
// fields or in their methods, which would be 80 kB of the SDK's records.
type exporter func(ctx context.Context) error

func newCarrier(target string, headers map[string]string) (*carrier, error) {
	conn, err := grpc.NewClient(target,
		grpc.WithTransportCredentials(insecure.NewCredentials()), // gRPC asks for some
		grpc.WithUnaryInterceptor(intercept))
	if err != nil {
		return nil, err
	}
	r := &carrier{conn: conn, headers: headers}
	e, err := r.exporter()
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	r.free = append(r.free, e)
	return r, nil
}

// do sends c through an exporter and returns the error of gRPC itself.
func (r *carrier) do(ctx context.Context, c *call) error {
	e, err := r.exporter()
	if err != nil {
		return err
	}
	err = e(context.WithValue(ctx, callKey{}, c))
	r.mu.Lock()
	r.free = append(r.free, e)
	r.mu.Unlock()
	if c.sent {
		return c.err
	}
	// The exporter did not come to the call: ctx has ended.
	return status.FromContextError(err).Err()
}

// exporter returns a free exporter or makes one. What it would otherwise take
// from the environment is said here: the environment has been read, with other
// rules, and an exporter's complaints go to a handler of the whole process.
// (It still reads the certificate files, and does nothing with them.)
func (r *carrier) exporter() (exporter, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.free); n > 0 {
		e := r.free[n-1]
		r.free = r.free[:n-1]
		return e, nil
	}
	e, err := otlploggrpc.New(context.Background(),
		otlploggrpc.WithGRPCConn(r.conn),
		otlploggrpc.WithEndpoint(r.conn.Target()),
		otlploggrpc.WithInsecure(),
		otlploggrpc.WithHeaders(r.headers),
		otlploggrpc.WithCompressor("none"),
		otlploggrpc.WithTimeout(0),
		otlploggrpc.WithMaxRequestSize(0),
		otlploggrpc.WithRetry(otlploggrpc.RetryConfig{Enabled: false}),
	)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error { return e.Export(ctx, marker) }, nil
}
