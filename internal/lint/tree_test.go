package lint

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// module is the path of the root module.
const module = "github.com/logstream-go/logstream"

// root is the top of the repository, seen from this package.
const root = "../.."

// A source is one Go file of the repository. Files for other systems are among
// them: no build constraint hides a file from the rules.
type source struct {
	path   string // relative to the root, with slashes
	text   []byte
	fset   *token.FileSet
	ast    *ast.File
	nested bool // belongs to a nested module
}

// parse returns the source at p.
func parse(p string, text []byte) (*source, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, p, text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	return &source{path: p, text: text, fset: fset, ast: f}, nil
}

// dir returns the directory of s, relative to the root.
func (s *source) dir() string { return path.Dir(s.path) }

// lines returns the number of lines of s.
func (s *source) lines() int { return bytes.Count(s.text, []byte("\n")) }

// isTest reports whether s is compiled for tests only.
func (s *source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// isLibrary reports whether s ends up in programs of users.
func (s *source) isLibrary() bool {
	return !s.isTest() && !s.nested && s.ast.Name.Name != "main"
}

// imports returns the import paths of s with their places.
func (s *source) imports() map[string]token.Pos {
	m := map[string]token.Pos{}
	for _, spec := range s.ast.Imports {
		p, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
		m[p] = spec.Pos()
	}
	return m
}

// selected returns the package and the name that e stands for, as in fmt.Print.
// The package is "" if e selects from anything but an imported package.
func (s *source) selected(e ast.Expr) (pkg, name string) {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	x, ok := sel.X.(*ast.Ident)
	if !ok || x.Obj != nil { // a variable of this file may hide a package
		return "", sel.Sel.Name
	}
	for _, spec := range s.ast.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		local := path.Base(p)
		if spec.Name != nil {
			local = spec.Name.Name
		}
		if local == x.Name {
			return p, sel.Sel.Name
		}
	}
	return "", sel.Sel.Name
}

// tree returns all Go files of the repository.
func tree(t *testing.T) []*source {
	t.Helper()
	files, err := readTree()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

var readTree = sync.OnceValues(func() ([]*source, error) {
	var files []*source
	nested := map[string]bool{".": false}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if rel == "." {
				return nil
			}
			if c := d.Name()[0]; c == '.' || c == '_' || d.Name() == "testdata" {
				return fs.SkipDir
			}
			_, err := os.Stat(filepath.Join(name, "go.mod"))
			nested[rel] = err == nil || nested[path.Dir(rel)]
			return nil
		}
		if !strings.HasSuffix(rel, ".go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		s, err := parse(rel, text)
		if err != nil {
			return err
		}
		s.nested = nested[s.dir()]
		files = append(files, s)
		return nil
	})
	return files, err
})

// A report tells where a rule is broken, and how.
type report func(at token.Pos, format string, args ...any)

// A rule looks for what it forbids in one file.
type rule func(s *source, bad report)

// findings returns what r finds in s, as "file:line: text".
func (r rule) findings(s *source) []string {
	var out []string
	r(s, func(at token.Pos, format string, args ...any) {
		p := s.fset.Position(at)
		out = append(out, fmt.Sprintf("%s:%d: %s", p.Filename, p.Line, fmt.Sprintf(format, args...)))
	})
	return out
}

// hold applies r to every file of the repository that want selects.
func (r rule) hold(t *testing.T, want func(*source) bool) {
	t.Helper()
	n := 0
	for _, s := range tree(t) {
		if !want(s) {
			continue
		}
		n++
		for _, f := range r.findings(s) {
			t.Error(f)
		}
	}
	if n == 0 {
		t.Error("the rule has found no file to look at")
	}
}

// A sample is a file that breaks a rule at one known line, or at none (0).
type sample struct {
	name string
	path string
	text string
	line int
}

// prove checks that r finds what the samples hold: a rule that finds nothing in
// this tree would pass as well if it looked at nothing.
func (r rule) prove(t *testing.T, samples []sample) {
	t.Helper()
	for _, c := range samples {
		t.Run(c.name, func(t *testing.T) {
			if c.path == "" {
				c.path = "stream/sample.go"
			}
			s, err := parse(c.path, []byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			got := r.findings(s)
			if c.line == 0 {
				if len(got) > 0 {
					t.Errorf("got %q, want no finding", got)
				}
				return
			}
			want := fmt.Sprintf("%s:%d: ", c.path, c.line)
			if len(got) != 1 || !strings.HasPrefix(got[0], want) {
				t.Errorf("got %q, want one finding at %q", got, want)
			}
		})
	}
}
