package otlpconfig

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

const (
	// DefaultHTTP is the specification's endpoint, in plain text: what a
	// Collector on the same host listens on.
	DefaultHTTP = "http://localhost:4318"

	// logsPath is what a base URL gets for logs.
	logsPath = "/v1/logs"
)

// httpForm is what may stand in an endpoint for HTTP.
var httpForm = form{
	port:  "4318",
	forms: "use http://host:port/path, https://host:port/path, host:port or unix:///path",
}

// An HTTPTarget is where HTTP requests go to.
type HTTPTarget struct {
	// URL is the URL of the requests. Its scheme says whether they use TLS.
	URL *url.URL
	// Socket is the Unix socket to connect to in place of the URL's host, if
	// there is one. An @ at its beginning makes it an abstract one.
	Socket string
}

// HTTP returns where the requests go, one target at least, and checks the
// headers against HTTP's rules.
//
// Options.URLs and OTEL_EXPORTER_OTLP_LOGS_ENDPOINT are taken as they are; a URL without
// a path gets "/". To Options.Endpoint and OTEL_EXPORTER_OTLP_ENDPOINT "/v1/logs" is
// appended. Where there is no scheme, as in host:port and dns:///host:port, the path is
// "/v1/logs", the port 4318 unless it is there, and the insecure setting decides
// about TLS. unix:///path is plain text unless an option brought TLS settings.
// Options.Path replaces the whole path, and contradicts Options.URLs.
func (c *Config) HTTP() ([]HTTPTarget, error) {
	endpoints, verbatim := c.urls, true
	if !endpoints.IsSet() {
		e := c.Endpoint
		if !e.IsSet() {
			e = Setting[string]{DefaultHTTP, "the default endpoint"}
		}
		endpoints = Setting[[]string]{[]string{e.Value}, e.From}
		verbatim = e.From == envPrefix+"LOGS_ENDPOINT"
	}
	var targets []HTTPTarget
	var errs []error
	for _, s := range endpoints.Value {
		t, scheme, err := c.parseHTTP(strings.TrimSpace(s), verbatim)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", endpoints.From, err))
			continue
		}
		if err := c.contradiction(Setting[string]{s, endpoints.From}, scheme); err != nil {
			errs = append(errs, err)
			continue
		}
		if c.path.IsSet() {
			t.URL.Path, t.URL.RawPath = c.path.Value, ""
		}
		targets = append(targets, t)
	}
	if len(endpoints.Value) == 0 {
		errs = append(errs, fmt.Errorf("%s: there is no URL", endpoints.From))
	}
	return targets, errors.Join(append(errs, c.checkPath(), c.httpHeaders())...)
}

// parseHTTP returns what an endpoint means, and its scheme, which is "" where
// there is none. verbatim says that a URL's path is complete.
func (c *Config) parseHTTP(s string, verbatim bool) (t HTTPTarget, scheme string, err error) {
	scheme, rest, ok := strings.Cut(s, ":")
	scheme = strings.ToLower(scheme)
	if !ok {
		scheme = ""
	}
	switch scheme {
	case "http", "https":
		t.URL, err = parseURL(s)
		if err != nil {
			return t, scheme, err
		}
		switch {
		case !verbatim:
			t.URL.Path = strings.TrimSuffix(t.URL.Path, "/") + logsPath
			if t.URL.RawPath != "" {
				t.URL.RawPath = strings.TrimSuffix(t.URL.RawPath, "/") + logsPath
			}
		case t.URL.Path == "":
			t.URL.Path = "/"
		}
		return t, scheme, nil
	case "unix", "unix-abstract":
		path, err := socketPath(s, rest)
		if err != nil {
			return t, scheme, err
		}
		t.Socket = path
		if scheme == "unix-abstract" {
			t.Socket = "@" + path
		}
		t.URL = c.bare("localhost", c.tlsOption != "")
		return t, scheme, nil
	case "dns":
		s, scheme = strings.TrimLeft(rest, "/"), ""
	}
	if strings.Contains(s, "://") {
		return t, scheme, fmt.Errorf("%q has a scheme that is not known; %s", redacted(s), httpForm.forms)
	}
	hostport, err := httpForm.withPort(s)
	if err != nil {
		return t, "", fmt.Errorf("%q: %w", redacted(s), err)
	}
	t.URL = c.bare(hostport, !c.Insecure.Value)
	if again, err := url.Parse(t.URL.String()); err != nil || again.Host != hostport {
		return t, "", fmt.Errorf("%q: the host is no host name; %s", redacted(s), httpForm.forms)
	}
	return t, "", nil
}

// bare returns the URL of a host that came without one.
func (c *Config) bare(host string, secure bool) *url.URL {
	u := &url.URL{Scheme: "http", Host: host, Path: logsPath}
	if secure {
		u.Scheme = "https"
	}
	return u
}

// parseURL reads an http or https URL. Path and query are left as they are.
func parseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		// The parser's error quotes the URL, with a password in it.
		return nil, fmt.Errorf("%q is not a URL; %s", redacted(s), httpForm.forms)
	}
	switch {
	case u.User != nil:
		return nil, fmt.Errorf("%q has a user; send credentials as a header", redacted(s))
	case u.Opaque != "":
		return nil, fmt.Errorf("%q has no // after the scheme; %s", redacted(s), httpForm.forms)
	case u.Fragment != "":
		return nil, fmt.Errorf("%q has a fragment, which is never sent; leave out what follows the #", redacted(s))
	}
	// The port of a URL without one is its scheme's, not OTLP's.
	if _, err := httpForm.withPort(u.Host); err != nil || strings.HasSuffix(u.Host, ":") {
		if err == nil {
			err = errors.New("the port is missing after the colon")
		}
		return nil, fmt.Errorf("%q: %w", redacted(s), err)
	}
	return u, nil
}

// checkPath checks the path that an option set.
func (c *Config) checkPath() error {
	p := c.path
	switch {
	case !p.IsSet():
		return nil
	case c.urls.IsSet():
		return fmt.Errorf("%s contradicts %s, which has the whole URL; leave one out", p.From, c.urls.From)
	case !strings.HasPrefix(p.Value, "/"):
		return fmt.Errorf("%s: the path does not begin with /", p.From)
	case strings.ContainsAny(p.Value, "?#") || strings.ContainsFunc(p.Value, notPrintable):
		return fmt.Errorf("%s: there is more than a path in it; a query goes into WithEndpointURL", p.From)
	}
	return nil
}

// ownHeaders are the headers that say how a request is sent. They follow from
// other settings, and a second opinion about them breaks the request.
var ownHeaders = []string{
	"accept-encoding", "connection", "content-encoding", "content-length", "content-type", "expect",
	"host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "user-agent",
}

// httpHeaders checks the headers against what HTTP has rules for beyond the
// common ones.
func (c *Config) httpHeaders() error {
	var errs []error
	for _, key := range sortedKeys(c.Headers.Value) {
		switch {
		case slices.Contains(ownHeaders, key):
			errs = append(errs, fmt.Errorf("%s: %s is a header that the exporter sets itself", c.Headers.From, key))
		case strings.ContainsFunc(c.Headers.Value[key], notPrintable): // possible with -bin
			errs = append(errs, fmt.Errorf("%s: the value of %s has a character that is not printable ASCII", c.Headers.From, key))
		}
	}
	return errors.Join(errs...)
}
