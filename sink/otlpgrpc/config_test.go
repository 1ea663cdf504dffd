package otlpgrpc

import (
	"errors"
	"maps"
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
	headers := func(h vars) Option { return WithHeaders(h) }
	for _, tt := range []struct {
		name string
		env  vars
		opts []Option

		target      string // localhost if empty
		tls         bool
		headers     vars
		compression string // gzip if empty
		timeout     time.Duration
		fails       string // what the error says, if there is one
	}{
		{name: "nothing", timeout: 10 * time.Second}, // Defaults
		{
			name:   "options", // Options
			opts:   []Option{WithEndpoint("test:8080"), WithInsecure(), headers(vars{"a": "A"}), WithCompression(GzipCompression), WithTimeout(2 * time.Second)},
			target: "dns:///test:8080", headers: vars{"a": "A"}, timeout: 2 * time.Second,
		},
		{
			name: "a URL as an option", // WithEndpointURL
			opts: []Option{WithEndpointURL("http://test:8080")}, target: "dns:///test:8080",
		},
		{
			name: "a URL after an endpoint", // EndpointPrecedence
			opts: []Option{WithEndpointURL("https://test:8080"), WithEndpoint("not-test:9090")}, target: "dns:///not-test:9090", tls: true,
		},
		{
			name: "an endpoint after a URL", // EndpointURLPrecedence
			opts: []Option{WithEndpoint("test:8080"), WithEndpointURL("https://not-test:9090")}, target: "dns:///not-test:9090", tls: true,
		},
		{
			name: "an https URL over an http variable", // WithEndpointURL secure when Environment Endpoint is set insecure
			env:  vars{logs + "ENDPOINT": "http://env:8080"},
			opts: []Option{WithEndpointURL("https://test:8080")}, target: "dns:///test:8080", tls: true,
		},
		{
			name: "an https URL over an insecure variable", // WithEndpointURL secure when Environment insecure is set false
			env:  vars{logs + "INSECURE": "true"},
			opts: []Option{WithEndpointURL("https://test:8080")}, target: "dns:///test:8080", tls: true,
		},
		{
			name:   "the variables for logs", // LogEnvironmentVariables
			env:    vars{logs + "ENDPOINT": "https://env.endpoint:8080/", logs + "HEADERS": "a=A", logs + "COMPRESSION": "none", logs + "TIMEOUT": "15000"},
			target: "dns:///env.endpoint:8080", tls: true, headers: vars{"a": "A"}, compression: "none", timeout: 15 * time.Second,
		},
		{
			name:   "a variable for logs without a path", // LogEndpointEnvironmentVariablesDefaultPath
			env:    vars{logs + "ENDPOINT": "http://env.endpoint"},
			target: "dns:///env.endpoint:4317",
		},
		{
			name:   "the general variables", // OTLPEnvironmentVariables
			env:    vars{all + "ENDPOINT": "http://env.endpoint:8080", all + "HEADERS": "a=A", all + "COMPRESSION": "none", all + "TIMEOUT": "15000"},
			target: "dns:///env.endpoint:8080", headers: vars{"a": "A"}, compression: "none", timeout: 15 * time.Second,
		},
		{
			name:   "a general variable without a port", // OTLPEndpointEnvironmentVariablesDefaultPath
			env:    vars{all + "ENDPOINT": "https://env.endpoint"},
			target: "dns:///env.endpoint:4317", tls: true,
		},
		{
			name: "those for logs over the general ones", // EnvironmentVariablesPrecedence
			env: vars{
				all + "ENDPOINT": "http://ignored:9090", all + "HEADERS": "b=B", all + "COMPRESSION": "gzip", all + "TIMEOUT": "30000",
				logs + "ENDPOINT": "https://env.endpoint:8080", logs + "HEADERS": "a=A", logs + "COMPRESSION": "none", logs + "TIMEOUT": "15000",
			},
			target: "dns:///env.endpoint:8080", tls: true, headers: vars{"a": "A"}, compression: "none", timeout: 15 * time.Second,
		},
		{
			name: "options over both", // OptionsPrecedence
			env: vars{
				all + "ENDPOINT": "http://ignored:9090", all + "HEADERS": "b=B", all + "COMPRESSION": "none", all + "TIMEOUT": "30000",
				logs + "ENDPOINT": "https://env.endpoint:8080", logs + "HEADERS": "c=C", logs + "COMPRESSION": "none", logs + "TIMEOUT": "15000",
			},
			opts:   []Option{WithEndpoint("test"), WithInsecure(), headers(vars{"a": "A"}), WithCompression(GzipCompression), WithTimeout(time.Second)},
			target: "dns:///test:4317", headers: vars{"a": "A"}, timeout: time.Second,
		},
		{
			name:  "a variable that is no URL", // InvalidEnvironmentVariables
			env:   vars{logs + "ENDPOINT": "http://%invalid"},
			fails: logs + "ENDPOINT", // the official exporter takes the default
		},
		{name: "a variable with a header that is none", env: vars{logs + "HEADERS": "a,%ZZ=valid"}, fails: logs + "HEADERS"},
		{name: "a variable with an unknown compression", env: vars{logs + "COMPRESSION": "xz"}, fails: logs + "COMPRESSION"},
		{name: "a variable with a time-out in words", env: vars{logs + "TIMEOUT": "100 seconds"}, fails: logs + "TIMEOUT"},
		{name: "a URL option without a scheme", opts: []Option{WithEndpointURL("env.endpoint/prefix")}, fails: "WithEndpointURL"}, // OptionEndpointURLWithoutScheme
		{
			name: "a variable without a scheme", // EnvEndpointWithoutScheme
			env:  vars{all + "ENDPOINT": "env.endpoint"}, target: "dns:///env.endpoint:4317", tls: true,
		},
		{name: "a variable with // and a path", env: vars{logs + "ENDPOINT": "//env.endpoint:8080/prefix"}, fails: logs + "ENDPOINT"}, // the official exporter drops the path
		{
			name: "an insecure variable and the default", // DefaultEndpointWithEnvInsecure
			env:  vars{all + "INSECURE": "true"},
		},
		{
			name: "an insecure variable and one without a scheme", // EnvEndpointWithoutSchemeWithEnvInsecure
			env:  vars{all + "ENDPOINT": "env.endpoint", all + "INSECURE": "true"}, target: "dns:///env.endpoint:4317",
		},
		{
			name: "an insecure variable and an option", // OptionEndpointWithEnvInsecure
			env:  vars{all + "INSECURE": "true"}, opts: []Option{WithEndpoint("env.endpoint:1")}, target: "dns:///env.endpoint:1",
		},
		{
			name: "an insecure variable and a URL option without a scheme", // OptionEndpointURLWithoutSchemeWithEnvInsecure
			env:  vars{all + "INSECURE": "true"}, opts: []Option{WithEndpointURL("env.endpoint/prefix")}, fails: "WithEndpointURL",
		},
		{
			name: "headers with escapes", // with percent-encoded headers
			env:  vars{logs + "HEADERS": "user%2Did=42,user-name=alice%20smith"}, fails: "a key has a character",
		},
		{
			name: "values with escapes",
			env:  vars{logs + "HEADERS": "user-id=42,user-name=alice%20smith"}, headers: vars{"user-id": "42", "user-name": "alice smith"},
		},
		{name: "a header with a bad key", env: vars{logs + "HEADERS": "valid-key=1,invalid key=2"}, fails: logs + "HEADERS"}, // with invalid header key
		{name: "a header with a colon", env: vars{all + "HEADERS": "userId:alice"}, fails: "key=value"},                      // TestConvHeaders: invalid headers format
		{name: "a header with a wrong escape", env: vars{all + "HEADERS": "missing=%XX,userId=alice"}, fails: "entry 1"},     // TestConvHeaders: invalid value
		{
			name:    "headers as RFC 3986 has them", // TestConvHeaders: multiple headers encoded per RFC 3986 spec
			env:     vars{all + "HEADERS": " userId = alice+test ,serverNode=DF%3A28,isProduction=false,namespace=localhost/test"},
			headers: vars{"userid": "alice+test", "servernode": "DF:28", "isproduction": "false", "namespace": "localhost/test"},
		},
		{name: "compression in capitals", env: vars{all + "COMPRESSION": "NONE"}, compression: "none"},
		{name: "an empty variable", env: vars{logs + "ENDPOINT": "", all + "ENDPOINT": "http://a:1"}, target: "dns:///a:1"},
		{name: "a time-out of 0", env: vars{all + "TIMEOUT": "0"}, timeout: -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			c := newConfig(tt.opts)
			cfg, loadErr := otlpconfig.Load(c.Options)
			target, targetErr := cfg.GRPC()
			err := errors.Join(append(c.errs, loadErr, targetErr)...)
			if tt.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fails) {
					t.Errorf("got %v, want an error with %q in it", err, tt.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wantTarget := tt.target
			if wantTarget == "" {
				wantTarget = "dns:///localhost:4317"
			}
			if target.Name != wantTarget || target.Secure != tt.tls {
				t.Errorf("got target %+v, want %s with TLS %v", target, wantTarget, tt.tls)
			}
			if !maps.Equal(cfg.Headers.Value, tt.headers) {
				t.Errorf("got headers %v, want %v", cfg.Headers.Value, tt.headers)
			}
			if got := cfg.Compression == otlpconfig.None; got != (tt.compression == "none") {
				t.Errorf("got compression %v, want %q", cfg.Compression, tt.compression)
			}
			want := tt.timeout
			switch want {
			case 0:
				want = 10 * time.Second
			case -1:
				want = 0
			}
			if cfg.Timeout != want {
				t.Errorf("got time-out %v, want %v", cfg.Timeout, want)
			}
		})
	}
}
