// All is what a program weighs that streams its logs over HTTP, keeps them on a
// disk, masks by a pattern of its own and compresses with zstd.
package main

import (
	"context"
	"log"
	"log/slog"
	"os"

	"github.com/logstream-go/logstream/mask"
	"github.com/logstream-go/logstream/sink/otlphttp"
	"github.com/logstream-go/logstream/sink/zstdc"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

func main() {
	masker, err := mask.New(mask.WithPattern("employee", `\bE\d{7}\b`, mask.Redact))
	if err != nil {
		log.Fatal(err)
	}
	exp, err := otlphttp.New(otlphttp.WithCompressor(zstdc.New()))
	if err != nil {
		log.Fatal(err)
	}
	s, err := stream.New(exp, stream.WithMask(masker), stream.WithStorage(os.Args[1]))
	if err != nil {
		log.Fatal(err)
	}
	defer s.Shutdown(context.Background())
	slog.SetDefault(slog.New(slogbridge.NewHandler(s)))
	slog.Info("hello", "status", 200)
}
