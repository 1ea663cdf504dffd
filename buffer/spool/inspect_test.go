package spool

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestInspectTellsWhatThereIsWithoutTouchingIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	s, _, err := Open(dir, WithFingerprint(Fingerprint{1}))
	if err != nil {
		t.Fatal(err)
	}
	defer mustClose(t, s) // it is in use all the time
	c := mustCursor(t, s, "a/b")
	fill(t, s, Info, 3)
	mustAppend(t, s, &Block{Class: High, Records: 1, Data: []byte("x"), Origins: []Origin{{9, []byte("scope")}}})
	if err := c.Advance(Info, 20); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"notes.txt": "hello", segmentName(Low, 4): string(make([]byte, 200))} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	look := func(verify bool) map[string]Report {
		got := map[string]Report{}
		if err := Inspect(dir, verify, func(r Report) error { got[r.Name] = r; return nil }); err != nil {
			t.Fatalf("Inspect: got %v, want nil", err)
		}
		return got
	}
	got := look(true)
	if len(got) != 5 {
		t.Errorf("got %d files, want 5", len(got))
	}
	info := got[segmentName(Info, 0)].Segment
	if info == nil || info.Blocks != 3 || info.Records != (Span{Info, 0, 30}) || len(info.Damaged) != 0 || info.Fingerprint != (Fingerprint{1}) {
		t.Errorf("info: got %+v, want 3 blocks with 30 records", info)
	}
	high := got[segmentName(High, 0)].Segment
	if high == nil || high.Blocks != 1 || high.Origins != 1 || high.Class != High {
		t.Errorf("high: got %+v, want a block and an origin", high)
	}
	cur := got[cursorFile("a/b")].Cursor
	if cur == nil || cur.Cursor != "a/b" || cur.Classes[Info].Place != 20 || cur.Classes[Info].Settled != 20 {
		t.Errorf("cursor: got %+v, want a/b at 20", cur)
	}
	if err := got["notes.txt"].Err; err == nil {
		t.Error("a foreign file: got nil, want an error")
	}
	if err := got[segmentName(Low, 4)].Err; !errors.Is(err, errHeader) {
		t.Errorf("a file of zeros: got %v, want a damaged header", err)
	}

	// Damage in the content shows with verify only, damage of a header always.
	path := filepath.Join(dir, segmentName(Info, 0))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-1] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if d := look(false)[segmentName(Info, 0)].Segment.Damaged; len(d) != 0 {
		t.Errorf("without verify: got damage %v, want none", d)
	}
	d := look(true)[segmentName(Info, 0)].Segment.Damaged
	if len(d) != 1 || d[0].Span != (Span{Info, 20, 30}) || !errors.Is(&d[0], errChecksum) {
		t.Errorf("with verify: got damage %v, want records 20 to 29", d)
	}
	if err := os.WriteFile(path, data[:len(data)-10], 0o600); err != nil {
		t.Fatal(err)
	}
	d = look(false)[segmentName(Info, 0)].Segment.Damaged
	if len(d) != 1 || !errors.Is(&d[0], errTorn) {
		t.Errorf("cut off: got damage %v, want a torn frame", d)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}

	stop := errors.New("stop")
	if err := Inspect(dir, false, func(Report) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v, want the error of the callback", err)
	}
	if err := Inspect(filepath.Join(dir, "none"), false, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want an error for a directory that is not there", err)
	}
}

func FuzzInspect(f *testing.F) {
	_, content := segmentFile(f)
	f.Add(content, false)
	f.Add(content, true)
	f.Fuzz(func(t *testing.T, content []byte, forge bool) {
		if forge {
			content = reseal(content)
		}
		m := newMemFS()
		for _, name := range []string{segmentName(Info, 0), cursorFile("a")} {
			m.files[name] = &memFile{fs: m, name: name, data: content}
		}
		n := 0
		if err := inspect(m, true, func(Report) error { n++; return nil }); err != nil || n != 2 {
			t.Errorf("got %v and %d files, want nil and 2", err, n)
		}
	})
}
