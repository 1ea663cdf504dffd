package lint

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// goBlock matches a block of Go in Markdown.
var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// The first program of the README is what a newcomer pastes. It stands in
// examples/readme too, where the compiler and the linters see it.
func TestReadmeProgramIsTheExample(t *testing.T) {
	readme := read(t, "README.md")
	m := goBlock.FindStringSubmatch(readme)
	if m == nil {
		t.Fatal("README.md has no block of Go")
	}
	example := read(t, "examples/readme/main.go")
	if !strings.Contains(oneSpace(example), oneSpace(m[1])) {
		t.Errorf("examples/readme/main.go does not hold the first program of README.md:\n%s", m[1])
	}
}

// The commands that the README gives a newcomer first.
func TestReadmeNamesTheCommands(t *testing.T) {
	readme := read(t, "README.md")
	for _, c := range []string{"go run ./examples/quickstart", "go test ./..."} {
		if !strings.Contains(readme, c) {
			t.Errorf("README.md does not name %q", c)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// oneSpace replaces each run of white space by one space.
func oneSpace(s string) string { return strings.Join(strings.Fields(s), " ") }
