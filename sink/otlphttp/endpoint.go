package otlphttp

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/logstream-go/logstream/internal/otlpconfig"
)

const (
	// connectTimeout bounds connecting and the TLS handshake, each, where exports
	// have no bound of their own. net/http finishes them for the next request
	// when the present one has given up.
	connectTimeout = 20 * time.Second

	// idleTimeout is how long a connection is kept without use. Load balancers
	// and servers close theirs after a minute or more, and the one who closes
	// first never loses a request to it.
	idleTimeout = 55 * time.Second

	// pingAfter is after what silence an HTTP/2 connection is asked whether it is
	// there, and how long it may take to answer. All requests share it, so if its
	// other end is gone without a word, all would time out for a quarter of an
	// hour. HTTP/1.1 gives up a connection with each request that times out.
	pingAfter = 10 * time.Second

	// maxIdle is how many connections are kept: more than exports of a stream in
	// flight by default.
	maxIdle = 16

	// maxHeader bounds the headers of an answer.
	maxHeader = 64 << 10
)

// How good a compressor is with an endpoint.
const (
	untried int32 = iota
	accepted
	refused // gzip from now on
)

// An endpoint is one URL and the connections to its host.
type endpoint struct {
	url       *url.URL
	transport *http.Transport
	conns     conns
	format    format       // preferred
	proxy     atomic.Value // of *url.URL: the last proxy, for its credentials
	verdict   atomic.Int32 // on the compressor of format
	health    health
}

func newEndpoint(c *config, cfg *otlpconfig.Config, target otlpconfig.HTTPTarget, f format) *endpoint {
	e := &endpoint{url: target.URL, format: f}
	connect := cfg.Timeout
	if connect == 0 {
		connect = connectTimeout
	}
	dialer := &net.Dialer{Timeout: connect}
	e.transport = &http.Transport{
		DialContext:            e.conns.dial(dialer.DialContext),
		TLSHandshakeTimeout:    connect,
		TLSClientConfig:        tlsConfig(c, cfg, target.URL.Hostname()),
		ForceAttemptHTTP2:      true, // a TLS configuration of its own would turn it off
		MaxIdleConnsPerHost:    maxIdle,
		IdleConnTimeout:        idleTimeout,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingAfter},
		MaxResponseHeaderBytes: maxHeader,
		// Answers are decompressed here, where both sizes are bounded.
		DisableCompression: true,
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
			if resp.StatusCode != http.StatusOK {
				return &proxyError{resp.StatusCode}
			}
			return nil
		},
	}
	if target.Socket != "" {
		e.transport.DialContext = e.conns.dial(func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", target.Socket)
		})
	} else if c.proxy != nil {
		e.transport.Proxy = func(req *http.Request) (*url.URL, error) {
			u, err := c.proxy(req)
			if err != nil {
				return nil, errProxyChoice
			}
			if u != nil {
				e.proxy.Store(u)
			}
			return u, nil
		}
	}
	return e
}

// tlsConfig returns the settings of the connections to host.
func tlsConfig(c *config, cfg *otlpconfig.Config, host string) *tls.Config {
	if c.tls == nil {
		return cfg.Files.Live(host)
	}
	t := c.tls.Clone()
	if t.MinVersion == 0 {
		t.MinVersion = tls.VersionTLS12
	}
	return t
}

// String returns scheme and host. Path and query may hold a credential.
func (e *endpoint) String() string { return e.url.Scheme + "://" + e.url.Host }

// choose returns the format to write the next request in.
func (e *endpoint) choose() format {
	f := e.format
	if f.compressor != nil && e.verdict.Load() == refused {
		return f.fallback()
	}
	return f
}

// fallback returns f with the compression that every endpoint takes.
func (f format) fallback() format {
	f.compressor, f.gzip = nil, true
	return f
}

// A proxyError is a proxy's refusal to connect.
type proxyError struct{ status int }

// Error names the status.
func (e *proxyError) Error() string {
	return fmt.Sprintf("the proxy answered %d %s", e.status, http.StatusText(e.status))
}
