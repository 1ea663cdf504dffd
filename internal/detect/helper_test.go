package detect

import (
	"testing"

	"github.com/logstream-go/logstream/internal/keyname"
)

// engine returns an Engine with the built-in key rule.
func engine(set Set) *Engine {
	return New(Config{Detectors: set, More: Everything(), Key: keyname.New(0).Decide})
}

// masked returns text with what e finds in it replaced by markers.
func masked(e *Engine, text string) string {
	var out []byte
	at := 0
	for _, f := range e.Find(nil, []byte(text)) {
		out = append(out, text[at:f.Start]...)
		out = append(out, "["+f.ID.String()+"]"...)
		at = f.End
	}
	return string(append(out, text[at:]...))
}

// marked is masked with markers as package mask writes them.
func marked(e *Engine, text string) string {
	var out []byte
	at := 0
	for _, f := range e.Find(nil, []byte(text)) {
		out = append(out, text[at:f.Start]...)
		out = append(out, "[REDACTED:"+f.ID.String()+"]"...)
		at = f.End
	}
	return string(append(out, text[at:]...))
}

// masking is a case of a table: a text, and what is left of it.
type masking struct{ text, want string }

// check holds the cases of a table against e, and that masking twice changes
// nothing.
func check(t *testing.T, e *Engine, cases []masking) {
	t.Helper()
	for _, c := range cases {
		if got := masked(e, c.text); got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
		once := marked(e, c.text)
		if twice := marked(e, once); twice != once {
			t.Errorf("%q: masked twice: got %q, want %q", c.text, twice, once)
		}
	}
}

// checkClean wants the texts unchanged.
func checkClean(t *testing.T, e *Engine, texts []string) {
	t.Helper()
	for _, text := range texts {
		if got := masked(e, text); got != text {
			t.Errorf("%q: got %q, want it unchanged", text, got)
		}
	}
}
