package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// A fact is a row of the table that newcomers see.
type fact struct{ what, ours, sdk, agent string }

// fact notes a row.
func (r *report) fact(what, ours, sdk string) {
	r.facts = append(r.facts, fact{what, ours, sdk, ""})
}

// grouped returns n with a comma before each three digits.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// The marks between which a file holds the table.
const (
	factsBegin = "<!-- written by internal/bench -->\n"
	factsEnd   = "<!-- until here -->\n"
)

// writeInto writes the table into a file.
func (r *report) writeInto(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	head, rest, begun := bytes.Cut(text, []byte(factsBegin))
	_, tail, ended := bytes.Cut(rest, []byte(factsEnd))
	if !begun || !ended {
		return fmt.Errorf("bench: %s does not have the marks %q and %q", name, factsBegin, factsEnd)
	}
	var b bytes.Buffer
	b.Write(head)
	b.WriteString(factsBegin)
	table := report{w: &b}
	var rows [][]string
	for _, f := range r.facts {
		rows = append(rows, []string{f.what, f.ours, f.sdk, f.agent})
	}
	table.table([]string{"", "logstream", "OpenTelemetry SDK", "a file, and a Collector that tails it"}, rows)
	b.WriteString(factsEnd)
	b.Write(tail)
	return os.WriteFile(name, b.Bytes(), 0o644)
}
