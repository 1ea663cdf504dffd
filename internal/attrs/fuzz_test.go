package attrs

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"math"
	"testing"
	"unicode/utf8"
)

// FuzzJSON holds the value of a json.RawMessage against what encoding/json makes
// of it.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `{"a":[1,-2.5e3,"x",true,null,{}]}`, `{"a":1,"a":2}`, `[[[[[[]]]]]]`, `"\ud800"`,
		`18446744073709551615`, `-9223372036854775809`, `1e400`, `-0`, `{`, `{} `, `{}x`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got := valueOf(t, json.RawMessage(in))
		if !json.Valid(in) {
			if s, ok := got.(string); ok && s != string(in) || !ok && in != nil && utf8.Valid(in) {
				t.Fatalf("got %v, want the text as it is", got)
			}
			return
		}
		d := json.NewDecoder(bytes.NewReader(in))
		d.UseNumber()
		var want any
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if !like(got, want, 0) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// like compares got, as decoded from the wire, with want, as JSON has it.
func like(got, want any, depth int) bool {
	if got == deepMark && depth > 60 {
		return true
	}
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.([]kv)
		if !ok || len(g) != len(w) {
			return false
		}
		for _, e := range g {
			if v, ok := w[e.key]; !ok || !like(e.value, v, depth+1) {
				return false
			}
		}
		return true
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return false
		}
		for i := range g {
			if !like(g[i], w[i], depth+1) {
				return false
			}
		}
		return true
	case json.Number:
		switch g := got.(type) {
		case int64:
			n, err := w.Int64()
			return err == nil && n == g
		case float64:
			n, err := w.Float64()
			return err == nil && n == g
		}
		n, err := w.Float64() // beyond both
		return got == w.String() && (err != nil || math.Abs(n) >= math.MaxInt64)
	}
	return got == want
}

// FuzzKeys holds Repeated against a set of keys.
func FuzzKeys(f *testing.F) {
	f.Add("a,b,c,a", ",")
	f.Add("\xff,\xff,", ",")
	f.Add("method,path,status,took,cached", ",")
	f.Fuzz(func(t *testing.T, in, sep string) {
		e := newEncoder(testLimit)
		seen := map[string]bool{}
		want := false
		var b []byte
		for _, key := range split(in, sep) {
			b = e.Append(b, slog.Bool(key, true))
			want = want || seen[key]
			seen[key] = true
		}
		// A key that is not UTF-8 may be taken for a repeated one, never the
		// other way around.
		if e.Repeated != want && (want || utf8.ValidString(in)) {
			t.Fatalf("got %v for %q, want %v", e.Repeated, in, want)
		}
	})
}

// split cuts s at the first byte of sep, so that parts may be cut inside of a
// character.
func split(s, sep string) (parts []string) {
	if sep == "" {
		return []string{s}
	}
	start := 0
	for i := range len(s) {
		if s[i] == sep[0] {
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}
