package detect

import (
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestDetectorsHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for id := range numIDs {
		name := id.String()
		if name == "" || seen[name] || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			t.Errorf("detector %d: got the name %q, want one of its own in lower case", id, name)
		}
		seen[name] = true
		if got, ok := Lookup(name); !ok || got != id {
			t.Errorf("Lookup(%q): got %d, %v, want %d", name, got, ok, id)
		}
	}
	if _, ok := Lookup("nothing"); ok {
		t.Error("Lookup of no detector: got one")
	}
	if got := numIDs.String(); got != "" {
		t.Errorf("name of no detector: got %q, want none", got)
	}
}

func TestSets(t *testing.T) {
	if Default()&Personal() != 0 || Default().Has(Entropy) || !Default().Has(PAN) || !Default().Has(Key) {
		t.Errorf("default detectors: got %b", Default())
	}
	if All() != Default()|Personal()|Of(Base64, Percent, Hex, Entropy) {
		t.Errorf("all detectors: got %b", All())
	}
}

func TestFindingsThatOverlapAreOne(t *testing.T) {
	rank := &[NumIDs]uint8{Email: 2}
	for _, c := range []struct{ in, want []Finding }{
		{nil, nil},
		{[]Finding{{0, 5, Key, Redact}}, []Finding{{0, 5, Key, Redact}}},
		{[]Finding{{5, 9, Key, Redact}, {0, 5, PAN, Redact}}, []Finding{{0, 5, PAN, Redact}, {5, 9, Key, Redact}}},
		{[]Finding{{0, 9, Key, Redact}, {2, 12, PAN, Redact}}, []Finding{{0, 12, PAN, Redact}}},
		{[]Finding{{0, 9, PAN, Redact}, {2, 5, Email, Redact}}, []Finding{{0, 9, Email, Redact}}},
		{[]Finding{{0, 9, Email, Redact}, {2, 5, Track, Drop}}, []Finding{{0, 9, Track, Drop}}},
		{[]Finding{{0, 3, Key, Redact}, {0, 9, Key, Redact}, {8, 12, Key, Redact}, {12, 13, JWT, Redact}}, []Finding{{0, 12, Key, Redact}, {12, 13, JWT, Redact}}},
	} {
		if got := union(slices.Clone(c.in), rank); !slices.Equal(got, c.want) {
			t.Errorf("%v: got %v, want %v", c.in, got, c.want)
		}
	}
}

func TestFindAppends(t *testing.T) {
	e := engine(Default())
	before := []Finding{{1, 2, PAN, Redact}}
	got := e.Find(before, []byte("password=hunter2"))
	want := []Finding{{1, 2, PAN, Redact}, {9, 16, Key, Redact}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, short := range []string{"", "a", "pw="} {
		if got := e.Find(nil, []byte(short)); got != nil {
			t.Errorf("%q: got %v, want nothing", short, got)
		}
	}
}

func TestFindConcurrentSafe(t *testing.T) {
	e := engine(All())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, s := range seeds {
				valid(t, s, e.Find(nil, []byte(s)))
			}
		})
	}
	wg.Wait()
}

func TestEveryLiteralIsFoundEverywhere(t *testing.T) {
	e := engine(Default())
	for _, l := range literals(Default(), nil) {
		for pad := range 12 {
			for _, tail := range []string{"", " x", " and some more text"} {
				text := strings.Repeat("z", pad) + l.text + tail
				if !slices.Equal(e.Find(nil, []byte(text)), e.everywhere([]byte(text))) {
					t.Fatalf("%q: the prefilter finds something else", text)
				}
				x := hash(uint32(l.text[0]) | uint32(l.text[1])<<8 | uint32(l.text[2])<<16 | 0x202020)
				if len(l.text) == 3 && e.pre.bits[x>>6]>>(x&63)&1 == 0 {
					t.Fatalf("%q: its bit is not set", l.text)
				}
			}
		}
	}
}
