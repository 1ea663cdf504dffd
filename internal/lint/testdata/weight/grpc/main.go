// Grpc is what a program weighs that streams its logs over gRPC.
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
	exp, err := otlpgrpc.New()
	if err != nil {
		log.Fatal(err)
	}
	s, err := stream.New(exp)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Shutdown(context.Background())
	slog.SetDefault(slog.New(slogbridge.NewHandler(s)))
	slog.Info("hello", "status", 200)
}
