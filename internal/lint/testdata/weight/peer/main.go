// Peer is what a program weighs that has slog, net/http and the exporter otlploggrpc.
package main

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"strings"

	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

func main() {
	logger := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	resp, err := http.Post(os.Args[1], "text/plain", strings.NewReader("hello"))
	if err != nil {
		logger.Error("posting", "err", err)
		return
	}
	defer resp.Body.Close()
	exp, err := otlploggrpc.New(context.Background())
	if err != nil {
		logger.Error("starting", "err", err)
		return
	}
	defer exp.Shutdown(context.Background())
	logger.Info("exported", "err", exp.Export(context.Background(), []sdklog.Record{{}}))
}
