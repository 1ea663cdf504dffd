package otlpconfig

import (
	"strings"
	"testing"
)

func TestGRPCTargets(t *testing.T) {
	for _, tt := range []struct {
		endpoint string
		want     string
		secure   bool
	}{
		{"", "dns:///localhost:4317", false},
		{"http://collector:4317", "dns:///collector:4317", false},
		{"http://collector:4317/", "dns:///collector:4317", false},
		{"HTTP://Collector", "dns:///Collector:4317", false},
		{"https://otlp.example.com", "dns:///otlp.example.com:4317", true},
		{"https://otlp.example.com:443", "dns:///otlp.example.com:443", true},
		{" https://otlp.example.com:443 ", "dns:///otlp.example.com:443", true},
		{"https://[::1]:4317", "dns:///[::1]:4317", true},
		{"https://[::1]", "dns:///[::1]:4317", true},
		{"collector:4317", "dns:///collector:4317", true},
		{"collector", "dns:///collector:4317", true},
		{"localhost:4317", "dns:///localhost:4317", true},
		{"10.0.0.1:4317", "dns:///10.0.0.1:4317", true},
		{"10.0.0.1", "dns:///10.0.0.1:4317", true},
		{"::1", "dns:///[::1]:4317", true},
		{"[::1]:1", "dns:///[::1]:1", true},
		{"unix:/run/otlp.sock", "unix:/run/otlp.sock", false},
		{"unix:///run/otlp.sock", "unix:///run/otlp.sock", false},
		{"unix:otlp.sock", "unix:otlp.sock", false},
		{"unix-abstract:otlp", "unix-abstract:otlp", false},
		{"dns:///collectors:4317", "dns:///collectors:4317", true},
		{"dns:///collectors", "dns:///collectors:4317", true},
		{"dns:collectors:4317", "dns:collectors:4317", true},
		{"dns://8.8.8.8/collectors", "dns://8.8.8.8/collectors:4317", true},
		{"passthrough:///anything", "passthrough:///anything", true},
	} {
		t.Run(tt.endpoint, func(t *testing.T) {
			c, err := Load(Options{Endpoint: Setting[string]{tt.endpoint, from(tt.endpoint)}})
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.GRPC()
			if err != nil {
				t.Fatal(err)
			}
			if want := (Target{tt.want, tt.secure}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// from is what set an endpoint: an option, or nothing if it is empty.
func from(endpoint string) string {
	if endpoint == "" {
		return ""
	}
	return "WithEndpoint"
}

func TestTheSchemeDecidesAboutTLS(t *testing.T) {
	for _, tt := range []struct {
		name   string
		env    vars
		opts   Options
		secure bool
	}{
		{"insecure applies without a scheme", vars{"ENDPOINT": "collector:4317", "INSECURE": "true"}, Options{}, false},
		{"insecure applies to dns", vars{"ENDPOINT": "dns:///collector", "INSECURE": "true"}, Options{}, false},
		{"https wins over the variable", vars{"ENDPOINT": "https://collector", "INSECURE": "true"}, Options{}, true},
		{"http wins over the variable", vars{"ENDPOINT": "http://collector", "INSECURE": "false"}, Options{}, false},
		{"the option applies to the variable's endpoint", vars{"ENDPOINT": "collector:4317"}, Options{Insecure: Option("WithInsecure", true)}, false},
		{"the option agrees with http", vars{"ENDPOINT": "http://collector"}, Options{Insecure: Option("WithInsecure", true)}, false},
		{"a socket is plain text", vars{"ENDPOINT": "unix:///s", "INSECURE": "false"}, Options{}, false},
		{"a socket speaks TLS if an option brought it", vars{"ENDPOINT": "unix:///s"}, Options{TLS: "WithTLS"}, true},
		{"the endpoint for logs wins", vars{"ENDPOINT": "https://a", "LOGS_ENDPOINT": "http://b"}, Options{}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			setenv(t, tt.env)
			c, err := Load(tt.opts)
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.GRPC()
			if err != nil {
				t.Fatal(err)
			}
			if got.Secure != tt.secure {
				t.Errorf("got secure %v, want %v", got.Secure, tt.secure)
			}
		})
	}
}

func TestBadGRPCEndpointsAreErrors(t *testing.T) {
	for _, tt := range []struct {
		name string
		env  vars
		opts Options
		want []string
	}{
		{"a path", vars{"ENDPOINT": "http://collector:4318/v1/logs"}, Options{}, []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/...", "path"}},
		{"a query", vars{"ENDPOINT": "http://collector?k=v"}, Options{}, []string{"query"}},
		{"an opaque URL", vars{"ENDPOINT": "http:collector"}, Options{}, []string{"path"}},
		{"no host", vars{"ENDPOINT": "http://:4317"}, Options{}, []string{"host"}},
		{"an unknown scheme", vars{"LOGS_ENDPOINT": "grpc://collector"}, Options{}, []string{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "grpc://collector", "scheme", "https://host:port"}},
		{"a port of 0", vars{"ENDPOINT": "collector:0"}, Options{}, []string{"port", "1 to 65535"}},
		{"a port too high", vars{"ENDPOINT": "https://collector:65536"}, Options{}, []string{"port", "1 to 65535"}},
		{"a port of words", vars{"ENDPOINT": "collector:otlp"}, Options{}, []string{"port"}},
		{"a host with blanks", vars{"ENDPOINT": "my collector"}, Options{}, []string{"host"}},
		{"too many colons", vars{"ENDPOINT": "a:b:c"}, Options{}, []string{"host and port"}},
		{"a URL that does not parse", vars{"ENDPOINT": "http://%zz"}, Options{}, []string{"not a URL"}},
		{"a socket without a path", vars{"ENDPOINT": "unix:"}, Options{}, []string{"unix:///path"}},
		{"a socket with a host", vars{"ENDPOINT": "unix://run/s"}, Options{}, []string{"unix:///path"}},
		{"dns without a host", vars{"ENDPOINT": "dns:///"}, Options{}, []string{"host"}},
		{"an empty option", vars{}, Options{Endpoint: Option("WithEndpoint", "")}, []string{"WithEndpoint", "host"}},
		{"insecure against https", vars{"ENDPOINT": "https://a"}, Options{Insecure: Option("WithInsecure", true)}, []string{"WithInsecure", "https://", "OTEL_EXPORTER_OTLP_ENDPOINT"}},
		{"TLS against http", vars{}, Options{Endpoint: Option("WithEndpoint", "http://a"), TLS: "WithTLS"}, []string{"WithTLS", "http://", "WithEndpoint"}},
		{"TLS against the default", vars{}, Options{TLS: "WithTLS"}, []string{"WithTLS", "the default endpoint"}},
		{"TLS against insecure", vars{"ENDPOINT": "a"}, Options{Insecure: Option("WithInsecure", true), TLS: "WithTLS"}, []string{"WithInsecure", "WithTLS"}},
		{"a header of gRPC's own", vars{"HEADERS": "user-agent=me,grpc-timeout=1"}, Options{}, []string{"user-agent", "grpc-timeout", "itself"}},
		{"a header name that gRPC refuses", vars{"HEADERS": "a!=1"}, Options{}, []string{"OTEL_EXPORTER_OTLP_HEADERS", "gRPC"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			setenv(t, tt.env)
			c, err := Load(tt.opts)
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.GRPC()
			wantError(t, err, tt.want...)
		})
	}
}

func TestNoEndpointErrorShowsACredential(t *testing.T) {
	const canary = "c4n4ry"
	for _, endpoint := range []string{
		"https://user:" + canary + "@collector:4317",
		"https://" + canary + "@collector",
		"https://user:" + canary + "/more@collector",
		"https://user:" + canary + "?more@collector",
		"https://user:" + canary + "%zz@collector",
		"https://collector/" + canary,
		"https://collector?key=" + canary,
		"https://collector#" + canary,
		"user:" + canary + "@collector:4317",
		"ftp://user:" + canary + "@collector:4317",
		"dns:///user:" + canary + "@collector:4317",
	} {
		c, err := Load(Options{Endpoint: Option("WithEndpoint", endpoint)})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.GRPC()
		if err == nil {
			t.Errorf("%s: got no error", endpoint)
		} else if strings.Contains(err.Error(), canary) {
			t.Errorf("%s: got error %q", endpoint, err)
		}
	}
}

func TestRedacted(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"collector:4317", "collector:4317"},
		{"https://collector:4317", "https://collector:4317"},
		{"https://collector:4317/a/b?c#d", "https://collector:4317/..."},
		{"https://u:p@collector/a", "https://***@collector/..."},
		{"https://u:p/q@collector", "https://***@collector"},
		{"https://u:p@q@collector", "https://***@collector"},
		{"u:p@collector:4317", "***@collector:4317"},
		{"unix:///run/a/b.sock", "unix:///run/a/b.sock"},
		{"dns:///u:p@collector", "dns://***@collector"},
	} {
		if got := redacted(tt.in); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.in, got, tt.want)
		}
	}
}

func TestWithPort(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"h", "h:4317"},
		{"h:1", "h:1"},
		{"h:65535", "h:65535"},
		{"h.example.com.", "h.example.com.:4317"},
		{"10.1.2.3", "10.1.2.3:4317"},
		{"::1", "[::1]:4317"},
		{"[::1]", "[::1]:4317"},
		{"[::1]:1", "[::1]:1"},
		{"[fe80::1%eth0]:1", "[fe80::1%eth0]:1"},
		{"", ""},
		{":1", ""},
		{"h:", ""},
		{"h:0", ""},
		{"h:-1", ""},
		{"h:+1", ""},
		{"h:65536", ""},
		{"h:1:2", ""},
		{"h/p:1", ""},
		{"h h", ""},
		{"[::1", ""},
	} {
		got, err := grpcForm.withPort(tt.in)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%q: got %q, %v; want %q", tt.in, got, err, tt.want)
		}
	}
}

func FuzzGRPC(f *testing.F) {
	for _, s := range []string{"http://a:1", "https://u:p@h", "unix:///s", "dns:///h", "h:1", "::1", "http://%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := Load(Options{Endpoint: Option("WithEndpoint", s)})
		if err != nil {
			t.Fatal(err)
		}
		target, err := c.GRPC()
		if err == nil && target.Name == "" {
			t.Errorf("%q: got no target and no error", s)
		}
	})
}
