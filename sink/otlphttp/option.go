package otlphttp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/logstream-go/logstream/internal/otlpconfig"
	"github.com/logstream-go/logstream/sink"
)

const (
	// defaultMaxRequest is the specification's bound of a request before
	// compression.
	defaultMaxRequest = 64 << 20

	// defaultMaxResponse is the specification's bound of a response.
	defaultMaxResponse = 4 << 20
)

// An Option changes what [New] makes. Options win over the environment; of two
// that set the same, the later one wins.
type Option interface{ apply(*config) }

type option func(*config)

func (f option) apply(c *config) { f(c) }

// config is what the options say.
type config struct {
	otlpconfig.Options
	tls         *tls.Config
	compressor  sink.Compressor
	encoding    Encoding // 0 is what the environment says
	proxy       func(*http.Request) (*url.URL, error)
	auth        AuthFunc
	maxRequest  int
	maxResponse int
	errs        []error
}

// newConfig applies opts and notes what is wrong with them by themselves.
func newConfig(opts []Option) *config {
	c := &config{
		proxy:       http.ProxyFromEnvironment,
		maxRequest:  defaultMaxRequest,
		maxResponse: defaultMaxResponse,
	}
	for i, o := range opts {
		if o == nil {
			c.fail("option %d is nil", i+1)
			continue
		}
		o.apply(c)
	}
	return c
}

// fail notes a problem.
func (c *config) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// WithEndpoint sets where to send logs: "host:port" (TLS unless [WithInsecure] is
// given; the port is 4318 if there is none), "http://host:port" (plain text),
// "https://host:port" (TLS), or "unix:///path" (plain text). The path of the
// requests is "/v1/logs", after the URL's own if it has one; [WithURLPath]
// changes it. To send to a URL as it is, use [WithEndpointURL].
//
// It wins over OTEL_EXPORTER_OTLP_LOGS_ENDPOINT and OTEL_EXPORTER_OTLP_ENDPOINT.
// Default: http://localhost:4318.
func WithEndpoint(endpoint string) Option {
	return option(func(c *config) {
		c.Endpoint = otlpconfig.Option("WithEndpoint", endpoint)
		c.URLs = otlpconfig.Setting[[]string]{}
	})
}

// WithEndpointURL sets the complete URL to send logs to, such as
// "https://otlp.example.com/otlp/v1/logs". It is used as it is, except that one
// without a path gets "/". With several URLs the requests are spread over those
// that are not known to be down.
//
// It wins over OTEL_EXPORTER_OTLP_LOGS_ENDPOINT and OTEL_EXPORTER_OTLP_ENDPOINT.
// Default: http://localhost:4318/v1/logs.
func WithEndpointURL(url string, more ...string) Option {
	return option(func(c *config) {
		c.URLs = otlpconfig.Option("WithEndpointURL", append([]string{url}, more...))
		c.Endpoint = otlpconfig.Setting[string]{}
	})
}

// WithURLPath sets the path of the requests, which begins with "/", in place of
// the whole path of the endpoint. It is an error together with [WithEndpointURL].
// Default: "/v1/logs", after the path of the endpoint.
func WithURLPath(path string) Option {
	return option(func(c *config) { c.Path = otlpconfig.Option("WithURLPath", path) })
}

// WithInsecure sends in plain text to an endpoint without a scheme. It is an
// error together with an https:// endpoint or [WithTLSClientConfig].
//
// It wins over OTEL_EXPORTER_OTLP_LOGS_INSECURE and OTEL_EXPORTER_OTLP_INSECURE.
// Default: TLS, unless the endpoint's scheme is http or unix.
func WithInsecure() Option {
	return option(func(c *config) { c.Insecure = otlpconfig.Option("WithInsecure", true) })
}

// WithTLSClientConfig sets the TLS settings; New copies them. Where they name no
// least version it is 1.2. It is an error together with an http:// endpoint or
// [WithInsecure]. The files of the environment are then not read.
//
// Default: TLS 1.2 or later, with the authorities in the PEM file that
// OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE or OTEL_EXPORTER_OTLP_CERTIFICATE names
// (without one, those of the system), and the client certificate in the files that
// ..._CLIENT_CERTIFICATE and ..._CLIENT_KEY name. These files are read again at
// each handshake, so that renewed certificates are picked up.
func WithTLSClientConfig(cfg *tls.Config) Option {
	return option(func(c *config) {
		c.tls, c.TLS = cfg, "WithTLSClientConfig"
		if cfg == nil {
			c.fail("WithTLSClientConfig: nil")
		}
	})
}

// WithHeaders sets the headers to send with each request, such as an API key. The
// map is copied by [New]; the case of its keys does not matter.
//
// It replaces, as a whole, what OTEL_EXPORTER_OTLP_LOGS_HEADERS or
// OTEL_EXPORTER_OTLP_HEADERS holds. Default: none.
func WithHeaders(headers map[string]string) Option {
	return option(func(c *config) { c.Headers = otlpconfig.Option("WithHeaders", headers) })
}

// Compression is how requests are compressed.
type Compression uint8

const (
	// NoCompression sends requests as they are.
	NoCompression Compression = iota + 1
	// GzipCompression compresses requests with gzip, once per batch.
	GzipCompression
)

// WithCompression sets the compression of requests. It replaces [WithCompressor].
//
// It wins over OTEL_EXPORTER_OTLP_LOGS_COMPRESSION and
// OTEL_EXPORTER_OTLP_COMPRESSION. Default: GzipCompression, which every OTLP
// endpoint takes.
func WithCompression(compression Compression) Option {
	return option(func(c *config) {
		const name = "WithCompression"
		c.compressor = nil
		switch compression {
		case NoCompression:
			c.Compression = otlpconfig.Option(name, otlpconfig.None)
		case GzipCompression:
			c.Compression = otlpconfig.Option(name, otlpconfig.Gzip)
		default:
			c.fail("%s: %d is neither NoCompression nor GzipCompression", name, compression)
		}
	})
}

// WithCompressor sets what compresses requests, such as zstdc.New(). An endpoint
// that refuses the format gets gzip for the rest of the process. It replaces
// [WithCompression].
//
// It wins over OTEL_EXPORTER_OTLP_LOGS_COMPRESSION and
// OTEL_EXPORTER_OTLP_COMPRESSION. Default: gzip.
func WithCompressor(compressor sink.Compressor) Option {
	return option(func(c *config) {
		const name = "WithCompressor"
		if compressor == nil {
			c.fail("%s: nil", name)
			return
		}
		if !isToken(compressor.Encoding()) {
			c.fail("%s: %q cannot be the name of an encoding", name, compressor.Encoding())
		}
		c.compressor = compressor
		c.Compression = otlpconfig.Option(name, otlpconfig.Gzip)
	})
}

// Encoding is how requests are written.
type Encoding uint8

const (
	// Protobuf is binary protobuf, which every OTLP endpoint takes.
	Protobuf Encoding = iota + 1
	// JSON is OTLP/JSON, for people and for endpoints that want it. It costs
	// several times the CPU and the bytes.
	JSON
)

// WithEncoding sets how requests are written.
//
// It wins over OTEL_EXPORTER_OTLP_LOGS_PROTOCOL and OTEL_EXPORTER_OTLP_PROTOCOL, of
// which "http/json" means JSON. Default: Protobuf.
func WithEncoding(encoding Encoding) Option {
	return option(func(c *config) {
		if encoding != Protobuf && encoding != JSON {
			c.fail("WithEncoding: %d is neither Protobuf nor JSON", encoding)
		}
		c.encoding = encoding
	})
}

// WithTimeout bounds one Export, connecting included. 0 is no bound; negative
// values are an error. An earlier deadline of the context, such as the stream's
// attempt time-out, is kept. An Export that runs into it is tried again by the
// stream.
//
// It wins over OTEL_EXPORTER_OTLP_LOGS_TIMEOUT and OTEL_EXPORTER_OTLP_TIMEOUT, which
// are in milliseconds. Default: 10 s.
func WithTimeout(d time.Duration) Option {
	return option(func(c *config) { c.Timeout = otlpconfig.Option("WithTimeout", d) })
}

// WithProxy sets the function that chooses the proxy of a request, as
// http.Transport.Proxy does; nil means none. The text of its errors is not shown,
// because a URL with a password may be in it.
//
// Default: http.ProxyFromEnvironment, which reads HTTPS_PROXY, HTTP_PROXY and
// NO_PROXY.
func WithProxy(proxy func(*http.Request) (*url.URL, error)) Option {
	return option(func(c *config) { c.proxy = proxy })
}

// WithMaxRequestSize bounds a request, in bytes before compression, from 1. A
// batch above it is not sent; the stream is told and keeps batches below. Default:
// 64 MiB.
func WithMaxRequestSize(n int) Option {
	return option(func(c *config) {
		if c.maxRequest = n; n < 1 {
			c.fail("WithMaxRequestSize: %d is below 1", n)
		}
	})
}

// WithMaxResponseSize bounds the body of a response, in bytes before and after
// decompression, from 1. What is above it is not read. Default: 4 MiB.
func WithMaxResponseSize(n int) Option {
	return option(func(c *config) {
		if c.maxResponse = n; n < 1 {
			c.fail("WithMaxResponseSize: %d is below 1", n)
		}
	})
}

// An AuthFunc makes a request one that the endpoint accepts, by a header mostly. It
// is called once per request, retries included, and may be called concurrently.
// body is what will be sent, after compression; it must not be changed, nor read
// after the function has returned. The request has no Body yet. An error, which must not
// hold a credential, is one of kind [sink.Retry] unless it is a [*sink.Error].
type AuthFunc func(ctx context.Context, req *http.Request, body []byte) error

// WithAuth sets the function that signs requests or adds what expires, such as a
// token. What does not change goes into [WithHeaders]. Default: none.
func WithAuth(auth AuthFunc) Option {
	return option(func(c *config) {
		if c.auth = auth; auth == nil {
			c.errs = append(c.errs, errors.New("WithAuth: nil"))
		}
	})
}

// isToken reports whether s can be the name of an encoding.
func isToken(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' {
			return false
		}
	}
	return s != ""
}
