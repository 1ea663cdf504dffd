package spool

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// fullFS makes dir a file system of 2 MiB, or bounds the size of files where that is
// not permitted, and says which.
func fullFS(dir string) (string, error) {
	runtime.LockOSThread() // the thread has a view of the mounts of its own, and dies with it
	err := syscall.Unshare(syscall.CLONE_NEWNS)
	if err == nil {
		err = syscall.Mount("", "/", "", syscall.MS_PRIVATE|syscall.MS_REC, "")
	}
	if err == nil {
		err = syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m,mode=0700")
	}
	if err == nil {
		return "a tmpfs of 2 MiB", nil
	}
	signal.Ignore(syscall.SIGXFSZ)
	return "RLIMIT_FSIZE of 20 KiB, since mounting failed: " + err.Error(),
		syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 20 << 10, Max: 20 << 10})
}

// TestARealFullFileSystem has a child fill a file system that the kernel keeps.
func TestARealFullFileSystem(t *testing.T) {
	const env = "SPOOL_FULL_DIR"
	if dir := os.Getenv(env); dir != "" {
		how, err := fullFS(dir)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("@" + how)
		fillUp(t, filepath.Join(dir, "spool"))
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestARealFullFileSystem$", "-test.v")
	cmd.Env = append(os.Environ(), env+"="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("child: %v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if how, ok := strings.CutPrefix(line, "@"); ok {
			t.Logf("tried with %s", how)
		}
	}
}

func fillUp(t *testing.T, dir string) {
	s, _, err := Open(dir, WithSync(SyncNever()))
	if err != nil {
		t.Fatal(err)
	}
	mustCursor(t, s, "a")
	var want []*Block
	for i := range 4000 {
		b := testBlock(Info, 10, 3000, uint64(i))
		if _, err = s.Append(b); err != nil {
			break
		}
		want = append(want, b)
	}
	if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EFBIG) {
		t.Fatalf("Append: got %v, want ENOSPC or EFBIG", err)
	}
	for range 3 {
		if _, err := s.Append(testBlock(High, 10, 5<<20, 1)); err == nil {
			t.Fatal("Append of 5 MiB: got nil, want an error")
		}
	}
	// A killed process leaves the same, so it is enough to look again.
	mustClose(t, s)
	s, rec, err := Open(dir, WithSync(SyncNever()))
	if err != nil {
		t.Fatalf("Open on the full disk: got %v, want nil", err)
	}
	if len(rec.Torn) > 0 || len(rec.Damaged) > 0 || rec.Ends[Info] != uint64(10*len(want)) {
		t.Errorf("got %+v, want %d blocks and no damage", rec, len(want))
	}
	c := mustCursor(t, s, "a")
	var got Block
	for _, w := range want {
		mustNext(t, c, Info, &got)
		checkBlock(t, &got, w)
	}
	if err := c.Advance(Info, rec.Ends[Info]); err != nil {
		t.Fatalf("Advance on the full disk: got %v, want nil", err)
	}
	// What was delivered has made room.
	mustAppend(t, s, testBlock(High, 10, 3000, 1))
	checkSum(t, s, c)
	mustClose(t, s)
}
