package main

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSamples(t *testing.T) {
	s, u := series{}, series{}
	for i, v := range []float64{5, 1, 9, 3} {
		s.add("x", v)
		u.add("x", float64(i+1))
	}
	x := s.of("x")
	for what, got := range map[string]string{
		"cell":  x.cell(0),
		"per":   x.per(u.of("x")).cell(2),
		"above": x.above(u.of("x")).cell(0),
		"one":   x[:1].cell(1),
		"none":  s.of("y").cell(0),
	} {
		want := map[string]string{"cell": "3 (1 to 9)", "per": "0.75 (0.50 to 5.00)", "above": "-1 (-1 to 6)", "one": "5.0", "none": "0"}[what]
		if got != want {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
}

func TestGoals(t *testing.T) {
	for _, c := range []struct {
		goal goal
		want string
	}{
		{goal{got: sample{3}, must: 4}, "yes"},
		{goal{got: sample{3}, must: 4, aim: 3}, "yes, the aim too"},
		{goal{got: sample{5}, must: 4, aim: 3}, "**no**"},
		{goal{got: sample{5}, must: 4, least: true}, "yes"},
		{goal{got: sample{5}, must: 4, aim: 5, least: true}, "yes, the aim too"},
		{goal{got: sample{3}, must: 4, least: true}, "**no**"},
	} {
		if got := c.goal.verdict(); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.goal, got, c.want)
		}
	}
}

func TestTheTableIsWrittenBetweenTheMarks(t *testing.T) {
	name := filepath.Join(t.TempDir(), "README.md")
	const before, after = "# A house\n\n" + factsBegin, factsEnd + "\nmore\n"
	if err := os.WriteFile(name, []byte(before+"| old |\n"+after), 0o600); err != nil {
		t.Fatal(err)
	}
	r := &report{}
	r.fact("speed", "1", "9.0 (8.0 to 10.0)")
	r.facts = append(r.facts, fact{"size", "2", "3", "4"})
	for range 2 { // it can be written again
		if err := r.writeInto(name); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		const table = "|  | logstream | OpenTelemetry SDK | a file, and a Collector that tails it |\n|---|---:|---:|---:|\n| speed | 1 | 9.0 (8.0 to 10.0) |  |\n| size | 2 | 3 | 4 |\n"
		if want := before + table + after; string(got) != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if err := os.WriteFile(name, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.writeInto(name); err == nil || !strings.Contains(err.Error(), "marks") {
		t.Errorf("without the second mark: got %v, want an error that tells of the marks", err)
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 300_000: "300,000", 1_234_567: "1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}

func TestAShortReportJudgesNothing(t *testing.T) {
	var b bytes.Buffer
	r := &report{w: &b, short: true}
	r.goal(goal{what: "speed", got: sample{1}, must: 5, least: true})
	r.finish()
	if got := b.String(); strings.Contains(got, "**no**") || !strings.Contains(got, "short run") {
		t.Errorf("got %q", got)
	}
}

func TestAReportEndsWithItsGoals(t *testing.T) {
	var b bytes.Buffer
	r := &report{w: &b}
	r.finish()
	if b.Len() > 0 {
		t.Errorf("got %q without a goal, want nothing", &b)
	}
	r.goal(goal{what: "speed", got: sample{9, 7, 8}, unit: " times", must: 5, aim: 10, least: true})
	r.goal(goal{what: "size", got: sample{9}, digits: 1, must: 5})
	r.finish()
	for _, want := range []string{
		"| speed | 8 (7 to 9) times | at least 5 times (aim 10) | yes |",
		"| size | 9.0 | at most 5.0 | **no** |",
		"1 of 2 goals are met.",
		"|---|---:|---:|---:|",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("got %q, want %q in it", &b, want)
		}
	}
}

func TestTheChartIsXML(t *testing.T) {
	svg := drawChart([]panel{
		{"a < b & c", []bar{{"logstream", 1}, {"other", 10}}},
		{"nothing", []bar{{"logstream", 0}}},
		{"empty", nil},
	})
	d := xml.NewDecoder(bytes.NewReader(svg))
	rects := 0
	for {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if s, ok := tok.(xml.StartElement); ok && s.Name.Local == "rect" {
			rects++
		}
	}
	if rects != 4 { // the page and three bars
		t.Errorf("got %d rectangles, want 4:\n%s", rects, svg)
	}
	for _, want := range []string{"prefers-color-scheme: dark", "a &lt; b &amp; c", `class="ours"`} {
		if !bytes.Contains(svg, []byte(want)) {
			t.Errorf("the chart lacks %q", want)
		}
	}
}

func TestTheTableNeedsAllParts(t *testing.T) {
	name := filepath.Join(t.TempDir(), "README.md")
	for _, err := range []error{run(size{}, "hotpath", "", name), run(size{short: true}, "", "", name)} {
		if err == nil || !strings.Contains(err.Error(), "-readme") {
			t.Errorf("got %v, want an error that names the option", err)
		}
	}
}

func TestAPartThatThereIsNotIsAnError(t *testing.T) {
	err := run(size{}, "hotpath,nothing", "", "")
	if err == nil || !strings.Contains(err.Error(), `"nothing"`) || !strings.Contains(err.Error(), "endtoend") {
		t.Errorf("got %v, want the name, and those that there are", err)
	}
}
