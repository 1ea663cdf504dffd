package report

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

var origin = Origin{Instance: "instance", Resource: []byte("resource"), ResourceSchemaURL: "https://schema"}

// write makes the file of a process that has ended.
func write(t testing.TB, dir string, i int, text string, ended time.Time) string {
	t.Helper()
	name := filepath.Join(dir, fmt.Sprintf("%s%016x%s", prefix, i, suffix))
	content := append(encode(origin, time.Unix(1000, 0)), text...)
	if err := errors.Join(os.WriteFile(name, content, 0o600), os.Chtimes(name, ended, ended)); err != nil {
		t.Fatal(err)
	}
	return name
}

func names(t testing.TB, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestWhatProcessesLeftIsFound(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, 1, "second", time.Unix(3000, 0))
	write(t, dir, 2, "first", time.Unix(2000, 0))
	write(t, dir, 3, "", time.Unix(2000, 0))                                      // it did not crash
	write(t, dir, 4, "before it started", time.Unix(1, 0))                        // a clock that was set
	write(t, dir, 5, "in the future", time.Now().Add(time.Hour))                  // likewise
	write(t, dir, 6, strings.Repeat("long ", 1<<20), time.Unix(2500, 0))          // more than is read
	if err := os.WriteFile(filepath.Join(dir, "other"), nil, 0o600); err != nil { // somebody else's
		t.Fatal(err)
	}
	list, err := Left(dir, 10)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	var got []string
	for _, r := range list {
		text := strings.TrimSpace(string(r.Text[:min(len(r.Text), 20)]))
		got = append(got, text)
		if r.Origin.Instance != origin.Instance || !bytes.Equal(r.Origin.Resource, origin.Resource) || r.Origin.ResourceSchemaURL != origin.ResourceSchemaURL {
			t.Errorf("%s: got %+v, want %+v", text, r.Origin, origin)
		}
		if r.Ended.Before(r.Started) || r.Ended.After(now) {
			t.Errorf("%s: started %v, ended %v", text, r.Started, r.Ended)
		}
		if len(r.Text) > MaxText || r.Size < int64(len(r.Text)) || (text[:4] == "long") != (r.Size > MaxText) {
			t.Errorf("%s: %d bytes of %d", text, len(r.Text), r.Size)
		}
	}
	if want := "[before it started first long long long long second in the future]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, r := range list {
		if err := r.Remove(); err != nil {
			t.Error(err)
		}
	}
	if left := names(t, dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestOnlyTheNewestOfManyAreKept(t *testing.T) {
	dir := t.TempDir()
	for i := range 20 {
		write(t, dir, i, fmt.Sprint(i), time.Unix(int64(2000+i), 0))
	}
	list, err := Left(dir, 3)
	if len(list) != 3 || string(list[0].Text) != "17" || err == nil || !strings.Contains(err.Error(), "17 reports") {
		t.Errorf("got %d reports and %v, want 3 and an error that tells of 17", len(list), err)
	}
	if n := len(names(t, dir)); n != 3 {
		t.Errorf("%d files are left, want 3", n)
	}
}

func TestAProcessThatLivesIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	t.Cleanup(func() { _ = debug.SetCrashOutput(nil, debug.CrashOptions{}) })
	o, err := Start(dir, origin)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Start(dir, origin); !errors.Is(err, errOwned) {
		t.Errorf("a second output: got %v", err)
	}
	o.Close()
	if list, err := Left(dir, 10); len(list) != 0 || err != nil {
		t.Errorf("got %d reports and %v of a process that lives", len(list), err)
	}
	next, err := Start(dir, Origin{Instance: strings.Repeat("x", maxOrigin), Resource: make([]byte, maxOrigin)})
	if err != nil {
		t.Fatal(err)
	}
	next.Close()
	files := names(t, dir)
	if len(files) != 1 {
		t.Fatalf("got files %v, want that of the second output", files)
	}
	info, err := os.Stat(files[0])
	if err != nil || info.Mode().Perm()&0o077 != 0 || info.Size() > 2<<10 {
		t.Errorf("got %v, %v", info, err)
	}
}

func TestADirectoryThatIsNotThereIsAnError(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "no")
	if _, err := Left(dir, 1); err == nil {
		t.Error("Left: no error")
	}
	if _, err := Start(dir, origin); err == nil {
		t.Error("Start: no error")
	}
	if err := (&Report{dir: dir, name: "x"}).Remove(); err == nil {
		t.Error("Remove: no error")
	}
}

// FuzzReport reads files of any content.
func FuzzReport(f *testing.F) {
	f.Add(append(encode(origin, time.Now()), "panic: boom"...), true)
	f.Add(encode(origin, time.Now())[:30], false)
	f.Add([]byte{}, false)
	f.Fuzz(func(t *testing.T, content []byte, sealed bool) {
		if sealed && len(content) >= headerSize { // a header that matches its checksum
			copy(content, magic)
			copy(content[8:], "\x01\x00\x00\x00")
		}
		r, size, err := decode(bytes.NewReader(content))
		if err != nil {
			return
		}
		if int64(len(content)) < size || size > headerSize+maxOrigin {
			t.Errorf("a header of %d bytes in %d", size, len(content))
		}
		if !bytes.Equal(encode(r.Origin, r.Started)[:crcAt], content[:crcAt]) {
			t.Error("is not what is written")
		}
	})
}
