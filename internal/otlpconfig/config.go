package otlpconfig

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	// DefaultTimeout is the specification's bound of one export.
	DefaultTimeout = 10 * time.Second

	// DefaultGRPC is the specification's endpoint, in plain text: what a
	// Collector on the same host listens on.
	DefaultGRPC = "http://localhost:4317"
)

// A Setting is a value and where it comes from.
type Setting[T any] struct {
	Value T
	From  string // name of the option or environment variable; "" is not set
}

// Option returns the value that the option called name was given.
func Option[T any](name string, v T) Setting[T] { return Setting[T]{v, name} }

// IsSet reports whether s has a value that somebody chose.
func (s Setting[T]) IsSet() bool { return s.From != "" }

// or returns s if it is set and other if not.
func (s Setting[T]) or(other Setting[T]) Setting[T] {
	if s.IsSet() {
		return s
	}
	return other
}

// fromEnv reports whether the environment chose s.
func (s Setting[T]) fromEnv() bool { return strings.HasPrefix(s.From, envPrefix) }

// Compression is the encoding of request bodies.
type Compression uint8

const (
	// Gzip is the default: every OTLP endpoint takes it.
	Gzip Compression = iota
	// None sends requests as they are.
	None
)

// Options are the values that the options of a constructor set. What is not set
// is looked up in the environment.
type Options struct {
	Endpoint    Setting[string]
	Insecure    Setting[bool]
	Headers     Setting[map[string]string]
	Compression Setting[Compression]
	Timeout     Setting[time.Duration]

	// URLs are complete endpoints for HTTP; they win over Endpoint. Path
	// replaces the path that an Endpoint comes to. gRPC has neither.
	URLs Setting[[]string]
	Path Setting[string]

	// TLS names the option that brought TLS settings of its own, if one did.
	// The files that the environment names are then left alone.
	TLS string
}

// Config is what options and environment come to. What depends on the transport
// is asked for by a method: [Config.GRPC], [Config.HTTP].
type Config struct {
	Endpoint    Setting[string] // as written; not set: the transport's default
	Insecure    Setting[bool]
	Headers     Setting[map[string]string] // keys in lower case
	Compression Compression
	Timeout     time.Duration // 0 is no limit
	Files       Files

	// See Options.
	urls      Setting[[]string]
	path      Setting[string]
	tlsOption string
}

// Load joins o with the environment. With an error, which holds every problem
// that was found, the Config is complete except for what the error names, so that
// the caller can go on and look for more.
func Load(o Options) (*Config, error) {
	var errs []error
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}

	c := &Config{urls: o.URLs, path: o.Path, tlsOption: o.TLS}
	// What an endpoint means depends on the transport, which checks it.
	c.Endpoint = o.Endpoint.or(lookup("ENDPOINT"))

	var err error
	c.Insecure, err = resolve(o.Insecure, "INSECURE", parseInsecure)
	note(err)
	c.Headers, err = resolve(o.Headers, "HEADERS", parseHeaders)
	note(err)
	if err == nil {
		c.Headers.Value, err = checkHeaders(c.Headers)
		note(err)
	}
	compression, err := resolve(o.Compression, "COMPRESSION", parseCompression)
	note(err)
	c.Compression = compression.Value
	timeout, err := resolve(o.Timeout, "TIMEOUT", parseTimeout)
	note(err)
	c.Timeout = timeout.Value
	if !timeout.IsSet() {
		c.Timeout = DefaultTimeout
	}
	if c.Timeout < 0 {
		note(fmt.Errorf("%s: %v is negative; the least is 0, no limit", timeout.From, c.Timeout))
	}
	if o.TLS == "" {
		c.Files, err = lookupFiles()
		note(err)
	}
	return c, errors.Join(errs...)
}
