package spool

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestOptionsOutOfTheirBoundsAreAllNamed(t *testing.T) {
	_, _, err := Open(t.TempDir(), WithMaxBytes(5), WithMaxAge(time.Millisecond), WithSync(SyncEvery(-1)), nil)
	if err == nil {
		t.Fatal("Open: got nil, want an error")
	}
	for _, want := range []string{"WithMaxBytes: 5 bytes", "WithMaxAge: 1ms", "SyncEvery: -1ns"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want it to hold %q", err, want)
		}
	}
	for _, opt := range []Option{WithMaxBytes(math.MaxInt64), WithMaxAge(-1), WithSync(SyncEvery(2 * time.Hour))} {
		if _, err := newConfig([]Option{opt}); err == nil {
			t.Error("got nil for an option out of its bounds, want an error")
		}
	}
}

func TestBlocksOutOfTheirBoundsAreRefused(t *testing.T) {
	s, _ := openMem(t, newMemFS(), testConfig(t))
	for name, b := range map[string]*Block{
		"no class":       {Class: Classes, Records: 1},
		"no record":      {},
		"many records":   {Records: MaxRecords + 1},
		"too large":      {Records: 1, Data: make([]byte, MaxBlock+1)},
		"empty origin":   {Records: 1, Origins: []Origin{{ID: 1}}},
		"large origin":   {Records: 1, Origins: []Origin{{1, make([]byte, MaxOrigin+1)}}},
		"many origins":   {Records: 1, Origins: make([]Origin, MaxOrigins+1)},
		"negative count": {Records: -1},
	} {
		if _, err := s.Append(b); err == nil {
			t.Errorf("%s: got nil, want an error", name)
		}
	}
	mustAppend(t, s, &Block{Class: High, Records: 1})
	mustClose(t, s)
}

func TestDirectoriesThatAreNotOursAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // what follows is about modes and links of Unix
	}
	base := t.TempDir()
	path := func(name string) string { return filepath.Join(base, name) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Mkdir(path("open"), 0o700))
	must(os.Chmod(path("open"), 0o750))
	must(os.Mkdir(path("real"), 0o700))
	must(os.Symlink(path("real"), path("link")))
	must(os.WriteFile(path("file"), nil, 0o600))
	must(os.Mkdir(path("locklink"), 0o700))
	must(os.Symlink(path("file"), filepath.Join(path("locklink"), lockName)))
	for _, tt := range []struct{ dir, want string }{
		{"", "there is no default"},
		{path("open"), "mode 0750, want 0700"},
		{path("link"), "is a symbolic link"},
		{path("file"), ""},
		{path("locklink"), lockName + " is no file"},
	} {
		_, _, err := Open(tt.dir)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Open of %q: got %v, want %q", tt.dir, err, tt.want)
		}
	}
	if os.Geteuid() == 0 { // only root can give a directory away
		must(os.Mkdir(path("theirs"), 0o700))
		must(os.Chown(path("theirs"), 65534, 65534))
		if _, _, err := Open(path("theirs")); err == nil || !strings.Contains(err.Error(), "belongs to user 65534") {
			t.Errorf("Open of another user's directory: got %v, want an error", err)
		}
	}

	s, _, err := Open(path("new/below"))
	must(err)
	mustCursor(t, s, "a")
	mustAppend(t, s, testBlock(Info, 1, 1, 1))
	mustClose(t, s)
	info, err := os.Stat(path("new/below"))
	must(err)
	if got := info.Mode().Perm(); got != 0o700 {
		t.Errorf("mode of the directory: got %#o, want 0700", got)
	}
	entries, err := os.ReadDir(path("new/below"))
	must(err)
	if len(entries) != 3 {
		t.Errorf("got %d files, want 3", len(entries))
	}
	for _, e := range entries {
		info, err := e.Info()
		must(err)
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("mode of %s: got %#o, want 0600", e.Name(), got)
		}
	}
}

// A link in the place of a segment is neither read nor written.
func TestLinksInTheDirectoryAreForeign(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // a link takes a privilege there
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{segmentName(Info, 0), cursorFile("a"), cursorFile("b") + tempSuffix} {
		if err := os.Symlink("/etc/passwd", filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, segmentName(Low, 0)), 0o700); err != nil {
		t.Fatal(err)
	}
	s, rec, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(rec.Foreign) != 4 {
		t.Errorf("got foreign %q, want 4", rec.Foreign)
	}
	mustAppend(t, s, testBlock(Info, 1, 1, 1)) // under the next name
	mustClose(t, s)
	if _, err := os.Readlink(filepath.Join(dir, segmentName(Info, 0))); err != nil {
		t.Errorf("the link is gone: %v", err)
	}
}

// Root may write into any directory, so the system is asked through the seam.
func TestAReadOnlyDirectoryIsAClearError(t *testing.T) {
	m := newMemFS()
	s, _ := openMem(t, m, testConfig(t))
	mustCursor(t, s, "a")
	fill(t, s, Info, 2)
	mustClose(t, s)
	m.fail = func(_ int, op, _ string) error {
		switch op {
		case "create", "write", "remove", "rename", "truncate":
			return os.ErrPermission
		}
		return nil
	}
	s, _ = openMem(t, m, testConfig(t, WithSync(SyncNever()))) // what is there can be read
	c := mustCursor(t, s, "a")
	if n := readAll(t, c, Info, 10); n != 2 {
		t.Errorf("got %d blocks, want 2", n)
	}
	if _, err := s.Append(testBlock(Info, 1, 1, 1)); !errors.Is(err, os.ErrPermission) {
		t.Errorf("Append: got %v, want a permission error", err)
	}
	if _, err := s.Cursor("b"); !errors.Is(err, os.ErrPermission) {
		t.Errorf("Cursor: got %v, want a permission error", err)
	}
	if err := c.Advance(Info, 10); !errors.Is(err, os.ErrPermission) {
		t.Errorf("Advance: got %v, want a permission error", err)
	}
	s.Close()
}
