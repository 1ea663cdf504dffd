package spool

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/logstream-go/logstream/internal/leak"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m)) }

func mustAppend(t testing.TB, s *Spool, b *Block) Span {
	t.Helper()
	span, err := s.Append(b)
	if err != nil {
		t.Fatalf("Append: got %v, want nil", err)
	}
	return span
}

func mustCursor(t testing.TB, s *Spool, name string) *Cursor {
	t.Helper()
	c, err := s.Cursor(name)
	if err != nil {
		t.Fatalf("Cursor: got %v, want nil", err)
	}
	return c
}

func mustClose(t testing.TB, s *Spool) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatalf("Close: got %v, want nil", err)
	}
}

func mustNext(t testing.TB, c *Cursor, class Class, b *Block) {
	t.Helper()
	if ok, err := c.Next(class, b); !ok || err != nil {
		t.Fatalf("Next: got %v, %v, want true, nil", ok, err)
	}
}

func checkBlock(t testing.TB, got, want *Block) {
	t.Helper()
	if got.First != want.First || got.Records != want.Records {
		t.Errorf("block: got %d records from %d, want %d from %d", got.Records, got.First, want.Records, want.First)
	}
	if !bytes.Equal(got.Meta, want.Meta) || !bytes.Equal(got.Data, want.Data) {
		t.Errorf("block at %d: content differs", want.First)
	}
	same := func(a, b Origin) bool { return a.ID == b.ID && bytes.Equal(a.Blob, b.Blob) }
	if !slices.EqualFunc(got.Origins, want.Origins, same) {
		t.Errorf("block at %d: got origins %v, want %v", want.First, got.Origins, want.Origins)
	}
}

// checkSum checks the conservation law of a cursor that began at record 0.
func checkSum(t testing.TB, s *Spool, c *Cursor) {
	t.Helper()
	ends := s.Stats().Classes
	for i, st := range c.Stats() {
		if sum := st.Settled + st.Shed + st.Expired + st.Damaged + st.Held; sum != ends[i].End {
			t.Errorf("%v: got a sum of %d (%+v), want %d", Class(i), sum, st, ends[i].End)
		}
	}
}

func TestBlocksComeBackAsTheyWere(t *testing.T) {
	for _, p := range []SyncPolicy{SyncNever(), SyncAlways(), SyncEvery(minInterval)} {
		dir := filepath.Join(t.TempDir(), "a", "b")
		var print Fingerprint
		copy(print[:], "policy 1")
		s, _, err := Open(dir, WithSync(p), WithFingerprint(print))
		if err != nil {
			t.Fatal(err)
		}
		var want [Classes][]*Block
		for i := range 30 {
			b := testBlock(Class(i%3), 1+i, i*100, uint64(i))
			span := mustAppend(t, s, b)
			if span.From != b.First || span.Len() != uint64(b.Records) {
				t.Errorf("span: got %v for a block of %d from %d", span, b.Records, b.First)
			}
			if err := s.Commit(span); err != nil {
				t.Errorf("Commit: got %v, want nil", err)
			}
			want[i%3] = append(want[i%3], b)
		}
		c := mustCursor(t, s, "default")
		for range 2 { // in the process that wrote, then in the next
			for class, blocks := range want {
				var got Block
				for _, w := range blocks {
					mustNext(t, c, Class(class), &got)
					checkBlock(t, &got, w)
					if got.Skip != 0 || got.Fingerprint != print {
						t.Errorf("got skip %d and fingerprint %q, want 0 and %q", got.Skip, got.Fingerprint[:8], print[:8])
					}
				}
				if ok, err := c.Next(Class(class), &got); ok || err != nil {
					t.Errorf("Next at the end: got %v, %v, want false, nil", ok, err)
				}
			}
			mustClose(t, s)
			s, _, err = Open(dir, WithSync(p))
			if err != nil {
				t.Fatal(err)
			}
			c = mustCursor(t, s, "default")
		}
		checkSum(t, s, c)
		mustClose(t, s)
	}
}

func TestWhatEveryCursorHasPassedIsRemoved(t *testing.T) {
	for _, p := range []SyncPolicy{SyncNever(), SyncAlways(), SyncEvery(maxInterval)} {
		m := newMemFS()
		s, _ := openMem(t, m, testConfig(t, WithSync(p), WithMaxBytes(minBytes)))
		a, b := mustCursor(t, s, "a"), mustCursor(t, s, "b")
		var end uint64
		for i := range 10 {
			end = mustAppend(t, s, testBlock(Low, 10, 30<<10, uint64(i))).To
		}
		if n := s.Stats().Classes[Low].Segments; n < 4 {
			t.Fatalf("got %d segments, want some", n)
		}
		if err := a.Advance(Low, end); err != nil {
			t.Fatal(err)
		}
		s.Sync()
		if n := s.Stats().Classes[Low].Segments; n < 4 {
			t.Errorf("got %d segments, want all while one cursor needs them", n)
		}
		if err := b.Advance(Low, end); err != nil {
			t.Fatal(err)
		}
		if p.every > 0 {
			s.Sync()
		}
		if st := s.Stats(); st.Classes[Low].Segments != 0 || st.Bytes != 0 {
			t.Errorf("got %+v, want nothing left", st)
		}
		checkSum(t, s, a)
		mustClose(t, s)
		s, rec := openMem(t, m, testConfig(t, WithSync(p)))
		if rec.Ends[Low] != end {
			t.Errorf("after a restart: got end %d, want %d", rec.Ends[Low], end)
		}
		mustClose(t, s)
	}
}

func TestClosedSpoolSaysSo(t *testing.T) {
	s, _ := openMem(t, newMemFS(), testConfig(t))
	c := mustCursor(t, s, "a")
	span := mustAppend(t, s, testBlock(Low, 1, 1, 1))
	mustClose(t, s)
	mustClose(t, s)
	_, appendErr := s.Append(testBlock(Low, 1, 1, 1))
	_, cursorErr := s.Cursor("b")
	_, nextErr := c.Next(Low, new(Block))
	for name, err := range map[string]error{
		"Append": appendErr, "Cursor": cursorErr, "Next": nextErr, "Advance": c.Advance(Low, 1), "Seek": c.Seek(Low, 1),
		"Sync": s.Sync(), "Commit": s.Commit(span), "Remove": s.Remove("a"),
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s: got %v, want ErrClosed", name, err)
		}
	}
}
