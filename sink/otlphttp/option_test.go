package otlphttp

import (
	"crypto/tls"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/logstream-go/logstream/sink/zstdc"
)

func TestTheDefaultIsTheSpecifications(t *testing.T) {
	s := open(t)
	if got := s.balancer.endpoints[0].url.String(); got != "http://localhost:4318/v1/logs" {
		t.Errorf("got %s", got)
	}
	if got, want := s.Limits().Timeout, 10*time.Second; got != want || s.Limits().MaxBatchBytes != 64<<20 || s.maxResponse != 4<<20 {
		t.Errorf("got %+v", s.Limits())
	}
	if f := s.balancer.endpoints[0].format; f != (format{gzip: true}) {
		t.Errorf("got %+v, want protobuf with gzip", f)
	}
	if got := fmt.Sprintf("%v %+v %#v", s, s, s); got != strings.Repeat(" otlphttp(http://localhost:4318)", 3)[1:] {
		t.Errorf("got %s", got)
	}
}

func TestTheEnvironmentIsRead(t *testing.T) {
	for k, v := range map[string]string{
		"ENDPOINT": "http://a", "LOGS_ENDPOINT": "https://b/x", "LOGS_COMPRESSION": "None", "TIMEOUT": "1500",
		"HEADERS": "k=v%20w", "PROTOCOL": "HTTP/JSON",
	} {
		t.Setenv("OTEL_EXPORTER_OTLP_"+k, v)
	}
	s := open(t)
	e := s.balancer.endpoints[0]
	if e.url.String() != "https://b/x" || e.format != (format{json: true}) || s.timeout != 1500*time.Millisecond || s.header.Get("K") != "v w" {
		t.Errorf("got %s, %+v, %v, %v", e.url, e.format, s.timeout, s.header)
	}
	s = open(t, WithEndpoint("http://c"), WithURLPath("/y"), WithEncoding(Protobuf), WithCompressor(zstdc.New()), WithTimeout(0), WithHeaders(nil))
	e = s.balancer.endpoints[0]
	if e.url.String() != "http://c/y" || e.format.json || e.format.contentEncoding() != "zstd" || s.timeout != 0 || s.header.Get("K") != "" {
		t.Errorf("got %s, %+v, %v", e.url, e.format, s.timeout)
	}
}

func TestTheLaterOptionWins(t *testing.T) {
	s := open(t, WithEndpoint("http://a"), WithEndpointURL("http://b/x"))
	if got := s.balancer.endpoints[0].url.String(); got != "http://b/x" {
		t.Errorf("got %s", got)
	}
	s = open(t, WithEndpointURL("http://b/x"), WithEndpoint("a"), WithInsecure())
	if got := s.balancer.endpoints[0].url.String(); got != "http://a:4318/v1/logs" {
		t.Errorf("got %s", got)
	}
	s = open(t, WithCompressor(zstdc.New()), WithCompression(NoCompression))
	if got := s.balancer.endpoints[0].format; got != (format{}) {
		t.Errorf("got %+v", got)
	}
}

func TestAllProblemsAreReturnedAtOnce(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "thrift")
	_, err := New(nil,
		WithEndpointURL("ftp://a", "http://b:99999"),
		WithURLPath("x"),
		WithInsecure(),
		WithTLSClientConfig(nil),
		WithHeaders(map[string]string{"content-type": "x", "a b": "c"}),
		WithCompression(9),
		WithCompressor(nil),
		WithTimeout(-time.Second),
		WithMaxRequestSize(0),
		WithMaxResponseSize(-1),
		WithAuth(nil),
	)
	if err == nil {
		t.Fatal("got no error")
	}
	for _, want := range []string{
		"otlphttp: ", "option 1 is nil", "ftp://a", "http://b:99999", "WithURLPath contradicts", "WithTLSClientConfig: nil",
		"a key has a character", "WithCompression: 9", "WithCompressor: nil", "WithTimeout: -1s", "WithMaxRequestSize: 0", "WithMaxResponseSize: -1",
		"WithAuth: nil", "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want %q in it", err, want)
		}
	}
}

func TestBadOptionsAreErrors(t *testing.T) {
	for _, tt := range []struct {
		opts []Option
		want string
	}{
		{[]Option{WithInsecure(), WithEndpoint("https://a")}, "WithInsecure contradicts the https://"},
		{[]Option{WithInsecure(), WithTLSClientConfig(&tls.Config{}), WithEndpoint("a")}, "WithInsecure contradicts WithTLSClientConfig"},
		{[]Option{WithTLSClientConfig(&tls.Config{}), WithEndpoint("http://a")}, "WithTLSClientConfig contradicts the http://"},
		{[]Option{WithEncoding(7)}, "WithEncoding: 7"},
		{[]Option{WithCompressor(named(""))}, "WithCompressor"},
		{[]Option{WithCompressor(named("a b"))}, `"a b"`},
		{[]Option{WithHeaders(map[string]string{"user-agent": "x"})}, "user-agent is a header that the exporter sets itself"},
	} {
		if _, err := New(tt.opts...); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %q", err, tt.want)
		}
	}
}

// named is a compressor with a name of its own.
type named string

func (n named) Encoding() string { return string(n) }

func (named) AppendCompressed(dst, src []byte) ([]byte, error) { return append(dst, src...), nil }
