package mask

import (
	"strings"
	"testing"

	"github.com/logstream-go/logstream/internal/keyname"
)

// decideForTest decides key as a key inside parent, or alone when parent is "".
func (m *Masker) decideForTest(parent, key string) keyname.Verdict {
	w := walker{m: m, s: &scratch{path: []byte(parent)}}
	return w.verdict([]byte(key)) & (keyname.MasksText | keyname.MasksNumbers)
}

func newForTest(t testing.TB, opts ...Option) *Masker {
	t.Helper()
	m, err := New(opts...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestALongParentCountsByItsEnd(t *testing.T) {
	m := newForTest(t)
	parent := strings.Repeat("very_", 1000) + "api"
	if got := m.decideForTest(parent, "key"); got != keyname.MasksText {
		t.Errorf("got %b, want %b", got, keyname.MasksText)
	}
	w := walker{m: m, s: &scratch{path: []byte(parent)}}
	w.verdict([]byte("key"))
	if got, want := len(w.s.joined), maxParent+len("key"); got != want {
		t.Errorf("bytes that were joined: got %d, want %d", got, want)
	}
	if got := m.decideForTest("api_"+strings.Repeat("long", 1000), "key"); got != 0 {
		t.Errorf("got %b, want 0", got)
	}
}
