package otlptest

import (
	"net/http"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"
)

// HTTPStatus answers over HTTP with a status code, 200 to 599, and with body as
// it is, as text/plain unless Header says otherwise. 2xx accepts the request;
// with any other code nothing is kept. Without Retry-After, details or a message
// in protobuf, it is what a proxy in front of a receiver answers. A gRPC client
// gets the gRPC code that HTTP's code means to it, and body as the message.
func HTTPStatus(code int, body string) Fault {
	f := Fault{http: &httpAnswer{status: code, body: body}}
	if code < 200 || code > 299 {
		f.action, f.code, f.message = status, codeOfHTTP(code), body
	}
	return f
}

// Redirect answers over HTTP with 307 Temporary Redirect, the code that asks for
// the same request at url, headers and body included. Nothing is kept. Other
// redirections are made of HTTPStatus and Header. A gRPC client gets UNKNOWN.
func Redirect(url string) Fault {
	return HTTPStatus(http.StatusTemporaryRedirect, "").Header("Location", url)
}

// RetryAfter returns f with the wish to be left alone for d: over gRPC as a
// RetryInfo, over HTTP as a Retry-After header in seconds, rounded up. Negative
// and enormous values are sent as they are. It has no effect on an answer that
// is a success.
func (f Fault) RetryAfter(d time.Duration) Fault {
	f.retryAfter, f.hasRetry = d, true
	return f
}

// RetryAfterDate returns f with a Retry-After header that names a moment, which
// HTTP allows as well. gRPC knows durations only, and so gets none.
func (f Fault) RetryAfterDate(at time.Time) Fault {
	return f.Header("Retry-After", at.UTC().Format(http.TimeFormat))
}

// Header returns f with a header in its answer over HTTP, in place of one that
// the receiver would send. It may be called for several headers. When f has a
// condition that does not hold, and over gRPC, there is none.
func (f Fault) Header(key, value string) Fault {
	h := f.httpAnswer()
	h.header = h.header.Clone()
	if h.header == nil {
		h.header = make(http.Header)
	}
	h.header.Set(key, value)
	f.http = &h
	return f
}

// SlowAnswer returns f with the body of its answer over HTTP sent a byte at a
// time, bytesPerSecond of them (at least 1). gRPC answers at full speed.
func (f Fault) SlowAnswer(bytesPerSecond int) Fault {
	h := f.httpAnswer()
	h.rate = max(bytesPerSecond, 1)
	f.http = &h
	return f
}

// httpAnswer is what a fault says about its answer over HTTP beyond what holds
// for every transport. It does not change once it belongs to a Fault.
type httpAnswer struct {
	status int         // 0: as the code says
	body   string      // with a status
	header http.Header // nil without
	rate   int         // bytes per second of the body; 0 is full speed
}

func (f Fault) httpAnswer() httpAnswer {
	if f.http == nil {
		return httpAnswer{}
	}
	return *f.http
}

// codeOfHTTP is gRPC's table of what a HTTP status means to a client that
// expected gRPC.
func codeOfHTTP(status int) codes.Code {
	switch status {
	case http.StatusBadRequest:
		return codes.Internal
	case http.StatusUnauthorized:
		return codes.Unauthenticated
	case http.StatusForbidden:
		return codes.PermissionDenied
	case http.StatusNotFound:
		return codes.Unimplemented
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return codes.Unavailable
	}
	return codes.Unknown
}

// httpOfCode is the Collector's table of what it answers over HTTP, so that a
// code that may be tried again becomes a status that may be tried again. It has
// 429 for RESOURCE_EXHAUSTED, which without RetryInfo means in OTLP that the
// request will never pass: here that is 413.
func httpOfCode(code codes.Code, hasRetry bool) int {
	switch code {
	case codes.OK:
		return http.StatusOK
	case codes.Canceled, codes.DeadlineExceeded, codes.Aborted, codes.OutOfRange, codes.Unavailable, codes.DataLoss:
		return http.StatusServiceUnavailable
	case codes.ResourceExhausted:
		if hasRetry {
			return http.StatusTooManyRequests
		}
		return http.StatusRequestEntityTooLarge
	case codes.InvalidArgument:
		return http.StatusBadRequest
	case codes.Unauthenticated:
		return http.StatusUnauthorized
	case codes.PermissionDenied:
		return http.StatusForbidden
	case codes.Unimplemented:
		return http.StatusNotFound
	}
	return http.StatusInternalServerError
}

// retryAfterSeconds is d as a Retry-After header takes it. A fraction of a
// second counts as one, or the client would come too early.
func retryAfterSeconds(d time.Duration) string {
	s := int64(d / time.Second)
	if d%time.Second > 0 {
		s++
	}
	return strconv.FormatInt(s, 10)
}
