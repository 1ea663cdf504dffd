package lint

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// goCommand runs the go command in the root of the repository.
func goCommand(t *testing.T, args ...string) string {
	t.Helper()
	// A look at go.mod makes it an input of the test: a cached result is not
	// used when it has changed.
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, exit.Stderr)
		}
		t.Fatal(err)
	}
	return string(out)
}

// linked returns, for each package of the root module, all packages that a
// program with it links, itself included. Tests are not part of it.
func linked(t *testing.T) map[string][]string {
	t.Helper()
	links := map[string][]string{}
	d := json.NewDecoder(strings.NewReader(goCommand(t, "list", "-json=ImportPath,Deps", "./...")))
	for {
		var p struct {
			ImportPath string
			Deps       []string
		}
		switch err := d.Decode(&p); {
		case errors.Is(err, io.EOF):
			return links
		case err != nil:
			t.Fatal(err)
		}
		links[p.ImportPath] = append(p.Deps, p.ImportPath)
	}
}
