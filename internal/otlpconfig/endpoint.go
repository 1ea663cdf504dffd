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

const (
	// portGRPC is the port of OTLP over gRPC where an endpoint names none.
	portGRPC = "4317"

	// grpcForms ends the errors about an endpoint.
	grpcForms = "use http://host:port, https://host:port, host:port, unix:///path or dns:///host:port"
)

// parseGRPC returns the target that an endpoint means, and its scheme, which is
// "" for host:port. Names are always resolved here and not by a proxy or by gRPC's
// default, so that all addresses of a host are known and used.
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
		// gRPC takes unix:relative, unix:/absolute and unix:///absolute.
		if path, ok := strings.CutPrefix(rest, "//"); rest == "" || ok && !strings.HasPrefix(path, "/") {
			return t, scheme, fmt.Errorf("%q has no path; use unix:///path", redacted(s))
		}
		t.Name = scheme + ":" + rest
		return t, scheme, nil
	case "dns":
		// dns:host, dns:///host and dns://server/host.
		head, host := "", rest
		if i := strings.LastIndexByte(rest, '/'); i >= 0 {
			head, host = rest[:i+1], rest[i+1:]
		}
		hostport, err := withPort(host)
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
		return t, scheme, fmt.Errorf("%q has a scheme that is not known; %s", redacted(s), grpcForms)
	}
	hostport, err := withPort(s)
	if err != nil {
		return t, "", fmt.Errorf("%q: %w", redacted(s), err)
	}
	t.Name = "dns:///" + hostport
	return t, "", nil
}

// urlHost returns host and port of an http or https URL, which must have nothing
// else: gRPC has its own path.
func urlHost(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil {
		// The parser's error quotes the URL, with a password in it.
		return "", fmt.Errorf("%q is not a URL; %s", redacted(s), grpcForms)
	}
	switch {
	case u.User != nil:
		return "", fmt.Errorf("%q has a user; send credentials as a header", redacted(s))
	case u.Path != "" && u.Path != "/" || u.Opaque != "":
		return "", fmt.Errorf("%q has a path, and gRPC has no room for one; %s", redacted(s), grpcForms)
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return "", fmt.Errorf("%q has a query or a fragment; %s", redacted(s), grpcForms)
	}
	hostport, err := withPort(u.Host)
	if err != nil {
		return "", fmt.Errorf("%q: %w", redacted(s), err)
	}
	return hostport, nil
}

// withPort returns s as host:port, with the default port if it names none.
func withPort(s string) (string, error) {
	// An IPv6 address may come without brackets, and then has no port.
	bare := s
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		bare = s[1 : len(s)-1]
	}
	if ip, err := netip.ParseAddr(bare); err == nil {
		return net.JoinHostPort(ip.String(), portGRPC), nil
	}
	host, port := s, portGRPC
	if strings.Contains(s, ":") {
		var err error
		if host, port, err = net.SplitHostPort(s); err != nil {
			return "", errors.New("host and port cannot be told apart; " + grpcForms)
		}
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", errors.New("the port is not a number from 1 to 65535")
	}
	if host == "" || strings.ContainsAny(host, "/?#@ \t") {
		return "", errors.New("the host is missing or no host name; " + grpcForms)
	}
	return net.JoinHostPort(host, port), nil
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
	if i := strings.IndexAny(s, "/?#"); i >= 0 && strings.HasPrefix(strings.ToLower(scheme), "http") {
		s = s[:i] + "/..."
	}
	return scheme + s
}
