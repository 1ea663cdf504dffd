package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// A weight is a program that is built and weighed.
type weight struct {
	name, title string
	module      string // its directory
	source      string
}

// weights are the program of the SDK, and those that a test of the library weighs. They are found
// from wherever the benchmark is run.
func weights() []weight {
	_, self, _, _ := runtime.Caller(0)
	here := filepath.Dir(self)
	ours, tested := filepath.Join(here, "..", ".."), "./internal/lint/testdata/weight/"
	return []weight{
		{"base", "log/slog and net/http", ours, tested + "base"},
		{"logs", "with logstream over HTTP", ours, tested + "logs"},
		{"all", "and with storage, a pattern and zstd", ours, tested + "all"},
		{"peer", "with otlploggrpc", ours, tested + "peer"},
		{"grpc", "with logstream over gRPC, which otlploggrpc carries", ours, tested + "grpc"},
		{"otel", "with otelslog, the SDK and otlploggrpc", here, "./weigh/otelgrpc"},
	}
}

// weigh builds programs that log, and tells how large they are, and how many packages
// they link that are not the standard library's.
func weigh(ctx context.Context, r *report, _ size) error {
	dir, err := os.MkdirTemp("", "logstream-bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	mb, packages := series{}, map[string]int{}
	for _, w := range weights() {
		program := filepath.Join(dir, w.name)
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, w.source)
		cmd.Dir = w.module
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		info, err := os.Stat(program)
		if err != nil {
			return err
		}
		mb.add(w.name, float64(info.Size())/1e6)
		cmd = exec.CommandContext(ctx, "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", w.source)
		cmd.Dir = w.module
		list, err := cmd.Output()
		if err != nil {
			return err
		}
		packages[w.name] = len(strings.Fields(string(list))) - 1 // itself
	}
	base := mb.of("base")
	var rows [][]string
	for _, w := range weights() {
		rows = append(rows, []string{w.title, mb.of(w.name).cell(2), mb.of(w.name).above(base).cell(2), fmt.Sprint(packages[w.name])})
	}
	r.title("Size of a program, stripped, MB")
	r.table([]string{"", "size", "more than the first", "packages outside the standard library"}, rows)
	r.goal(goal{what: "size of slogbridge, stream and otlphttp over slog and net/http", got: mb.of("logs").above(base), digits: 2, unit: " MB", must: 0.7, aim: 0.6})
	r.goal(goal{what: "the same with storage, a pattern and zstd", got: mb.of("all").above(base), digits: 2, unit: " MB", must: 1.5})
	r.goal(goal{what: "size with otlpgrpc over otlploggrpc's", got: mb.of("grpc").above(mb.of("peer")), digits: 2, unit: " MB", must: 0.7})
	return nil
}
