package otlphttp

import (
	"crypto/tls"
	"strings"
	"testing"
	"time"

	"github.com/logstream-go/logstream/internal/otlpconfig"
)

// What New makes of options and environment, case by case as the tests of the
// official exporter have them, with the specification's answer where that
// exporter's differs. Their names stand at the end.
func TestConfiguration(t *testing.T) {
	const all, logs = "OTEL_EXPORTER_OTLP_", "OTEL_EXPORTER_OTLP_LOGS_"
	type vars = map[string]string
	dir := t.TempDir()
	ca := certify(t, nil, nil)
	caFile, _ := ca.write(t, dir, "ca")
	certFile, keyFile := certify(t, ca, nil).write(t, dir, "client")
	// with adds the files to the variables of one level.
	with := func(level string, v vars) vars {
		v[level+"CERTIFICATE"], v[level+"CLIENT_CERTIFICATE"], v[level+"CLIENT_KEY"] = caFile, certFile, keyFile
		return v
	}
	for _, tt := range []struct {
		name string
		env  vars
		opts []Option

		url     string // the default if empty
		headers vars
		none    bool          // no compression
		timeout time.Duration // 10 s if 0, no limit if negative
		files   bool          // authorities and client certificate come from files
		fails   string        // what the error says, if there is one
	}{
		{name: "nothing"}, // Defaults
		{
			name: "options", // Options
			opts: []Option{WithEndpoint("test"), WithURLPath("/path"), WithInsecure(), WithCompression(GzipCompression), WithHeaders(vars{"a": "A"}), WithMaxRequestSize(1), WithMaxResponseSize(2), WithTimeout(time.Second)},
			url:  "http://test:4318/path", headers: vars{"a": "A"}, timeout: time.Second,
		},
		{
			name: "TLS settings and plain text", // WithInsecureAndTLSClientConfig
			opts: []Option{WithEndpoint("test"), WithInsecure(), WithTLSClientConfig(&tls.Config{})}, fails: "contradicts",
		},
		{name: "a URL as an option", opts: []Option{WithEndpointURL("http://test:8080/path")}, url: "http://test:8080/path"}, // WithEndpointURL
		{name: "a URL without a path", opts: []Option{WithEndpointURL("http://test:8080")}, url: "http://test:8080/"},        // TestWithEndpointURLNoPathUsesRootPath
		{
			name: "an endpoint after a URL", // EndpointPrecedence
			opts: []Option{WithEndpointURL("https://test:8080/path"), WithEndpoint("not-test:9090"), WithURLPath("/alt"), WithInsecure()}, url: "http://not-test:9090/alt",
		},
		{
			name: "a URL after an endpoint", // EndpointURLPrecedence
			opts: []Option{WithEndpoint("not-test:9090"), WithEndpointURL("https://test:8080/path")}, url: "https://test:8080/path",
		},
		{
			name: "a URL and a path", // EndpointURLPrecedence, which forgets the path
			opts: []Option{WithURLPath("/alt"), WithEndpointURL("https://test:8080/path")}, fails: "WithURLPath contradicts WithEndpointURL",
		},
		{
			name: "an https URL and plain text", // EndpointURLPrecedence, which forgets the plain text
			opts: []Option{WithInsecure(), WithEndpointURL("https://test:8080/path")}, fails: "WithInsecure contradicts",
		},
		{
			name: "an https URL over an http variable", // WithEndpointURL secure when Environment Endpoint is set insecure
			env:  vars{logs + "ENDPOINT": "http://env.endpoint:8080/prefix"}, opts: []Option{WithEndpointURL("https://test:8080/path")}, url: "https://test:8080/path",
		},
		{
			name: "an https URL over an insecure variable", // WithEndpointURL secure when Environment insecure is set false
			env:  vars{logs + "INSECURE": "true"}, opts: []Option{WithEndpointURL("https://test:8080/path")}, url: "https://test:8080/path",
		},
		{
			name: "the variables for logs", // LogEnvironmentVariables
			env:  with(logs, vars{logs + "ENDPOINT": "https://env.endpoint:8080/prefix", logs + "HEADERS": "a=A", logs + "COMPRESSION": "gzip", logs + "TIMEOUT": "15000"}),
			url:  "https://env.endpoint:8080/prefix", headers: vars{"a": "A"}, timeout: 15 * time.Second, files: true,
		},
		{name: "a variable for logs without a path", env: vars{logs + "ENDPOINT": "http://env.endpoint"}, url: "http://env.endpoint/"}, // LogEndpointEnvironmentVariablesDefaultPath
		{
			name: "the general variables", // OTLPEnvironmentVariables
			env:  with(all, vars{all + "ENDPOINT": "http://env.endpoint:8080/prefix", all + "HEADERS": "a=A", all + "COMPRESSION": "none", all + "TIMEOUT": "15000"}),
			url:  "http://env.endpoint:8080/prefix/v1/logs", headers: vars{"a": "A"}, none: true, timeout: 15 * time.Second, files: true,
		},
		{name: "a slash at the end", env: vars{all + "ENDPOINT": "http://env.endpoint:8080/prefix/"}, url: "http://env.endpoint:8080/prefix/v1/logs"}, // OTLPEnvironmentVariablesTrailingSlash
		{name: "a general variable without a path", env: vars{all + "ENDPOINT": "http://env.endpoint"}, url: "http://env.endpoint/v1/logs"},           // OTLPEndpointEnvironmentVariablesDefaultPath
		{
			name: "those for logs over the general ones", // EnvironmentVariablesPrecedence
			env: with(logs, vars{
				all + "ENDPOINT": "http://ignored:9090", all + "HEADERS": "b=B", all + "COMPRESSION": "none", all + "TIMEOUT": "30000",
				all + "CERTIFICATE": "invalid_cert", all + "CLIENT_CERTIFICATE": "invalid_cert", all + "CLIENT_KEY": "invalid_key",
				logs + "ENDPOINT": "https://env.endpoint:8080/path", logs + "HEADERS": "a=A", logs + "COMPRESSION": "gzip", logs + "TIMEOUT": "15000",
			}),
			url: "https://env.endpoint:8080/path", headers: vars{"a": "A"}, timeout: 15 * time.Second, files: true,
		},
		{
			name: "options over both", // OptionsPrecedence
			env: vars{
				all + "ENDPOINT": "http://ignored:9090", all + "HEADERS": "b=B", all + "COMPRESSION": "none", all + "TIMEOUT": "30000", all + "CERTIFICATE": "invalid_cert",
				logs + "ENDPOINT": "https://env.endpoint:8080/prefix", logs + "HEADERS": "c=C", logs + "COMPRESSION": "none", logs + "TIMEOUT": "15000", logs + "CERTIFICATE": "invalid_cert",
			},
			opts: []Option{WithEndpoint("test"), WithURLPath("/path"), WithTLSClientConfig(&tls.Config{}), WithCompression(GzipCompression), WithHeaders(vars{"a": "A"}), WithTimeout(time.Second)},
			url:  "https://test:4318/path", headers: vars{"a": "A"}, timeout: time.Second,
		},
		// InvalidEnvironmentVariables. The official exporter goes on with the default.
		{name: "a variable that is no URL", env: vars{logs + "ENDPOINT": "%invalid"}, fails: logs + "ENDPOINT"},
		{name: "a header that is none", env: vars{logs + "HEADERS": "invalid key=value"}, fails: logs + "HEADERS"},
		{name: "an unknown compression", env: vars{logs + "COMPRESSION": "xz"}, fails: logs + `COMPRESSION: "xz"`},
		{name: "a time-out in words", env: vars{logs + "TIMEOUT": "100 seconds"}, fails: logs + `TIMEOUT: "100 seconds"`},
		{name: "no such authorities", env: vars{logs + "CERTIFICATE": "invalid_cert"}, fails: logs + "CERTIFICATE"},
		{name: "no such client certificate", env: vars{logs + "CLIENT_CERTIFICATE": "invalid_cert", logs + "CLIENT_KEY": "invalid_key"}, fails: logs + "CLIENT_CERTIFICATE and " + logs + "CLIENT_KEY"},
		{
			name: "headers with escapes", // with percent-encoded headers: a key is not decoded
			env:  vars{logs + "HEADERS": "user%2Did=42,user%20name=alice%20smith"}, headers: vars{"user%2did": "42", "user%20name": "alice smith"},
		},
		{name: "a bad key among good ones", env: vars{logs + "HEADERS": "valid-key=value,invalid key=value"}, fails: logs + "HEADERS"}, // with invalid header key
		// OptionEndpointURLWithoutScheme, EnvEndpointWithoutScheme and the two with an
		// insecure variable. The specification knows URLs with a scheme only.
		{name: "a URL option without a scheme", opts: []Option{WithEndpointURL("//env.endpoint:8080/prefix")}, fails: "WithEndpointURL"},
		{name: "a variable without a scheme", env: vars{logs + "ENDPOINT": "//env.endpoint:8080/prefix"}, fails: logs + "ENDPOINT"},
		{name: "a host in a variable", env: vars{logs + "ENDPOINT": "env.endpoint:8080"}, url: "https://env.endpoint:8080/v1/logs"},
		{name: "a host in an insecure variable", env: vars{logs + "ENDPOINT": "env.endpoint:8080", logs + "INSECURE": "true"}, url: "http://env.endpoint:8080/v1/logs"},
		{name: "an insecure variable and the default", env: vars{logs + "INSECURE": "true"}}, // DefaultEndpointWithEnvInsecure
		{
			name: "an insecure variable and an option", // OptionEndpointWithEnvInsecure
			env:  vars{logs + "INSECURE": "true"}, opts: []Option{WithEndpoint("env.endpoint:8080")}, url: "http://env.endpoint:8080/v1/logs",
		},
		{name: "an endpoint that is none", opts: []Option{WithEndpoint("host:invalid-port")}, fails: "WithEndpoint"}, // TestNewWithInvalidEndpoint
		// TestConvHeaders. Keys are in lower case, for HTTP/2 and gRPC send them so.
		{name: "blanks around key and value", env: vars{all + "HEADERS": " userId = alice  "}, headers: vars{"userid": "alice"}},
		{
			name:    "headers as RFC 3986 has them",
			env:     vars{all + "HEADERS": "userId=alice+test,serverNode=DF%3A28,isProduction=false,namespace=localhost/test"},
			headers: vars{"userid": "alice+test", "servernode": "DF:28", "isproduction": "false", "namespace": "localhost/test"},
		},
		{name: "a colon", env: vars{all + "HEADERS": "userId:alice"}, fails: "key=value"},
		{name: "a key that looks like a wrong escape", env: vars{all + "HEADERS": "%XX=missing,userId=alice"}, headers: vars{"%xx": "missing", "userid": "alice"}},
		{name: "a value with a wrong escape", env: vars{all + "HEADERS": "missing=%XX,userId=alice"}, fails: "entry 1"},
		{name: "a time-out of 0", env: vars{all + "TIMEOUT": "0"}, timeout: -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			s, err := New(tt.opts...)
			if tt.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fails) {
					t.Errorf("got %v, want an error with %q in it", err, tt.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			e := s.balancer.endpoints[0]
			want := tt.url
			if want == "" {
				want = otlpconfig.DefaultHTTP + "/v1/logs"
			}
			if got := e.url.String(); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			for k, v := range tt.headers {
				if got := s.header.Get(k); got != v {
					t.Errorf("header %s: got %q, want %q", k, got, v)
				}
			}
			if n := len(s.header) - len(tt.headers); n != len(newHeader(nil, e.format)) {
				t.Errorf("got headers %v, want %v besides our own", s.header, tt.headers)
			}
			if e.format.gzip == tt.none {
				t.Errorf("got gzip %v, want %v", e.format.gzip, !tt.none)
			}
			timeout := tt.timeout
			if timeout == 0 {
				timeout = 10 * time.Second
			}
			if s.timeout != max(0, timeout) {
				t.Errorf("got time-out %v, want %v", s.timeout, timeout)
			}
			c := e.transport.TLSClientConfig
			if hasFiles := c.VerifyConnection != nil && c.GetClientCertificate != nil; hasFiles != tt.files {
				t.Errorf("got files %v, want %v", hasFiles, tt.files)
			}
		})
	}
}
