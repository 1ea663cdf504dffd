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
	// are 172,000 for client certificates from the files that the environment
	// names, which net/http links no private key for, 135,000 of otel/trace and
	// 123,000 of gzip. The
	// detectors of secrets, which are on by default, take 300,000.
	maxWeight = 1_610_000

	// maxModules is how many modules such a program may require.
	maxModules = 8
)

// consumer is a module outside of this one with the programs in testdata/weight.
type consumer string

func newConsumer(t *testing.T) consumer {
	t.Helper()
	c := consumer(t.TempDir())
	if err := os.CopyFS(string(c), os.DirFS(filepath.Join("testdata", "weight"))); err != nil {
		t.Fatal(err)
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

func TestAProgramOverHTTPWeighsLittle(t *testing.T) {
	c := newConsumer(t)
	base, logs := c.size(t, "base"), c.size(t, "logs")
	t.Logf("slog and net/http: %d bytes; with logstream over HTTP: %d more", base, logs-base)
	if logs-base > maxWeight {
		t.Errorf("logstream over HTTP adds %d bytes, want %d at most", logs-base, maxWeight)
	}
}

func TestAProgramOverHTTPRequiresLittle(t *testing.T) {
	c := newConsumer(t)
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
