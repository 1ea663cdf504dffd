package otlpconfig

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"
)

type vars = map[string]string

func TestDefaults(t *testing.T) {
	c, err := Load(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Endpoint.IsSet() || c.Insecure.IsSet() || c.Headers.IsSet() {
		t.Errorf("got endpoint %v, insecure %v, headers %v; want none set", c.Endpoint, c.Insecure, c.Headers)
	}
	if c.Compression != Gzip {
		t.Errorf("got compression %v, want gzip", c.Compression)
	}
	if c.Timeout != 10*time.Second {
		t.Errorf("got timeout %v, want 10s", c.Timeout)
	}
	if c.Files != (Files{}) {
		t.Errorf("got files %v, want none", c.Files)
	}
}

func TestTimeout(t *testing.T) {
	for _, tt := range []struct {
		name string
		env  vars
		opt  Setting[time.Duration]
		want time.Duration
	}{
		{"the general variable counts", vars{"TIMEOUT": "1500"}, Setting[time.Duration]{}, 1500 * time.Millisecond},
		{"the one for logs wins", vars{"TIMEOUT": "1500", "LOGS_TIMEOUT": "20"}, Setting[time.Duration]{}, 20 * time.Millisecond},
		{"empty is not set", vars{"TIMEOUT": "1500", "LOGS_TIMEOUT": ""}, Setting[time.Duration]{}, 1500 * time.Millisecond},
		{"blank is not set", vars{"TIMEOUT": "  "}, Setting[time.Duration]{}, DefaultTimeout},
		{"0 is no limit", vars{"TIMEOUT": "0"}, Setting[time.Duration]{}, 0},
		{"an option wins", vars{"LOGS_TIMEOUT": "20"}, Option("WithTimeout", time.Hour), time.Hour},
		{"an option of 0 wins", vars{"LOGS_TIMEOUT": "20"}, Option("WithTimeout", time.Duration(0)), 0},
		{"an option hides a bad variable", vars{"TIMEOUT": "soon"}, Option("WithTimeout", time.Hour), time.Hour},
		{"the one for logs hides a bad general one", vars{"TIMEOUT": "soon", "LOGS_TIMEOUT": "7"}, Setting[time.Duration]{}, 7 * time.Millisecond},
		{"the largest", vars{"TIMEOUT": "9223372036854"}, Setting[time.Duration]{}, 9223372036854 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			setenv(t, tt.env)
			c, err := Load(Options{Timeout: tt.opt})
			if err != nil {
				t.Fatal(err)
			}
			if c.Timeout != tt.want {
				t.Errorf("got %v, want %v", c.Timeout, tt.want)
			}
		})
	}
}

func TestCompression(t *testing.T) {
	for _, tt := range []struct {
		env  vars
		opt  Setting[Compression]
		want Compression
	}{
		{vars{"COMPRESSION": "none"}, Setting[Compression]{}, None},
		{vars{"COMPRESSION": "NONE"}, Setting[Compression]{}, None},
		{vars{"COMPRESSION": "gzip"}, Setting[Compression]{}, Gzip},
		{vars{"COMPRESSION": "none", "LOGS_COMPRESSION": "GZip"}, Setting[Compression]{}, Gzip},
		{vars{"LOGS_COMPRESSION": "gzip"}, Option("WithCompression", None), None},
	} {
		setenv(t, vars{"COMPRESSION": "", "LOGS_COMPRESSION": ""})
		setenv(t, tt.env)
		c, err := Load(Options{Compression: tt.opt})
		if err != nil {
			t.Fatal(err)
		}
		if c.Compression != tt.want {
			t.Errorf("%v, option %v: got %v, want %v", tt.env, tt.opt, c.Compression, tt.want)
		}
	}
}

func TestInsecure(t *testing.T) {
	for _, tt := range []struct {
		env  vars
		opt  Setting[bool]
		want bool
	}{
		{vars{}, Setting[bool]{}, false},
		{vars{"INSECURE": "true"}, Setting[bool]{}, true},
		{vars{"INSECURE": "True"}, Setting[bool]{}, true},
		{vars{"INSECURE": "true", "LOGS_INSECURE": "FALSE"}, Setting[bool]{}, false},
		{vars{"INSECURE": "false"}, Option("WithInsecure", true), true},
	} {
		setenv(t, vars{"INSECURE": "", "LOGS_INSECURE": ""})
		setenv(t, tt.env)
		c, err := Load(Options{Insecure: tt.opt})
		if err != nil {
			t.Fatal(err)
		}
		if c.Insecure.Value != tt.want {
			t.Errorf("%v, option %v: got %v, want %v", tt.env, tt.opt, c.Insecure, tt.want)
		}
	}
}

func TestHeaders(t *testing.T) {
	for _, tt := range []struct {
		name string
		env  vars
		opt  Setting[vars]
		want vars
	}{
		{"a list", vars{"HEADERS": "api-key=abc,tenant=7"}, Setting[vars]{}, vars{"api-key": "abc", "tenant": "7"}},
		{"values are percent-decoded", vars{"HEADERS": "a=x%20y%2Cz%3D"}, Setting[vars]{}, vars{"a": "x y,z="}},
		{"a plus is a plus", vars{"HEADERS": "a=x+y"}, Setting[vars]{}, vars{"a": "x+y"}},
		{"a value may hold =", vars{"HEADERS": "authorization=Basic dTpw=="}, Setting[vars]{}, vars{"authorization": "Basic dTpw=="}},
		{"blanks around are dropped", vars{"HEADERS": " a = 1 , b=2 ,"}, Setting[vars]{}, vars{"a": "1", "b": "2"}},
		{"keys are lower case", vars{"HEADERS": "X-Api-Key=k"}, Setting[vars]{}, vars{"x-api-key": "k"}},
		{"an empty value stays", vars{"HEADERS": "a="}, Setting[vars]{}, vars{"a": ""}},
		{"the variable for logs replaces the other", vars{"HEADERS": "a=1,b=2", "LOGS_HEADERS": "c=3"}, Setting[vars]{}, vars{"c": "3"}},
		{"the option replaces both", vars{"HEADERS": "a=1", "LOGS_HEADERS": "b=2"}, Option("WithHeaders", vars{"D": "4"}), vars{"d": "4"}},
		{"an empty option means none", vars{"HEADERS": "a=1"}, Option("WithHeaders", vars{}), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			setenv(t, tt.env)
			c, err := Load(Options{Headers: tt.opt})
			if err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(c.Headers.Value, tt.want) {
				t.Errorf("got %v, want %v", c.Headers.Value, tt.want)
			}
		})
	}
}

func TestHeadersAreACopy(t *testing.T) {
	h := vars{"a": "1"}
	c, err := Load(Options{Headers: Option("WithHeaders", h)})
	if err != nil {
		t.Fatal(err)
	}
	h["a"] = "2"
	if got := c.Headers.Value["a"]; got != "1" {
		t.Errorf("got %q, want %q", got, "1")
	}
}

func TestBadValuesAreErrors(t *testing.T) {
	for _, tt := range []struct {
		name string
		env  vars
		opts Options
		want []string
	}{
		{"timeout of words", vars{"TIMEOUT": "10s"}, Options{}, []string{"OTEL_EXPORTER_OTLP_TIMEOUT", `"10s"`, "milliseconds"}},
		{"negative timeout", vars{"LOGS_TIMEOUT": "-1"}, Options{}, []string{"OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", `"-1"`, "from 0"}},
		{"timeout that overflows", vars{"TIMEOUT": "9223372036855"}, Options{}, []string{"OTEL_EXPORTER_OTLP_TIMEOUT", "to 9223372036854"}},
		{"negative option", vars{}, Options{Timeout: Option("WithTimeout", -time.Second)}, []string{"WithTimeout", "-1s", "0"}},
		{"unknown compression", vars{"COMPRESSION": "zstd"}, Options{}, []string{"OTEL_EXPORTER_OTLP_COMPRESSION", `"zstd"`, "gzip and none"}},
		{"insecure neither true nor false", vars{"INSECURE": "1"}, Options{}, []string{"OTEL_EXPORTER_OTLP_INSECURE", `"1"`, "true nor false"}},
		{"header without =", vars{"HEADERS": "a=1,b"}, Options{}, []string{"OTEL_EXPORTER_OTLP_HEADERS", "entry 2", "key=value"}},
		{"header with a bad escape", vars{"HEADERS": "a=%zz"}, Options{}, []string{"OTEL_EXPORTER_OTLP_HEADERS", "entry 1", "%25"}},
		{"header twice", vars{"HEADERS": "a=1,A=2"}, Options{}, []string{"entry 2", "earlier"}},
		{"header without a name", vars{"HEADERS": "=1"}, Options{}, []string{"OTEL_EXPORTER_OTLP_HEADERS", "a key has a character"}},
		{"header name with a blank", vars{}, Options{Headers: Option("WithHeaders", vars{"a b": "1"})}, []string{"WithHeaders", "a key has a character"}},
		{"header twice in an option", vars{}, Options{Headers: Option("WithHeaders", vars{"a": "1", "A": "2"})}, []string{"WithHeaders", "a is there twice"}},
		{"header value with a line break", vars{"HEADERS": "k=a%0Ab"}, Options{}, []string{"OTEL_EXPORTER_OTLP_HEADERS", "value of k", "printable"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			setenv(t, tt.env)
			_, err := Load(tt.opts)
			wantError(t, err, tt.want...)
		})
	}
}

func TestAllProblemsAreReturnedAtOnce(t *testing.T) {
	setenv(t, vars{"TIMEOUT": "x", "COMPRESSION": "y", "INSECURE": "z", "HEADERS": "q", "CERTIFICATE": "/nowhere"})
	_, err := Load(Options{})
	for _, name := range []string{"TIMEOUT", "COMPRESSION", "INSECURE", "HEADERS", "CERTIFICATE"} {
		wantError(t, err, envPrefix+name)
	}
}

func TestNoErrorShowsACredential(t *testing.T) {
	const canary = "c4n4ry"
	for _, headers := range []string{
		canary,                          // no =
		"a=1," + canary,                 // no =, later
		"authorization=" + canary + "%", // a bad escape
		"k=" + canary + "%01",           // not printable
		"k=1,k=" + canary,               // twice
		"Bearer " + canary + "=x",       // a name that is none
		canary + "+/==",                 // base64 taken for a name
		canary + "+==",                  // a name that only gRPC refuses
	} {
		t.Run(headers, func(t *testing.T) {
			setenv(t, vars{"HEADERS": headers})
			c, err := Load(Options{})
			_, grpcErr := c.GRPC()
			err = errors.Join(err, grpcErr)
			if err == nil {
				t.Fatal("got no error")
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("got error %q", err)
			}
		})
	}
}

// Every variable has two names, of which the one for logs wins, and empty is not
// set for both.
func TestTheVariableForLogsWins(t *testing.T) {
	dir := t.TempDir()
	a, _ := pair(t, dir, "a")
	b, _ := pair(t, dir, "b")
	for _, tt := range []struct {
		name     string
		all, log string
		get      func(c *Config) any
		wantAll  any
		wantLog  any
	}{
		{"ENDPOINT", "http://a", "http://b", func(c *Config) any { return c.Endpoint.Value }, "http://a", "http://b"},
		{"INSECURE", "false", "true", func(c *Config) any { return c.Insecure.Value }, false, true},
		{"HEADERS", "k=a", "k=b", func(c *Config) any { return c.Headers.Value["k"] }, "a", "b"},
		{"COMPRESSION", "gzip", "none", func(c *Config) any { return c.Compression }, Gzip, None},
		{"TIMEOUT", "1", "2", func(c *Config) any { return c.Timeout }, time.Millisecond, 2 * time.Millisecond},
		{"CERTIFICATE", a, b, func(c *Config) any { return c.Files.CA.Value }, a, b},
	} {
		t.Run(tt.name, func(t *testing.T) {
			load := func(all, log string) any {
				setenv(t, vars{tt.name: all, "LOGS_" + tt.name: log})
				c, err := Load(Options{})
				if err != nil {
					t.Fatal(err)
				}
				return tt.get(c)
			}
			if got := load(tt.all, ""); got != tt.wantAll {
				t.Errorf("the general one alone: got %v, want %v", got, tt.wantAll)
			}
			if got := load("", tt.log); got != tt.wantLog {
				t.Errorf("the one for logs alone: got %v, want %v", got, tt.wantLog)
			}
			if got := load(tt.all, tt.log); got != tt.wantLog {
				t.Errorf("both: got %v, want %v", got, tt.wantLog)
			}
		})
	}
}

func TestSettingsSayWhereTheyComeFrom(t *testing.T) {
	setenv(t, vars{"ENDPOINT": "http://a", "LOGS_INSECURE": "true"})
	c, err := Load(Options{Headers: Option("WithHeaders", vars{"a": "1"})})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ got, want string }{
		{c.Endpoint.From, "OTEL_EXPORTER_OTLP_ENDPOINT"},
		{c.Insecure.From, "OTEL_EXPORTER_OTLP_LOGS_INSECURE"},
		{c.Headers.From, "WithHeaders"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestErrorsComeInTheSameOrderEveryTime(t *testing.T) {
	h := vars{"z": "\n", "y": "\n", "x": "\n", "w": "\n", "v": "\n"}
	_, first := Load(Options{Headers: Option("WithHeaders", h)})
	for range 20 {
		if _, err := Load(Options{Headers: Option("WithHeaders", h)}); err.Error() != first.Error() {
			t.Fatalf("got %q, want %q", err, first)
		}
	}
}

// FuzzHeaders looks for a value that gets into an error, or through the checks.
func FuzzHeaders(f *testing.F) {
	for _, s := range []string{"a=1,b=2", "a=%zz", "=x", "a", "a=1,A=2", "k-bin=%00", "user-agent=x"} {
		f.Add(s)
	}
	const canary = "c4n4ry-c4n4ry"
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsRune(s, 0) {
			return // no variable can hold it
		}
		setenv(t, vars{"HEADERS": s + canary})
		c, err := Load(Options{})
		_, grpcErr := c.GRPC()
		err = errors.Join(err, grpcErr)
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("got error %q", err)
		}
		for k, v := range c.Headers.Value {
			if k != strings.ToLower(k) || k == "" || !strings.HasSuffix(k, "-bin") && strings.ContainsFunc(v, notPrintable) {
				t.Errorf("got header %q: %q", k, v)
			}
		}
	})
}
