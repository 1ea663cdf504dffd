package stream

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/logstream-go/logstream/buffer/spool"
	"github.com/logstream-go/logstream/sink"
)

// durably returns the options of a stream whose records of ERROR and above are durable.
func durably(dir string, wait time.Duration, opts ...Option) []Option {
	return append(append(stored(dir), WithDurable(slog.LevelError, wait)), opts...)
}

// meddling returns an option that changes what the storage does.
func meddling(f func(*diskStore)) Option {
	return optionFunc(func(c *config) { c.store.(*diskStore).fault = f })
}

// clone returns a copy of a storage, as a process leaves it that is killed now.
func clone(t *testing.T, dir string) string {
	t.Helper()
	to := storeDir(t)
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(to, 0o700); err != nil {
		t.Fatal(err)
	}
	return to
}

// inherited returns what the next stream of a storage sends.
func inherited(t *testing.T, dir string) []string {
	t.Helper()
	out := new(recorder)
	s := newStream(t, out, stored(dir)...)
	flush(t, s)
	wantNoLoss(t, s)
	return out.received()
}

// A pause holds up the goroutine of a storage between two things that it does.
type pause struct {
	mu      sync.Mutex
	stopped atomic.Pointer[chan struct{}]
}

func (g *pause) option() Option {
	return meddling(func(d *diskStore) {
		d.hook = func(p step) {
			if c := g.stopped.Load(); c != nil && p == looking {
				close(*c)
				g.mu.Lock()
				g.mu.Unlock() //nolint:staticcheck // It waits for during.
			}
		}
	})
}

// during calls f while nothing is written.
func (g *pause) during(s *Stream, f func()) {
	c := make(chan struct{})
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stopped.Store(&c)
	s.store.kick()
	<-c
	g.stopped.Store(nil)
	f()
}

func wantDurable(t *testing.T, s *Stream, stored, vain uint64) {
	t.Helper()
	if st := s.Stats().Durable; st.Stored != stored || st.InVain != vain {
		t.Errorf("got %v, want %d stored and %d in vain", st, stored, vain)
	}
}

func TestADurableRecordIsOnTheDiskWhenItsCallReturns(t *testing.T) {
	dir := storeDir(t)
	out := newBarrier()
	s := newStream(t, out, durably(dir, time.Minute)...)
	p := newProducer(s)
	p.put(infoSeverity, "ordinary")
	p.put(warnSeverity, "ordinary too")
	for _, body := range []string{"one", "two", "three"} {
		p.put(errorSeverity, body)
		wantOnly(t, inherited(t, clone(t, dir)), "one", "two", "three")
	}
	wantDurable(t, s, 3, 0)
	if held := check(t, s).Held; held.Spool > 0 {
		t.Errorf("got %+v, want all in memory", held)
	}
	out.open.Store(true)
	flush(t, s)
	wantOnly(t, out.received(), "ordinary", "ordinary too", "one", "two", "three")
	eventually(t, "the place after them", func() bool { return len(inherited(t, clone(t, dir))) == 0 })
}

// wantOnly fails the test unless got holds nothing but some of want, each at most once, and
// all of them if there is as much.
func wantOnly(t *testing.T, got []string, want ...string) {
	t.Helper()
	left := make(map[string]bool)
	for _, text := range want {
		left[text] = true
	}
	for _, text := range got {
		if !left[text] {
			t.Errorf("got %q, want each of %q at most once", got, want)
		}
		delete(left, text)
	}
}

func TestDurableCallsShareAnFsync(t *testing.T) {
	const callers = 64
	first, release := make(chan struct{}), make(chan struct{})
	var syncs atomic.Int32
	s := newStream(t, newBarrier(), durably(storeDir(t), time.Minute, meddling(func(d *diskStore) {
		sync := d.sync
		d.sync = func(x spool.Span) error {
			if syncs.Add(1) == 1 {
				close(first)
				<-release
			}
			return sync(x)
		}
	}))...)
	out := s.routes[0].targets[0].sink.(*barrier)
	var wg sync.WaitGroup
	call := func() { newProducer(s).put(errorSeverity, "x") }
	wg.Go(call)
	<-first
	for range callers {
		wg.Go(call)
	}
	eventually(t, "all callers", func() bool {
		st := check(t, s)
		return st.Held.Queue+st.Held.InFlight == callers+1
	})
	close(release)
	wg.Wait()
	wantDurable(t, s, callers+1, 0)
	// One for the first, one or two for the others: the second group may have been taken while
	// the last of them were on their way.
	if st := s.Stats().Durable; st.Syncs > 3 {
		t.Errorf("got %v for %d calls, want 3 syncs at most", st, callers+1)
	}
	out.open.Store(true)
	flush(t, s)
	if n := len(out.received()); n != callers+1 {
		t.Errorf("got %d records, want %d, each once", n, callers+1)
	}
}

// Callers as many as a busy server has, over a disk whose fsync takes its time.
func TestDurableCallsOverADiskOfTwoMilliseconds(t *testing.T) {
	const callers, each = 32, 20
	out := new(recorder)
	s := newStream(t, out, durably(storeDir(t), time.Minute, meddling(func(d *diskStore) {
		sync := d.sync
		d.sync = func(x spool.Span) error {
			<-time.After(2 * time.Millisecond)
			return sync(x)
		}
	}))...)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			p := newProducer(s)
			for range each {
				p.put(errorSeverity, "x")
			}
		})
	}
	wg.Wait()
	flush(t, s)
	wantDurable(t, s, callers*each, 0)
	st := s.Stats().Durable
	t.Log(st)
	if st.Syncs > callers*each/4 {
		t.Errorf("got %v, want a quarter as many syncs at most", st)
	}
	if n := len(out.received()); n != callers*each {
		t.Errorf("got %d records, want %d", n, callers*each)
	}
}

func TestADurableCallWaitsNoLongerThanItsTime(t *testing.T) {
	release := make(chan struct{})
	dir := storeDir(t)
	s := newStream(t, new(recorder), durably(dir, 20*time.Millisecond, meddling(func(d *diskStore) {
		sync := d.sync
		d.sync = func(x spool.Span) error { <-release; return sync(x) }
	}))...)
	out := s.routes[0].targets[0].sink.(*recorder)
	out.answer = func(int, *sink.Batch) error { <-release; return nil }
	begun := time.Now()
	newProducer(s).put(errorSeverity, "x")
	if took := time.Since(begun); took < 20*time.Millisecond || took > 5*time.Second {
		t.Errorf("the call took %v, want 20ms", took)
	}
	wantDurable(t, s, 0, 1)
	close(release)
	flush(t, s)
	wantOnly(t, out.received(), "x")
}

func TestAnFsyncThatFailsIsToldAndNotTrusted(t *testing.T) {
	var failing atomic.Bool
	var syncs atomic.Int32
	var mu sync.Mutex
	var said []string
	out := newBarrier()
	s, err := New(out, durably(storeDir(t), time.Minute, meddling(func(d *diskStore) {
		sync := d.sync
		d.sync = func(x spool.Span) error {
			syncs.Add(1)
			if failing.Load() {
				return errors.New("input/output error")
			}
			return sync(x)
		}
	}), WithErrorHandler(func(err error) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, err.Error())
	}))...)
	if err != nil {
		t.Fatal(err)
	}
	p := newProducer(s)
	p.put(errorSeverity, "a")
	failing.Store(true)
	p.put(errorSeverity, "b")
	wantDurable(t, s, 1, 1)
	tried := syncs.Load()
	p.put(errorSeverity, "c") // nobody waits for a disk that has just failed
	if n := syncs.Load(); n != tried {
		t.Errorf("got %d more syncs right after one has failed, want none", n-tried)
	}
	wantDurable(t, s, 1, 2)
	failing.Store(false)
	eventually(t, "a disk that is tried again", func() bool {
		p.put(errorSeverity, "d")
		return s.Stats().Durable.Stored > 1
	})
	out.open.Store(true)
	flush(t, s)
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	st := check(t, s)
	if d := s.Stats().Durable; st.Delivered != d.Stored+d.InVain || len(out.received()) != int(st.Delivered) {
		t.Errorf("got %v and %v, want each call's record delivered once", st, d)
	}
	<-s.diag.done
	mu.Lock()
	defer mu.Unlock()
	text := strings.Join(said, "\n")
	if strings.Count(text, "input/output error") != 1 || strings.Count(text, "relied on again") != 1 {
		t.Errorf("got %q, want one word of the failure and one of its end", said)
	}
}

// What is on the disk is not lost with the memory: when the queue has to give something up, and
// the disk takes nothing more, the copies of durable records take their place.
func TestTheQueueGivesUpNoDurableRecord(t *testing.T) {
	var full atomic.Bool
	dir := storeDir(t)
	out := newBarrier()
	s := newStream(t, out, durably(dir, time.Minute, meddling(func(d *diskStore) {
		add := d.add
		d.add = func(b *spool.Block) (spool.Span, error) {
			if full.Load() {
				return spool.Span{}, errors.New("no space left on device")
			}
			return add(b)
		}
	}))...)
	var wg sync.WaitGroup
	const durable = 320
	for g := range 8 {
		wg.Go(func() {
			p := newProducer(s)
			for i := g; i < durable; i += 8 {
				p.put(errorSeverity, numbered(i))
				p.put(warnSeverity, "ordinary")
			}
		})
	}
	wg.Wait()
	wantDurable(t, s, durable, 0)
	full.Store(true)
	p := newProducer(s)
	for i := 0; s.Stats().Routes[0].Held.Spool < durable/2; i++ { // a part may be in flight
		p.put(warnSeverity, "filler "+strings.Repeat("y", 1000))
		if i%100 == 0 {
			eventually(t, "room in the ring", func() bool { return check(t, s).Held.Ring < 100 })
		}
		if i > 100_000 {
			t.Fatalf("got %v, want durable records in the storage alone", s.Stats())
		}
	}
	full.Store(false)
	out.open.Store(true)
	flush(t, s)
	got := make([]string, 0, durable)
	for _, text := range out.received() {
		if text != "ordinary" && !strings.HasPrefix(text, "filler") {
			got = append(got, text)
		}
	}
	wantAll(t, got, durable)
	if st := check(t, s); st.DroppedTotal() == 0 {
		t.Errorf("got %v, want others dropped", st)
	}
}

// A storage whose bytes are used up by durable records, and by others of their class, takes no
// more of them: what it has promised it keeps, and promises no more than it can.
func TestAFullStorageKeepsItsPromises(t *testing.T) {
	dir := storeDir(t)
	out := newBarrier()
	s := newStream(t, out, durably(dir, time.Minute, WithStorage(dir, WithStorageBytes(minStorageBytes)))...)
	p := newProducer(s)
	var promised []string
	const n = 4000
	for i := range n {
		if i%3 == 0 {
			p.put(warnSeverity, "ordinary "+numbered(i))
		}
		before := s.Stats().Durable.InVain
		p.put(errorSeverity, numbered(i))
		if s.Stats().Durable.InVain == before {
			promised = append(promised, numbered(i))
		}
	}
	if len(promised) < 500 || len(promised) == n {
		t.Fatalf("got %d promises of %d, want some", len(promised), n)
	}
	got := inherited(t, clone(t, dir))
	for _, text := range promised {
		if !slices.Contains(got, text) {
			t.Fatalf("the next process does not send %.20q", text)
		}
	}
	out.open.Store(true)
	flush(t, s)
	p.put(errorSeverity, "at last")
	if !slices.Contains(out.received(), promised[0]) {
		t.Error("the first one did not arrive")
	}
	eventually(t, "room in the storage", func() bool {
		before := s.Stats().Durable.Stored
		p.put(errorSeverity, "again")
		return s.Stats().Durable.Stored > before
	})
}

func TestDurableRecordsOfAnOutageAreSpilledOnceMore(t *testing.T) {
	dir := storeDir(t)
	out := newBarrier()
	var stop pause
	s := newStream(t, out, append(durably(dir, time.Minute, stop.option()), WithDurable(slog.LevelDebug, time.Minute))...)
	const n = 16_000 // 8 MB, twice the queue
	var wg sync.WaitGroup
	for g := range 64 {
		wg.Go(func() {
			p := newProducer(s)
			for i := g; i < n; i += 64 {
				p.put(infoSeverity, numbered(i))
			}
		})
	}
	wg.Wait()
	wantDurable(t, s, n, 0)
	if st := check(t, s); st.Held.Spool == 0 {
		t.Errorf("got %v, want records in the storage", st)
	}
	var next []string
	stop.during(s, func() { next = inherited(t, clone(t, dir)) })
	seen := make(map[string]bool)
	for _, text := range next {
		seen[text] = true
	}
	// What was in flight is in a block of its own, and the last page of the class may be in the
	// storage twice.
	if most := pageSize / 450; len(seen) != n || len(next)-n > most {
		t.Errorf("the next process sends %d of %d records, and %d twice; want %d at most", len(seen), n, len(next)-len(seen), most)
	}
	t.Logf("%d repeated", len(next)-n)
	out.open.Store(true)
	flush(t, s)
	wantAll(t, out.received(), n)
	wantNoLoss(t, s)
}

func TestShutdownInTheMiddleOfDurableCalls(t *testing.T) {
	for _, cancelled := range []bool{true, false} {
		dir := storeDir(t)
		out := newBarrier()
		s := open(t, out, durably(dir, time.Minute)...)
		var wg sync.WaitGroup
		stop := make(chan struct{})
		for range 8 {
			wg.Go(func() {
				p := newProducer(s)
				for {
					select {
					case <-stop:
						return
					default:
						p.put(errorSeverity, "x")
					}
				}
			})
		}
		eventually(t, "some", func() bool { return s.Stats().Durable.Stored > 50 })
		if cancelled {
			cut(t, s)
		} else {
			out.open.Store(true)
			if err := s.Shutdown(context.Background()); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
		}
		close(stop)
		wg.Wait() // nobody waits for a storage that is closed
		<-s.done
		if err := s.Stats().Check(); err != nil {
			t.Error(err)
		}
		st := s.Stats()
		got := len(out.received())
		if cancelled {
			got += len(inherited(t, dir))
		}
		closed := uint64(0)
		for _, d := range st.Routes[0].Dropped {
			closed += d.Records
		}
		if want := st.Accepted - closed; uint64(got) < want || st.Durable.Stored > want {
			t.Errorf("cancelled %t: got %d records, want %d; %v", cancelled, got, want, st)
		}
	}
}

func TestDurableOptionsAreChecked(t *testing.T) {
	for _, tt := range []struct {
		name string
		opt  Option
		want string
	}{
		{"no storage", WithDurable(slog.LevelError, time.Second), "WithDurable(ERROR, 1s) needs WithStorage"},
		{"no wait", both(WithStorage("x"), WithDurable(slog.LevelWarn, 0)), "WithDurable(WARN, 0s): the wait is not from 1ms to 1m0s"},
		{"too long a wait", both(WithStorage("x"), WithDurable(slog.LevelWarn, time.Hour)), "WithDurable(WARN, 1h0m0s)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := New(new(recorder), tt.opt); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestRecordsBelowTheLevelPayNothing(t *testing.T) {
	dir := storeDir(t)
	s := newStream(t, new(recorder), durably(dir, time.Minute)...)
	src := s.Source(nil, "")
	var hint uint32
	rec := encode(infoSeverity, "x")
	if n := testing.AllocsPerRun(1000, func() { src.Put(&hint, Meta{Severity: infoSeverity}, rec) }); n > 0 {
		t.Errorf("got %v allocations, want none", n)
	}
	flush(t, s)
	wantDurable(t, s, 0, 0)
	if files, _ := filepath.Glob(filepath.Join(dir, "*.seg")); len(files) > 0 {
		t.Errorf("got files %q, want none", files)
	}
}

// The stream's own records, which nobody waits for, and those of routes that do not take them.
func TestWhatNoRouteTakesIsNotStored(t *testing.T) {
	dir := storeDir(t)
	out, all := newBarrier(), newBarrier()
	s := newStream(t, out, durably(dir, time.Minute, WithRouteLevel(slog.LevelError+4), WithHeartbeat(time.Hour), WithRoute("all", all, WithRouteLevel(slog.LevelDebug)))...)
	newProducer(s).put(errorSeverity, "x")
	wantDurable(t, s, 1, 0)
	next := new(recorder)
	n := newStream(t, next, append(stored(clone(t, dir)), WithRoute("all", new(recorder)))...)
	flush(t, n)
	if got := n.Stats(); len(next.received()) > 0 || got.Routes[1].Delivered != 1 {
		t.Errorf("got %v, want one record, for the route that takes it", got)
	}
	out.open.Store(true)
	all.open.Store(true)
}
