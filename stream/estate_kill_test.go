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
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/logstream-go/logstream/sink"
)

var ledgerKills = flag.Int("ledgerkills", 3, "how often the ledger's tests kill a process at a moment of chance, beside the steps of the worker")

// ledgerChildren is how the names of children that shed begin. Then come the number, how
// they shed, and the step that they die at, or 0.
const ledgerChildren = "ledger"

// A picky sink is a journal that refuses some records for good, by what they say, and
// tells the stream's own ones apart.
type picky struct{ *journal }

func (k picky) Export(_ context.Context, b *sink.Batch) error {
	switch k.rng() % 40 {
	case 0:
		return errors.New("unavailable")
	case 1, 2, 3:
		<-time.After(10 * time.Millisecond)
	}
	lines, i := []byte("\n"), 0
	var failed []sink.Failure
	for r := range b.Records() {
		text := string(r.Body().Str())
		switch {
		case r.Origin().ScopeName() == OwnScope:
			lost := int64(0)
			for key, v := range r.Attributes() {
				if key == attrLost {
					lost = v.Int()
				}
			}
			text = fmt.Sprintf("own/%d/%d", lost, r.Time().UnixNano())
			fallthrough
		case !refusable(text):
			lines = append(append(lines, text...), ".\n"...)
		default:
			failed = append(failed, sink.Failure{Index: i, Reason: "refused"})
		}
		i++
	}
	if _, err := k.file.Write(lines); err != nil {
		return err
	}
	if len(failed) > 0 {
		return &sink.Error{Err: errors.New("some are refused"), Kind: sink.Invalid, Taken: b.Len(), Failed: failed}
	}
	return nil
}

func refusable(text string) bool { return strings.Contains(text, "/refuse") }

// shedOptions are those of streams that lose most of what they are given.
func shedOptions(dir, how string) []Option {
	overflow := DropNewest
	if how == "oldest" {
		overflow = DropOldest
	}
	return []Option{
		WithCrashRing(filepath.Join(dir, "crash"), OnDisk), WithQueueSize(1 << 20), WithRingSize(1 << 20), WithBatchBytes(64 << 10),
		WithMaxRecordSize(16 << 10), WithOverflow(overflow), WithLinger(time.Millisecond), WithRetry(time.Millisecond, 5*time.Millisecond), WithDeadLetters(0),
		WithFilter(func(r sink.Record) bool { return !strings.Contains(string(r.Body().Str()), "/filter") }),
		WithErrorHandler(func(error) {}),
	}
}

// shedLine is the record i of a goroutine.
func shedLine(child string, g, i int) string {
	kind := "keep"
	switch {
	case i%11 == 0:
		kind = "refuse"
	case i%7 == 0:
		kind = "filter"
	}
	return fmt.Sprintf("%s/%d/%d/%s/%s", child, g, i, kind, strings.Repeat(string(rune('a'+i%26)), i%300))
}

// ledgerChild logs more than the stream takes, until it is killed or kills itself.
func ledgerChild(dir, name string) error {
	parts := strings.Split(name, ":")
	how := parts[1]
	step, err := strconv.Atoi(parts[2])
	if err != nil {
		return err
	}
	j, err := openJournal(dir)
	if err != nil {
		return err
	}
	board, err := openScoreboard(filepath.Join(dir, "score"+name))
	if err != nil {
		return err
	}
	var ready atomic.Bool // the former process is taken over, so that no chunk of it is on its way
	left := atomic.Int64{}
	most := int64(200)
	if step == int(cleared) {
		most = 10 // it comes once a page
	}
	left.Store(1 + rand.Int64N(most))
	s, err := New(picky{j}, append(shedOptions(dir, how), optionFunc(func(c *config) {
		c.keeper.(*crashKeeper).hook = func(p point) {
			if (p == bequeathed || ready.Load()) && int(p) == step && (left.Add(-1) == 0 || p == bequeathed) {
				syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
		}
	}))...)
	if err != nil {
		return err
	}
	for len(mustGlob(filepath.Join(dir, "crash", "*"))) > 1 {
		<-time.After(time.Millisecond)
	}
	ready.Store(true)
	atomic.StoreUint64(board.point(), 1)
	var wg sync.WaitGroup
	for g := range producers {
		wg.Go(func() {
			p := newProducer(s)
			for i := 1; ; i++ {
				p.put([]uint8{debugSeverity, infoSeverity, warnSeverity}[i%3], shedLine(name, g, i))
				atomic.StoreUint64(board.of(g), uint64(i))
				if i%500 == 0 {
					<-time.After(time.Millisecond)
				}
			}
		})
	}
	wg.Wait()
	return nil
}

func mustGlob(pattern string) []string {
	list, _ := filepath.Glob(pattern)
	return list
}

// What became of every record whose log call returned is known after any kill: it arrives,
// or it counts as dropped, rejected or filtered, once.
func TestTheLedgerAddsUpAcrossKills(t *testing.T) {
	for _, how := range []string{"newest", "oldest"} {
		t.Run(how, func(t *testing.T) {
			dir := t.TempDir()
			var children []string
			for round := range 2 {
				for step := copied; step <= points; step++ {
					children = append(children, fmt.Sprintf("%s%d:%s:%d", ledgerChildren, round, how, step))
				}
			}
			for n := range *ledgerKills {
				children = append(children, fmt.Sprintf("%s-chance%d:%s:0", ledgerChildren, n, how))
			}
			rand.Shuffle(len(children), func(i, k int) { children[i], children[k] = children[k], children[i] })
			children = append([]string{fmt.Sprintf("%s-first:%s:0", ledgerChildren, how)}, children...) // the others have a former process
			for _, name := range children {
				runLedgerChild(t, dir, name)
			}
			auditLedger(t, dir, how, children)
		})
	}
}

// runLedgerChild lives until it ends by SIGKILL.
func runLedgerChild(t *testing.T, dir, name string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], childArg, dir, name)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait()
		close(ended)
	}()
	if strings.HasSuffix(name, ":0") {
		board, err := openScoreboard(filepath.Join(dir, "score"+name))
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "the first records", func() bool { return atomic.LoadUint64(board.point()) > 0 })
		<-time.After(time.Duration(rand.Int64N(int64(100 * time.Millisecond))))
		cmd.Process.Kill()
	}
	select {
	case <-ended:
	case <-time.After(time.Minute):
		cmd.Process.Kill()
		<-ended
		t.Errorf("%s never came to its step", name)
	}
	if st := cmd.ProcessState.Sys().(syscall.WaitStatus); st.Signal() != syscall.SIGKILL {
		t.Fatalf("%s ended by itself: %v", name, cmd.ProcessState)
	}
}

// auditLedger takes over what the last child has left and compares the ledger with what
// arrived and with what the children were told that they had logged.
func auditLedger(t *testing.T, dir, how string, children []string) {
	t.Helper()
	j, err := openJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(picky{j}, shedOptions(dir, how)...)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end of the last file", func() bool { return len(crashFiles(t, filepath.Join(dir, "crash"))) == 1 })
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	st := s.Stats()
	if err := st.Check(); err != nil {
		t.Error(err)
	}
	f := st.Former
	if f == nil {
		t.Fatal("no ledger of former processes")
	}
	content, err := os.ReadFile(filepath.Join(dir, "arrived"))
	if err != nil {
		t.Fatal(err)
	}
	arrived, repeated, told := map[string]bool{}, uint64(0), uint64(0)
	for line := range strings.Lines(string(content)) {
		text, whole := strings.CutSuffix(line, ".\n")
		switch {
		case !whole:
			continue
		case arrived[text]:
			repeated++
		case strings.HasPrefix(text, "own/"):
			n, _ := strconv.ParseUint(strings.Split(text, "/")[1], 10, 64)
			told += n
		}
		arrived[text] = true
	}
	var returned, missing, filtered, underWay uint64
	for _, name := range children {
		board, err := openScoreboard(filepath.Join(dir, "score"+name))
		if err != nil {
			t.Fatal(err)
		}
		for g := range producers {
			last := int(atomic.LoadUint64(board.of(g)))
			returned += uint64(last)
			for i := 1; i <= last; i++ {
				if text := shedLine(name, g, i); !arrived[text] {
					missing++
				} else if refusable(text) || strings.Contains(text, "/filter") {
					t.Fatalf("arrived: %q", text)
				}
			}
			if !arrived[shedLine(name, g, last+1)] {
				underWay++
			}
		}
	}
	former, final := f.Routes[0], st.Routes[0]
	lost := former.DroppedTotal() + former.Rejected + final.DroppedTotal() + final.Rejected
	filtered = former.Filtered + final.Filtered
	accepted := f.Accepted - f.Recovered - f.Own
	calls := uint64(len(children)) * (producers + 1) // and the herald
	t.Logf("%d kills, %d records logged, %d accounted as accepted; %d did not arrive: %d dropped, %d rejected, %d filtered; %d arrived again; %d told of",
		len(children), returned, accepted, missing, former.DroppedTotal()+final.DroppedTotal(), former.Rejected+final.Rejected, filtered, repeated, told)
	if accepted < returned || accepted > returned+calls {
		t.Errorf("the former processes accepted %d records, want %d and at most one more for each of %d calls under way", accepted, returned, calls)
	}
	if got, want := f.Recovered+st.Recovered, former.Held.Total(); got != want {
		t.Errorf("%d records were taken over, the ledgers held %d", got, want)
	}
	spare := underWay
	if how == "oldest" {
		// A record that arrived just before a kill is sent again, and may be shed then.
		spare += repeated + uint64(len(children))*(DefaultInFlight*(64<<10)/100)
	}
	if sum := lost + filtered; sum < missing || sum > missing+spare {
		t.Errorf("%d records are missing, the ledger has %d lost and %d filtered; %d calls were under way", missing, lost, filtered, underWay)
	}
	// With DropOldest a record that tells of losses may be shed in its turn.
	if dropped := former.DroppedTotal(); told < dropped && how == "newest" {
		t.Errorf("gap records tell of %d lost records, want all %d", told, dropped)
	}
	if former.DroppedTotal() == 0 || former.Rejected == 0 || former.Filtered == 0 || slices.Contains([]uint64{returned, missing}, 0) {
		t.Errorf("got %v: the test lost nothing", f)
	}
}
