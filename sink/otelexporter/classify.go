package otelexporter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/logstream-go/logstream/sink"
)

// outcome says what an error means that the exporter returned for n records. The
// rules are in the doc of New.
func (s *Sink) outcome(ctx context.Context, err error, n int) error {
	if s.classifier != nil {
		if e := s.classifier(err); e != nil {
			if e.Err == nil {
				e.Err = bounded(err)
			}
			return e
		}
	}
	out := &sink.Error{Err: fmt.Errorf("otelexporter: %w", bounded(err))}
	if rejected, ok := partialSuccess(err); ok {
		if rejected <= 0 {
			return nil // a warning: everything was accepted
		}
		out.Kind, out.Rejected = sink.Invalid, int(min(rejected, int64(n)))
		return out
	}
	out.Kind = kindOf(ctx, err)
	if after, ok := throttled(err); ok {
		out.RetryAfter = after
		if out.Kind == sink.TooLarge {
			out.Kind = sink.Retry // RESOURCE_EXHAUSTED with RetryInfo: the server recovers
		}
	}
	return out
}

// kindOf returns the kind of an error that is no partial success.
func kindOf(ctx context.Context, err error) sink.Kind {
	if errors.Is(err, sdklog.ErrExporterShutdown) {
		return sink.Refused
	}
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return sink.Retry
	}
	for e := range tree(err) {
		{
			var errCase0 *json.UnsupportedValueError
			var errCase1 *json.UnsupportedTypeError
			var errCase2 *json.MarshalerError
			switch {
			case errors.As(e, &errCase0), errors.As(e, &errCase1), errors.As(e, &errCase2):
				return sink.Invalid
			}
		}
		if kind, ok := said(e.Error()); ok {
			return kind
		}
	}
	return sink.Retry
}

// said returns the kind that the text of an error of otlploggrpc or otlploghttp
// stands for. The types are not exported, or would link gRPC; a test in
// internal/interop holds the words.
func said(text string) (sink.Kind, bool) {
	begins := func(with ...string) bool {
		return slices.ContainsFunc(with, func(w string) bool { return strings.HasPrefix(text, w) })
	}
	switch {
	case begins("max retry time ", "retry-able request failure", "exporter export timeout"):
		return sink.Retry, true // the exporter itself has found it worth another attempt
	case begins("request message too large: ", "request body too large: "):
		return sink.TooLarge, true
	}
	if rest, ok := strings.CutPrefix(text, "rpc error: code = "); ok {
		code, _, _ := strings.Cut(rest, " ")
		return kindOfCode(code), true
	}
	if rest, ok := strings.CutPrefix(text, "failed to send logs to "); ok {
		_, rest, _ = strings.Cut(rest, ": ")
		digits, _, _ := strings.Cut(rest, " ")
		if status, err := strconv.Atoi(digits); err == nil && len(digits) == 3 {
			return kindOfStatus(status), true
		}
	}
	return 0, false
}

// kindOfCode is OTLP's table of gRPC codes, by name.
func kindOfCode(code string) sink.Kind {
	switch code {
	case "Canceled", "DeadlineExceeded", "Aborted", "OutOfRange", "Unavailable", "DataLoss":
		return sink.Retry
	case "ResourceExhausted":
		return sink.TooLarge // unless it comes with RetryInfo
	case "Unauthenticated", "PermissionDenied", "Unimplemented":
		return sink.Refused
	}
	return sink.Invalid
}

// kindOfStatus is the same for HTTP.
func kindOfStatus(status int) sink.Kind {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return sink.Retry
	case http.StatusRequestEntityTooLarge:
		return sink.TooLarge
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusProxyAuthRequired:
		return sink.Refused
	}
	if status < http.StatusBadRequest {
		return sink.Refused // a redirect that was not followed
	}
	return sink.Invalid
}

// partialSuccess returns how many records a partial success of OTLP rejects, if
// err holds one. It is an answer to the whole request, so it rules over whatever
// else went wrong after it.
func partialSuccess(err error) (rejected int64, ok bool) {
	for e := range tree(err) {
		text := e.Error()
		if !strings.HasPrefix(text, "OTLP partial success: ") {
			continue
		}
		// The server's words stand before the count, and may hold anything.
		if text, ok = strings.CutSuffix(text, " logs rejected)"); !ok {
			continue
		}
		n, err := strconv.ParseInt(text[strings.LastIndexByte(text, '(')+1:], 10, 64)
		if err == nil {
			return n, true
		}
	}
	return 0, false
}

// tree iterates over err and all that it wraps, the outer before the inner.
func tree(err error) iter.Seq[error] {
	return func(yield func(error) bool) { walk(err, yield) }
}

func walk(err error, yield func(error) bool) bool {
	if err == nil {
		return true
	}
	if !yield(err) {
		return false
	}
	switch e := err.(type) { //nolint:errorlint // it is the walk that errors.As makes
	case interface{ Unwrap() error }:
		return walk(e.Unwrap(), yield)
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			if !walk(inner, yield) {
				return false
			}
		}
	}
	return true
}

// maxMessage bounds the text of an error, into which exporters copy what a server
// answered, up to some MiB.
const maxMessage = 4 << 10

// A shortError is an error with its text cut.
type shortError struct {
	error
	text string
}

// Error returns the text.
func (e *shortError) Error() string { return e.text }

// Unwrap returns the error with its whole text.
func (e *shortError) Unwrap() error { return e.error }

// bounded returns err with at most maxMessage bytes of text.
func bounded(err error) error {
	text := err.Error()
	if len(text) <= maxMessage {
		return err
	}
	const mark = "...[cut]"
	return &shortError{err, strings.ToValidUTF8(text[:maxMessage-len(mark)], "") + mark}
}
