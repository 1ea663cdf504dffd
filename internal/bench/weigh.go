package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// weights are the programs in testdata that are built and weighed.
var weights = []string{"base", "otlphttp", "otlpgrpc", "otelgrpc"}

// weigh builds programs that log, and tells how large they are, and how many packages
// they link that are not the standard library's.
func weigh(ctx context.Context, r *report, _ size) error {
	dir, err := os.MkdirTemp("", "logstream-bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	mb, packages := series{}, map[string]int{}
	for _, name := range weights {
		program, source := filepath.Join(dir, name), "./weigh/"+name
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, source)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		info, err := os.Stat(program)
		if err != nil {
			return err
		}
		mb.add(name, float64(info.Size())/1e6)
		list, err := exec.CommandContext(ctx, "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", source).Output()
		if err != nil {
			return err
		}
		packages[name] = len(strings.Fields(string(list))) - 1 // itself
	}
	base := mb.of("base")
	title := map[string]string{
		"base":     "log/slog and net/http",
		"otlphttp": "with logstream over HTTP",
		"otlpgrpc": "with logstream over gRPC",
		"otelgrpc": "with otelslog, the SDK and otlploggrpc",
	}
	var rows [][]string
	for _, name := range weights {
		rows = append(rows, []string{title[name], mb.of(name).cell(2), mb.of(name).above(base).cell(2), fmt.Sprint(packages[name])})
	}
	r.title("Size of a program, stripped, MB")
	r.table([]string{"", "size", "more than the first", "packages outside the standard library"}, rows)
	r.goal(goal{what: "size of slogbridge, stream and otlphttp over slog and net/http", got: mb.of("otlphttp").above(base), digits: 2, unit: " MB", must: 0.7, aim: 0.6})
	r.goal(goal{what: "size with otlpgrpc over otlploggrpc's", got: mb.of("otlpgrpc").above(mb.of("otelgrpc")), digits: 2, unit: " MB", must: 0.7})
	return nil
}
