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
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/logstream-go/logstream/sink"
)

var storeKills = flag.Int("storekills", 8, "how often TestNoKillLosesARecordOfTheStorage kills a process")

// storeChildren is how the names of children with a storage begin, and endingChild is the
// one that ends by itself.
const (
	storeChildren = "store"
	endingChild   = storeChildren + "end"
)

// A moody sink is a journal whose destination is down most of the time.
type moody struct {
	*journal
	start time.Time
}

func (m moody) Export(ctx context.Context, b *sink.Batch) error {
	if time.Since(m.start)%(80*time.Millisecond) < 60*time.Millisecond {
		return errors.New("down")
	}
	return m.journal.Export(ctx, b)
}

func storeKillOptions(dir string) []Option {
	return append(killOptions(dir), WithStorage(filepath.Join(dir, "store")))
}

// storeChild logs so that its storage is used, until it is killed.
func storeChild(dir, number string) error {
	if strings.HasPrefix(number, fullChild) {
		return fullChildren(dir, number)
	}
	j, err := openJournal(dir)
	if err != nil {
		return err
	}
	board, err := openScoreboard(filepath.Join(dir, "score"+number))
	if err != nil {
		return err
	}
	if number == endingChild {
		return endChild(dir, board)
	}
	s, err := New(moody{j, time.Now()}, storeKillOptions(dir)...)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	for g := range producers {
		wg.Go(func() {
			p := newProducer(s)
			for i := 1; ; i++ {
				p.put([]uint8{debugSeverity, infoSeverity, warnSeverity}[i%3], storeLine(number, g, i))
				atomic.StoreUint64(board.of(g), uint64(i))
				if i%50 == 0 {
					<-time.After(time.Millisecond)
				}
			}
		})
	}
	wg.Wait()
	return nil
}

func storeLine(child string, g, i int) string {
	return fmt.Sprintf("%s/%d/%d/%s", child, g, i, strings.Repeat(string(rune('a'+i%26)), i%800))
}

// endChild logs to a destination that is down, and shuts down by a deadline.
func endChild(dir string, board scoreboard) error {
	down := sink.Func(func(context.Context, *sink.Batch) error { return errors.New("down") })
	s, err := New(down, WithStorage(filepath.Join(dir, "store")), WithQueueSize(4<<20), WithBatchBytes(64<<10), WithErrorHandler(func(error) {}))
	if err != nil {
		return err
	}
	for g := range producers {
		p := newProducer(s)
		for i := 1; i <= 2000; i++ {
			p.put(infoSeverity, storeLine(endingChild, g, i))
			atomic.StoreUint64(board.of(g), uint64(i))
			if i%200 == 0 {
				<-time.After(time.Millisecond)
			}
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if err := s.Shutdown(ctx); !errors.Is(err, ErrStored) || !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("Shutdown: got %w, want ErrStored", err)
	}
	if took := time.Since(begun); took > 3*time.Second {
		return fmt.Errorf("Shutdown took %v", took)
	}
	return s.Stats().Check()
}

// Storage and crash ring together: every record whose log call returned before a SIGKILL
// arrives, from memory or from the disk or from what was on its way between them.
func TestNoKillLosesARecordOfTheStorage(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	dir := t.TempDir()
	var children []string
	stored := 0
	for n := range *storeKills {
		name := storeChildren + strconv.Itoa(n)
		children = append(children, name)
		cmd := exec.Command(os.Args[0], childArg, dir, name)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		board, err := openScoreboard(filepath.Join(dir, "score"+name))
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "the first records", func() bool { return atomic.LoadUint64(board.of(0)) > 0 })
		<-time.After(50*time.Millisecond + time.Duration(rng.Int64N(int64(150*time.Millisecond))))
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		if st := cmd.ProcessState.Sys().(syscall.WaitStatus); st.Signal() != syscall.SIGKILL {
			t.Fatalf("child %d ended by itself: %v", n, cmd.ProcessState)
		}
		if files, _ := filepath.Glob(filepath.Join(dir, "store", "*.seg")); len(files) > 0 {
			stored++
		}
	}
	j, err := openJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := newStream(t, j, storeKillOptions(dir)...)
	newProducer(s).put(infoSeverity, "fresh")
	eventually(t, "the end of the last file", func() bool { return len(crashFiles(t, filepath.Join(dir, "crash"))) == 1 })
	flush(t, s)
	records, lost, repeated := arrivals(t, dir, children, storeLine)
	// In flight at a kill are at most four batches of 64 KiB; of each class a block was read
	// and not done; one was being moved, and a chunk adopted.
	if most := *storeKills * ((DefaultInFlight+1)*(64<<10) + (classes+1)*pageSize) / 100; repeated > most {
		t.Errorf("%d records arrived again, want at most %d", repeated, most)
	}
	t.Logf("%d kills, %d with records on the disk; %d records taken, %d lost, %d repeated", *storeKills, stored, records, lost, repeated)
	if stored == 0 && *storeKills >= 50 {
		t.Error("the storage was never used")
	}
}

// A process whose destination is down ends by its deadline, and the next one delivers
// everything.
func TestAProcessThatEndsInAnOutageLosesNothing(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], childArg, dir, endingChild)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("child: %v\n%s", err, out)
	}
	j, err := openJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := newStream(t, j, WithStorage(filepath.Join(dir, "store")), WithQueueSize(4<<20), WithBatchBytes(64<<10), WithRetry(time.Millisecond, 10*time.Millisecond))
	newProducer(s).put(infoSeverity, "fresh")
	flush(t, s)
	records, lost, repeated := arrivals(t, dir, []string{endingChild}, storeLine)
	if records != producers*2000 || lost+repeated > 0 {
		t.Errorf("%d records taken, %d lost, %d repeated; want %d, none, none", records, lost, repeated, producers*2000)
	}
	if n := s.Stats().Recovered; n != uint64(records) {
		t.Errorf("recovered %d records, want %d", n, records)
	}
}
