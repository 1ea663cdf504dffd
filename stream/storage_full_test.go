//go:build linux || darwin

package stream

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// fullChild is a child whose disk takes nothing for a while.
const fullChild = storeChildren + "full"

// limitFiles bounds the size of the files that this process writes. Writes beyond it fail.
func limitFiles(bytes uint64) error {
	signal.Ignore(syscall.SIGXFSZ)
	var now syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &now); err != nil {
		return err
	}
	now.Cur = min(bytes, now.Max)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &now)
}

// outgrow fills a stream whose destination is down and whose disk is full, gives the disk room,
// and then opens the destination.
func outgrow(dir string) error {
	const room = 32 << 10 // for the files of an empty storage, and a block of few records
	if err := limitFiles(room); err != nil {
		return err
	}
	var mu sync.Mutex
	var said []string
	out := newBarrier()
	s, err := New(out, append(stored(dir), WithErrorHandler(func(err error) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, err.Error())
	}))...)
	if err != nil {
		return err
	}
	wait := func(what string, cond func() bool) error {
		for end := time.Now().Add(20 * time.Second); !cond(); {
			if time.Now().After(end) {
				return fmt.Errorf("%s did not come: %v", what, s.Stats())
			}
			<-time.After(time.Millisecond)
		}
		return nil
	}
	of := func() RouteStats { return s.Stats().Routes[0] }
	p := newProducer(s)
	put := func(from, n int) {
		for i := from; i < from+n; i++ {
			p.put(infoSeverity, numbered(i))
			for i%200 == 0 && of().Held.Ring > 500 { // it is the queue that should run full
				<-time.After(time.Millisecond)
			}
		}
	}
	// Twice what the queue has room for: it sheds, as it would without a storage.
	put(0, 20_000)
	if err := wait("a record shed", func() bool { return of().DroppedTotal() > 0 }); err != nil {
		return err
	}
	fits := of().Held.Spool
	if fits > room/64 {
		return fmt.Errorf("%d records are on a full disk", fits)
	}
	if err := wait("the end of the ring", func() bool { return of().Held.Ring == 0 }); err != nil {
		return err
	}
	if h := of().Held; h.Queue+h.InFlight < 5000 {
		return fmt.Errorf("the queue holds %d records, want most of 9000", h.Queue+h.InFlight)
	}
	if err := limitFiles(math.MaxInt64); err != nil {
		return err
	}
	if err := wait("more records in the storage", func() bool { return of().Held.Spool > fits }); err != nil {
		return err
	}
	dropped := of().DroppedTotal()
	put(20_000, 20_000)
	if err := wait("the end of the ring", func() bool { return of().Held.Ring == 0 }); err != nil {
		return err
	}
	if n := of().DroppedTotal(); n > dropped {
		return fmt.Errorf("%d records dropped after the disk had room: %v", n-dropped, of())
	}
	out.open.Store(true)
	if err := wait("the end", func() bool { return of().Held.Total() == 0 }); err != nil {
		return err
	}
	st := s.Stats()
	if err := st.Check(); err != nil {
		return err
	}
	if n := uint64(len(out.received())); n != st.Routes[0].Delivered || st.Routes[0].Delivered+dropped < 40_000 {
		return fmt.Errorf("got %d records: %v", n, st)
	}
	mu.Lock()
	defer mu.Unlock()
	failed, again := 0, 0
	for _, text := range said {
		if strings.Contains(text, "WithStorage(") && strings.Contains(text, "file too large") {
			failed++
		}
		if strings.Contains(text, "takes records again") {
			again++
		}
	}
	if failed != 1 || again != 1 {
		return fmt.Errorf("the error handler got %q, want one word of the failure, and one of its end", said)
	}
	return nil
}

func TestADiskThatIsFullCostsNoMoreThanNone(t *testing.T) {
	cmd := exec.Command(os.Args[0], childArg, t.TempDir(), fullChild)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("child: %v\n%s", err, out)
	}
}

// A disk that fails at the end does not make Shutdown fail otherwise than without storage: what
// is left is held, and delivered later if the program goes on.
func endOnFullDisk(dir string) error {
	out := newBarrier()
	s, err := New(out, append(stored(dir), WithErrorHandler(func(error) {}))...)
	if err != nil {
		return err
	}
	p := newProducer(s)
	for i := range 1000 {
		p.put(infoSeverity, numbered(i))
	}
	if err := limitFiles(200); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err = s.Shutdown(ctx)
	e, ok := errors.AsType[*Incomplete](err)
	if !ok || errors.Is(err, ErrStored) || e.Held() != 1000 || !errors.Is(err, context.Canceled) || !errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("Shutdown: got %w, want 1000 records held and not stored, and why", err)
	}
	out.open.Store(true)
	if err := s.Shutdown(context.Background()); err != nil {
		return err
	}
	if n := len(out.received()); n != 1000 {
		return fmt.Errorf("got %d records, want 1000", n)
	}
	return s.Stats().Check()
}

func TestAShutdownSurvivesADiskThatIsFull(t *testing.T) {
	cmd := exec.Command(os.Args[0], childArg, t.TempDir(), fullChild+"end")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("child: %v\n%s", err, out)
	}
}

// A disk that is full keeps dead letters in memory, and takes them once it has room.
func buryOnFullDisk(dir string) error {
	failed := make(chan struct{})
	var once sync.Once
	s, err := New(refuser(), append(stored(dir), WithErrorHandler(func(err error) {
		if strings.Contains(err.Error(), "dead letters kept in memory") {
			once.Do(func() { close(failed) })
		}
	}))...)
	if err != nil {
		return err
	}
	if err := limitFiles(300); err != nil {
		return err
	}
	p := newProducer(s)
	for i := range 100 {
		p.put(infoSeverity, numbered(i))
	}
	if err := s.Flush(context.Background()); err != nil {
		return err
	}
	<-failed
	if st := s.Stats().DeadLetters; st.Held != 100 || st.Unstored != 100 || len(s.DeadLetters()) != 100 {
		return fmt.Errorf("got %+v, want 100 letters in memory alone", st)
	}
	if err := limitFiles(math.MaxInt64); err != nil {
		return err
	}
	for end := time.Now().Add(20 * time.Second); s.Stats().DeadLetters.Unstored > 0; {
		if time.Now().After(end) {
			return fmt.Errorf("got %+v, want none in memory alone", s.Stats().DeadLetters)
		}
		<-time.After(time.Millisecond)
	}
	if list, err := ReadDeadLetters(dir); len(list) != 100 || err != nil {
		return fmt.Errorf("got %d letters and %w, want 100", len(list), err)
	}
	return s.Shutdown(context.Background())
}

func TestDeadLettersSurviveADiskThatIsFull(t *testing.T) {
	cmd := exec.Command(os.Args[0], childArg, t.TempDir(), fullChild+"letters")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("child: %v\n%s", err, out)
	}
}

// Calls that wait for a disk that is full are told so at once, their records go on, and calls are
// durable again when it has room.
func waitForFullDisk(dir string) error {
	if err := limitFiles(32 << 10); err != nil {
		return err
	}
	out := newBarrier()
	s, err := New(out, append(durably(dir, time.Minute), WithErrorHandler(func(error) {}))...)
	if err != nil {
		return err
	}
	p, n := newProducer(s), 0
	put := func() { p.put(errorSeverity, numbered(n)); n++ }
	begun := time.Now()
	for s.Stats().Durable.InVain < 100 {
		put()
	}
	if took := time.Since(begun); took > 20*time.Second {
		return fmt.Errorf("the calls took %v, want that nobody waits for a disk that fails", took)
	}
	if st := s.Stats().Durable; st.Stored < 10 {
		return fmt.Errorf("got %v, want calls stored while there was room", st)
	}
	if err := limitFiles(math.MaxInt64); err != nil {
		return err
	}
	before := s.Stats().Durable.Stored
	for end := time.Now().Add(20 * time.Second); s.Stats().Durable.Stored == before; put() {
		if time.Now().After(end) {
			return fmt.Errorf("got %v, want calls stored again", s.Stats())
		}
		<-time.After(time.Millisecond)
	}
	out.open.Store(true)
	if err := s.Shutdown(context.Background()); err != nil {
		return err
	}
	st := s.Stats()
	if got := len(out.received()); got != n || st.Durable.Stored+st.Durable.InVain != uint64(n) {
		return fmt.Errorf("got %d records of %d calls: %v", got, n, st)
	}
	return st.Check()
}

func TestDurableCallsSurviveADiskThatIsFull(t *testing.T) {
	cmd := exec.Command(os.Args[0], childArg, t.TempDir(), fullChild+"durable")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("child: %v\n%s", err, out)
	}
}

// fullChildren runs what fills a disk.
func fullChildren(dir, number string) error {
	dir = filepath.Join(dir, "store")
	switch number {
	case fullChild:
		return outgrow(dir)
	case fullChild + "durable":
		return waitForFullDisk(dir)
	case fullChild + "letters":
		return buryOnFullDisk(dir)
	}
	return endOnFullDisk(dir)
}
