//go:build linux || darwin

package stream

import (
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var durableKills = flag.Int("durablekills", 6, "how often TestNoKillLosesADurableRecord kills a process")

// durableChildren is how the names of children begin whose records are durable. What follows is the
// step at which they end, its count, whether they have a crash ring, and their number.
const durableChildren = "durable"

// never is a step that does not come: the child is killed from outside.
const never step = "never"

func durableKillOptions(dir string, ring bool) []Option {
	opts := append(killOptions(dir), WithStorage(filepath.Join(dir, "store")), WithDurable(slog.LevelError, time.Minute), WithDeadLetters(32<<20))
	if !ring {
		opts = append(opts, optionFunc(func(c *config) { c.keeper = nil }))
	}
	return opts
}

// durableChild logs until it is killed, or kills itself.
func durableChild(dir, name string) error {
	var at step
	var count, number int
	var ring bool
	if _, err := fmt.Sscan(strings.ReplaceAll(strings.TrimPrefix(name, durableChildren), ",", " "), &at, &count, &ring, &number); err != nil {
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
	j.bad = refusedPart
	opts := append(durableKillOptions(dir, ring), meddling(func(d *diskStore) {
		d.hook = func(p step) {
			if p != at {
				return
			}
			if count--; count == 0 {
				syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
		}
	}))
	s, err := New(moody{j, time.Now()}, opts...)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	wg.Go(func() { // fills the queue, so that the storage is needed for more than copies
		p := newProducer(s)
		for i := 0; ; i++ {
			p.put(warnSeverity, filler)
			if i%1000 > 0 {
				continue
			}
			// Not more than the destination takes in the end: a storage that has used up its
			// bytes gives up its oldest records, and no place is written before they are sent.
			for s.Stats().Routes[0].Held.Spool > mostFillers {
				<-time.After(time.Millisecond)
			}
		}
	})
	for g := range producers {
		wg.Go(func() {
			p := newProducer(s)
			for i := 1; ; i++ {
				p.put(errorSeverity, storeLine(name, g, i))
				if st := s.Stats(); st.Durable.InVain+st.Routes[0].DroppedTotal() > 0 {
					fmt.Fprintln(os.Stderr, st)
					os.Exit(2)
				}
				atomic.StoreUint64(board.of(g), uint64(i))
			}
		})
	}
	wg.Wait()
	return nil
}

// mostFillers is how many records a child leaves in its storage before it waits.
const mostFillers = 50_000

// refusedPart is in the bodies that destinations of these children refuse: one in 26.
const refusedPart = "jjj"

// inscribe adds the dead letters of s to the journal, so that all that was taken can be found there.
func inscribe(t *testing.T, dir string, s *Stream) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, "arrived"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list := bodies(t, s)
	for _, text := range list {
		if _, err := fmt.Fprintf(f, "\n%s.\n", text); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d dead letters", len(list))
}

// runDurable runs a child and reports its name, once it is dead.
func runDurable(t *testing.T, dir string, at step, count int, ring bool, number int, life time.Duration) string {
	t.Helper()
	name := fmt.Sprintf("%s%s,%d,%t,%d", durableChildren, at, count, ring, number)
	cmd := exec.Command(os.Args[0], childArg, dir, name)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(life, func() { cmd.Process.Kill() })
	cmd.Wait()
	if st := cmd.ProcessState.Sys().(syscall.WaitStatus); st.Signal() != syscall.SIGKILL {
		t.Fatalf("child %s ended by itself: %v", name, cmd.ProcessState)
	}
	if late.Stop() != (at != never) {
		t.Errorf("child %s did not come to its step", name)
	}
	return name
}

// afterKills sends what children have left and checks that nothing is missing.
func afterKills(t *testing.T, dir string, ring bool, children []string) {
	t.Helper()
	j, err := openJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	j.bad = refusedPart
	s := newStream(t, j, durableKillOptions(dir, ring)...)
	newProducer(s).put(infoSeverity, "fresh")
	if ring {
		eventually(t, "the end of the last file", func() bool { return len(crashFiles(t, filepath.Join(dir, "crash"))) == 1 })
	}
	flush(t, s)
	inscribe(t, dir, s)
	records, lost, repeated := arrivals(t, dir, children, storeLine)
	// As in TestNoKillLosesARecordOfTheStorage; and the last page that was moved tells of its
	// copies, but no block tells of what was delivered after the last one.
	if most := len(children) * ((DefaultInFlight+1)*(64<<10) + (classes+2)*pageSize) / 100; repeated > most {
		t.Errorf("%d records arrived again, want at most %d", repeated, most)
	}
	t.Logf("%d kills; %d records taken, %d lost, %d repeated", len(children), records, lost, repeated)
}

// A process that is killed at any step of the storage, and the one after it too, loses no record
// whose call has returned.
func TestAKillAtAnyStepLosesNoDurableRecord(t *testing.T) {
	for _, ring := range []bool{false, true} {
		for _, at := range []step{looking, pledged, appended, synced, told, advanced, moved, buried} {
			t.Run(fmt.Sprintf("%s, crash ring %t", at, ring), func(t *testing.T) {
				dir := t.TempDir()
				var children []string
				for i, count := range []int{1 + rand.IntN(5), 1 + rand.IntN(5)} {
					if at != moved && at != advanced && at != buried {
						count *= 20 // so that there is something to lose
					}
					children = append(children, runDurable(t, dir, at, count, ring, i, 3*time.Minute))
				}
				afterKills(t, dir, ring, children)
			})
		}
	}
}

// Kills at any time.
func TestNoKillLosesADurableRecord(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	for _, ring := range []bool{false, true} {
		dir := t.TempDir()
		var children []string
		for n := range *durableKills / 2 {
			life := 50*time.Millisecond + time.Duration(rng.Int64N(int64(400*time.Millisecond)))
			children = append(children, runDurable(t, dir, never, 1, ring, n, life))
		}
		afterKills(t, dir, ring, children)
	}
}
