package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestOutageAccountsForEveryRecord(t *testing.T) {
	var out bytes.Buffer
	p := &printer{out: &out}
	c := config{before: 100 * time.Millisecond, down: 800 * time.Millisecond, after: 300 * time.Millisecond, rate: 20_000}
	for _, a := range acts {
		if err := a.play(t.Context(), p, c); err != nil {
			t.Errorf("%s: %v", a.title, err)
		}
	}
	text := out.String()
	for _, want := range []string{
		"has room", "has not", "and a storage", "on disk", "gone", "backing off", "DEBUG: queue full", "the ledger adds up",
		"no gap", "a record tells of the gap:  WARN  logstream:", "logstream.lost.records",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("output lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "does not add up") {
		t.Errorf("the ledger does not add up:\n%s", text)
	}
}
