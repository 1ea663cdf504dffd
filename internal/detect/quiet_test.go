package detect

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// wantQuietRight checks that a text that looks quiet has no finding.
func wantQuietRight(t *testing.T, e *Engine, text []byte) {
	t.Helper()
	if found := e.Find(nil, text); e.Quiet(text) && len(found) > 0 {
		t.Errorf("%q: quiet, but Find finds %v", text, found)
	}
}

func TestQuietTextsHaveNoFinding(t *testing.T) {
	engines := []*Engine{engine(Default()), engine(All()), engine(Of(PAN)), engine(Of(Key))}
	l := logs{rand.New(rand.NewPCG(7, 8))}
	for _, e := range engines {
		for _, s := range seeds {
			for i := range len(s) {
				wantQuietRight(t, e, []byte(s[:i]))
				wantQuietRight(t, e, []byte(s[i:]))
			}
		}
		for range 2000 {
			wantQuietRight(t, e, []byte(l.line()))
		}
	}
}

// TestOrdinaryValuesAreQuiet holds what the fast way is for.
func TestOrdinaryValuesAreQuiet(t *testing.T) {
	e := engine(Default())
	for _, v := range []string{
		"", "GET", "INFO", "/api/v1/orders/4711", "request completed", "10.0.0.1", "checkout", "okhttp/4.12.0", "shop.example.com",
		"sha256", "user logged in", "retrying in 500ms", "2026-01-02T03:04:05.678901Z", "application/json", "/var/log/app.log", "14.2ms", "us-east-1a",
	} {
		if !e.Quiet([]byte(v)) {
			t.Errorf("%q is not quiet", v)
		}
	}
	if engine(All()).Quiet([]byte("10.0.0.1")) {
		t.Error("an address is quiet for a detector of addresses")
	}
}

func FuzzQuiet(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	engines := []*Engine{engine(Default()), engine(All())}
	f.Fuzz(func(t *testing.T, text string) {
		for _, e := range engines {
			wantQuietRight(t, e, []byte(text))
		}
	})
}

func BenchmarkQuiet(b *testing.B) {
	e := engine(Default())
	values, size := cleanValues(e, 1000)
	b.SetBytes(size)
	for b.Loop() {
		for _, v := range values {
			e.Quiet(v)
		}
	}
}

// TestAGlanceTakesLinearTime has texts of a megabyte that would take minutes if
// each word of a key led to a look at the whole.
func TestAGlanceTakesLinearTime(t *testing.T) {
	e := engine(Default())
	for _, piece := range []string{"pan_", "password ", "token", "12345678 ", "GB82WEST", "4111111111111112 ", "a1", "://"} {
		e.Quiet([]byte(strings.Repeat(piece, 1<<20/len(piece))))
	}
}
