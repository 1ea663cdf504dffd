package otlp_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden file instead of comparing with it")

// TestGoldenEncoding fixes the bytes of the format: they lie in spools and
// crash rings that later versions read. A change of this file is a change of
// the format.
func TestGoldenEncoding(t *testing.T) {
	all := slices.SortedFunc(slices.Values(samples()), func(a, b sample) int { return cmp.Compare(a.name, b.name) })
	var text strings.Builder
	for _, s := range all {
		b := appendRecord(nil, s.record)
		if len(b) > 70 && s.name != "every field" || strings.HasSuffix(s.name, " inside") {
			continue
		}
		fmt.Fprintf(&text, "# %s\n", s.name)
		for line := range slices.Chunk(b, 32) {
			fmt.Fprintf(&text, "%x\n", line)
		}
	}

	name := filepath.Join("testdata", "records.golden")
	if *update {
		if err := os.WriteFile(name, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(string(golden), "\n")
	section := ""
	for i, line := range strings.Split(text.String(), "\n") {
		if strings.HasPrefix(line, "#") {
			section = line
		}
		if i >= len(want) || line != want[i] {
			t.Fatalf("line %d, %s: got %s, want %s; -update accepts the change", i+1, section, line, slices.Concat(want, []string{"the end"})[min(i, len(want))])
		}
	}
	if got := strings.Count(text.String(), "\n") + 1; got != len(want) {
		t.Errorf("got %d lines, want %d; -update accepts the change", got, len(want))
	}
}
