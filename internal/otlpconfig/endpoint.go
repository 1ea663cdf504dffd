package otlpconfig

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// A form is what a transport takes for an endpoint.
type form struct {
	port  string // where an endpoint names none
	forms string // ends the errors about an endpoint
}

// grpcForm is what may stand in an endpoint for gRPC.
var grpcForm = form{
	port:  "4317",
	forms: "use http://host:port, https://host:port, host:port, unix:///path or dns:///host:port",
}

// parseGRPC returns the target that an endpoint means, and its scheme, which is
// "" for host:port. Names are resolved by gRPC, so that all addresses of a host are
// known and used, unless a proxy of the environment does it.
func parseGRPC(s string) (t Target, scheme string, err error) {
	scheme, rest, ok := strings.Cut(s, ":")
	scheme = strings.ToLower(scheme)
	if !ok {
		scheme = ""
	}
	switch scheme {
	case "http", "https":
		hostport, err := urlHost(s)
		t.Name = "dns:///" + hostport
		return t, scheme, err
	case "unix", "unix-abstract":
		if _, err := socketPath(s, rest); err != nil {
			return t, scheme, err
		}
		t.Name = scheme + ":" + rest
		return t, scheme, nil
	case "dns":
		// dns:host, dns:///host and dns://server/host.
		head, host := "", rest
		if i := strings.LastIndexByte(rest, '/'); i >= 0 {
			head, host = rest[:i+1], rest[i+1:]
		}
		hostport, err := grpcForm.withPort(host)
		if err != nil {
			return t, scheme, fmt.Errorf("%q: %w", redacted(s), err)
		}
		t.Name = "dns:" + head + hostport
		return t, scheme, nil
	case "passthrough":
		// Hands the rest to a dialer as it is, such as one into memory.
		t.Name = s
		return t, scheme, nil
	}
	if strings.Contains(s, "://") {
		return t, scheme, fmt.Errorf("%q has a scheme that is not known; %s", redacted(s), grpcForm.forms)
	}
	hostport, err := grpcForm.withPort(s)
	if err != nil {
		return t, "", fmt.Errorf("%q: %w", redacted(s), err)
	}
	t.Name = "dns:///" + hostport
	return t, "", nil
}

// socketPath returns the path of a Unix socket in an endpoint s, of which rest
// follows the scheme. There are unix:relative, unix:/absolute and
// unix:///absolute.
func socketPath(s, rest string) (string, error) {
	path, ok := strings.CutPrefix(rest, "//")
	if path == "" || ok && !strings.HasPrefix(path, "/") {
		return "", fmt.Errorf("%q has no path; use unix:///path", redacted(s))
	}
	return path, nil
}

// urlHost returns host and port of an http or https URL, which must have nothing
// else: gRPC has its own path.
func urlHost(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil {
		// The parser's error quotes the URL, with a password in it.
		return "", fmt.Errorf("%q is not a URL; %s", redacted(s), grpcForm.forms)
	}
	switch {
	case u.User != nil:
		return "", fmt.Errorf("%q has a user; send credentials as a header", redacted(s))
	case u.Path != "" && u.Path != "/" || u.Opaque != "":
		return "", fmt.Errorf("%q has a path, and gRPC has no room for one; %s", redacted(s), grpcForm.forms)
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return "", fmt.Errorf("%q has a query or a fragment; %s", redacted(s), grpcForm.forms)
	}
	hostport, err := grpcForm.withPort(u.Host)
	if err != nil {
		return "", fmt.Errorf("%q: %w", redacted(s), err)
	}
	return hostport, nil
}

// withPort returns s as host:port, with the default port if it names none.
func (f form) withPort(s string) (string, error) {
	// An IPv6 address may come without brackets, and then has no port.
	bare := s
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		bare = s[1 : len(s)-1]
	}
	if ip, err := netip.ParseAddr(bare); err == nil {
		return net.JoinHostPort(ip.String(), f.port), nil
	}
	host, port := s, f.port
	if strings.Contains(s, ":") {
		var err error
		if host, port, err = net.SplitHostPort(s); err != nil {
			return "", errors.New("host and port cannot be told apart; " + f.forms)
		}
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", errors.New("the port is not a number from 1 to 65535")
	}
	if _, err := netip.ParseAddr(host); err != nil && (host == "" || strings.ContainsFunc(host, notHost)) {
		return "", errors.New("the host is missing or no host name; " + f.forms)
	}
	return net.JoinHostPort(host, port), nil
}

// notHost reports whether r cannot stand in the name of a host. What is not ASCII may
// be a name of its language.
func notHost(r rune) bool {
	return r <= ' ' || r == 0x7f || strings.ContainsRune("\"#%/<>?@[\\]^`{|}", r)
}

// redacted returns an endpoint without what may be a credential: what stands
// before an @, and of a URL also what follows the host.
func redacted(s string) string {
	scheme := ""
	if i := strings.Index(s, "://"); i >= 0 {
		scheme, s = s[:i+3], s[i+3:]
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		s = "***" + s[i:]
	}
	if i := strings.IndexAny(s, "/?#"); i >= 0 && scheme != "" && !isName(scheme) {
		s = s[:i] + "/..."
	}
	return scheme + s
}

// isName reports whether what follows a scheme is the name of a socket or a host.
func isName(scheme string) bool {
	switch strings.ToLower(scheme) {
	case "unix://", "unix-abstract://", "dns://", "passthrough://":
		return true
	}
	return false
}
