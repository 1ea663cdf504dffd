//go:build linux || darwin

package crash

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/logstream-go/logstream/buffer"
)

// childArg makes the test's program a child, which ends by SIGKILL.
const childArg = "crash-child"

// die ends the process as kill -9 does.
func die() {
	syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// points are the steps after which a child dies, in their order. After each, what it
// says on its standard output is what must be found.
var points = []string{
	"created", "origin", "put", "counted", "copied", "published", "torn 1", "committed 1", "released", "done", "torn 2", "committed 2",
	"cleared", "torn 3", "committed 3", "kept",
}

// child is the process that is killed.
func child(what string, args []string) {
	if what == "no room" {
		noRoom(args[0])
		return
	}
	point := args[1]
	at := func(name string) {
		if name == point {
			die()
		}
	}
	f, err := Create(args[0], small, true)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	at("created")
	f.AddOrigin(1, &Origin{Scope: []byte("scope")})
	at("origin")
	r, err := buffer.Over(small.Ring, f.Ring())
	if err != nil {
		os.Exit(1)
	}
	for seq := range uint64(10) {
		hint := uint32(0)
		r.Put(&hint, buffer.Header{Time: int64(seq), Origin: 1, Severity: 9}, []byte(text(0, seq)))
		fmt.Println(text(0, seq))
	}
	at("put")
	*f.Counter(1)++
	at("counted")
	commit := 0
	f.Torn = func() { at(fmt.Sprint("torn ", commit)) }
	keep := func() {
		commit++
		f.Commit([]uint64{10, 0}, []uint64{uint64(commit), uint64(commit)})
		fmt.Println("commit", commit) // not in the file: it is a step of the test's own
		at(fmt.Sprint("committed ", commit))
	}
	p := f.Page(0)
	r.Drain(func(x *buffer.Frame) bool {
		return p.Append(&Record{Origin: 1, Shard: x.Shard, Severity: 9, Seq: x.Seq, Time: x.Time, Data: x.Data})
	})
	at("copied")
	p.Publish()
	at("published")
	keep()
	r.Release()
	at("released")
	p.Done(0, 0, 10)
	p.Done(1, 0, 10)
	at("done")
	keep()
	p.Clear()
	at("cleared")
	keep()
	hint := uint32(0)
	r.Put(&hint, buffer.Header{Time: 10, Origin: 1, Severity: 9}, []byte(text(0, 10)))
	f.Keep()
	at("kept")
}

// noRoom creates a file where files may have 64 KiB.
func noRoom(dir string) {
	signal.Ignore(syscall.SIGXFSZ)
	limit := syscall.Rlimit{Cur: 64 << 10, Max: 64 << 10}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	l := small
	l.Pages = 100
	if _, err := Create(dir, l, true); !errors.Is(err, syscall.EFBIG) {
		fmt.Fprintf(os.Stderr, "got %v, want EFBIG\n", err)
		os.Exit(1)
	}
}

func spawn(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{childArg}, args...)...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func TestAKillAtEachPointLosesNothing(t *testing.T) {
	for _, point := range points {
		dir := home(t)
		for round := range 2 { // the second orphan lies beside the first
			cmd := exec.Command(os.Args[0], childArg, "run", dir, point)
			cmd.Stderr = os.Stderr
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			said := lines(out)
			cmd.Wait()
			if point != "kept" && cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				t.Fatalf("%s: the child ended with %v", point, cmd.ProcessState)
			}
			list := orphans(t, dir)
			if len(list) != round+1 {
				t.Fatalf("%s: got %d orphans, want %d", point, len(list), round+1)
			}
			o := list[round]
			found := left(t, o)
			var commits uint64 // whole ones
			for _, line := range said {
				fmt.Sscanf(line, "commit %d", &commits)
			}
			taken := slices.DeleteFunc(said, func(line string) bool { return strings.HasPrefix(line, "commit") })
			want := taken
			done := uint64(0) // by routes
			switch commits {
			case 2:
				done = 3
			case 3:
				want = nil // the page is free
			}
			if point == "kept" {
				want = []string{text(0, 10)}
				done = 0
			}
			if len(found) != len(want) {
				t.Errorf("%s: found %d records, want %d", point, len(found), len(want))
			}
			for _, s := range want {
				if by, ok := found[s]; !ok || by != done {
					t.Errorf("%s: %q: found %v, done by %b, want %b", point, s, ok, by, done)
				}
			}
			if !o.HasLedger || o.Sums[0] != commits || o.Sums[1] != commits {
				t.Errorf("%s: got sums %v after %d commits", point, o.Sums, commits)
			}
			if want := min(commits, 1) * 10; o.Left[0] != want || point != "kept" && uint64(o.InRing)+want != uint64(len(taken)) {
				t.Errorf("%s: %d left the ring and %d did not, after %d commits", point, o.Left[0], o.InRing, commits)
			}
			if got := o.Counters[1]; (got == 1) != (slices.Index(points, point) >= slices.Index(points, "counted")) {
				t.Errorf("%s: the counter is %d", point, got)
			}
			for _, o := range list {
				if err := o.Leave(); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

func lines(r io.Reader) (list []string) {
	for s := bufio.NewScanner(r); s.Scan(); {
		list = append(list, s.Text())
	}
	return list
}
