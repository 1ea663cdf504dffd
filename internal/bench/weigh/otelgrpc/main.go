// Otelgrpc is what a program weighs that sends its logs with the OpenTelemetry SDK.
package main

import (
	"context"
	"log"
	"log/slog"
	"net/http"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

func main() {
	ctx := context.Background()
	exp, err := otlploggrpc.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	lp := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(exp)))
	defer func() { _ = lp.Shutdown(ctx) }()
	slog.SetDefault(slog.New(otelslog.NewHandler("program", otelslog.WithLoggerProvider(lp))))
	slog.Info("hello", "status", http.StatusOK)
}
