//go:build linux || darwin

package stream

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/logstream-go/logstream/buffer"
	"github.com/logstream-go/logstream/internal/crash"
	"github.com/logstream-go/logstream/sink"
)

var kills = flag.Int("kills", 8, "how often TestNoKillLosesARecord kills a process")

func init() { child = killedChild }

// producers is how many goroutines of a child log.
const producers = 8

// A scoreboard says how many records of each goroutine of a child were taken: the
// stores of a process that is killed stay in mapped memory.
type scoreboard struct{ words []uint64 }

func openScoreboard(path string) (scoreboard, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return scoreboard{}, err
	}
	defer f.Close()
	size := (producers + 1) * 64
	if err := f.Truncate(int64(size)); err != nil {
		return scoreboard{}, err
	}
	b, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return scoreboard{}, err
	}
	return scoreboard{unsafe.Slice((*uint64)(unsafe.Pointer(&b[0])), size/8)}, nil
}

func (s scoreboard) of(g int) *uint64 { return &s.words[g*8] }

// point is where the worker is held up, or 0.
func (s scoreboard) point() *uint64 { return &s.words[producers*8] }

// holdUp makes the worker stop for a moment, at times, at each of its steps, so that
// kills fall there.
func (s scoreboard) holdUp(p point) {
	oneIn := 10
	if p == copied { // is once a record, the others once a pass
		oneIn = 2000
	}
	if rand.IntN(oneIn) > 0 {
		return
	}
	atomic.StoreUint64(s.point(), uint64(p))
	<-time.After(time.Millisecond)
	atomic.StoreUint64(s.point(), 0)
}

// filler is the body of records that no journal has.
const filler = "filler"

// A journal is a sink that writes what it takes to a file, a line a record, in one
// write for each batch, and fails at times. A kill may cut a write off; so a write
// begins a line, and a line that is whole ends in a stop.
type journal struct {
	file *os.File
	rng  func() int
	bad  string // what the bodies of records contain that it refuses; "" refuses none
}

func (j *journal) Export(ctx context.Context, b *sink.Batch) error {
	switch j.rng() % 50 {
	case 0:
		return errors.New("unavailable")
	case 1:
		select { // a slow answer: the process may be killed meanwhile
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	lines := []byte("\n")
	var refused []sink.Failure
	at := -1
	for r := range b.Records() {
		at++
		if string(r.Body().Str()) == filler {
			continue
		}
		if j.bad != "" && strings.Contains(string(r.Body().Str()), j.bad) {
			refused = append(refused, sink.Failure{Index: at, Reason: "bad"})
			continue
		}
		lines = append(append(lines, r.Body().Str()...), ".\n"...)
	}
	if _, err := j.file.Write(lines); err != nil || len(refused) == 0 {
		return err
	}
	return &sink.Error{Kind: sink.Invalid, Err: errors.New("bad"), Taken: b.Len(), Failed: refused}
}

func (j *journal) Shutdown(context.Context) error { return j.file.Close() }

func openJournal(dir string) (*journal, error) {
	f, err := os.OpenFile(filepath.Join(dir, "arrived"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	return &journal{file: f, rng: rand.Int}, err
}

func killOptions(dir string) []Option {
	return []Option{
		WithCrashRing(filepath.Join(dir, "crash"), OnDisk), WithQueueSize(4 << 20), WithRingSize(1 << 20), WithBatchBytes(64 << 10),
		WithOverflow(Block(time.Minute)), WithLinger(time.Millisecond), WithRetry(time.Millisecond, 10*time.Millisecond),
		WithErrorHandler(func(error) {}),
	}
}

// killedChild logs as fast as it can, in a directory and with a number.
func killedChild(dir, number string) error {
	switch {
	case strings.HasPrefix(number, storeChildren):
		return storeChild(dir, number)
	case strings.HasPrefix(number, reportChildren):
		return reportChild(dir, number)
	case strings.HasPrefix(number, ledgerChildren):
		return ledgerChild(dir, number)
	}
	if strings.HasPrefix(number, durableChildren) {
		return durableChild(dir, number)
	}
	j, err := openJournal(dir)
	if err != nil {
		return err
	}
	board, err := openScoreboard(filepath.Join(dir, "score"+number))
	if err != nil {
		return err
	}
	s, err := New(j, append(killOptions(dir), optionFunc(func(c *config) {
		c.keeper.(*crashKeeper).hook = board.holdUp
	}))...)
	if err != nil {
		return err
	}
	holdUpCalls(s.ring.Load())
	var wg sync.WaitGroup
	for g := range producers {
		wg.Go(func() {
			p := newProducer(s)
			for i := 1; ; i++ {
				p.put(infoSeverity, line3(number, g, i))
				atomic.StoreUint64(board.of(g), uint64(i))
			}
		})
	}
	wg.Wait()
	return nil
}

// holdUpCalls makes log calls stop for a moment, at times, between claim and publish.
func holdUpCalls(r *buffer.Ring) {
	inCalls(r, func(uint16) {
		if rand.IntN(2000) == 0 {
			<-time.After(time.Millisecond)
		}
	})
}

// inCalls has f called between claim and publish, by the hook that package buffer has for its own
// tests.
func inCalls(r *buffer.Ring, f func(shard uint16)) {
	*(*func(uint16))(unsafe.Pointer(reflect.ValueOf(r).Elem().FieldByName("hook").UnsafeAddr())) = f
}

// line3 is the record i of a goroutine: a text that shows when a byte of it is wrong.
// Those of the first goroutines are large, so that kills fall into their copying.
func line3(child string, g, i int) string {
	size := i % 200
	if g < 4 {
		size = 40_000 + i%10_000
	}
	return fmt.Sprintf("%s/%d/%d/%s", child, g, i, strings.Repeat(string(rune('a'+i%26)), size))
}

// Every record whose log call returned before a SIGKILL arrives, whatever the process
// was doing: the next one sends it. None is altered, and few are repeated.
func TestNoKillLosesARecord(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	dir := t.TempDir()
	var fell [1 + points]int // kills while a log call copied, and after each step of the worker
	for n := range *kills {
		cmd := exec.Command(os.Args[0], childArg, dir, strconv.Itoa(n))
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		board, err := openScoreboard(filepath.Join(dir, "score"+strconv.Itoa(n)))
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "the first records", func() bool { return atomic.LoadUint64(board.of(0)) > 0 })
		<-time.After(time.Duration(rng.Int64N(int64(80 * time.Millisecond))))
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		if st := cmd.ProcessState.Sys().(syscall.WaitStatus); st.Signal() != syscall.SIGKILL {
			t.Fatalf("child %d ended by itself: %v", n, cmd.ProcessState)
		}
		if at := atomic.LoadUint64(board.point()); at > 0 {
			fell[at]++
		}
		if claimed(t, filepath.Join(dir, "crash")) > 0 {
			fell[0]++
		}
	}

	j, err := openJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := newStream(t, j, killOptions(dir)...)
	newProducer(s).put(infoSeverity, "fresh")
	eventually(t, "the end of the last file", func() bool { return len(crashFiles(t, filepath.Join(dir, "crash"))) == 1 })
	flush(t, s)
	var children []string
	for n := range *kills {
		children = append(children, strconv.Itoa(n))
	}
	records, lost, repeated := arrivals(t, dir, children, line3)
	// In flight at a kill are at most four batches of 64 KiB, and a chunk being adopted.
	if most := *kills * (DefaultInFlight + 1) * (64 << 10) / 30; repeated > most {
		t.Errorf("%d records arrived again, want at most %d", repeated, most)
	}
	t.Logf("%d kills: %d while a log call copied, %d after a record was copied into a page, %d after a page was published, %d after a record was settled, %d in a commit, %d after one, %d after the ring was freed",
		*kills, fell[0], fell[copied], fell[published], fell[settled], fell[torn], fell[committed], fell[released])
	t.Logf("%d records taken, %d lost, %d repeated", records, lost, repeated)
	if *kills >= 100 && slices.Contains([]int{fell[0], fell[copied], fell[published], fell[settled], fell[torn], fell[committed], fell[released]}, 0) {
		t.Error("not every step was hit")
	}
}

// arrivals compares what the journal of dir holds with what the children were told that they
// had logged, and "fresh".
func arrivals(t *testing.T, dir string, children []string, line func(child string, g, i int) string) (records, lost, repeated int) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "arrived"))
	if err != nil {
		t.Fatal(err)
	}
	arrived := map[string]int{}
	cut := 0
	for line := range strings.Lines(string(content)) {
		text, whole := strings.CutSuffix(line, ".\n")
		if !whole {
			if line != "\n" {
				cut++
			}
			continue
		}
		if arrived[text]++; arrived[text] > 1 {
			repeated++
		}
	}
	if cut > len(children) {
		t.Errorf("%d lines are cut off, after %d kills", cut, len(children))
	}
	if arrived["fresh"] != 1 {
		t.Errorf("the record after all kills arrived %d times", arrived["fresh"])
	}
	delete(arrived, "fresh")
	for _, name := range children {
		board, err := openScoreboard(filepath.Join(dir, "score"+name))
		if err != nil {
			t.Fatal(err)
		}
		for g := range producers {
			last := int(atomic.LoadUint64(board.of(g)))
			records += last
			for i := 1; i <= last; i++ {
				text := line(name, g, i)
				if arrived[text] == 0 {
					if lost++; lost < 10 {
						t.Errorf("lost: %.40s", text)
					}
				}
				delete(arrived, text)
			}
			// The call of the next one may have published it and not returned.
			delete(arrived, line(name, g, last+1))
		}
	}
	for text := range arrived {
		t.Errorf("nobody logged %.60q", text)
	}
	return records, lost, repeated
}

// claimed returns how many log calls were copying when the newest file of dir was left.
func claimed(t *testing.T, dir string) (n int) {
	t.Helper()
	list, err := crash.Orphans(dir)
	if err != nil || len(list) == 0 {
		t.Fatalf("got %d files and %v, want those of the killed", len(list), err)
	}
	for _, o := range list {
		if err := o.Records(func(*crash.Record) {}); err != nil {
			t.Error(err)
		}
		n = o.Claimed
		if err := o.Leave(); err != nil {
			t.Error(err)
		}
	}
	return n
}
