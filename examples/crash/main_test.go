package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// The children of the test are the test's own program.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childArg {
		exit(childMain(os.Args[2:]))
	}
	os.Exit(m.Run())
}

func TestCrashLosesNothing(t *testing.T) {
	var out bytes.Buffer
	c := config{kills: 4, rate: 4000, least: 20 * time.Millisecond, most: 150 * time.Millisecond}
	if err := run(t.Context(), &out, c); err != nil {
		t.Errorf("run: %v", err)
	}
	text := out.String()
	for _, want := range []string{"killed with SIGKILL, 4 times", "endpoint", "down", "slow", "none", "taken", "lost              0", "invented          0"} {
		if !strings.Contains(text, want) {
			t.Errorf("output lacks %q:\n%s", want, text)
		}
	}
	if rows := strings.Count(text, "slow") + strings.Count(text, "down"); rows != c.kills {
		t.Errorf("got %d rows of kills, want %d:\n%s", rows, c.kills, text)
	}
}

func TestVerdictTellsLossAndInvention(t *testing.T) {
	for _, c := range []struct {
		name string
		sum  sum
		want string
	}{
		{"all arrived", sum{taken: 3, arrived: 4, repeated: 2}, ""},
		{"a loss", sum{taken: 3, arrived: 2, missing: 1}, "1 records are lost"},
		{"an invention", sum{taken: 3, arrived: 4, invented: 1}, "1 records arrived that nobody logged"},
		{"silence", sum{}, "no record was logged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			if err := c.sum.verdict(); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestChildTellsWrongArguments(t *testing.T) {
	for _, args := range [][]string{nil, {"x", "1", "http://localhost:1", "/"}, {"1", "x", "http://localhost:1", "/"}, {"1", "1", "ftp://x", "/"}} {
		if err := childMain(args); err == nil {
			t.Error(fmt.Errorf("%q: got no error", args))
		}
	}
}
