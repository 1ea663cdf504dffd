// Readme is the first program of the README: slog records leave the process for
// the OTLP endpoint that OTEL_EXPORTER_OTLP_* name, or for localhost:4317.
package main

import (
	"context"
	"log"
	"log/slog"

	"github.com/logstream-go/logstream/sink/otlpgrpc"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

func main() {
	exp, err := otlpgrpc.New() // OTEL_EXPORTER_OTLP_*; without any: http://localhost:4317
	if err != nil {
		log.Fatal(err)
	}
	s, err := stream.New(exp) // ring, masking, batching, retry, ledger
	if err != nil {
		log.Fatal(err)
	}
	defer s.Shutdown(context.Background())
	slog.SetDefault(slog.New(slogbridge.NewHandler(s)))

	slog.Info("user signed in", "user", "ada", "password", "hunter2") // arrives as [REDACTED:key]
}
