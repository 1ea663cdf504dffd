package otlpconfig

import (
	"errors"
	"fmt"
	"strings"
)

// A Target is where a gRPC connection goes to.
type Target struct {
	Name   string // for grpc.NewClient
	Secure bool   // TLS
}

// GRPC returns what the endpoint says about a gRPC connection, and checks the
// headers against gRPC's rules.
//
// The scheme http means plain text and https TLS. unix:path and unix:///path are
// plain text unless an option brought TLS settings. host:port and dns:///host:port are
// TLS unless the insecure setting says otherwise. The port is 4317 where there is none.
// An option that contradicts the scheme is an error; the INSECURE variable gives way to it,
// as the specification says.
func (c *Config) GRPC() (Target, error) {
	endpoint := c.Endpoint
	if !endpoint.IsSet() {
		endpoint = Setting[string]{DefaultGRPC, "the default endpoint"}
	}
	t, scheme, err := parseGRPC(strings.TrimSpace(endpoint.Value))
	if err != nil {
		err = fmt.Errorf("%s: %w", endpoint.From, err)
	}
	return t.secured(c, scheme), errors.Join(err, c.contradiction(endpoint, scheme), c.grpcHeaders())
}

// secured decides about TLS: by the scheme where there is one that says it.
func (t Target) secured(c *Config, scheme string) Target {
	switch scheme {
	case "http":
		t.Secure = false
	case "https":
		t.Secure = true
	case "unix", "unix-abstract":
		t.Secure = c.tlsOption != ""
	default:
		t.Secure = !c.Insecure.Value
	}
	return t
}

// contradiction returns an error when options say two things about TLS. Taking
// either one's side in silence would send credentials in plain text, or not reach
// the endpoint, and nobody would know why.
func (c *Config) contradiction(endpoint Setting[string], scheme string) error {
	insecure := c.Insecure.IsSet() && c.Insecure.Value && !c.Insecure.fromEnv()
	switch {
	case insecure && c.tlsOption != "":
		return fmt.Errorf("%s contradicts %s; leave one out", c.Insecure.From, c.tlsOption)
	case insecure && scheme == "https":
		return fmt.Errorf("%s contradicts the https:// of %s; leave one out", c.Insecure.From, endpoint.From)
	case c.tlsOption != "" && scheme == "http":
		return fmt.Errorf("%s contradicts the http:// of %s; use https://", c.tlsOption, endpoint.From)
	}
	return nil
}

// grpcHeaders checks the headers against what gRPC allows beyond the common
// rules.
func (c *Config) grpcHeaders() error {
	var errs []error
	for _, key := range sortedKeys(c.Headers.Value) {
		switch {
		case strings.ContainsFunc(key, notMetadata):
			errs = append(errs, fmt.Errorf("%s: a key has a character that gRPC does not allow; letters, digits, dots, dashes and underscores are", c.Headers.From))
		case strings.HasPrefix(key, "grpc-") || key == "content-type" || key == "te" || key == "user-agent":
			errs = append(errs, fmt.Errorf("%s: %s is a header that gRPC sets itself", c.Headers.From, key))
		}
	}
	return errors.Join(errs...)
}

// notMetadata reports whether r cannot stand in the name of gRPC metadata.
func notMetadata(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '-', r == '_', r == '.':
		return false
	}
	return true
}
