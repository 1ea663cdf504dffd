package collector

import (
	"fmt"
	"strings"
)

// An Exporter says what the Collector does with the records it receives.
type Exporter string

const (
	// File writes them as OTLP/JSON, one request a line. It is the default.
	File Exporter = "file"

	// Nop drops them: the Collector decodes a request and answers.
	Nop Exporter = "nop"

	// Debug writes a summary of each request to the Collector's own log.
	Debug Exporter = "debug"
)

// An Option changes how a Collector is run.
type Option interface{ apply(*Collector) }

type optionFunc func(*Collector)

func (f optionFunc) apply(c *Collector) { f(c) }

// WithExporter chooses what happens to received records. Default: File.
func WithExporter(e Exporter) Option {
	return optionFunc(func(c *Collector) { c.exporter = e })
}

// config returns the Collector's configuration file. path is where the file
// exporter writes.
func (c *Collector) config(path string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `receivers:
  otlp:
    protocols:
      grpc:
        endpoint: %s
      http:
        endpoint: %s
exporters:
  %s:
`, address(c.grpcPort), address(c.httpPort), c.exporter)
	if c.exporter == File {
		// With rotation set, the exporter writes without a buffer. The size, in
		// megabytes, is one that is never reached.
		fmt.Fprintf(&b, "    path: %q\n    rotation:\n      max_megabytes: 1000000\n", path)
	}
	fmt.Fprintf(&b, `service:
  telemetry:
    metrics:
      level: none
    logs:
      level: info
      encoding: json
  pipelines:
    logs:
      receivers: [otlp]
      exporters: [%s]
`, c.exporter)
	return b.String()
}
