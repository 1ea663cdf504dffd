package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

// The processes of the tests are the test's own program.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == childArg {
		exit(childMain(os.Args[2]))
	}
	os.Exit(m.Run())
}

// The short form: this library comes through all of it, but for answers that OTLP
// forbids to repeat.
func TestLogstreamComesThrough(t *testing.T) {
	for _, m := range mishaps(time.Second, 1000) {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			fates, err := m.befallAll(t.Context(), []string{"logstream"})
			if err != nil {
				t.Fatal(err)
			}
			f, want := fates[0], fates[0].logged
			switch {
			case m.mood == 500:
				want = f.delivered // rejected at once, and counted
			case m.poison != "":
				want--
			}
			if f.logged != m.job.Records || f.delivered != want {
				t.Errorf("got %v, want %d", f, want)
			}
		})
	}
}

// Every peer delivers when nothing is wrong: the server understands them all.
func TestPeersDeliverWhenAllIsWell(t *testing.T) {
	m := mishap{name: "none", job: job{Records: 300, Rate: 3000, Give: 10 * time.Second, Settle: 1500 * time.Millisecond, Close: 10 * time.Second}}
	fates, err := m.befallAll(t.Context(), names)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range fates {
		if f.logged != 300 || f.delivered != 300 || len(f.notes) > 0 {
			t.Errorf("%s: got %v, want 300 of 300", names[i], f)
		}
	}
}

func TestMatrixPrintsARowForEachMishap(t *testing.T) {
	var out strings.Builder
	few := job{Records: 10, Give: time.Second, Close: 5 * time.Second}
	list := []mishap{{name: "one", job: few}, {name: "two", job: few}, {name: "other", job: few}}
	if err := matrix(t.Context(), &out, list, []string{"logstream"}, "o"); err != nil {
		t.Fatal(err)
	}
	if err := matrix(t.Context(), &out, list, []string{"logstream"}, "none of them"); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "10 of 10"); n != 3 {
		t.Errorf("got %d rows, want 3:\n%s", n, out.String())
	}
}

func TestFateTellsWhatHurts(t *testing.T) {
	for _, c := range []struct {
		name  string
		words []word
		job   job
		want  string
	}{
		{"nothing", []word{{Logged: 5}, {Closed: true}}, job{}, "3 of 5"},
		{"a slow call", []word{{Logged: 5, Worst: 2 * time.Second}, {Closed: true}}, job{}, "3 of 5 (a call took 2.0 s)"},
		{"a call that does not return", []word{{Logged: 4, Blocked: true}, {Closed: true}}, job{Records: 5}, "3 of 5 (a call blocks, after 4 records)"},
		{"an error", []word{{Logged: 5}, {Closed: true, Error: "x", Took: time.Second}}, job{}, "3 of 5 (close fails after 1.0 s)"},
		{"a hang", []word{{Logged: 5}, {Closed: true, Error: "does not end"}}, job{}, "3 of 5 (close does not end)"},
		{"a crash", []word{{Logged: 5}}, job{}, "3 of 5 (the program crashes)"},
		{"a kill", []word{{Logged: 5}}, job{Stay: true}, "3 of 5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := fate{delivered: 3}
			f.read(c.words, c.job)
			if got := f.String(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
