package otlptest

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
)

// defaultMaxMessageSize is grpc-go's own limit and that of an OpenTelemetry
// Collector as it comes.
const defaultMaxMessageSize = 4 << 20

// loopback is a free port that only this machine reaches.
const loopback = "127.0.0.1:0"

// An Option configures a Server; see New.
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// config is what the options of one Server say. It does not change after New.
type config struct {
	inMemory       bool
	address        string
	unixPath       string
	httpAddress    string
	httpPath       string
	noZstd         bool
	tls            *tls.Config
	maxMessageSize int
	discard        bool
	messages       bool

	places int     // how many options chose where gRPC listens
	errs   []error // what the options found wrong
}

// WithInMemory makes the Server listen in memory only: connections come from
// Server.Dialer and Server.HTTPDialer. Default: TCP ports on 127.0.0.1. It
// excludes WithAddress, WithHTTPAddress and WithUnixSocket.
func WithInMemory() Option {
	return optionFunc(func(c *config) {
		c.inMemory = true
		c.places++
	})
}

// WithAddress sets the TCP address to listen on for gRPC, as "host:port"; port 0
// takes a free one. Default: "127.0.0.1:0". It excludes WithInMemory and
// WithUnixSocket.
func WithAddress(address string) Option {
	return optionFunc(func(c *config) {
		if address == "" {
			c.errs = append(c.errs, errors.New("otlptest: WithAddress: the address is empty"))
		}
		c.address = address
		c.places++
	})
}

// WithHTTPAddress sets the TCP address to listen on for HTTP, as "host:port";
// port 0 takes a free one. Default: "127.0.0.1:0". It excludes WithInMemory.
func WithHTTPAddress(address string) Option {
	return optionFunc(func(c *config) {
		if address == "" {
			c.errs = append(c.errs, errors.New("otlptest: WithHTTPAddress: the address is empty"))
		}
		c.httpAddress = address
	})
}

// WithHTTPPath sets the path of the URL at which HTTP requests are taken, which
// starts with a slash. Others are answered with 404. Default: "/v1/logs".
func WithHTTPPath(path string) Option {
	return optionFunc(func(c *config) {
		if !strings.HasPrefix(path, "/") {
			c.errs = append(c.errs, fmt.Errorf("otlptest: WithHTTPPath: %q does not start with a slash", path))
		}
		c.httpPath = path
	})
}

// WithoutZstd makes the Server refuse zstd over HTTP with 415, as many
// destinations do: of none and gzip only can a client be sure. Default: "gzip"
// and "zstd" are taken.
func WithoutZstd() Option {
	return optionFunc(func(c *config) { c.noZstd = true })
}

// WithUnixSocket makes the Server listen for gRPC on a Unix domain socket at
// path, which must not exist; it is removed by Stop and Close. HTTP stays on its
// TCP port. Default: a TCP port on 127.0.0.1. It excludes WithInMemory and WithAddress.
func WithUnixSocket(path string) Option {
	return optionFunc(func(c *config) {
		if path == "" {
			c.errs = append(c.errs, errors.New("otlptest: WithUnixSocket: the path is empty"))
		}
		c.unixPath = path
		c.places++
	})
}

// WithTLS makes the Server speak TLS with cfg, which needs a certificate and
// must not be changed afterwards. ClientAuth in it asks for client
// certificates. Default: plain text.
func WithTLS(cfg *tls.Config) Option {
	return optionFunc(func(c *config) {
		if cfg == nil || len(cfg.Certificates) == 0 && cfg.GetCertificate == nil && cfg.GetConfigForClient == nil {
			c.errs = append(c.errs, errors.New("otlptest: WithTLS: the configuration has no certificate"))
			return
		}
		c.tls = cfg
	})
}

// WithMaxMessageSize sets the largest request accepted, in bytes after
// decompression, at least 1. A larger one is answered with RESOURCE_EXHAUSTED,
// over HTTP with 413. Default: 4 MiB, the limit of grpc-go and of an OpenTelemetry Collector.
func WithMaxMessageSize(n int) Option {
	return optionFunc(func(c *config) {
		if n < 1 {
			c.errs = append(c.errs, fmt.Errorf("otlptest: WithMaxMessageSize: %d is below 1", n))
		}
		c.maxMessageSize = n
	})
}

// WithDiscard makes the Server count records and requests without keeping or
// decoding them, for benchmarks: a request costs one walk over its outer
// messages. Wait and Count work; Records and Requests stay empty. What is
// inside a record is then not checked, except while a RejectIf fault needs it
// decoded. Default: everything accepted is kept until Reset or Close. It
// excludes WithMessages.
func WithDiscard() Option {
	return optionFunc(func(c *config) { c.discard = true })
}

// WithMessages keeps the decoded protobuf message of every request in
// Request.Message, for tests about the wire format itself (grouping, presence,
// duplicates). Default: messages are dropped once converted, which takes about
// half the memory. It excludes WithDiscard.
func WithMessages() Option {
	return optionFunc(func(c *config) { c.messages = true })
}

// newConfig applies opts over the defaults and returns every problem found.
func newConfig(opts []Option) (config, error) {
	c := config{address: loopback, httpPath: "/v1/logs", maxMessageSize: defaultMaxMessageSize}
	for _, o := range opts {
		if o == nil {
			c.errs = append(c.errs, errors.New("otlptest: New: nil Option"))
			continue
		}
		o.apply(&c)
	}
	if c.places > 1 {
		c.errs = append(c.errs, errors.New("otlptest: WithInMemory, WithAddress and WithUnixSocket exclude each other"))
	}
	if c.inMemory && c.httpAddress != "" {
		c.errs = append(c.errs, errors.New("otlptest: WithInMemory and WithHTTPAddress exclude each other"))
	}
	if c.httpAddress == "" {
		c.httpAddress = loopback
	}
	if c.discard && c.messages {
		c.errs = append(c.errs, errors.New("otlptest: WithDiscard and WithMessages exclude each other"))
	}
	return c, errors.Join(c.errs...)
}
