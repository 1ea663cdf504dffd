package spool

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// The crash tests run this test binary as a child, which works on a real directory
// and kills itself with SIGKILL before, or in the middle of, a call to the system. The
// points have the name of what the call persists, and every one of them is visited in
// the first run of the child, and then again in the one that recovers from it.

const (
	crashDirEnv   = "SPOOL_CRASH_DIR"
	crashPointEnv = "SPOOL_CRASH_POINT" // "name/n": die at the n-th call of that name; empty: never
	crashHalfEnv  = "SPOOL_CRASH_HALF"  // write half before dying
	crashRunEnv   = "SPOOL_CRASH_RUN"   // number of the run: content follows from it
)

// crashFS dies at a point.
type crashFS struct {
	fsys
	point string
	at    int64
	half  bool
	seen  map[string]*atomic.Int64
	last  map[string]*crashFile // opened last under a name
}

// reach is called before the call to the system that has that name.
func (c *crashFS) reach(name string) bool {
	n := c.seen[name]
	if n == nil {
		n = new(atomic.Int64)
		c.seen[name] = n
	}
	return n.Add(1) == c.at && name == c.point
}

func (c *crashFS) die() {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	select {}
}

// crashKind says what a file is.
func crashKind(name string) string {
	switch {
	case strings.HasSuffix(name, tempSuffix):
		return "new cursor"
	case strings.HasSuffix(name, cursorSuffix):
		return "cursor"
	}
	return "segment"
}

func (c *crashFS) call(name string) {
	if c.reach(name) {
		c.die()
	}
}

func (c *crashFS) open(name string, flag int) (file, error) {
	if flag&os.O_CREATE != 0 {
		c.call("create " + crashKind(name))
	}
	f, err := c.fsys.open(name, flag)
	if err != nil {
		return nil, err
	}
	c.last[name] = &crashFile{f, c, name}
	return c.last[name], nil
}

func (c *crashFS) remove(name string) error {
	c.call("remove " + crashKind(name))
	return c.fsys.remove(name)
}

func (c *crashFS) rename(from, to string) error {
	c.call("rename " + crashKind(to))
	err := c.fsys.rename(from, to)
	if err == nil {
		c.last[from].name = to
	}
	return err
}

func (c *crashFS) syncDir() error {
	c.call("sync directory")
	return c.fsys.syncDir()
}

type crashFile struct {
	file
	fs   *crashFS
	name string
}

func (f *crashFile) WriteAt(p []byte, off int64) (int, error) {
	name := "write " + crashKind(f.name)
	if off == 0 && name == "write segment" {
		name = "write segment header"
	}
	if f.fs.reach(name) {
		if f.fs.half {
			_, _ = f.file.WriteAt(p[:len(p)/2], off)
		}
		f.fs.die()
	}
	return f.file.WriteAt(p, off)
}

func (f *crashFile) Sync() error {
	f.fs.call("sync " + crashKind(f.name))
	return f.file.Sync()
}

// crashPoints are the points that the child must come by.
var crashPoints = []string{
	"create segment", "write segment header", "write segment", "sync segment", "remove segment",
	"create new cursor", "write new cursor", "sync new cursor", "rename cursor", "write cursor", "sync cursor",
	"sync directory",
}

// TestCrashChild is the child. Without the environment of a parent it does nothing.
func TestCrashChild(t *testing.T) {
	dir := os.Getenv(crashDirEnv)
	if dir == "" {
		return
	}
	d, err := openDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	point, n, _ := strings.Cut(os.Getenv(crashPointEnv), "/")
	at, _ := strconv.Atoi(n)
	c := &crashFS{fsys: d, point: point, at: int64(at), half: os.Getenv(crashHalfEnv) != "", seen: map[string]*atomic.Int64{}, last: map[string]*crashFile{}}
	cfg := testConfig(t, WithMaxBytes(minBytes), WithSync(SyncEvery(maxInterval)))
	cfg.segmentBytes = 4 << 10
	cfg.bytes = 24 << 10
	say := func(format string, args ...any) { fmt.Fprintf(os.Stdout, "\n@"+format+"\n", args...) }

	s, _, err := open(c, cfg)
	if err != nil {
		t.Fatal(err)
	}
	run, _ := strconv.Atoi(os.Getenv(crashRunEnv))
	slow, fast := mustCursor(t, s, "slow"), mustCursor(t, s, "fast")
	for i := range 24 {
		class := Class(i % Classes)
		// 10 records each, so that number and content of a record belong together
		// whoever wrote it.
		b := crashBlock(class, run, i)
		span, err := s.Append(b)
		if errors.Is(err, ErrFull) {
			continue // what is more severe has all the room
		}
		if err != nil {
			t.Fatal(err)
		}
		say("appended %d %d %d %d", class, span.From, run, i)
		for _, cur := range []*Cursor{fast, slow} {
			if cur == slow && i < 12 {
				continue
			}
			var got Block
			ok, err := cur.Next(class, &got)
			if err != nil {
				t.Fatal(err)
			}
			if ok {
				to := got.First + uint64(got.Records)
				say("advancing %s %d %d", cur.Name(), class, to)
				if err := cur.Advance(class, to); err != nil {
					t.Fatal(err)
				}
				say("advanced %s %d %d", cur.Name(), class, to)
			}
		}
		if i%6 == 5 {
			if err := s.Sync(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Remove("gone"); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	say("closed")
	for p, n := range c.seen {
		say("seen %d %s", n.Load(), p)
	}
}

func crashBlock(class Class, run, i int) *Block {
	return testBlock(class, 10, 700, uint64(1000*run+i+1))
}

// A crashLog is what the children of one directory have said.
type crashLog struct {
	blocks   map[[2]uint64][2]int // run and index of the block at a class and number
	place    map[string]uint64    // that Advance has returned for
	pending  map[string]uint64    // that Advance was called for
	seen     map[string]int
	closed   bool
	appended [Classes]uint64
}

// crashRun runs a child until it dies or is done.
func (l *crashLog) run(t *testing.T, dir, point string, half bool, run int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrashChild$")
	cmd.Env = append(os.Environ(), crashDirEnv+"="+dir, crashPointEnv+"="+point, fmt.Sprintf("%s=%d", crashRunEnv, run))
	if half {
		cmd.Env = append(cmd.Env, crashHalfEnv+"=1")
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	l.closed = false
	var other []string
	for sc := bufio.NewScanner(out); sc.Scan(); {
		line, ok := strings.CutPrefix(sc.Text(), "@")
		if !ok {
			other = append(other, sc.Text())
			continue
		}
		l.note(t, line)
	}
	if err := cmd.Wait(); err != nil && !isKilled(err) {
		t.Fatalf("child at %q: %v\n%s", point, err, strings.Join(other, "\n"))
	}
}

// isKilled reports whether a child ended as one that kills itself.
func isKilled(err error) bool {
	exit, ok := errors.AsType[*exec.ExitError](err)
	return ok && (exit.ExitCode() == -1 || exit.ExitCode() == 1 && exit.ProcessState != nil && os.PathSeparator == '\\')
}

func (l *crashLog) note(t *testing.T, line string) {
	t.Helper()
	var class, from, to uint64
	var run, i, n int
	var name string
	switch word, rest, _ := strings.Cut(line, " "); word {
	case "appended":
		fmt.Sscan(rest, &class, &from, &run, &i)
		l.blocks[[2]uint64{class, from}] = [2]int{run, i}
		l.appended[class] = from + 10
	case "advancing", "advanced":
		fmt.Sscan(rest, &name, &class, &to)
		key := fmt.Sprintf("%s %d", name, class)
		l.pending[key] = max(l.pending[key], to)
		if word == "advanced" {
			l.place[key] = to
		}
	case "seen":
		count, p, _ := strings.Cut(rest, " ")
		n, _ = strconv.Atoi(count)
		l.seen[p] = n
	case "closed":
		l.closed = true
	default:
		t.Fatalf("child said %q", line)
	}
}

// check opens the directory and compares it with what the children said.
func (l *crashLog) check(t *testing.T, dir, point string) {
	t.Helper()
	s, rec, err := Open(dir)
	if err != nil {
		t.Fatalf("%s: Open: got %v, want nil", point, err)
	}
	defer mustClose(t, s)
	if len(rec.Damaged) > 0 || len(rec.Foreign) > 0 {
		t.Errorf("%s: got recovery %+v, want no damage", point, rec)
	}
	for class := range Class(Classes) {
		end := rec.Ends[class]
		if end < l.appended[class] || end > l.appended[class]+10 {
			t.Errorf("%s: %v: got end %d, want %d or a block more", point, class, end, l.appended[class])
		}
	}
	for _, name := range rec.Cursors {
		c := mustCursor(t, s, name)
		for class := range Class(Classes) {
			key := fmt.Sprintf("%s %d", name, class)
			st := c.Stats()[class]
			if st.Damaged != 0 {
				t.Errorf("%s: %s: got %d damaged records, want 0", point, key, st.Damaged)
			}
			if st.Shed == 0 && (st.Place < l.place[key] || st.Place > l.pending[key]) {
				t.Errorf("%s: %s: got place %d, want %d to %d", point, key, st.Place, l.place[key], l.pending[key])
			}
			var got Block
			held := uint64(0)
			for {
				ok, err := c.Next(class, &got)
				if err != nil {
					t.Fatalf("%s: Next: got %v, want nil", point, err)
				}
				if !ok {
					break
				}
				held += uint64(got.Records - got.Skip)
				if id, ok := l.blocks[[2]uint64{uint64(class), got.First}]; ok {
					want := crashBlock(class, id[0], id[1])
					want.First = got.First
					checkBlock(t, &got, want)
				} else if got.First != l.appended[class] {
					t.Errorf("%s: %v: got a block at %d that nobody appended", point, class, got.First)
				}
			}
			if held != st.Held {
				t.Errorf("%s: %s: got %d records, want %d held", point, key, held, st.Held)
			}
		}
		checkSum(t, s, c)
	}
}

func TestKillAtEveryPointTwiceInARow(t *testing.T) {
	fresh := func() *crashLog {
		return &crashLog{
			blocks: map[[2]uint64][2]int{}, place: map[string]uint64{}, pending: map[string]uint64{}, seen: map[string]int{},
		}
	}
	base := t.TempDir()
	whole := fresh()
	whole.run(t, filepath.Join(base, "whole"), "", false, 0)
	if !whole.closed {
		t.Fatal("the child without a crash did not come to its end")
	}
	whole.check(t, filepath.Join(base, "whole"), "no crash")
	for _, p := range crashPoints {
		if whole.seen[p] == 0 {
			t.Errorf("the child never comes by %q", p)
		}
	}
	dirs := 0
	for _, p := range crashPoints {
		for _, half := range []bool{false, true} {
			if half && !strings.HasPrefix(p, "write") {
				continue
			}
			for _, n := range slices.Compact([]int{1, whole.seen[p]}) { // the first call, and the last
				dirs++
				dir := filepath.Join(base, strconv.Itoa(dirs))
				point := fmt.Sprintf("%s/%d", p, n)
				l := fresh()
				for run := range 2 {
					l.run(t, dir, point, half, run)
					if l.closed && run == 0 {
						t.Errorf("%s: the child came to its end", point)
					}
				}
				l.run(t, dir, p+"/1", half, 2) // while it recovers, or soon after
				l.check(t, dir, point)
			}
		}
	}
}

// TestASecondProcessIsKeptOut has a child hold the directory.
func TestASecondProcessIsKeptOut(t *testing.T) {
	const env = "SPOOL_HOLD_DIR"
	if dir := os.Getenv(env); dir != "" {
		s, _, err := Open(dir)
		fmt.Fprintf(os.Stdout, "\n@%v\n", err)
		_, _ = io.Copy(io.Discard, os.Stdin) // until the parent closes it, or kills us
		_ = s
		return
	}
	dir := filepath.Join(t.TempDir(), "spool")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestASecondProcessIsKeptOut$")
	cmd.Env = append(os.Environ(), env+"="+dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for sc := bufio.NewScanner(out); sc.Scan(); {
		if line, ok := strings.CutPrefix(sc.Text(), "@"); ok {
			if line != "<nil>" {
				t.Fatalf("Open in the child: got %s, want nil", line)
			}
			break
		}
	}
	_, _, err = Open(dir)
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("Open while another process has it: got %v, want ErrLocked with the directory", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	s, _, err := Open(dir)
	if err != nil {
		t.Fatalf("Open after the other was killed: got %v, want nil", err)
	}
	if _, _, err := Open(dir); !errors.Is(err, ErrLocked) {
		t.Errorf("Open twice in one process: got %v, want ErrLocked", err)
	}
	mustClose(t, s)
}
