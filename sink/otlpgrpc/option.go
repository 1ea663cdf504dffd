package otlpgrpc

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/logstream-go/logstream/internal/otlpconfig"
	"github.com/logstream-go/logstream/sink"
)

// An Option changes what [New] makes. Options win over the environment; of two
// that set the same, the later one wins.
type Option interface{ apply(*config) }

type option func(*config)

func (f option) apply(c *config) { f(c) }

// config is what the options say.
type config struct {
	otlpconfig.Options
	credentials credentials.TransportCredentials
	codec       sink.Codec // in place of gzip
	dial        []grpc.DialOption
	maxRequest  int
	maxReply    int
	errs        []error
}

const (
	// defaultMaxRequest is the specification's bound of a request before
	// compression.
	defaultMaxRequest = 64 << 20

	// defaultMaxReply is the specification's bound of an answer. A real one has
	// some ten bytes.
	defaultMaxReply = 4 << 20
)

// newConfig applies opts and notes what is wrong with them by themselves.
func newConfig(opts []Option) *config {
	c := &config{maxRequest: defaultMaxRequest, maxReply: defaultMaxReply}
	for i, o := range opts {
		if o == nil {
			c.errs = append(c.errs, fmt.Errorf("option %d is nil", i+1))
			continue
		}
		o.apply(c)
	}
	return c
}

// WithEndpoint sets where to send logs: "host:port" (TLS unless [WithInsecure] is
// given), "http://host:port" (plain text), "https://host:port" (TLS),
// "unix:///path" (plain text), or "dns:///host:port" (as host:port). The port is
// 4317 if there is none. All addresses of the host are used in turn.
//
// It wins over OTEL_EXPORTER_OTLP_LOGS_ENDPOINT and OTEL_EXPORTER_OTLP_ENDPOINT.
// Default: http://localhost:4317.
func WithEndpoint(endpoint string) Option {
	return option(func(c *config) { c.Endpoint = otlpconfig.Option("WithEndpoint", endpoint) })
}

// WithEndpointURL is [WithEndpoint] for an endpoint that must be a URL, such as
// "https://otlp.example.com:4317". Default: http://localhost:4317.
func WithEndpointURL(url string) Option {
	return option(func(c *config) {
		c.Endpoint = otlpconfig.Option("WithEndpointURL", url)
		if !strings.Contains(url, "://") {
			c.errs = append(c.errs, errors.New("WithEndpointURL: there is no :// in it; host:port goes into WithEndpoint"))
		}
	})
}

// WithInsecure sends in plain text to an endpoint without a scheme. It is an
// error together with an https:// endpoint or [WithTLSCredentials].
//
// It wins over OTEL_EXPORTER_OTLP_LOGS_INSECURE and OTEL_EXPORTER_OTLP_INSECURE.
// Default: TLS, unless the endpoint's scheme is http or unix.
func WithInsecure() Option {
	return option(func(c *config) { c.Insecure = otlpconfig.Option("WithInsecure", true) })
}

// WithTLSCredentials sets the transport security, such as
// credentials.NewTLS(&tls.Config{...}). It is an error together with an http://
// endpoint or [WithInsecure]. The files of the environment are then not read.
//
// Default: TLS 1.2 or later, with the authorities in the PEM file that
// OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE or OTEL_EXPORTER_OTLP_CERTIFICATE names
// (without one, those of the system), and the client certificate in the files that
// ..._CLIENT_CERTIFICATE and ..._CLIENT_KEY name. These files are read again at
// each handshake, so that renewed certificates are picked up.
func WithTLSCredentials(creds credentials.TransportCredentials) Option {
	return option(func(c *config) {
		c.credentials, c.TLS = creds, "WithTLSCredentials"
		switch {
		case creds == nil:
			c.errs = append(c.errs, errors.New("WithTLSCredentials: nil"))
		case creds.Info().SecurityProtocol == "insecure":
			c.errs = append(c.errs, errors.New("WithTLSCredentials: these are no TLS credentials; for plain text use WithInsecure or http://"))
		}
	})
}

// WithHeaders sets the metadata to send with each request, such as an API key.
// The map is copied by [New]. Names are those of gRPC metadata; their case does
// not matter.
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
		c.codec = nil
		switch compression {
		case NoCompression:
			c.Compression = otlpconfig.Option(name, otlpconfig.None)
		case GzipCompression:
			c.Compression = otlpconfig.Option(name, otlpconfig.Gzip)
		default:
			c.errs = append(c.errs, fmt.Errorf("%s: %d is neither NoCompression nor GzipCompression", name, compression))
		}
	})
}

// WithCompressor sets what compresses requests and reads answers, such as
// zstdc.New(). An endpoint that refuses the format gets gzip for the rest of the
// process, over a connection of its own, at once and with the same batch; the error
// handler of the stream is told. It replaces [WithCompression].
//
// It wins over OTEL_EXPORTER_OTLP_LOGS_COMPRESSION and
// OTEL_EXPORTER_OTLP_COMPRESSION. Default: gzip.
func WithCompressor(compressor sink.Codec) Option {
	return option(func(c *config) {
		const name = "WithCompressor"
		if compressor == nil {
			c.errs = append(c.errs, fmt.Errorf("%s: nil", name))
			return
		}
		if e := compressor.Encoding(); !isToken(e) {
			c.errs = append(c.errs, fmt.Errorf("%s: %q cannot be the name of an encoding", name, e))
		}
		c.codec = compressor
		c.Compression = otlpconfig.Option(name, otlpconfig.Gzip)
	})
}

// isToken reports whether s can be the name of an encoding that changes anything.
func isToken(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' {
			return false
		}
	}
	return s != "" && s != "identity"
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

// WithMaxRequestSize bounds a request, in bytes before compression, from 1. A
// batch above it is not sent; the stream is told and keeps batches below. Servers
// have bounds of their own, 4 MiB by gRPC's default. Default: 64 MiB.
func WithMaxRequestSize(n int) Option {
	return option(func(c *config) {
		if c.maxRequest = n; n < 1 {
			c.errs = append(c.errs, fmt.Errorf("WithMaxRequestSize: %d is below 1", n))
		}
	})
}

// WithMaxResponseSize bounds an answer, in bytes before and after decompression,
// from 1. A batch whose answer is above it counts as rejected: the endpoint has
// dealt with it, and nobody knows how. Default: 4 MiB.
func WithMaxResponseSize(n int) Option {
	return option(func(c *config) {
		if c.maxReply = n; n < 1 {
			c.errs = append(c.errs, fmt.Errorf("WithMaxResponseSize: %d is below 1", n))
		}
	})
}

// WithDialOption adds options for the connection, such as a dialer, an
// interceptor, per-call credentials or keepalive parameters. They come after the
// sink's own and win over them, except that codec and compressor stay the sink's.
// They are used again for each new connection. Interceptors do not see the request
// as a protobuf message. A dialer of one's own goes past the proxy that HTTPS_PROXY
// and NO_PROXY name. Default: none.
func WithDialOption(opts ...grpc.DialOption) Option {
	return option(func(c *config) { c.dial = append(c.dial, opts...) })
}
