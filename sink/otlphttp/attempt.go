package otlphttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/logstream-go/logstream/sink"
)

// try makes one attempt at e. The compressor is on trial until e has accepted a
// request in its format: a refusal of the format is followed by a request in gzip at
// once, and settles the matter for e.
func (s *Sink) try(ctx context.Context, e *endpoint, b *sink.Batch) *sink.Error {
	f := e.choose()
	a, failed := s.attempt(ctx, e, b, f)
	if f.compressor == nil {
		return failed
	}
	if failed == nil || failed.Rejected > 0 {
		e.verdict.CompareAndSwap(untried, accepted)
		return failed
	}
	switch a.doubt(f.contentEncoding()) {
	case certain:
		e.verdict.Store(refused)
		_, failed = s.attempt(ctx, e, b, f.fallback())
	case possible:
		// Servers that do not look at Content-Encoding take the request for
		// garbage. If the same batch passes with gzip, that was it.
		if e.verdict.Load() != untried {
			break
		}
		if _, again := s.attempt(ctx, e, b, f.fallback()); again == nil || again.Rejected > 0 {
			e.verdict.Store(refused)
			failed = again
		}
	}
	return failed
}

// attempt sends b to e once. The answer is nil if there was none.
func (s *Sink) attempt(ctx context.Context, e *endpoint, b *sink.Batch, f format) (*answer, *sink.Error) {
	payload, err := f.encode(b)
	if err != nil {
		return nil, &sink.Error{Err: fmt.Errorf("otlphttp: %w", err), Kind: sink.Invalid}
	}
	defer payload.Release()
	req := s.request(ctx, e, payload, f)
	if s.auth != nil {
		if err := s.auth(ctx, req, payload.Bytes()); err != nil {
			return nil, s.unsigned(ctx, e, req, err)
		}
	}
	req.Body = newBody(payload)
	resp, err := e.transport.RoundTrip(req)
	if err != nil {
		return nil, noAnswer(ctx, e, req, err)
	}
	a := read(resp, s.maxResponse)
	failed := a.outcome(e, req, b.Len(), time.Now())
	if !elsewhere(failed) {
		e.health.up()
	}
	return a, failed
}

// request returns a request without a body.
func (s *Sink) request(ctx context.Context, e *endpoint, payload *sink.Payload, f format) *http.Request {
	u := *e.url // an AuthFunc may change it
	req := (&http.Request{
		Method:        http.MethodPost,
		URL:           &u,
		Host:          u.Host,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        s.header.Clone(),
		ContentLength: int64(len(payload.Bytes())),
	}).WithContext(ctx)
	if enc := f.contentEncoding(); enc != "" {
		req.Header.Set("Content-Encoding", enc)
	}
	// For net/http, which sends a request again when an idle connection turns
	// out to be closed. Its context keeps the attempt, and so the payload, alive.
	req.GetBody = func() (io.ReadCloser, error) { return newBody(payload), nil }
	return req
}

// unsigned returns the outcome of an attempt that an AuthFunc has ended.
func (s *Sink) unsigned(ctx context.Context, e *endpoint, req *http.Request, err error) *sink.Error {
	failed := &sink.Error{Kind: sink.Retry}
	if own, ok := errors.AsType[*sink.Error](err); ok {
		failed.Kind, failed.RetryAfter = own.Kind, max(0, own.RetryAfter)
	}
	failed.Err = newFailure(ctx, e, req, "the request could not be signed: "+err.Error(), nil)
	return failed
}
