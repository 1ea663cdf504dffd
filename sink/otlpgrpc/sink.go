package otlpgrpc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/status"

	"github.com/logstream-go/logstream/internal/gzipc"

	"github.com/logstream-go/logstream/internal/otlpconfig"
	"github.com/logstream-go/logstream/sink"
)

// A Sink exports batches to an OTLP endpoint over gRPC. Its methods may be
// called concurrently.
type Sink struct {
	// Immutable.
	timeout time.Duration // 0 is no bound
	gzip    bool
	errors  classifier
	carrier *carrier

	links links
}

var (
	_ sink.Sink    = (*Sink)(nil)
	_ sink.Limiter = (*Sink)(nil)
)

// New returns a Sink as opts and the OTEL_EXPORTER_OTLP_* environment variables
// say. It does no network I/O: an endpoint that does not answer is the affair of
// Export. All problems with options and environment are returned at once, each
// with its option or variable, the value, unless it is a credential, and what would
// be right.
func New(opts ...Option) (*Sink, error) {
	c := newConfig(opts)
	cfg, loadErr := otlpconfig.Load(c.Options)
	target, targetErr := cfg.GRPC()
	if err := errors.Join(append(c.errs, loadErr, targetErr)...); err != nil {
		return nil, fmt.Errorf("otlpgrpc: %w", err)
	}

	carrier, err := newCarrier(target.Name, cfg.Headers.Value)
	if err != nil {
		return nil, fmt.Errorf("otlpgrpc: %w", err)
	}
	s := &Sink{
		timeout: cfg.Timeout,
		gzip:    cfg.Compression == otlpconfig.Gzip,
		errors:  newClassifier(target.Secure, cfg.Headers.Value),
		carrier: carrier,
	}
	s.links.target = target.Name
	s.links.options = dialOptions(c, cfg, target)

	// The first connection shows whether gRPC takes target and options.
	s.links.mu.Lock()
	defer s.links.mu.Unlock()
	if err := s.links.dialLocked(); err != nil {
		_ = carrier.conn.Close()
		return nil, fmt.Errorf("otlpgrpc: %w", err)
	}
	return s, nil
}

// Export sends b in one request and makes one attempt, which ends with the
// deadline of ctx or the sink's time-out, whichever comes first. An empty batch
// is not sent. Its error is a [*sink.Error], except [ErrClosed] after Shutdown.
func (s *Sink) Export(ctx context.Context, b *sink.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	request, err := s.encode(b)
	if err != nil {
		return &sink.Error{Err: fmt.Errorf("otlpgrpc: %w", err), Kind: sink.Invalid}
	}
	defer request.Release()

	if s.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.timeout)
		defer cancel()
	}
	l, err := s.links.acquire()
	if err != nil {
		return err
	}
	defer s.links.release(l)

	answers := l.answers.Load()
	c := &call{conn: l.conn, request: request}
	err = s.carrier.do(ctx, c)
	switch {
	case status.Code(err) == codes.Unavailable && l.conn.GetState() != connectivity.Ready:
		// It is the connection that is not available. gRPC fails calls a moment
		// before it says "transient failure" of itself, so the next export might
		// still take this one for a connection that is being made.
		s.links.retire(l)
	case ctx.Err() == nil:
		l.answers.Add(1)
	case errors.Is(ctx.Err(), context.DeadlineExceeded) && l.answers.Load() == answers:
		// Nobody has heard from this connection since the call began. It may be
		// one whose other end is gone.
		s.links.retire(l)
	}
	if err != nil {
		return s.errors.failure(ctx, err)
	}
	return s.errors.answer(c.reply, b.Len())
}

// Limits tells the stream the time-out of an attempt, so that one that is longer
// than the stream's own default counts.
func (s *Sink) Limits() sink.Limits { return sink.Limits{Timeout: s.timeout} }

// encode returns the request's bytes, which are kept for the next attempts.
func (s *Sink) encode(b *sink.Batch) (*sink.Payload, error) {
	request := func(dst []byte) ([]byte, error) { return b.AppendRequest(dst), nil }
	if s.gzip {
		return b.Payload("otlp+gzip", func(dst []byte) ([]byte, error) { return gzipc.Append(dst, request) })
	}
	return b.Payload("otlp", request)
}

// Shutdown closes the connection once the exports in flight have returned, or
// when ctx ends, which makes those fail. Export returns [ErrClosed] from then on.
// It can be called again. An error means that ctx ended before everything was
// closed; the rest goes on in the background.
func (s *Sink) Shutdown(ctx context.Context) error {
	err := s.links.close(ctx)
	_ = s.carrier.conn.Close() // says only whether it was closed before
	if err != nil {
		return fmt.Errorf("otlpgrpc: %w", err)
	}
	return nil
}
