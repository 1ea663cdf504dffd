package otlphttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/logstream-go/logstream/internal/otlpconfig"
	"github.com/logstream-go/logstream/sink"
)

// A Sink exports batches to OTLP endpoints over HTTP. Its methods may be called
// concurrently.
type Sink struct {
	// Immutable.
	timeout     time.Duration // 0 is no bound
	maxRequest  int
	maxResponse int
	header      http.Header
	auth        AuthFunc // or nil

	balancer balancer
	gate     gate
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
	targets, targetErr := cfg.HTTP()
	json, protocolErr := wantsJSON(c.encoding)
	if err := errors.Join(append(c.errs, loadErr, targetErr, protocolErr)...); err != nil {
		return nil, fmt.Errorf("otlphttp: %w", err)
	}

	f := format{json: json, gzip: cfg.Compression == otlpconfig.Gzip, compressor: c.compressor}
	s := &Sink{
		timeout:     cfg.Timeout,
		maxRequest:  c.maxRequest,
		maxResponse: c.maxResponse,
		header:      newHeader(cfg.Headers.Value, f),
		auth:        c.auth,
	}
	for _, t := range targets {
		s.balancer.endpoints = append(s.balancer.endpoints, newEndpoint(c, cfg, t, f))
	}
	s.gate.init()
	return s, nil
}

// wantsJSON reports whether requests are written in JSON.
func wantsJSON(e Encoding) (bool, error) {
	if e != 0 {
		return e == JSON, nil
	}
	p, err := otlpconfig.LookupProtocol()
	return p == otlpconfig.HTTPJSON, err
}

// newHeader returns what all requests have in common.
func newHeader(headers map[string]string, f format) http.Header {
	h := make(http.Header, len(headers)+5)
	for k, v := range headers {
		h.Set(k, v)
	}
	h.Set("Content-Type", f.contentType())
	h.Set("Accept-Encoding", "gzip")
	h.Set("User-Agent", otlpconfig.UserAgent("logstream-otlp-http"))
	// A key without a value is not sent. It tells net/http that a request can be
	// repeated when an idle connection turns out to be closed, as OTLP says.
	h["Idempotency-Key"] = nil
	return h
}

// Export sends b in one request and makes one attempt per endpoint at most, which
// ends with the deadline of ctx or the sink's time-out, whichever comes first. An
// empty batch is not sent. Its error is a [*sink.Error], except [ErrClosed] after
// Shutdown.
func (s *Sink) Export(ctx context.Context, b *sink.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	if b.Size() > s.maxRequest {
		return &sink.Error{
			Err:  fmt.Errorf("otlphttp: the request has %d bytes, above the limit of %d", b.Size(), s.maxRequest),
			Kind: sink.TooLarge,
		}
	}
	ctx, leave, err := s.gate.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if s.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.timeout)
		defer cancel()
	}

	var failures []*sink.Error
	for e := range s.balancer.candidates() {
		failed := s.try(ctx, e, b)
		if !elsewhere(failed) {
			e.health.up()
			if failed == nil {
				return nil
			}
			return failed
		}
		failures = append(failures, failed)
		if !errors.Is(ctx.Err(), context.Canceled) {
			e.health.down(time.Now(), failed.RetryAfter)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return summary(failures)
}

// elsewhere reports whether another endpoint may take what one has not taken.
func elsewhere(e *sink.Error) bool {
	return e != nil && e.Rejected == 0 && (e.Kind == sink.Retry || e.Kind == sink.Refused)
}

// summary makes one failure of those of several endpoints. If one of them may
// recover by itself the batch is worth another attempt, as soon as the first one
// allows it.
func summary(failures []*sink.Error) *sink.Error {
	first := failures[0]
	if len(failures) == 1 {
		return first
	}
	all := &sink.Error{Kind: sink.Refused}
	errs := make([]error, len(failures))
	for i, f := range failures {
		errs[i] = f.Err
		if f.Kind != sink.Retry {
			continue
		}
		if all.Kind != sink.Retry || f.RetryAfter < all.RetryAfter {
			all.RetryAfter = f.RetryAfter
		}
		all.Kind = sink.Retry
	}
	all.Err = several(errs)
	return all
}

// several is errors.Join in one line.
type several []error

// Error returns all messages.
func (s several) Error() string {
	texts := make([]string, len(s))
	for i, e := range s {
		texts[i] = e.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns all errors.
func (s several) Unwrap() []error { return s }

// Limits tells the stream the bound of a request and the time-out of an attempt.
func (s *Sink) Limits() sink.Limits {
	return sink.Limits{MaxBatchBytes: s.maxRequest, Timeout: s.timeout}
}

// Shutdown waits for the exports in flight until ctx ends, which makes them fail,
// and closes the connections. Export returns [ErrClosed] from then on. It can be
// called again. An error means that ctx ended first.
func (s *Sink) Shutdown(ctx context.Context) error {
	err := s.gate.close(ctx)
	for _, e := range s.balancer.endpoints {
		e.transport.CloseIdleConnections() // with a goodbye
		e.conns.close()
	}
	if err != nil {
		return fmt.Errorf("otlphttp: %w", err)
	}
	return nil
}

// String returns the sink's name and endpoints, and no credential.
func (s *Sink) String() string {
	names := make([]string, len(s.balancer.endpoints))
	for i, e := range s.balancer.endpoints {
		names[i] = e.String()
	}
	return "otlphttp(" + strings.Join(names, ", ") + ")"
}

// GoString is String: %#v would show the headers.
func (s *Sink) GoString() string { return s.String() }
