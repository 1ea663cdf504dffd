package collector

import (
	"fmt"
	"strings"
	"time"
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

	// forward sends them on; see WithTail.
	forward Exporter = "otlp_grpc"
)

// An Option changes how a Collector is run.
type Option interface{ apply(*Collector) }

type optionFunc func(*Collector)

func (f optionFunc) apply(c *Collector) { f(c) }

// WithExporter chooses what happens to received records. Default: File.
func WithExporter(e Exporter) Option {
	return optionFunc(func(c *Collector) { c.exporter = e })
}

// WithTail makes the Collector an agent as well: it tails the files that match glob, which hold lines
// of slog.JSONHandler, and sends their records, with time, severity, message and attributes in their places, to an
// OTLP endpoint, host and port in plain text, over gRPC with gzip, in batches of 8,192 or what has come in 200 ms, as
// its batch processor makes by default. It waits where the endpoint is slow. What it receives over OTLP goes there
// too. It cannot stand beside WithExporter.
func WithTail(glob, endpoint string) Option {
	return optionFunc(func(c *Collector) { c.exporter, c.tail, c.upstream = forward, glob, endpoint })
}

// TLS names the PEM files of a Collector that speaks TLS, on both ports.
type TLS struct {
	Cert, Key string // its own certificate
	ClientCA  string // the authority of its clients; "" asks for no certificate
}

// WithTLS makes the Collector speak TLS. Default: plain text.
func WithTLS(files TLS) Option {
	return optionFunc(func(c *Collector) { c.tls = &files })
}

// receiver returns the settings of one port.
func (c *Collector) receiver(port int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "        endpoint: %s\n", address(port))
	if c.tls != nil {
		fmt.Fprintf(&b, "        tls:\n          cert_file: %q\n          key_file: %q\n", c.tls.Cert, c.tls.Key)
		if c.tls.ClientCA != "" {
			fmt.Fprintf(&b, "          client_ca_file: %q\n", c.tls.ClientCA)
		}
	}
	return b.String()
}

// config returns the Collector's configuration file. path is where the file
// exporter writes.
func (c *Collector) config(path string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `receivers:
  otlp:
    protocols:
      grpc:
%s      http:
%s`, c.receiver(c.grpcPort), c.receiver(c.httpPort))
	receivers := "otlp"
	if c.tail != "" {
		receivers += ", file_log"
		fmt.Fprintf(&b, `  file_log:
    include: [%q]
    start_at: beginning
    include_file_name: false
    operators:
      - type: json_parser
        timestamp:
          parse_from: attributes.time
          layout_type: gotime
          layout: %q
        severity:
          parse_from: attributes.level
      - type: move
        from: attributes.msg
        to: body
      - type: remove
        field: attributes.time
      - type: remove
        field: attributes.level
`, c.tail, time.RFC3339Nano)
	}
	fmt.Fprintf(&b, "exporters:\n  %s:\n", c.exporter)
	switch c.exporter {
	case File:
		// With rotation set, the exporter writes without a buffer. The size, in
		// megabytes, is one that is never reached.
		fmt.Fprintf(&b, "    path: %q\n    rotation:\n      max_megabytes: 1000000\n", path)
	case forward:
		fmt.Fprintf(&b, `    endpoint: %q
    tls:
      insecure: true
    sending_queue:
      block_on_overflow: true
      batch:
        flush_timeout: 200ms
        min_size: 8192
`, c.upstream)
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
      receivers: [%s]
      exporters: [%s]
`, receivers, c.exporter)
	return b.String()
}
