package lint

import (
	"go/ast"
	"regexp"
	"strings"
	"testing"
)

// quiet forbids what a library does not do to its host: print, write to its
// logs, end it.
var quiet rule = func(s *source, bad report) {
	ast.Inspect(s.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			pkg, name := s.selected(n)
			switch {
			case pkg == "fmt" && strings.HasPrefix(name, "Print"),
				pkg == "log",
				pkg == "os" && name == "Exit",
				pkg == "log/slog" && defaultLogger[name]:
				bad(n.Pos(), "a library never calls %s.%s", pkg, name)
			}
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && f.Obj == nil && (f.Name == "panic" || f.Name == "print" || f.Name == "println") {
				if f.Name != "panic" || s.path != repanics {
					bad(n.Pos(), "a library never calls %s", f.Name)
				}
			}
		}
		return true
	})
}

// repanics is the one file that may panic: it lets the program's own panic go on
// once the records that led to it are delivered.
const repanics = "stream/panic.go"

// defaultLogger holds the functions of slog that use or set the default logger.
var defaultLogger = map[string]bool{
	"Default": true, "SetDefault": true, "With": true, "Log": true, "LogAttrs": true, "SetLogLoggerLevel": true,
	"Debug": true, "Info": true, "Warn": true, "Error": true,
	"DebugContext": true, "InfoContext": true, "WarnContext": true, "ErrorContext": true,
}

func TestLibraryCodeDoesNotPrintLogPanicOrExit(t *testing.T) {
	quiet.hold(t, (*source).isLibrary)
	quiet.prove(t, []sample{
		{"fmt.Println", "", "package x\nimport \"fmt\"\nfunc f() {\n\tfmt.Println()\n}", 4},
		{"fmt.Sprint is fine", "", "package x\nimport \"fmt\"\nvar _ = fmt.Sprint()", 0},
		{"slog.Info", "", "package x\nimport \"log/slog\"\nfunc f() { slog.Info(\"\") }", 3},
		{"slog.Int is fine", "", "package x\nimport \"log/slog\"\nvar _ = slog.Int(\"\", 1)", 0},
		{"log.Fatal under another name", "", "package x\nimport l \"log\"\nfunc f() { l.Fatal() }", 3},
		{"os.Exit as a value", "", "package x\nimport \"os\"\nvar exit = os.Exit", 3},
		{"panic", "", "package x\nfunc f() { panic(1) }", 2},
		{"the file that lets a panic go on", repanics, "package x\nfunc f() { panic(1) }", 0},
		{"a variable called os", "", "package x\ntype e struct{ Exit int }\nfunc f(os e) int { return os.Exit }", 0},
	})
}

// awake forbids tests that hope that something has happened after a while, and
// tests that may not run at all.
var awake rule = func(s *source, bad report) {
	ast.Inspect(s.ast, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, name := s.selected(sel); pkg == "time" && name == "Sleep" {
			bad(sel.Pos(), "tests wait for a signal, or use testing/synctest, and never sleep")
		}
		if x, ok := sel.X.(*ast.Ident); ok && (x.Name == "t" || x.Name == "b" || x.Name == "f") && strings.HasPrefix(sel.Sel.Name, "Skip") {
			bad(sel.Pos(), "tests are never skipped")
		}
		return true
	})
}

func TestTestsNeitherSleepNorSkip(t *testing.T) {
	awake.hold(t, (*source).isTest)
	awake.prove(t, []sample{
		{"a sleep", "", "package x\nimport \"time\"\nfunc f() {\n\ttime.Sleep(1)\n}", 4},
		{"a skip", "", "package x\nimport \"testing\"\nfunc TestX(t *testing.T) { t.Skip() }", 3},
		{"a timer", "", "package x\nimport \"time\"\nvar _ = time.After(1)", 0},
	})
}

// The words that people leave where work is left. Tests may use the second kind
// as words like any other.
var (
	marks   = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|X` + `XX|HA` + `CK)\b`)
	phrases = regexp.MustCompile(`(?i:\b(to` + `do|fix` + `me|ha` + `ck|not imple` + `mented|for n` + `ow|place` + `holder|st` + `ub)\b)|\bunimple` + `mented\b`)
)

var finished rule = func(s *source, bad report) {
	line := s.fset.File(s.ast.Pos()).LineStart
	for i, l := range strings.Split(string(s.text), "\n") {
		w := marks.FindString(l)
		if w == "" && !s.isTest() {
			w = phrases.FindString(l)
		}
		if w != "" {
			bad(line(i+1), "%q: finish it, or write it into an issue", w)
		}
	}
}

func TestNoWordOfUnfinishedWork(t *testing.T) {
	finished.hold(t, func(*source) bool { return true })
	finished.prove(t, []sample{
		{"a note to oneself", "", "package x\n\n// to" + "do: think", 3},
		{"a note to oneself in a test", "stream/x_test.go", "package x\n\n// TO" + "DO: think", 3},
		{"a word in a test", "stream/x_test.go", "package x\n\nvar to" + "do []int", 0},
		{"a promise", "", "package x\n// It does nothing for n" + "ow.", 2},
		{"the name of a gRPC code", "", "package x\n// UNIMPLEMENTED", 0},
		{"a longer word", "", "package x\n// before nowadays, stubborn", 0},
	})
}

// masked guards the choke point: only the stream puts records into blocks, through
// a masker, and only the stream makes batches of them. So what a sink receives
// was masked. The import table keeps internal/block from everybody but the stream
// and the contract of sinks.
var masked rule = func(s *source, bad report) {
	inStream := s.dir() == "stream" || s.dir() == "internal/block"
	block := s.imports()[module+"/internal/block"].IsValid()
	ast.Inspect(s.ast, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, name := s.selected(sel); pkg == module+"/sink" && name == "NewBatch" && !inStream && !testOnly(s.dir()) {
			bad(sel.Pos(), "only the stream makes batches")
		}
		if sel.Sel.Name == "Append" && block && !inStream && !testOnly(s.dir()) {
			bad(sel.Pos(), "only the stream appends to blocks")
		}
		return true
	})
}

func TestOnlyTheStreamFeedsSinks(t *testing.T) {
	masked.hold(t, (*source).isLibrary)
	const b, s = "\"" + module + "/internal/block\"", "\"" + module + "/sink\""
	masked.prove(t, []sample{
		{"a sink that makes a batch", "sink/x/x.go", "package x\nimport " + s + "\nvar _ = sink.NewBatch(nil)", 3},
		{"the stream makes a batch", "stream/x.go", "package stream\nimport " + s + "\nvar _ = sink.NewBatch(nil)", 0},
		{"the conformance suite makes a batch", "sink/sinktest/x.go", "package sinktest\nimport " + s + "\nvar _ = sink.NewBatch(nil)", 0},
		{"a sink that fills a block", "sink/x.go", "package sink\nimport " + b + "\nfunc f(x *block.Block) {\n\tx.Append(block.Slot{}, nil, nil)\n}", 4},
		{"a method kept as a value", "sink/x.go", "package sink\nimport " + b + "\nvar _ = (*block.Block).Append", 3},
		{"another Append", "mask/x.go", "package mask\nfunc f(x interface{ Append() }) { x.Append() }", 0},
	})
}
