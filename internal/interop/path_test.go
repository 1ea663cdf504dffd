package interop

import (
	"testing"

	"github.com/logstream-go/logstream/internal/interop/collector"
	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otlpgrpc"
	"github.com/logstream-go/logstream/sink/otlphttp"
	"github.com/logstream-go/logstream/sink/zstdc"
)

// A path is one of the ways into a Collector.
type path struct {
	transport   string // grpc or http
	compression string // none, gzip or zstd
	security    string // plain, tls or mtls
}

// paths returns all of them.
func paths() []path {
	var all []path
	for _, transport := range []string{"grpc", "http"} {
		for _, compression := range []string{"none", "gzip", "zstd"} {
			for _, security := range []string{"plain", "tls", "mtls"} {
				all = append(all, path{transport, compression, security})
			}
		}
	}
	return all
}

// plainText is the path of tests that are about something else.
var plainText = path{"grpc", "gzip", "plain"}

func (p path) String() string { return p.transport + " " + p.compression + " " + p.security }

// collector returns a Collector at the end of the path that does not run yet.
func (p path) collector(t *testing.T, files *certificates) *collector.Collector {
	t.Helper()
	switch p.security {
	case "tls":
		return newCollector(t, collector.WithTLS(collector.TLS{Cert: files.server.cert, Key: files.server.key}))
	case "mtls":
		return newCollector(t, collector.WithTLS(collector.TLS{Cert: files.server.cert, Key: files.server.key, ClientCA: files.ca.cert}))
	}
	return newCollector(t)
}

// environment names the certificates, as an operator would.
func (p path) environment(t *testing.T, files *certificates) {
	t.Helper()
	if p.security == "plain" {
		return
	}
	t.Setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", files.ca.cert)
	if p.security == "mtls" {
		t.Setenv("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", files.client.cert)
		t.Setenv("OTEL_EXPORTER_OTLP_CLIENT_KEY", files.client.key)
	}
}

// sink returns the beginning of the path to c.
func (p path) sink(t *testing.T, c *collector.Collector) sink.Sink {
	t.Helper()
	var k sink.Sink
	var err error
	if p.transport == "grpc" {
		k, err = otlpgrpc.New(otlpgrpc.WithEndpointURL(c.GRPCEndpoint()), map[string]otlpgrpc.Option{
			"none": otlpgrpc.WithCompression(otlpgrpc.NoCompression),
			"gzip": otlpgrpc.WithCompression(otlpgrpc.GzipCompression),
			"zstd": otlpgrpc.WithCompressor(zstdc.New()),
		}[p.compression])
	} else {
		k, err = otlphttp.New(otlphttp.WithEndpoint(c.HTTPEndpoint()), map[string]otlphttp.Option{
			"none": otlphttp.WithCompression(otlphttp.NoCompression),
			"gzip": otlphttp.WithCompression(otlphttp.GzipCompression),
			"zstd": otlphttp.WithCompressor(zstdc.New()),
		}[p.compression])
	}
	if err != nil {
		t.Fatal(err)
	}
	return k
}
