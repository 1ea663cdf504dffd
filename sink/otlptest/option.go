package otlptest

import (
	"crypto/tls"
	"errors"
	"fmt"
)

// defaultMaxMessageSize is grpc-go's own limit and that of an OpenTelemetry
// Collector as it comes.
const defaultMaxMessageSize = 4 << 20

// An Option configures a Server; see New.
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// config is what the options of one Server say. It does not change after New.
type config struct {
	inMemory       bool
	address        string
	unixPath       string
	tls            *tls.Config
	maxMessageSize int
	discard        bool
	messages       bool

	places int     // how many options chose where to listen
	errs   []error // what the options found wrong
}

// WithInMemory makes the Server listen in memory only: connections come from
// Server.Dialer. Default: a TCP port on 127.0.0.1. It excludes WithAddress and
// WithUnixSocket.
func WithInMemory() Option {
	return optionFunc(func(c *config) {
		c.inMemory = true
		c.places++
	})
}

// WithAddress sets the TCP address to listen on, as "host:port"; port 0 takes a
// free one. Default: "127.0.0.1:0". It excludes WithInMemory and
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

// WithUnixSocket makes the Server listen on a Unix domain socket at path, which
// must not exist; it is removed by Stop and Close. Default: a TCP port on
// 127.0.0.1. It excludes WithInMemory and WithAddress.
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
// decompression, at least 1. A larger one is answered with RESOURCE_EXHAUSTED.
// Default: 4 MiB, the limit of grpc-go and of an OpenTelemetry Collector.
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
	c := config{address: "127.0.0.1:0", maxMessageSize: defaultMaxMessageSize}
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
	if c.discard && c.messages {
		c.errs = append(c.errs, errors.New("otlptest: WithDiscard and WithMessages exclude each other"))
	}
	return c, errors.Join(c.errs...)
}
