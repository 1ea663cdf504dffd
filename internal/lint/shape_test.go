package lint

import (
	"bytes"
	"go/ast"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// The limits of a source file, tests aside: one noun fits.
const (
	maxLines    = 600
	medianLines = 150
)

func TestSourceFilesAreSmall(t *testing.T) {
	var all []int
	var tests, comments int
	for _, s := range tree(t) {
		n := s.lines()
		if s.isTest() {
			tests += n
			continue
		}
		all = append(all, n)
		comments += commentLines(s)
		if n > maxLines {
			t.Errorf("%s: got %d lines, want at most %d", s.path, n, maxLines)
		}
	}
	slices.Sort(all)
	total := 0
	for _, n := range all {
		total += n
	}
	median := all[len(all)/2]
	t.Logf("%d source files, median %d and at most %d lines; %.2f lines of tests for a line of source; %d %% of the lines are comments",
		len(all), median, all[len(all)-1], float64(tests)/float64(total), 100*comments/total)
	if median > medianLines {
		t.Errorf("median of the source files: got %d lines, want at most %d", median, medianLines)
	}
}

// commentLines returns the number of lines of s that hold nothing but a comment.
func commentLines(s *source) int {
	n := 0
	for l := range bytes.Lines(s.text) {
		if bytes.HasPrefix(bytes.TrimSpace(l), []byte("//")) {
			n++
		}
	}
	return n
}

func TestEveryDirectoryHasOnePackageDoc(t *testing.T) {
	docs := map[string][]*source{}
	for _, s := range tree(t) {
		if s.isTest() {
			if s.ast.Doc != nil {
				t.Errorf("%s: a package doc does not stand in a test file", s.path)
			}
			continue
		}
		if docs[s.dir()] == nil {
			docs[s.dir()] = []*source{}
		}
		if s.ast.Doc != nil {
			docs[s.dir()] = append(docs[s.dir()], s)
		}
	}
	for dir, with := range docs {
		if len(with) != 1 {
			var names []string
			for _, s := range with {
				names = append(names, path.Base(s.path))
			}
			t.Errorf("%s: got %d package docs %q, want 1", dir, len(with), names)
			continue
		}
		checkPackageDoc(t, with[0])
	}
}

func checkPackageDoc(t *testing.T, s *source) {
	t.Helper()
	text := s.ast.Doc.Text()
	name := s.ast.Name.Name
	if name == "main" {
		if !endsAsSentence(text) {
			t.Errorf("%s: the package doc does not end with a full stop", s.path)
		}
		return
	}
	if !strings.HasPrefix(text, "Package "+name+" ") {
		t.Errorf("%s: got a package doc that begins with %.30q, want %q", s.path, text, "Package "+name+" ")
	}
	if strings.Contains(strings.TrimSpace(text), "\n\n") && path.Base(s.path) != "doc.go" {
		t.Errorf("%s: a package doc of more than a paragraph stands in doc.go", s.path)
	}
}

// topLevel is all that stands at the top of the repository besides dot files.
var topLevel = []string{
	"stream", "sink", "mask", "buffer", "slogbridge", "examples", "internal",
	"go.mod", "go.sum", "README.md", "LICENSE", "DESIGN.md", "CHANGELOG.md",
}

// local is what a developer may have there; git ignores it.
var local = []string{"go.work", "go.work.sum"}

func TestTopLevelHoldsOnlyItsNames(t *testing.T) {
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		if n := e.Name(); n[0] != '.' && !slices.Contains(local, n) {
			got = append(got, n)
		}
	}
	for _, n := range got {
		if !slices.Contains(topLevel, n) {
			t.Errorf("the top level holds %s; allowed are %q", n, topLevel)
		}
	}
	for _, n := range topLevel {
		if !slices.Contains(got, n) {
			t.Errorf("the top level lacks %s", n)
		}
	}
}

// receiver returns the name of the type whose method f is, or "".
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return ""
	}
	e := f.Recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}
