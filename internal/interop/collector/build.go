package collector

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// Build compiles the Collector and returns the path of the program, which lies
// in the user's cache directory. The go command decides what is up to date: with
// a warm cache Build takes about a second, the first time about a minute.
func Build(ctx context.Context) (string, error) {
	_, self, _, ok := runtime.Caller(0)
	if !ok {
		return "", errors.New("collector: the source directory is unknown")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("collector: %w", err)
	}
	program := filepath.Join(cache, "logstream-interop", "otelcol")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, ".")
	cmd.Dir = filepath.Join(filepath.Dir(self), "otelcol")
	// A workspace or flags of the caller's must not change what is built.
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-buildvcs=false")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("collector: go build: %w\n%s", err, out.Bytes())
	}
	return program, nil
}
