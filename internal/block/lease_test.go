package block

import "testing"

func TestLeasesAreTheReferencesOfOthers(t *testing.T) {
	b := new(Batch)
	if n := b.Leases(); n != 0 {
		t.Errorf("a batch without forms: got %d leases, want 0", n)
	}
	encode := func(dst []byte) ([]byte, error) { return append(dst, 'x'), nil }
	var held []*Payload
	for _, name := range []string{"a", "b", "a"} {
		p, err := b.Payload(name, encode)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, p)
	}
	held[0].Retain()
	for want := 4; want >= 1; want-- {
		if n := b.Leases(); n != want {
			t.Errorf("got %d leases, want %d", n, want)
		}
		held[want%3].Release()
	}
	if n := b.Leases(); n != 0 {
		t.Errorf("all are back: got %d leases, want 0", n)
	}
	held[1].Release()
	if n := b.Leases(); n != -1 {
		t.Errorf("one release too many: got %d leases, want -1", n)
	}
}
