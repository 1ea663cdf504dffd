package slogbridge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"
)

// A replacer is a function for WithReplaceAttr.
type replacer = func(groups []string, a slog.Attr) slog.Attr

// on returns a replacer that calls f for one key.
func on(key string, f func(slog.Attr) slog.Attr) replacer {
	return func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == key {
			return f(a)
		}
		return a
	}
}

// always returns a function that answers with a.
func always(a slog.Attr) func(slog.Attr) slog.Attr {
	return func(slog.Attr) slog.Attr { return a }
}

// TestReplaceAttrIsThatOfSlog logs the same into slog's JSONHandler and into ours:
// attributes must come out alike, and the function must have seen the same calls.
func TestReplaceAttrIsThatOfSlog(t *testing.T) {
	logCalls := func(l *slog.Logger) {
		l = l.With("secret", "s", "a", 1, slog.Group("wg", "secret", "x", "keep", valuer{2}))
		l = l.WithGroup("G").With("b", valuer{slog.GroupValue(slog.Int("c", 3))}).WithGroup("H")
		l.Info("m", "secret", 4, "d", 5*time.Second, slog.Group("", "inline", true), slog.Group("g", slog.Group("h", "secret", 6, "z", 7)),
			"e", errors.New("e"), "f", valuer{"v"}, "n", nil, "list", []int{1})
	}
	for _, test := range []struct {
		name string
		f    replacer
		// emptied says that f leaves groups empty. JSONHandler of Go 1.26 then
		// goes on as if those were still open, so the calls are not compared.
		emptied bool
	}{
		{name: "nothing", f: func(_ []string, a slog.Attr) slog.Attr { return a }},
		{name: "removes a key everywhere", f: on("secret", always(slog.Attr{}))},
		{"removes everything", func([]string, slog.Attr) slog.Attr { return slog.Attr{} }, true},
		{"removes all in a group", func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) > 0 {
				return slog.Attr{}
			}
			return a
		}, true},
		{name: "writes the groups", f: func(groups []string, a slog.Attr) slog.Attr {
			return slog.String(a.Key, strings.Join(groups, "/")+"|"+a.Value.Kind().String())
		}},
		{name: "renames", f: func(_ []string, a slog.Attr) slog.Attr { a.Key = "x" + a.Key; return a }},
		{name: "answers with a LogValuer", f: on("a", func(a slog.Attr) slog.Attr { return slog.Any("a", valuer{valuer{a.Value}}) })},
		{name: "answers with a group", f: on("a", always(slog.Group("made", "secret", 1, "y", 2)))},
		{name: "answers with a group to inline", f: on("a", always(slog.Group("", "y", 2)))},
		{name: "answers with an empty group", f: on("a", always(slog.Group("made")))},
		{name: "answers with another kind", f: on("d", func(a slog.Attr) slog.Attr { return slog.String(a.Key, a.Value.String()) })},
	} {
		t.Run(test.name, func(t *testing.T) {
			builtin := func(groups []string, a slog.Attr) bool {
				return len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey)
			}
			var want, got []string
			record := func(calls *[]string) replacer {
				return func(groups []string, a slog.Attr) slog.Attr {
					if builtin(groups, a) {
						*calls = append(*calls, a.Key)
						return a
					}
					*calls = append(*calls, fmt.Sprint(groups, a.Key, a.Value))
					return test.f(groups, a)
				}
			}
			var buf bytes.Buffer
			logCalls(slog.New(slog.NewJSONHandler(&buf, &slog.HandlerOptions{ReplaceAttr: record(&want)})))
			w := newWire(t)
			logCalls(w.logger(WithReplaceAttr(record(&got))))

			attrs := w.one(t).attrs()
			delete(attrs, "exception.type")
			delete(attrs, "exception.message")
			if problem := compare(attrs, jsonAttrs(t, buf.Bytes())); problem != "" {
				t.Error(problem)
			}
			if !test.emptied && !reflect.DeepEqual(got, want) {
				t.Errorf("got calls\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// jsonAttrs returns what slog's JSONHandler wrote, without the built-in attributes.
func jsonAttrs(t testing.TB, line []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatalf("got %v for %s", err, line)
	}
	delete(m, slog.TimeKey)
	delete(m, slog.LevelKey)
	delete(m, slog.MessageKey)
	return m
}

// compare compares what came through the wire with what JSONHandler wrote, and
// returns the first difference. Types of numbers, which JSON does not have, are
// not looked at.
func compare(got, want any) string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(fields)
		if !ok || len(g) != len(w) {
			return fmt.Sprintf("got %v, want %v", got, want)
		}
		for k, v := range w {
			other, ok := g[k]
			if k == "" && !ok {
				other, ok = g["!EMPTYKEY"]
			}
			if !ok {
				return fmt.Sprintf("got no %q in %v, want one", k, g)
			}
			if problem := compare(other, v); problem != "" {
				return k + ": " + problem
			}
		}
		return ""
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return fmt.Sprintf("got %v, want %v", got, want)
		}
		for i := range w {
			if problem := compare(g[i], w[i]); problem != "" {
				return problem
			}
		}
		return ""
	case json.Number:
		n, err := w.Float64()
		if f, ok := got.(float64); ok && err == nil && n == f || fmt.Sprint(got) == w.String() {
			return ""
		}
	}
	if !reflect.DeepEqual(got, want) {
		return fmt.Sprintf("got %#v, want %#v", got, want)
	}
	return ""
}

func TestReplaceBuiltins(t *testing.T) {
	when := time.Date(2026, 11, 22, 14, 30, 0, 1, time.UTC)
	other := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	plainLevel := fields{"level": int64(8)}
	for _, test := range []struct {
		name   string
		f      replacer
		time   time.Time
		number int32
		text   string
		body   any
		attrs  fields
	}{
		{"nothing", func(_ []string, a slog.Attr) slog.Attr { return a }, when, 13, "WARN", "m", fields{"a": int64(1)}},
		{"time: another time", on("time", always(slog.Time("time", other))), other, 13, "WARN", "m", fields{"a": int64(1)}},
		{"time: removed", on("time", always(slog.Attr{})), time.Time{}, 13, "WARN", "m", fields{"a": int64(1)}},
		{"time: renamed", on("time", func(a slog.Attr) slog.Attr { a.Key = "ts"; return a }), when, 13, "WARN", "m", fields{"a": int64(1)}},
		{"time: as text", on("time", always(slog.String("ts", "today"))), when, 13, "WARN", "m", fields{"a": int64(1), "ts": "today"}},
		{"level: another level", on("level", always(slog.Any("level", slog.LevelError))), when, 17, "ERROR", "m", fields{"a": int64(1)}},
		{"level: a name", on("level", always(slog.String("severity", "NOTICE"))), when, 13, "NOTICE", "m", fields{"a": int64(1)}},
		{"level: removed", on("level", always(slog.Attr{})), when, 0, "", "m", fields{"a": int64(1)}},
		{"level: a number", on("level", always(slog.Int("level", 8))), when, 13, "WARN", "m", fields{"a": int64(1), "level": plainLevel["level"]}},
		{"level: a leveler that panics", on("level", always(slog.Any("level", (*panickyLeveler)(nil)))), when, 13, "WARN", "m", fields{"a": int64(1), "level": nil}},
		{"msg: another text", on("msg", always(slog.String("message", "n"))), when, 13, "WARN", "n", fields{"a": int64(1)}},
		{"msg: another kind", on("msg", always(slog.Any("msg", map[string]int{"n": 1}))), when, 13, "WARN", fields{"n": int64(1)}, fields{"a": int64(1)}},
		{"msg: a group", on("msg", always(slog.Group("msg", "n", 1))), when, 13, "WARN", fields{"n": int64(1)}, fields{"a": int64(1)}},
		{"msg: a LogValuer", on("msg", always(slog.Any("msg", valuer{"v"}))), when, 13, "WARN", "v", fields{"a": int64(1)}},
		{"msg: removed", on("msg", always(slog.Attr{})), when, 13, "WARN", nil, fields{"a": int64(1)}},
		{
			"a group in place of the time", on("time", always(slog.Group("t", "a", 2, "b", 3))), when, 13, "WARN", "m",
			fields{"a": int64(1), "t": fields{"a": int64(2), "b": int64(3)}},
		},
		{"an attribute that the record has as well", on("time", always(slog.Int("a", 2))), when, 13, "WARN", "m", fields{"a": int64(1)}},
		{"panics", on("level", func(slog.Attr) slog.Attr { panic("no") }), when, 13, "!PANIC: no", "m", fields{"a": int64(1)}},
		{"panics at an attribute", on("a", func(slog.Attr) slog.Attr { panic("no") }), when, 13, "WARN", "m", fields{"a": "!PANIC: no"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire(t)
			r := slog.NewRecord(when, slog.LevelWarn, "m", 0)
			r.Add("a", 1)
			if err := NewHandler(w.s, WithReplaceAttr(test.f)).Handle(t.Context(), r); err != nil {
				t.Errorf("got %v, want nil", err)
			}
			got := w.one(t)
			if got.TimeUnixNano != unixNano(test.time) {
				t.Errorf("got time %v, want %v", time.Unix(0, int64(got.TimeUnixNano)), test.time)
			}
			if int32(got.SeverityNumber) != test.number || got.SeverityText != test.text {
				t.Errorf("got severity %d %s, want %d %s", got.SeverityNumber, got.SeverityText, test.number, test.text)
			}
			if !reflect.DeepEqual(got.body(), test.body) {
				t.Errorf("got body %v, want %v", got.body(), test.body)
			}
			if !reflect.DeepEqual(got.attrs(), test.attrs) {
				t.Errorf("got attributes %v, want %v", got.attrs(), test.attrs)
			}
		})
	}
}

type panickyLeveler struct{ l slog.Level }

func (p *panickyLeveler) Level() slog.Level { return p.l }

func TestReplaceSource(t *testing.T) {
	keys := func(f fields) (n int) {
		for _, k := range []string{keyFunction, keyFile, keyLine} {
			if f[k] != nil {
				n++
			}
		}
		return n
	}
	for _, test := range []struct {
		name string
		f    func(slog.Attr) slog.Attr
		code int // attributes that tell the place
		file any
	}{
		{"nothing", func(a slog.Attr) slog.Attr { return a }, 3, nil},
		{"removed", always(slog.Attr{}), 0, nil},
		{"nil", always(slog.Any("source", (*slog.Source)(nil))), 0, nil},
		{"without a function", func(a slog.Attr) slog.Attr {
			src := a.Value.Any().(*slog.Source)
			return slog.Any("source", &slog.Source{File: src.File, Line: src.Line})
		}, 2, nil},
		{"as text", always(slog.String("caller", "main.go:1")), 0, "main.go:1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire(t)
			w.logger(WithSource(true), WithReplaceAttr(on("source", test.f))).Info("m")
			got := w.one(t).attrs()
			if n := keys(got); n != test.code || got["caller"] != test.file {
				t.Errorf("got %v, want %d attributes and caller %v", got, test.code, test.file)
			}
		})
	}
}

func TestReplacedRecordKeepsItsRank(t *testing.T) {
	// A record that no longer shows its level is still shed as what it is.
	h := newHandler(WithReplaceAttr(on("level", always(slog.Attr{}))))
	s := newScratch()
	r := slog.NewRecord(time.Now(), slog.LevelError, "m", 0)
	if m := s.encode(t.Context(), h, &r); m.Severity != 17 {
		t.Errorf("got %d, want 17", m.Severity)
	}
}
