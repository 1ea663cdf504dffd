package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logstream-go/logstream/sink"
)

// A barrier is a sink that fails until it is opened.
type barrier struct {
	recorder
	open atomic.Bool
}

func newBarrier() *barrier {
	g := new(barrier)
	g.answer = func(int, *sink.Batch) error {
		if g.open.Load() {
			return nil
		}
		return errors.New("unavailable")
	}
	return g
}

// storeDir returns the name of a directory that New makes.
func storeDir(t testing.TB) string { return filepath.Join(t.TempDir(), "store") }

// stored returns the options of a stream with a small queue and a storage.
func stored(dir string, opts ...StorageOption) []Option {
	return []Option{
		WithStorage(dir, opts...), WithQueueSize(4 << 20), WithRingSize(1 << 20), WithBatchBytes(64 << 10),
		WithLinger(time.Millisecond), WithRetry(time.Millisecond, 20*time.Millisecond),
	}
}

// fill puts n records of a few hundred bytes into s, of all classes, and does not overrun
// its ring.
func fill(t testing.TB, s *Stream, from, n int) {
	t.Helper()
	p := newProducer(s)
	for i := from; i < from+n; i++ {
		severity := []uint8{debugSeverity, infoSeverity, infoSeverity, warnSeverity, errorSeverity}[i%5]
		p.put(severity, numbered(i))
		if i%500 == 0 {
			eventually(t, "room in the ring", func() bool { return s.Stats().Routes[0].Held.Ring < 500 })
		}
	}
}

func numbered(i int) string { return fmt.Sprintf("%d %s", i, strings.Repeat("x", 400)) }

// wantAll fails the test unless got is the records 0..n-1, each once.
func wantAll(t testing.TB, got []string, n int) {
	t.Helper()
	seen := make(map[string]int)
	for _, text := range got {
		seen[text]++
	}
	missing, repeated := 0, 0
	for i := range n {
		switch seen[numbered(i)] {
		case 0:
			missing++
		case 1:
		default:
			repeated++
		}
		delete(seen, numbered(i))
	}
	if missing+repeated+len(seen) > 0 {
		t.Errorf("of %d records %d are missing and %d repeated; %d others came", n, missing, repeated, len(seen))
	}
}

// wantNoLoss fails the test if s has dropped or rejected something.
func wantNoLoss(t testing.TB, s *Stream) {
	t.Helper()
	for _, r := range s.Stats().Routes {
		if r.DroppedTotal()+r.Rejected > 0 {
			t.Errorf("got %v, want nothing lost", r)
		}
	}
}

func TestAnOutageThatTheQueueHasNoRoomForLosesNothing(t *testing.T) {
	dir := storeDir(t)
	out := newBarrier()
	s := newStream(t, out, stored(dir)...)
	const n = 40_000 // 17 MB
	fill(t, s, 0, n)
	st := check(t, s)
	if st.Held.Spool == 0 || st.DroppedTotal() > 0 {
		t.Errorf("got %v, want records in the storage and none dropped", st)
	}
	out.open.Store(true)
	flush(t, s)
	wantAll(t, out.received(), n)
	wantNoLoss(t, s)
	if st := check(t, s); st.Delivered != n {
		t.Errorf("got %v, want %d delivered", st, n)
	}
}

func TestAStreamThatKeepsUpWritesNoRecord(t *testing.T) {
	dir := storeDir(t)
	s := newStream(t, new(recorder), stored(dir)...)
	fill(t, s, 0, 5000)
	flush(t, s)
	if files, _ := filepath.Glob(filepath.Join(dir, "*.seg")); len(files) > 0 {
		t.Errorf("got files %q, want none", files)
	}
}

// cut shuts s down by a deadline that has passed.
func cut(t testing.TB, s *Stream) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := s.Shutdown(ctx)
	if !errors.Is(err, ErrStored) || !errors.Is(err, context.Canceled) {
		t.Fatalf("Shutdown: got %v, want ErrStored", err)
	}
	st := s.Stats()
	if err := st.Check(); err != nil {
		t.Error(err)
	}
	for _, r := range st.Routes {
		if h := r.Held; h.Ring+h.Queue+h.InFlight > 0 {
			t.Errorf("got %v, want all that is held in the storage", r)
		}
	}
	eventually(t, "the end of the routes", func() bool {
		select {
		case <-s.done:
			return true
		default:
			return false
		}
	})
	if err := s.Shutdown(t.Context()); s.Stats().Routes[0].Held.Spool > 0 && !errors.Is(err, ErrStored) {
		t.Errorf("the second Shutdown: got %v, want ErrStored", err)
	}
}

func open(t testing.TB, k sink.Sink, opts ...Option) *Stream {
	t.Helper()
	s, err := New(k, append([]Option{WithErrorHandler(func(error) {})}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhatAShutdownLeavesTheNextStreamSends(t *testing.T) {
	for _, tt := range []struct {
		name string
		n    int
	}{{"from memory", 100}, {"from memory and disk", 30_000}} {
		t.Run(tt.name, func(t *testing.T) {
			dir := storeDir(t)
			s := open(t, newBarrier(), append(stored(dir), WithResource(slog.String("service.name", "former")))...)
			fill(t, s, 0, tt.n)
			cut(t, s)
			if got := s.Stats().Routes[0].Held.Spool; got != uint64(tt.n) {
				t.Errorf("got %d records in the storage, want %d", got, tt.n)
			}

			var next recorder
			var foreign atomic.Int32
			next.answer = func(_ int, b *sink.Batch) error {
				if !strings.Contains(string(b.AppendRequest(nil)), "former") {
					foreign.Add(1)
				}
				return nil
			}
			s = newStream(t, &next, stored(dir)...)
			if got := s.Stats(); got.Recovered != uint64(tt.n) || got.Accepted != uint64(tt.n) {
				t.Errorf("got %v, want %d recovered", got, tt.n)
			}
			flush(t, s)
			wantAll(t, next.received(), tt.n)
			wantNoLoss(t, s)
			if n := foreign.Load(); n > 0 {
				t.Errorf("%d batches lack the resource of the former process", n)
			}
		})
	}
}

// A flight whose outcome is not known at the end is stored, and may come twice.
func TestWhatIsInFlightAtTheEndIsStored(t *testing.T) {
	dir := storeDir(t)
	out := new(recorder)
	begun := make(chan struct{}, 100)
	slow := sink.Func(func(ctx context.Context, b *sink.Batch) error {
		begun <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	s := open(t, slow, stored(dir)...)
	fill(t, s, 0, 1000)
	for range DefaultInFlight {
		<-begun
	}
	if got := s.Stats().Routes[0].Held.InFlight; got == 0 {
		t.Error("nothing is in flight")
	}
	cut(t, s)
	s = newStream(t, out, stored(dir)...)
	flush(t, s)
	wantAll(t, out.received(), 1000)
}

func TestStorageOptionsAreChecked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	open := t.TempDir() // for others too
	if err := os.Chmod(open, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		opt  Option
		want []string
	}{
		{"no directory", WithStorage(""), []string{"the directory is empty"}},
		{"all at once", WithStorage("x", WithStorageBytes(1), WithStorageAge(1), WithStorageSync(1), nil), []string{
			"WithStorageBytes(1) is not from 1048576", "WithStorageAge(1ns)", "WithStorageSync(1ns)", "option 4 is nil",
		}},
		{"a route of a long name", both(WithStorage("x"), WithRoute(strings.Repeat("n", 65), new(recorder))), []string{"longer than 64 bytes"}},
		{"a queue with no room to wait for the disk", both(WithStorage("x"), WithQueueSize(1<<20)), []string{"WithQueueSize(1048576)", "which WithStorage needs"}},
		{"too much", WithStorage("x", WithStorageBytes(1<<40)), []string{"WithStorageBytes(1099511627776)"}},
		{"below a file", WithStorage(filepath.Join(file, "x")), []string{"WithStorage(", "not a directory"}},
		{"a file", WithStorage(file), []string{"WithStorage("}},
		{"open to others", WithStorage(open), []string{"WithStorage(", "want 0700"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := New(new(recorder), tt.opt)
			if err == nil {
				s.Shutdown(t.Context())
				t.Fatal("got no error")
			}
			for _, w := range tt.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("got %q, want %q in it", err, w)
				}
			}
		})
	}
}

func TestASecondStreamCannotHaveTheDirectory(t *testing.T) {
	dir := storeDir(t)
	newStream(t, new(recorder), stored(dir)...)
	s, err := New(new(recorder), stored(dir)...)
	if err == nil {
		s.Shutdown(t.Context())
		t.Fatal("got no error")
	}
	if text := err.Error(); !strings.Contains(text, "WithStorage(") || !strings.Contains(text, "in use") {
		t.Errorf("got %q, want the option and that the directory is in use", text)
	}
}

func TestEachRouteHasItsOwnPlaceInTheStorage(t *testing.T) {
	dir := storeDir(t)
	well, down, severe := new(recorder), newBarrier(), newBarrier()
	opts := append(stored(dir), WithQueueSize(8<<20), WithRingSize(2<<20))
	s := open(t, well, append(opts, WithRoute("down", down), WithRoute("severe", severe, WithRouteLevel(slog.LevelWarn)))...)
	const n = 40_000
	fill(t, s, 0, n)
	eventually(t, "the route that does well", func() bool { return line(t, s, "primary").Delivered == n })
	if got := line(t, s, "down"); got.Held.Spool == 0 || got.DroppedTotal() > 0 {
		t.Errorf("got %v, want records in the storage and none dropped", got)
	}
	wantAll(t, well.received(), n)
	cut(t, s)

	well, down2, severe2 := new(recorder), new(recorder), new(recorder)
	s = newStream(t, well, append(opts, WithRoute("down", down2), WithRoute("severe", severe2, WithRouteLevel(slog.LevelWarn)))...)
	flush(t, s)
	if got := well.received(); len(got) > 0 {
		t.Errorf("the route that did well got %d records again", len(got))
	}
	wantAll(t, down2.received(), n)
	if got := len(severe2.received()); got != n/5*2 {
		t.Errorf("the route for severe records got %d, want %d", got, n/5*2)
	}
	wantNoLoss(t, s)
	for _, r := range s.Stats().Routes {
		line(t, s, r.Name)
	}
}

// What the storage has no room for goes by class, and each loss is in the ledger.
func TestAStorageThatIsFullGivesUpTheLeastSevere(t *testing.T) {
	dir := storeDir(t)
	out := newBarrier()
	s := newStream(t, out, stored(dir, WithStorageBytes(8<<20))...)
	const n = 40_000
	fill(t, s, 0, n)
	st := check(t, s)
	if st.DroppedTotal() == 0 {
		t.Fatalf("got %v, want some dropped", st)
	}
	full := false
	for _, d := range st.Dropped {
		full = full || d.Reason == StorageFull
		if d.Level >= 4 {
			t.Errorf("dropped %d records of %v for %v", d.Records, d.Level, d.Reason)
		}
	}
	if !full {
		t.Errorf("got %v, want some dropped for %v", st, StorageFull)
	}
	out.open.Store(true)
	flush(t, s)
	st = check(t, s)
	got := out.received()
	severe := 0
	for _, text := range got {
		var i int
		fmt.Sscanf(text, "%d", &i)
		if i%5 >= 3 && !strings.HasPrefix(text, "logstream") {
			severe++
		}
	}
	if severe != n/5*2 {
		t.Errorf("got %d records of WARN and above, want %d", severe, n/5*2)
	}
	slices.Sort(got)
	if m := len(slices.Compact(got)); uint64(m)+st.DroppedTotal() < n {
		t.Errorf("got %d records and %d dropped, want %d together", m, st.DroppedTotal(), n)
	}
}

// both returns an option that is two.
func both(a, b Option) Option {
	return optionFunc(func(c *config) { a.apply(c); b.apply(c) })
}

// A route whose state says that it does not deliver, and that has nothing left to try with,
// gets what it has in the storage.
func TestARouteThatRejectsTheLastOfMemoryGoesOnWithTheStorage(t *testing.T) {
	var calls atomic.Int32
	var down atomic.Bool
	down.Store(true)
	out := new(recorder)
	out.answer = func(int, *sink.Batch) error {
		switch {
		case down.Load():
			return errors.New("unavailable")
		case calls.Add(1) <= 200: // whatever was tried in the outage is refused
			return &sink.Error{Err: errors.New("bad"), Kind: sink.Invalid}
		}
		return nil
	}
	s := newStream(t, out, append(stored(storeDir(t)), WithInFlight(1))...)
	fill(t, s, 0, 20_000)
	eventually(t, "records in the storage", func() bool { return check(t, s).Held.Spool > 0 })
	down.Store(false)
	flush(t, s)
	if st := check(t, s); st.Held.Total() > 0 || st.Delivered == 0 || st.DroppedTotal() > 0 {
		t.Errorf("got %v, want all delivered or rejected", st)
	}
}

// A program that panics while its destination is down leaves its records in the storage.
func TestAPanicStoresWhatCannotBeFlushed(t *testing.T) {
	dir := storeDir(t)
	synctest.Test(t, func(t *testing.T) {
		s := open(t, newBarrier(), stored(dir)...)
		func() {
			defer func() {
				if v := recover(); v != "boom" {
					t.Errorf("got the panic %v, want boom", v)
				}
			}()
			defer s.FlushOnPanic()
			fill(t, s, 0, 100)
			panic("boom")
		}()
		if st := check(t, s); st.Held.Spool != 100 {
			t.Errorf("got %v, want all in the storage", st)
		}
		<-s.done
	})
	var next recorder
	s := newStream(t, &next, stored(dir)...)
	flush(t, s)
	wantAll(t, next.received(), 100)
}

// Who waits for records that a Shutdown stores is told so.
func TestAFlushEndsWithAShutdownThatStores(t *testing.T) {
	for _, n := range []int{100, 20_000} { // in flight, and in all places
		s := open(t, newBarrier(), stored(storeDir(t))...)
		fill(t, s, 0, n)
		flushed := make(chan error, 1)
		go func() { flushed <- s.Flush(context.Background()) }()
		eventually(t, "the call", func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, p := range s.queue.pages {
				if len(p.marks) > 0 {
					return true
				}
			}
			return false
		})
		cut(t, s)
		if err := <-flushed; !errors.Is(err, ErrStored) {
			t.Errorf("%d records: the Flush before got %v, want ErrStored", n, err)
		}
		if err := s.Flush(t.Context()); !errors.Is(err, ErrStored) {
			t.Errorf("%d records: the Flush after got %v, want ErrStored", n, err)
		}
	}
}

// A Shutdown that has nothing to leave does not say that it left something.
func TestAShutdownWithoutRecordsStoresNothing(t *testing.T) {
	s := open(t, new(recorder), stored(storeDir(t))...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Shutdown(ctx); errors.Is(err, ErrStored) {
		t.Errorf("got %v, want nothing stored", err)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Errorf("the second Shutdown: got %v, want nil", err)
	}
}

// The smallest queue that a storage allows holds a page that is tried again and again,
// and still one of each class to log into.
func TestTheSmallestQueueWithAStorageShedsNothing(t *testing.T) {
	var up atomic.Bool
	out := sink.Func(func(context.Context, *sink.Batch) error {
		if !up.Load() {
			return errors.New("down")
		}
		return nil
	})
	with := func(queue int) []Option {
		return []Option{WithStorage(storeDir(t)), WithQueueSize(queue), WithBatchBytes(64 << 10), WithRetry(time.Millisecond, 10*time.Millisecond)}
	}
	s := newStream(t, out, with(storagePages*pageSize)...)
	p := newProducer(s)
	body := strings.Repeat("x", 150)
	const n = 12_000
	for i := range n {
		p.put([]uint8{debugSeverity, infoSeverity, errorSeverity}[i%3], body)
		if i%200 == 199 { // slower than the disk
			<-time.After(10 * time.Millisecond)
		}
	}
	if r := check(t, s); r.DroppedTotal() != 0 || r.Held.Spool == 0 {
		t.Errorf("got %v, want nothing dropped and some in the storage", r)
	}
	up.Store(true)
	flush(t, s)
	if r := check(t, s); r.Delivered != n {
		t.Errorf("got %v, want %d delivered", r, n)
	}
}
