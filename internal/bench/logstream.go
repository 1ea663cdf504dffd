package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"

	"google.golang.org/grpc"

	"github.com/logstream-go/logstream/mask"
	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otlpgrpc"
	"github.com/logstream-go/logstream/sink/otlphttp"
	"github.com/logstream-go/logstream/sink/zstdc"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// nowhere is our exporter that does nothing.
var nowhere = sink.Func(func(context.Context, *sink.Batch) error { return nil })

// hung is a sink that never answers.
var hung = sink.Func(func(ctx context.Context, _ *sink.Batch) error {
	<-ctx.Done()
	return ctx.Err()
})

func openLogstream(t target) (contender, error) { return openStream(t) }

func withoutMask(t target) (contender, error) { return openStream(t, stream.WithMask(mask.None())) }

// byKeys masks by the names of keys alone.
func byKeys(t target) (contender, error) {
	var detectors []mask.Detector
	for d := range mask.Detector(64) {
		if d.String() != "" {
			detectors = append(detectors, d)
		}
	}
	m, err := mask.New(mask.WithoutDetector(detectors...))
	if err != nil {
		return contender{}, err
	}
	return openStream(t, stream.WithMask(m))
}

func withoutLinger(t target) (contender, error) { return openStream(t, stream.WithLinger(0)) }

func withWaitingCallers(t target) (contender, error) {
	return openStream(t, stream.WithOverflow(stream.Block(finishIn)))
}

func withSecondRoute(t target) (contender, error) {
	return openStream(t, stream.WithRoute("errors", nowhere, stream.WithRouteLevel(slog.LevelError)))
}

// withHungSink gives up what it holds: the flush of a sink that never answers ends
// by its deadline, which is not measured.
func withHungSink(target) (contender, error) {
	c, err := stretch(hung, nil)
	c.flush, c.finish = nil, func() (end, error) { return end{Delivered: -1}, nil }
	return c, err
}

// withCrashRing keeps records in shared memory.
func withCrashRing(t target) (contender, error) {
	dir, err := os.MkdirTemp("/dev/shm", "logstream-bench")
	if err != nil {
		return contender{}, err
	}
	c, err := openStream(t, stream.WithCrashRing(dir))
	if err != nil {
		return c, err
	}
	finish := c.finish
	c.finish = func() (end, error) {
		e, err := finish()
		return e, firstOf(err, os.RemoveAll(dir))
	}
	return c, nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func withZstd(t target) (contender, error) {
	exp, err := otlpgrpc.New(otlpgrpc.WithEndpointURL(t.endpoint), otlpgrpc.WithCompressor(zstdc.New()), counting(t))
	if err != nil {
		return contender{}, err
	}
	return stretch(exp, &t, stream.WithOverflow(stream.Block(finishIn)))
}

func overHTTP(t target) (contender, error) {
	compression := otlphttp.NoCompression
	if t.gzip {
		compression = otlphttp.GzipCompression
	}
	exp, err := otlphttp.New(otlphttp.WithEndpoint(t.endpoint), otlphttp.WithCompression(compression))
	if err != nil {
		return contender{}, err
	}
	return stretch(exp, nil, stream.WithOverflow(stream.Block(finishIn)))
}

// openStream opens a stream to the target: over gRPC, if it has an endpoint.
func openStream(t target, opts ...stream.Option) (contender, error) {
	if t.endpoint == "" {
		return stretch(nowhere, nil, opts...)
	}
	compression := otlpgrpc.NoCompression
	if t.gzip {
		compression = otlpgrpc.GzipCompression
	}
	exp, err := otlpgrpc.New(otlpgrpc.WithEndpointURL(t.endpoint), otlpgrpc.WithCompression(compression), counting(t))
	if err != nil {
		return contender{}, err
	}
	return stretch(exp, &t, append(opts, stream.WithOverflow(stream.Block(finishIn)))...)
}

// counting counts what is written to connections.
func counting(t target) otlpgrpc.Option {
	return otlpgrpc.WithDialOption(grpc.WithContextDialer(t.dial))
}

// stretch opens a stream to a sink. t is nil if its connections are not counted.
func stretch(k sink.Sink, t *target, opts ...stream.Option) (contender, error) {
	s, err := stream.New(k, append(opts, stream.WithErrorHandler(func(error) {}))...)
	if err != nil {
		return contender{}, err
	}
	c := slogs(slogbridge.NewHandler(s), func() (end, error) {
		ctx, cancel := context.WithTimeout(context.Background(), finishIn)
		defer cancel()
		err := s.Shutdown(ctx)
		st := s.Stats()
		r := st.Routes[0]
		e := end{Delivered: int(r.Delivered), Dropped: int(r.DroppedTotal()), Requests: int(r.Requests), Wire: int64(r.Sent)}
		if t != nil {
			e.Wire = t.wire.Load()
		}
		return e, firstOf(err, st.Check())
	})
	c.flush = s.Flush
	return c, nil
}

// dial connects to address and counts in t what is written.
func (t target) dial(ctx context.Context, address string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	return meter{c, t}, nil
}

// A meter is a connection that counts what is written to it.
type meter struct {
	net.Conn
	t target
}

func (m meter) Write(p []byte) (int, error) {
	n, err := m.Conn.Write(p)
	m.t.wire.Add(int64(n))
	return n, err
}
