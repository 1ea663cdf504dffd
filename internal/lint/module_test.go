package lint

import (
	"encoding/json"
	"slices"
	"testing"
)

// pillars are the modules that the design is built on. Each does in the shipped
// path what must not be written by hand; one of them missing from go.mod, or
// there only because of another, means that the design was left.
var pillars = []string{
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc", // the gRPC transport
	"go.opentelemetry.io/otel/sdk/log",                            // the contract of exporters and processors
	"github.com/klauspost/compress",                               // compression
	"golang.org/x/sync",                                           // owns workers, bytes and exports in flight
	"go.opentelemetry.io/otel/trace",                              // the span context
}

func TestRootModule(t *testing.T) {
	var mod struct {
		Module  struct{ Path string }
		Require []struct {
			Path     string
			Indirect bool
		}
		Replace []struct{ Old struct{ Path string } }
		Exclude []struct{ Path string }
	}
	if err := json.Unmarshal([]byte(goCommand(t, "mod", "edit", "-json")), &mod); err != nil {
		t.Fatal(err)
	}
	if mod.Module.Path != module {
		t.Errorf("module: got %q, want %q", mod.Module.Path, module)
	}
	// A replace or an exclude works for us and is ignored for everybody who
	// requires this module: they would build something else than we test.
	for _, r := range mod.Replace {
		t.Errorf("go.mod replaces %s, want no replace", r.Old.Path)
	}
	for _, e := range mod.Exclude {
		t.Errorf("go.mod excludes %s, want no exclude", e.Path)
	}
	var direct []string
	for _, r := range mod.Require {
		if !r.Indirect {
			direct = append(direct, r.Path)
		}
	}
	for _, p := range pillars {
		if !slices.Contains(direct, p) {
			t.Errorf("go.mod does not require %s directly", p)
		}
	}
}
