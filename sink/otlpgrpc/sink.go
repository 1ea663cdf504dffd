package otlpgrpc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/status"

	"github.com/logstream-go/logstream/internal/otlpconfig"
	"github.com/logstream-go/logstream/sink"
)

// A Sink exports batches to an OTLP endpoint over gRPC. Its methods may be
// called concurrently.
type Sink struct {
	// Immutable.
	timeout    time.Duration // 0 is no bound
	maxRequest int           // bytes before compression
	maxReply   int           // bytes before and after decompression
	errors     classifier
	carrier    *carrier
	lane       *lane // preferred
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
		timeout:    cfg.Timeout,
		maxRequest: c.maxRequest,
		maxReply:   c.maxReply,
		errors:     newClassifier(target.Secure, cfg.Headers.Value, proxySecrets(target.Name)...),
		carrier:    carrier,
		lane:       newLane(c, cfg, target),
	}

	// The first connection shows whether gRPC takes target and options.
	s.lane.links.mu.Lock()
	defer s.lane.links.mu.Unlock()
	if err := s.lane.links.dialLocked(); err != nil {
		_ = carrier.conn.Close()
		return nil, fmt.Errorf("otlpgrpc: %w", err)
	}
	return s, nil
}

// newLane returns the lane that the settings prefer.
func newLane(c *config, cfg *otlpconfig.Config, target otlpconfig.Target) *lane {
	with := func(f format) *lane {
		return &lane{format: f, links: links{target: target.Name, options: dialOptions(c, cfg, target, f)}}
	}
	switch {
	case c.codec != nil:
		ln := with(format{c.codec.Encoding(), c.codec})
		ln.fallback = with(gzipped)
		return ln
	case cfg.Compression == otlpconfig.Gzip:
		return with(gzipped)
	}
	return with(plain)
}

// Export sends b in one request and makes one attempt, which ends with the
// deadline of ctx or the sink's time-out, whichever comes first. Where the endpoint
// refuses the format of [WithCompressor], another one with gzip follows at once. An
// empty batch is not sent. Its error is a [*sink.Error], except [ErrClosed] after
// Shutdown.
func (s *Sink) Export(ctx context.Context, b *sink.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	if b.Size() > s.maxRequest {
		return &sink.Error{
			Err:  fmt.Errorf("otlpgrpc: the request has %d bytes, above the limit of %d", b.Size(), s.maxRequest),
			Kind: sink.TooLarge,
		}
	}
	if s.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.timeout)
		defer cancel()
	}
	return s.lane.tell(s.export(ctx, s.lane.choose(), b), b.Len())
}

// export sends b over ln, and over its fallback where the endpoint refuses the
// format. The format is on trial until the endpoint has accepted a request in it.
func (s *Sink) export(ctx context.Context, ln *lane, b *sink.Batch) error {
	l, err := ln.links.acquire()
	if err != nil {
		return err
	}
	// Held until the fallback is through as well: Shutdown waits for both.
	defer ln.links.release(l)

	err = s.attempt(ctx, ln, l, b)
	if ln.fallback == nil {
		return err
	}
	if delivered(err) {
		ln.verdict.CompareAndSwap(untried, accepted)
		return err
	}
	switch ln.doubt(err) {
	case certain:
		ln.refuse(l, err)
		return s.export(ctx, ln.fallback, b)
	case possible:
		if ln.verdict.Load() != untried {
			break
		}
		// If the same batch passes with gzip, it was the format.
		if again := s.export(ctx, ln.fallback, b); delivered(again) {
			ln.refuse(l, err)
			return again
		}
	}
	return err
}

// attempt sends b over l, a connection of ln.
func (s *Sink) attempt(ctx context.Context, ln *lane, l *link, b *sink.Batch) error {
	request, err := ln.format.encode(b)
	if err != nil {
		return &sink.Error{Err: fmt.Errorf("otlpgrpc: %w", err), Kind: sink.Invalid}
	}
	defer request.Release()

	answers := l.answers.Load()
	c := &call{conn: l.conn, request: request, maxReply: s.maxReply}
	err = s.carrier.do(ctx, c)
	switch {
	case status.Code(err) == codes.Unavailable && l.conn.GetState() != connectivity.Ready:
		// It is the connection that is not available. gRPC fails calls a moment
		// before it says "transient failure" of itself, so the next export might
		// still take this one for a connection that is being made.
		ln.links.retire(l)
	case ctx.Err() == nil:
		l.answers.Add(1)
	case errors.Is(ctx.Err(), context.DeadlineExceeded) && l.answers.Load() == answers:
		// Nobody has heard from this connection since the call began. It may be
		// one whose other end is gone.
		ln.links.retire(l)
	}
	if err != nil {
		failed := s.errors.failure(ctx, err)
		if c.unreadable() {
			// The server has dealt with the batch. To send it again, in halves
			// even, would make duplicates; OTLP forbids it.
			failed.Kind, failed.Rejected = sink.Invalid, b.Len()
		}
		return failed
	}
	return s.errors.answer(c.reply, b.Len())
}

// Limits tells the stream the bound of a request and the time-out of an attempt.
func (s *Sink) Limits() sink.Limits {
	return sink.Limits{MaxBatchBytes: s.maxRequest, Timeout: s.timeout}
}

// Shutdown closes the connections once the exports in flight have returned, or
// when ctx ends, which makes those fail. Export returns [ErrClosed] from then on.
// It can be called again. An error means that ctx ended before everything was
// closed; the rest goes on in the background.
func (s *Sink) Shutdown(ctx context.Context) error {
	err := s.lane.links.close(ctx)
	if s.lane.fallback != nil {
		err = errors.Join(err, s.lane.fallback.links.close(ctx))
	}
	_ = s.carrier.conn.Close() // says only whether it was closed before
	if err != nil {
		return fmt.Errorf("otlpgrpc: %w", err)
	}
	return nil
}
