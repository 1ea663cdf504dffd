package otlphttp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/logstream-go/logstream/sink"
)

// classify is OTLP's table of HTTP statuses, for those that are no success.
func classify(status int) sink.Kind {
	switch status {
	case http.StatusTooManyRequests, // throttled
		http.StatusBadGateway,         // a proxy does not reach the server
		http.StatusServiceUnavailable, // overloaded or on its way down or up
		http.StatusGatewayTimeout:     // a proxy has lost patience
		return sink.Retry
	case http.StatusUnauthorized, // the credential is missing or wrong
		http.StatusForbidden,         // it does not allow this
		http.StatusNotFound,          // the path is wrong, or logs are turned off
		http.StatusMethodNotAllowed,  // the path is that of something else
		http.StatusProxyAuthRequired: // the proxy wants a credential
		return sink.Refused
	case http.StatusRequestEntityTooLarge:
		return sink.TooLarge
	}
	if status < 400 {
		return sink.Refused // a redirect, or an answer that OTLP does not have
	}
	// The same request would fail again, 408 and 500 included.
	return sink.Invalid
}

// outcome returns what an answer to n records means, nil for full success.
func (a *answer) outcome(e *endpoint, req *http.Request, n int, now time.Time) *sink.Error {
	if 200 <= a.status && a.status < 300 {
		return a.partial(e, req, n)
	}
	st := a.failure()
	failed := &sink.Error{Kind: classify(a.status)}
	msg := fmt.Sprintf("%d %s", a.status, http.StatusText(a.status))
	switch {
	case a.status < 300: // 1xx, such as a change of protocols
		msg += ": this is no OTLP endpoint"
	case a.status < 400:
		msg += ": " + redirect(a.header.Get("Location"))
	case e.url.Scheme == "http" && a.wantsTLS(st.Message):
		failed.Kind = sink.Refused
		msg += ": the endpoint speaks TLS: use https:// (" + st.Message + ")"
	case st.Message != "":
		msg += ": " + st.Message
	}
	if failed.Kind == sink.Retry {
		if after, ok := retryAfter(a.header, now); ok {
			failed.RetryAfter = after
		} else {
			failed.RetryAfter = st.RetryDelay
		}
	}
	failed.Err = newFailure(context.Background(), e, req, msg, nil)
	return failed
}

// partial returns what a 2xx means.
func (a *answer) partial(e *endpoint, req *http.Request, n int) *sink.Error {
	r := a.success()
	if r.Rejected <= 0 {
		return nil // with a message it is a warning, and the records have arrived
	}
	msg := "partial success: " + r.Message
	if r.Rejected > int64(n) {
		msg += fmt.Sprintf(" (the endpoint says %d of %d)", r.Rejected, n)
	}
	return &sink.Error{
		Err:      newFailure(context.Background(), e, req, msg, nil),
		Kind:     sink.Invalid,
		Rejected: int(min(r.Rejected, int64(n))),
	}
}

// redirect says what to do about an answer that sends elsewhere.
func redirect(location string) string {
	const why = "redirects are not followed, for the headers would go there"
	u, err := url.Parse(location)
	if err != nil || location == "" {
		return "this is no OTLP endpoint; " + why
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return "the endpoint points to " + u.String() + "; set that as the endpoint if it is right: " + why
}

// wantsTLS tells from an answer that a TLS port was spoken to in plain text. The
// words are those of Go, nginx and Apache. Go's server hangs up at once, so that its
// words may get lost; then it is the only one to answer without any header.
func (a *answer) wantsTLS(page string) bool {
	if a.status != http.StatusBadRequest {
		return false
	}
	page = strings.ToLower(page)
	return strings.Contains(page, "http request to an https server") ||
		strings.Contains(page, "plain http request was sent to https port") ||
		strings.Contains(page, "speaking plain http to an ssl-enabled server") ||
		len(a.header) == 0 && !a.whole
}

// noAnswer returns the outcome of an attempt that ended without a status.
func noAnswer(ctx context.Context, e *endpoint, req *http.Request, err error) *sink.Error {
	kind, hint := diagnose(e.url.Scheme == "https", err)
	if toProxy(err) {
		kind, hint = diagnoseProxy(err)
	}
	msg := err.Error()
	if ctx.Err() != nil {
		// The time was up, whatever came of it.
		kind, hint = sink.Retry, ""
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			hint = "no answer in time"
		}
	}
	if hint != "" {
		msg = hint + " (" + msg + ")"
	} else if u, ok := e.proxy.Load().(*url.URL); ok {
		msg += " (through the proxy " + u.Scheme + "://" + u.Host + ")" // its end of the way may be the broken one
	}
	var errno error
	visit(err, func(e any) bool {
		no, ok := e.(syscall.Errno)
		if ok {
			errno = no
		}
		return ok
	})
	return &sink.Error{Err: newFailure(ctx, e, req, msg, errno), Kind: kind}
}

// visit calls f with err and all that it wraps until f returns true, and reports
// whether it did. errors.AsType would be a copy of this for each type.
func visit(err error, f func(e any) bool) bool {
	for err != nil {
		if f(err) {
			return true
		}
		switch x := any(err).(type) {
		case interface{ Unwrap() error }:
			err = x.Unwrap()
		case interface{ Unwrap() []error }:
			return slices.ContainsFunc(x.Unwrap(), func(e error) bool { return visit(e, f) })
		default:
			return false
		}
	}
	return false
}

// types tells which errors with a meaning are among those that an error wraps.
type types struct {
	record  *tls.RecordHeaderError
	proxy   *proxyError
	expired bool // besides invalid

	invalid, hostname, authority, unverified bool
}

// note notes err, and wants to see all others.
func (t *types) note(err any) bool {
	switch e := err.(type) {
	case tls.RecordHeaderError:
		t.record = &e
	case *proxyError:
		t.proxy = e
	case x509.CertificateInvalidError:
		t.invalid, t.expired = true, e.Reason == x509.Expired
	case x509.HostnameError:
		t.hostname = true
	case x509.UnknownAuthorityError:
		t.authority = true
	case *tls.CertificateVerificationError:
		t.unverified = true
	}
	return false
}

// errProxyChoice stands for the error of a proxy function, whose text may hold a
// password.
var errProxyChoice = errors.New("the proxy settings cannot be used; look at HTTP_PROXY and HTTPS_PROXY, or at the function of WithProxy")

// toProxy reports whether err ended the way to a proxy, and not the way from there.
func toProxy(err error) bool {
	return visit(err, func(e any) bool {
		op, ok := e.(*net.OpError)
		return ok && op.Op == "proxyconnect"
	})
}

// diagnoseProxy is diagnose for an error on the way to a proxy, whose URL says whether
// it is spoken to with TLS.
func diagnoseProxy(err error) (sink.Kind, string) {
	kind, hint := diagnose(true, err)
	hint = strings.Replace(hint, "use http:// or WithInsecure if that is as it should be", "use http:// for it if that is as it should be", 1)
	return kind, strings.ReplaceAll(hint, "the endpoint", "the proxy")
}

// diagnose tells what kind of failure err is, and what to do about it if it is a
// matter of settings. Everything that is not is a connection that may be there again
// in a moment.
func diagnose(secure bool, err error) (sink.Kind, string) {
	var of types
	visit(err, of.note)
	switch {
	case of.record != nil && secure:
		hint := "the endpoint does not speak TLS"
		if string(of.record.RecordHeader[:]) == "HTTP/" {
			hint = "the endpoint answered in plain text"
		}
		return sink.Refused, hint + ": use http:// or WithInsecure if that is as it should be"
	case errors.Is(err, http.ErrSchemeMismatch):
		return sink.Refused, "the endpoint answered in plain text: use http:// or WithInsecure if that is as it should be"
	case of.proxy != nil && (of.proxy.status == http.StatusProxyAuthRequired || of.proxy.status == http.StatusForbidden):
		return sink.Refused, ""
	case of.proxy != nil:
		return sink.Retry, ""
	case of.expired:
		return sink.Refused, "the endpoint's certificate has expired or is not valid yet: renew it, or set the clock"
	case of.invalid:
		return sink.Refused, "the endpoint's certificate is not valid"
	case of.hostname:
		return sink.Refused, "the endpoint's certificate is for another name: use the name that it was made for"
	case of.authority:
		return sink.Refused, "the endpoint's certificate comes from an authority that is not trusted here: name its file in OTEL_EXPORTER_OTLP_CERTIFICATE or use WithTLSClientConfig"
	case of.unverified:
		return sink.Refused, "the endpoint's certificate cannot be verified"
	}
	// The rest has no types: a test holds the words of crypto/tls and net/http.
	said := func(s string) bool { return strings.Contains(err.Error(), s) }
	switch {
	case said("unsupported protocol version"), said("protocol version not supported"):
		return sink.Refused, "the endpoint does not speak TLS 1.2 or later: update it"
	case said("tls: certificate required"), said("tls: bad certificate"), said("tls: unknown certificate authority"):
		return sink.Refused, "the endpoint wants a client certificate: set one that it trusts"
	case said("tls: handshake failure"):
		return sink.Refused, "the endpoint ended the TLS handshake: it may want a client certificate, or other TLS settings"
	case said(`malformed HTTP response "\x15\x03`):
		return sink.Refused, "the endpoint speaks TLS: use https://"
	case said(`malformed HTTP response "\x00\x00`):
		return sink.Refused, "the endpoint speaks HTTP/2 only, as a gRPC port does: OTLP over HTTP has a port of its own, mostly 4318"
	case said("readLoopPeekFailLocked: %!w(<nil>)"): // the server's words came before the request was on its way
		return sink.Refused, "the endpoint spoke before it was asked, which HTTP never does, and a gRPC port does: OTLP over HTTP has a port of its own, mostly 4318"
	case errors.Is(err, errProxyChoice):
		return sink.Refused, ""
	}
	return sink.Retry, ""
}
