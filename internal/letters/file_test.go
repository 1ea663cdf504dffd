package letters

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// opened opens a directory and returns its letters.
func opened(t *testing.T, dir string) (f *File, list []Letter, damaged int) {
	t.Helper()
	f, damaged, err := Open(dir, func(l Letter) {
		l.Request = bytes.Clone(l.Request)
		list = append(list, l)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, list, damaged
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestLettersOutliveTheirFile(t *testing.T) {
	dir := t.TempDir()
	f, list, _ := opened(t, dir)
	if len(list) > 0 || f.Size() != 0 {
		t.Fatalf("got %d letters of a new directory", len(list))
	}
	want := some(30)
	must(t, f.Rewrite(want[:10]))
	must(t, f.Append(want[10:12]))
	must(t, f.Append(want[12:30]))
	must(t, f.Sync())
	_, list, damaged := opened(t, dir) // as after a kill: nobody has closed it
	if len(list) != 30 || damaged > 0 {
		t.Fatalf("got %d letters and %d damaged places, want 30", len(list), damaged)
	}
	must(t, f.Close())
	f, list, _ = opened(t, dir)
	must(t, f.Append(want[:1]))
	must(t, f.Rewrite(append(list[20:], want[0])))
	must(t, f.Append(want[1:2]))
	n := 0
	damaged, err := Read(dir, func(Letter) { n++ })
	if n != 12 || damaged > 0 || err != nil {
		t.Errorf("got %d letters, %d damaged places and %v, want 12", n, damaged, err)
	}
	info, err := os.Stat(filepath.Join(dir, name))
	must(t, err)
	if runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("got mode %v, want 0600", info.Mode())
	}
	if info.Size() != f.Size() {
		t.Errorf("got size %d, want %d", f.Size(), info.Size())
	}
	must(t, f.Remove())
	if n, err := Read(dir, func(Letter) { t.Error("got a letter") }); n > 0 || err != nil {
		t.Errorf("got %v, want an empty directory", err)
	}
}

// A file that was cut off, or is made, when its process was killed.
func TestWhatAKillLeavesIsRead(t *testing.T) {
	dir := t.TempDir()
	f, _, _ := opened(t, dir)
	must(t, f.Rewrite(some(10)))
	must(t, os.Truncate(filepath.Join(dir, name), f.Size()-1))
	must(t, os.WriteFile(filepath.Join(dir, temp), []byte("logs"), 0o600))
	f, list, damaged := opened(t, dir)
	if len(list) != 9 || damaged != 1 || f.Size() != 0 {
		t.Errorf("got %d letters, %d damaged places and size %d; want 9, 1 and none to add to", len(list), damaged, f.Size())
	}
	if _, err := os.Stat(filepath.Join(dir, temp)); !os.IsNotExist(err) {
		t.Errorf("got %v, want the file that was being made gone", err)
	}
	must(t, f.Rewrite(list))
	if _, list, damaged = opened(t, dir); len(list) != 9 || damaged > 0 {
		t.Errorf("got %d letters and %d damaged places, want 9", len(list), damaged)
	}
}

func TestWhatIsNoFileOfOursIsLeftAlone(t *testing.T) {
	for _, tt := range []struct {
		name string
		make func(path string) error
	}{
		{"a link", func(path string) error { return os.Symlink("other", path) }},
		{"a directory", func(path string) error { return os.Mkdir(path, 0o700) }},
		{"another version", func(path string) error {
			b := encode(1, some(2))
			b[8] = 2
			return os.WriteFile(path, b, 0o600)
		}},
		{"a file that is too large", func(path string) error {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				return err
			}
			return os.Truncate(path, maxFile+1)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.WriteFile(filepath.Join(dir, "other"), encode(1, some(2)), 0o600))
			must(t, tt.make(filepath.Join(dir, name)))
			if f, _, err := Open(dir, func(Letter) { t.Error("got a letter") }); err == nil {
				f.Close()
				t.Error("Open: got no error")
			}
			if _, err := Read(dir, func(Letter) { t.Error("got a letter") }); err == nil {
				t.Error("Read: got no error")
			}
			if _, err := os.Lstat(filepath.Join(dir, name)); err != nil {
				t.Errorf("got %v, want it to be there", err)
			}
		})
	}
}

func TestAnErrorLeavesTheOldFile(t *testing.T) {
	dir := t.TempDir()
	f, _, _ := opened(t, dir)
	must(t, f.Rewrite(some(3)))
	must(t, os.Mkdir(filepath.Join(dir, temp), 0o700))
	must(t, os.WriteFile(filepath.Join(dir, temp, "x"), nil, 0o600)) // so that nobody can remove it
	if err := f.Rewrite(some(5)); err == nil {
		t.Error("Rewrite: got no error")
	}
	must(t, os.RemoveAll(filepath.Join(dir, temp)))
	must(t, f.Append(some(1)))
	if _, list, damaged := opened(t, dir); len(list) != 4 || damaged > 0 {
		t.Errorf("got %d letters and %d damaged places, want 4", len(list), damaged)
	}
	must(t, f.f.Close())
	for what, err := range map[string]error{"Append": f.Append(some(1)), "Sync": f.Sync(), "Remove": f.Remove()} {
		if err == nil {
			t.Errorf("%s of a closed file: got no error", what)
		}
	}
	if _, _, err := Open(filepath.Join(dir, "none"), nil); err == nil {
		t.Error("Open of no directory: got no error")
	}
	if _, err := Read(filepath.Join(dir, "none"), nil); err == nil {
		t.Error("Read of no directory: got no error")
	}
}
