package otlpconfig

import (
	"net/url"
	"strings"
	"testing"
)

// targets returns what endpoints come to, as "URL" or "URL on socket".
func targets(t *testing.T, o Options) ([]string, error) {
	t.Helper()
	c, err := Load(o)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.HTTP()
	var out []string
	for _, g := range got {
		s := g.URL.String()
		if g.Socket != "" {
			s += " on " + g.Socket
		}
		out = append(out, s)
	}
	return out, err
}

func TestHTTPTargets(t *testing.T) {
	endpoint := func(s string) Options { return Options{Endpoint: Option("WithEndpoint", s)} }
	insecure := func(o Options) Options { o.Insecure = Option("WithInsecure", true); return o }
	withTLS := func(o Options) Options { o.TLS = "WithTLS"; return o }
	path := func(p string, o Options) Options { o.Path = Option("WithURLPath", p); return o }
	urls := func(s ...string) Options { return Options{URLs: Option("WithEndpointURL", s)} }
	for _, tt := range []struct {
		name string
		env  vars
		opts Options
		want string
	}{
		{"nothing is set", vars{}, Options{}, "http://localhost:4318/v1/logs"},
		{"a base URL gets the path of logs", vars{"ENDPOINT": "http://collector:4318"}, Options{}, "http://collector:4318/v1/logs"},
		{"a base URL with a slash gets one slash", vars{"ENDPOINT": "http://collector:4318/"}, Options{}, "http://collector:4318/v1/logs"},
		{"a base URL keeps its path", vars{"ENDPOINT": "https://otlp.example.com/otlp"}, Options{}, "https://otlp.example.com/otlp/v1/logs"},
		{"a path and a slash", vars{"ENDPOINT": "https://otlp.example.com/otlp/"}, Options{}, "https://otlp.example.com/otlp/v1/logs"},
		{"a path with dots is not cleaned", vars{"ENDPOINT": "http://h/a/../b//c"}, Options{}, "http://h/a/../b//c/v1/logs"},
		{"a path with escapes stays as it is", vars{"ENDPOINT": "http://h/a%2Fb"}, Options{}, "http://h/a%2Fb/v1/logs"},
		{"a base URL keeps its query", vars{"ENDPOINT": "http://h/a?b=c"}, Options{}, "http://h/a/v1/logs?b=c"},
		{"the URL for logs is taken as it is", vars{"LOGS_ENDPOINT": "http://collector:4318/my/logs/"}, Options{}, "http://collector:4318/my/logs/"},
		{"the URL for logs without a path gets /", vars{"LOGS_ENDPOINT": "http://collector:4318"}, Options{}, "http://collector:4318/"},
		{"the URL for logs wins", vars{"ENDPOINT": "http://a", "LOGS_ENDPOINT": "https://b/x"}, Options{}, "https://b/x"},
		{"an empty URL for logs is not set", vars{"ENDPOINT": "http://a", "LOGS_ENDPOINT": ""}, Options{}, "http://a/v1/logs"},
		{"blanks around are dropped", vars{"LOGS_ENDPOINT": "  http://a/x "}, Options{}, "http://a/x"},
		{"no port is the scheme's", vars{"ENDPOINT": "https://a"}, Options{}, "https://a/v1/logs"},
		{"an upper-case scheme", vars{"ENDPOINT": "HTTPS://a"}, Options{}, "https://a/v1/logs"},
		{"an IPv6 address", vars{"ENDPOINT": "http://[::1]:4318"}, Options{}, "http://[::1]:4318/v1/logs"},
		{"an IPv6 address without a port", vars{"ENDPOINT": "http://[::1]"}, Options{}, "http://[::1]/v1/logs"},
		{"https wins over the variable", vars{"ENDPOINT": "https://a", "INSECURE": "true"}, Options{}, "https://a/v1/logs"},
		{"http wins over the variable", vars{"ENDPOINT": "http://a", "INSECURE": "false"}, Options{}, "http://a/v1/logs"},
		{"host and port are TLS", vars{}, endpoint("collector:1234"), "https://collector:1234/v1/logs"},
		{"a host gets OTLP's port", vars{}, endpoint("collector"), "https://collector:4318/v1/logs"},
		{"an IPv6 address with a zone", vars{}, endpoint("[fe80::1%eth0]:1234"), "https://[fe80::1%25eth0]:1234/v1/logs"},
		{"a host with an underscore", vars{}, endpoint("otel_collector:1234"), "https://otel_collector:1234/v1/logs"},
		{"a host in another script", vars{}, endpoint("http://пример.рф"), "http://%D0%BF%D1%80%D0%B8%D0%BC%D0%B5%D1%80.%D1%80%D1%84/v1/logs"},
		{"an IPv6 address alone", vars{}, endpoint("::1"), "https://[::1]:4318/v1/logs"},
		{"the variable makes a host insecure", vars{"INSECURE": "True"}, endpoint("collector"), "http://collector:4318/v1/logs"},
		{"the option makes a host insecure", vars{"LOGS_INSECURE": "false"}, insecure(endpoint("collector")), "http://collector:4318/v1/logs"},
		{"the option agrees with http", vars{}, insecure(endpoint("http://a")), "http://a/v1/logs"},
		{"host and port in the variable for logs", vars{"LOGS_ENDPOINT": "collector:4318"}, Options{}, "https://collector:4318/v1/logs"},
		{"dns is a host", vars{"ENDPOINT": "dns:///collector"}, Options{}, "https://collector:4318/v1/logs"},
		{"an option's URL is a base", vars{"LOGS_ENDPOINT": "http://b/x"}, endpoint("http://a/base"), "http://a/base/v1/logs"},
		{"a socket is plain text", vars{"ENDPOINT": "unix:///run/otlp.sock"}, Options{}, "http://localhost/v1/logs on /run/otlp.sock"},
		{"a socket with one slash", vars{"ENDPOINT": "unix:/run/otlp.sock"}, Options{}, "http://localhost/v1/logs on /run/otlp.sock"},
		{"a relative socket", vars{"ENDPOINT": "unix:otlp.sock"}, Options{}, "http://localhost/v1/logs on otlp.sock"},
		{"an abstract socket", vars{"ENDPOINT": "unix-abstract:otlp"}, Options{}, "http://localhost/v1/logs on @otlp"},
		{"a socket speaks TLS if an option brought it", vars{}, withTLS(endpoint("unix:///s")), "https://localhost/v1/logs on /s"},
		{"TLS settings and https", vars{}, withTLS(endpoint("https://a")), "https://a/v1/logs"},
		{"TLS settings and a host", vars{}, withTLS(endpoint("a")), "https://a:4318/v1/logs"},
		{"a path replaces that of logs", vars{}, path("/in", endpoint("http://a")), "http://a/in"},
		{"a path replaces that of a base URL", vars{"ENDPOINT": "http://a/b"}, path("/in", Options{}), "http://a/in"},
		{"a path replaces that of the URL for logs", vars{"LOGS_ENDPOINT": "http://a/b%2Fc?d"}, path("/in", Options{}), "http://a/in?d"},
		{"a path on a socket", vars{}, path("/in", endpoint("unix:///s")), "http://localhost/in on /s"},
		{"a path of the default", vars{}, path("/in", Options{}), "http://localhost:4318/in"},
		{"URLs are taken as they are", vars{"LOGS_ENDPOINT": "http://x"}, urls("https://a/b/?k=v&structure=raw"), "https://a/b/?k=v&structure=raw"},
		{"a URL that needs no change gets none", vars{}, urls("https://a.b-1.ingest.example.com/datacollectionRules/dcr-1/streams/Microsoft-OTLP-Logs/otlp/v1/logs"), "https://a.b-1.ingest.example.com/datacollectionRules/dcr-1/streams/Microsoft-OTLP-Logs/otlp/v1/logs"},
		{"several URLs", vars{}, urls("http://a", "https://b:1/x"), "http://a/, https://b:1/x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			setenv(t, tt.env)
			got, err := targets(t, tt.opts)
			if err != nil {
				t.Fatal(err)
			}
			if s := strings.Join(got, ", "); s != tt.want {
				t.Errorf("got %s, want %s", s, tt.want)
			}
		})
	}
}

func TestBadHTTPEndpointsAreErrors(t *testing.T) {
	urls := func(s ...string) Options { return Options{URLs: Option("WithEndpointURL", s)} }
	path := func(p string) Options { return Options{Path: Option("WithURLPath", p)} }
	for _, tt := range []struct {
		name string
		env  vars
		opts Options
		want []string
	}{
		{"an unknown scheme", vars{"ENDPOINT": "grpc://collector"}, Options{}, []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://collector", "scheme", "https://host:port"}},
		{"an opaque URL", vars{"ENDPOINT": "http:collector"}, Options{}, []string{"no //"}},
		{"a host with an escape", vars{"ENDPOINT": "%invalid"}, Options{}, []string{"%invalid", "no host name"}},
		{"a host in a URL with an escape", vars{"ENDPOINT": "http://a%25b"}, Options{}, []string{"no host name"}},
		{"a host with a brace", vars{"ENDPOINT": "${COLLECTOR}:4318"}, Options{}, []string{"${COLLECTOR}", "no host name"}},
		{"no host", vars{"ENDPOINT": "http://:4318"}, Options{}, []string{"host"}},
		{"no host at all", vars{"ENDPOINT": "http://"}, Options{}, []string{"host"}},
		{"a port of 0", vars{"ENDPOINT": "http://a:0"}, Options{}, []string{"port", "1 to 65535"}},
		{"a port too high", vars{"LOGS_ENDPOINT": "http://a:65536/x"}, Options{}, []string{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "port"}},
		{"a colon without a port", vars{"ENDPOINT": "http://a:/x"}, Options{}, []string{"port"}},
		{"a URL that does not parse", vars{"ENDPOINT": "http://%zz"}, Options{}, []string{"not a URL"}},
		{"a user", vars{"ENDPOINT": "http://me@a"}, Options{}, []string{"user", "header"}},
		{"a fragment", vars{"ENDPOINT": "http://a/x#y"}, Options{}, []string{"fragment"}},
		{"a path without a scheme", vars{"ENDPOINT": "collector/v1/logs"}, Options{}, []string{"host"}},
		{"an empty option", vars{}, Options{Endpoint: Option("WithEndpoint", "")}, []string{"WithEndpoint", "host"}},
		{"a socket without a path", vars{"ENDPOINT": "unix:///"}, Options{Endpoint: Option("WithEndpoint", "unix://")}, []string{"unix:///path"}},
		{"no URL at all", vars{}, urls(), []string{"WithEndpointURL", "no URL"}},
		{"each of several URLs", vars{}, urls("ftp://a", "http://b", "http://c:x"), []string{"ftp://a", "http://c:x"}},
		{"a path that does not begin with a slash", vars{}, path("v1/logs"), []string{"WithURLPath", "begin with /"}},
		{"a query in a path", vars{}, path("/v1/logs?k=v"), []string{"WithURLPath", "query", "WithEndpointURL"}},
		{"a path and a whole URL", vars{}, Options{URLs: Option("WithEndpointURL", []string{"http://a"}), Path: Option("WithURLPath", "/x")}, []string{"WithURLPath", "contradicts", "WithEndpointURL"}},
		{"insecure against https", vars{}, Options{URLs: Option("WithEndpointURL", []string{"https://a"}), Insecure: Option("WithInsecure", true)}, []string{"WithInsecure", "https://", "WithEndpointURL"}},
		{"TLS against http", vars{"ENDPOINT": "http://a"}, Options{TLS: "WithTLS"}, []string{"WithTLS", "http://", "OTEL_EXPORTER_OTLP_ENDPOINT"}},
		{"TLS against the default", vars{}, Options{TLS: "WithTLS"}, []string{"WithTLS", "the default endpoint"}},
		{"TLS against insecure", vars{"ENDPOINT": "a"}, Options{Insecure: Option("WithInsecure", true), TLS: "WithTLS"}, []string{"WithInsecure", "WithTLS"}},
		{"headers of HTTP's own", vars{"HEADERS": "user-agent=me,Content-Encoding=br,host=x"}, Options{}, []string{"user-agent", "content-encoding", "host", "itself"}},
		{"a value that HTTP refuses", vars{"HEADERS": "k-bin=a%0Ab"}, Options{}, []string{"OTEL_EXPORTER_OTLP_HEADERS", "k-bin", "printable"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			setenv(t, tt.env)
			_, err := targets(t, tt.opts)
			wantError(t, err, tt.want...)
		})
	}
}

func TestNoHTTPEndpointErrorShowsACredential(t *testing.T) {
	const canary = "c4n4ry"
	for _, s := range []string{
		"https://user:" + canary + "@collector:4318",
		"https://" + canary + "@collector",
		"https://user:" + canary + "%zz@collector",
		"https://collector:x/" + canary,
		"https://collector:x?key=" + canary,
		"https://collector#" + canary,
		"ftp://user:" + canary + "@collector",
		"ftp://collector/" + canary,
		"ftp://collector?key=" + canary,
		"user:" + canary + "@collector:4318",
	} {
		for _, o := range []Options{{Endpoint: Option("WithEndpoint", s)}, {URLs: Option("WithEndpointURL", []string{s})}} {
			_, err := targets(t, o)
			if err == nil {
				t.Errorf("%q: got no error", s)
			} else if strings.Contains(err.Error(), canary) {
				t.Errorf("the credential is in %q", err)
			}
		}
	}
}

func FuzzHTTPEndpoint(f *testing.F) {
	for _, s := range []string{"", "collector:4318", "http://a/b?c#d", "unix:///s", "dns:///a", "https://u:p@[::1]:4318/%2F", "a:b:c"} {
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, s string, verbatim bool) {
		o := Options{Endpoint: Option("WithEndpoint", s)}
		if verbatim {
			o = Options{URLs: Option("WithEndpointURL", []string{s})}
		}
		c, err := Load(o)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.HTTP()
		if err != nil {
			if _, secret, ok := strings.Cut(s, "//user:"); ok {
				if secret, _, ok = strings.Cut(secret, "@"); ok && len(secret) > 8 && strings.Contains(err.Error(), secret) {
					t.Errorf("a credential of %q is in %q", s, err)
				}
			}
			return
		}
		u := got[0].URL
		if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || !strings.HasPrefix(u.RequestURI(), "/") || u.User != nil {
			t.Errorf("%q: got %q, which no request can go to", s, u)
		}
		if _, err := url.Parse(u.String()); err != nil {
			t.Errorf("%q: got %q: %v", s, u, err)
		}
	})
}
