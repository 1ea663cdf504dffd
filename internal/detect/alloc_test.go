//go:build !race

package detect

import "testing"

// The race detector makes sync.Pool drop buffers at random, so this budget is held
// without it.

func TestCleanTextsAllocateNothing(t *testing.T) {
	e := engine(Default() | Of(Email, Phone, IP, MAC))
	texts, _ := cleanLines(e, 200)
	var found []Finding
	if got := testing.AllocsPerRun(10, func() {
		for _, text := range texts {
			found = e.Find(found[:0], text)
		}
	}); got != 0 {
		t.Errorf("allocations: got %v, want 0", got)
	}
}
