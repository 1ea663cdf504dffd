// Command otelcol is an OpenTelemetry Collector with only the parts that the comparison and the benchmarks need: the
// OTLP receiver (gRPC and HTTP) and the one that tails files, and the file, nop, debug and OTLP exporters. It is a module of its own, so that the
// modules that talk to it link none of its dependencies.
//
// Usage:
//
//	otelcol --config collector.yaml
//
// It ends, with all requests answered, at SIGINT, SIGTERM or the end of its standard input, so that it does not
// outlive whoever started it.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/open-telemetry/opentelemetry-collector-contrib/exporter/fileexporter"
	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/filelogreceiver"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/debugexporter"
	"go.opentelemetry.io/collector/exporter/nopexporter"
	"go.opentelemetry.io/collector/exporter/otlpexporter"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/service/telemetry/otelconftelemetry"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

// run runs the Collector until it is told to end.
func run() error {
	// The Collector says that it is ready before it listens for signals. A SIGTERM in between would end it with
	// requests in flight, so the signals are caught here, before anything starts.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	cmd := otelcol.NewCommand(otelcol.CollectorSettings{
		BuildInfo: component.BuildInfo{
			Command:     "otelcol",
			Description: "OpenTelemetry Collector for comparisons",
			Version:     "0.162.0",
		},
		Factories:               factories,
		DisableGracefulShutdown: true, // of its own; the end of ctx is graceful too
		ConfigProviderSettings: otelcol.ConfigProviderSettings{
			ResolverSettings: confmap.ResolverSettings{
				ProviderFactories: []confmap.ProviderFactory{fileprovider.NewFactory()},
				DefaultScheme:     "file",
			},
		},
	})
	return cmd.ExecuteContext(ctx)
}

// factories lists every component that a configuration file may name.
func factories() (otelcol.Factories, error) {
	receivers, err := otelcol.MakeFactoryMap[receiver.Factory](otlpreceiver.NewFactory(), filelogreceiver.NewFactory())
	if err != nil {
		return otelcol.Factories{}, err
	}
	exporters, err := otelcol.MakeFactoryMap[exporter.Factory](
		fileexporter.NewFactory(),
		nopexporter.NewFactory(),
		debugexporter.NewFactory(),
		otlpexporter.NewFactory(),
	)
	if err != nil {
		return otelcol.Factories{}, err
	}
	return otelcol.Factories{
		Receivers: receivers,
		Exporters: exporters,
		// Without it the service starts no telemetry of its own and refuses the configuration.
		Telemetry: otelconftelemetry.NewFactory(),
	}, nil
}
