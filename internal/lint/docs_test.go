package lint

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// documented wants a doc comment that ends with a full stop on every exported
// name: functions, types, methods of exported types, constants and variables. The
// comment of a group of constants or variables, or one at the end of the line,
// will do for its members.
var documented rule = func(s *source, bad report) {
	want := func(at token.Pos, name string, doc *ast.CommentGroup) {
		switch {
		case doc == nil:
			bad(at, "%s has no doc comment", name)
		case !endsAsSentence(doc.Text()):
			bad(at, "the doc comment of %s does not end with a full stop", name)
		}
	}
	for _, d := range s.ast.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			r := receiver(d)
			if d.Name.IsExported() && (d.Recv == nil || ast.IsExported(r)) {
				want(d.Pos(), strings.TrimPrefix(r+"."+d.Name.Name, "."), d.Doc)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					if spec.Name.IsExported() {
						want(spec.Pos(), spec.Name.Name, first(spec.Doc, d.Doc))
					}
				case *ast.ValueSpec:
					if i := slices.IndexFunc(spec.Names, (*ast.Ident).IsExported); i >= 0 && spec.Comment == nil {
						want(spec.Pos(), spec.Names[i].Name, first(spec.Doc, d.Doc))
					}
				}
			}
		}
	}
}

// first returns the first of docs that is there.
func first(docs ...*ast.CommentGroup) *ast.CommentGroup {
	for _, d := range docs {
		if d != nil {
			return d
		}
	}
	return nil
}

// endsAsSentence reports whether a doc comment ends with a full stop. One that
// ends with code, which is indented, is complete as well.
func endsAsSentence(doc string) bool {
	doc = strings.TrimRight(doc, "\n")
	last := doc[strings.LastIndexByte(doc, '\n')+1:]
	if strings.HasPrefix(last, "\t") {
		return true
	}
	return strings.HasSuffix(last, ".") || strings.HasSuffix(last, ".)") || strings.HasSuffix(last, `."`)
}

func TestEveryExportedNameIsDocumented(t *testing.T) {
	documented.hold(t, func(s *source) bool { return !s.isTest() && s.ast.Name.Name != "main" })
	documented.prove(t, []sample{
		{"a function without", "", "package x\nfunc F() {}", 2},
		{"a function without a full stop", "", "package x\n// F is it\nfunc F() {}", 3},
		{"a function with one", "", "package x\n// F is it.\nfunc F() {}", 0},
		{"a method of a generic type", "", "package x\n// T is it.\ntype T[E any] struct{}\nfunc (t *T[E]) M() {}", 4},
		{"a method of a hidden type", "", "package x\ntype t struct{}\nfunc (t) String() string { return \"\" }", 0},
		{"a type", "", "package x\ntype T int", 2},
		{"a constant", "", "package x\nconst (\n\ta = 1\n\tB = 2\n)", 4},
		{"a group of constants", "", "package x\n// These are they.\nconst (\n\tA = 1\n\tB = 2\n)", 0},
		{"a constant with its comment behind it", "", "package x\nconst A = 1 // bytes", 0},
		{"a doc that ends with code", "", "package x\n// F:\n//\n//\tF()\nfunc F() {}", 0},
	})
}

// defaults wants every option to say what holds without it.
var defaults rule = func(s *source, bad report) {
	for _, d := range s.ast.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "With") {
			continue
		}
		if !strings.Contains(f.Doc.Text(), "Default") {
			bad(f.Pos(), "the doc comment of %s does not say %q", f.Name.Name, "Default")
		}
	}
}

func TestEveryOptionNamesItsDefault(t *testing.T) {
	defaults.hold(t, (*source).isLibrary)
	defaults.prove(t, []sample{
		{"an option that does not", "", "package x\n// WithA sets a.\nfunc WithA() {}", 3},
		{"an option that does", "", "package x\n// WithA sets a. Default: 1.\nfunc WithA() {}", 0},
		{"a method is no option", "", "package x\nfunc (h *H) WithAttrs() {}", 0},
	})
}

// counted holds the types of package stream whose fields are a public ledger.
var counted = []string{"Stats", "RouteStats", "Held", "Dropped"}

var counters rule = func(s *source, bad report) {
	ast.Inspect(s.ast, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || !slices.Contains(counted, spec.Name.Name) {
			return true
		}
		st, ok := spec.Type.(*ast.StructType)
		if !ok {
			return true
		}
		for _, f := range st.Fields.List {
			if f.Doc == nil && f.Comment == nil {
				for _, n := range f.Names {
					bad(n.Pos(), "%s.%s does not say what it counts", spec.Name.Name, n.Name)
				}
			}
		}
		return true
	})
}

func TestEveryCounterSaysWhatItCounts(t *testing.T) {
	counters.hold(t, func(s *source) bool { return s.dir() == "stream" && !s.isTest() })
	counters.prove(t, []sample{
		{"a bare field", "", "package stream\ntype Held struct {\n\t// A is it.\n\tA int\n\tB int\n}", 5},
		{"a comment behind the field", "", "package stream\ntype Held struct {\n\tA int // records\n}", 0},
	})

	var seen []string
	for _, s := range tree(t) {
		if s.dir() != "stream" || s.isTest() {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				seen = append(seen, spec.Name.Name)
			}
			return true
		})
	}
	for _, c := range counted {
		if !slices.Contains(seen, c) {
			t.Errorf("package stream has no type %s any more", c)
		}
	}
}
