package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// childArg is the first argument of a peer's process.
const childArg = "child"

func main() {
	if len(os.Args) == 3 && os.Args[1] == childArg {
		exit(childMain(os.Args[2]))
	}
	bad := flag.Duration("bad", 10*time.Second, "how long an endpoint is bad")
	rate := flag.Int("rate", 2000, "records a second")
	only := flag.String("only", "", "mishaps whose name contains this; all if empty")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	exit(matrix(ctx, os.Stdout, mishaps(*bad, *rate), names, *only))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// matrix prints the table, row by row: records delivered of those logged.
func matrix(ctx context.Context, out io.Writer, list []mishap, peers []string, only string) error {
	printf := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format, args...) }
	printf("Versions: %s\n\n", versions())
	printf("| delivered of logged | %s |\n|---|%s\n", strings.Join(peers, " | "), strings.Repeat("---|", len(peers)))
	for _, m := range list {
		if !strings.Contains(m.name, only) {
			continue
		}
		fates, err := m.befallAll(ctx, peers)
		if err != nil {
			return err
		}
		printf("| %s |", m.name)
		for _, f := range fates {
			printf(" %v |", f)
		}
		printf("\n")
	}
	return nil
}

// peerModules are the modules whose version a reader wants to know.
var peerModules = []string{
	"go.opentelemetry.io/otel/sdk/log", "go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp",
	"github.com/axiomhq/axiom-go", "github.com/getsentry/sentry-go", "github.com/samber/slog-loki/v3",
	"github.com/grafana/loki-client-go", "github.com/rs/zerolog",
}

func versions() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	var list []string
	for _, d := range info.Deps {
		if slices.Contains(peerModules, d.Path) {
			list = append(list, d.Path+" "+d.Version)
		}
	}
	return strings.Join(list, ", ")
}
