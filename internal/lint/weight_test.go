package lint

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	// maxWeight is what streaming logs over HTTP may add to a program that has
	// slog and net/http, stripped, in bytes. The aim is 700,000. Not ours to save
	// are 180,000 for the keys of client certificates, which the environment may
	// name, 139,000 of otel/trace and 110,000 of the compressor.
	maxWeight = 1_460_000

	// maxWeightOfAll is the same with storage, a pattern and zstd. The aim is
	// 1,500,000.
	maxWeightOfAll = 2_620_000

	// maxWeightOverGRPC is what streaming logs over gRPC may add to a program that
	// has slog, net/http and the exporter otlploggrpc. The aim, 700,000, is reached.
	maxWeightOverGRPC = 680_000

	// maxModules is how many modules such a program may require.
	maxModules = 8
)

// consumer is a module outside of this one with some of the programs in
// testdata/weight.
type consumer string

func newConsumer(t *testing.T, programs ...string) consumer {
	t.Helper()
	c := consumer(t.TempDir())
	for _, p := range programs {
		if err := os.CopyFS(filepath.Join(string(c), p), os.DirFS(filepath.Join("testdata", "weight", p))); err != nil {
			t.Fatal(err)
		}
	}
	top, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	mod := fmt.Sprintf("module example.com/consumer\n\ngo 1.26.0\n\nrequire %s v0.0.0\n\nreplace %s => %s\n", module, module, top)
	for name, text := range map[string]string{"go.mod": mod, "go.sum": string(sums)} {
		if err := os.WriteFile(filepath.Join(string(c), name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c.run(t, "mod", "tidy")
	return c
}

// run runs the go command in c, for one system, whatever this one is: sizes are
// compared.
func (c consumer) run(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = string(c)
	cmd.Env = append(cmd.Environ(), "GOWORK=off", "GOFLAGS=", "GOOS=linux", "GOARCH=amd64", "GOAMD64=v1", "CGO_ENABLED=0")
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return string(out)
}

// size builds the program in dir and returns its size in bytes.
func (c consumer) size(t *testing.T, dir string) int64 {
	t.Helper()
	program := filepath.Join(string(c), dir+".bin")
	c.run(t, "build", "-trimpath", "-ldflags=-s -w", "-o", program, "./"+dir)
	info, err := os.Stat(program)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestAProgramWeighsLittle(t *testing.T) {
	c := newConsumer(t, "base", "logs", "all", "peer", "grpc")
	for _, tt := range []struct {
		name, floor, program string
		most                 int64
	}{
		{"logstream over HTTP, to slog and net/http", "base", "logs", maxWeight},
		{"with storage, a pattern and zstd, to slog and net/http", "base", "all", maxWeightOfAll},
		{"logstream over gRPC, to otlploggrpc, slog and net/http", "peer", "grpc", maxWeightOverGRPC},
	} {
		floor, program := c.size(t, tt.floor), c.size(t, tt.program)
		t.Logf("%s: %d bytes to %d", tt.name, program-floor, floor)
		if program-floor > tt.most {
			t.Errorf("%s: got %d bytes, want %d at most", tt.name, program-floor, tt.most)
		}
	}
}

func TestAProgramOverHTTPRequiresLittle(t *testing.T) {
	c := newConsumer(t, "base", "logs")
	var mod struct{ Require []struct{ Path string } }
	if err := json.Unmarshal([]byte(c.run(t, "mod", "edit", "-json")), &mod); err != nil {
		t.Fatal(err)
	}
	if n := len(mod.Require); n == 0 || n > maxModules {
		t.Errorf("got %d modules, want 1 to %d: %v", n, maxModules, mod.Require)
	}
	for p := range strings.FieldsSeq(c.run(t, "list", "-deps", "./logs")) {
		if strings.HasPrefix(p, "google.golang.org/") || strings.Contains(p, "otlploggrpc") || strings.Contains(p, "/sdk/") {
			t.Errorf("the program links %s", p)
		}
	}
}
