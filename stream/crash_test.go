//go:build linux || darwin

package stream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/logstream-go/logstream/buffer"
	"github.com/logstream-go/logstream/sink"
)

// crashDir returns the name of a directory that New makes.
func crashDir(t testing.TB) string { return filepath.Join(t.TempDir(), "crash") }

// crashFiles returns the names of the files that are there.
func crashFiles(t testing.TB, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// die returns a directory with what the stream's process would leave if it ended now. The
// stream must come to rest: what is read while it writes is of no one moment.
func die(t testing.TB, dir string) string {
	t.Helper()
	to := crashDir(t)
	if err := os.Mkdir(to, 0o700); err != nil {
		t.Fatal(err)
	}
	for i, name := range crashFiles(t, dir) {
		var content []byte
		eventually(t, "rest", func() bool {
			before := content
			var err error
			if content, err = os.ReadFile(name); err != nil {
				t.Fatal(err)
			}
			return bytes.Equal(before, content)
		})
		if err := os.WriteFile(filepath.Join(to, fmt.Sprint(i, ".crash")), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// small is a stream whose file is small.
func smallCrash(dir string, opts ...CrashOption) []Option {
	return []Option{WithCrashRing(dir, append(opts, OnDisk)...), WithQueueSize(4 << 20), WithRingSize(1 << 20), WithLinger(time.Millisecond), WithBatchBytes(64 << 10), WithOverflow(Block(time.Minute))}
}

func TestWhatAProcessLeavesTheNextOneSends(t *testing.T) {
	dir := crashDir(t)
	out := newHung()
	s := newStream(t, out, append(smallCrash(dir), WithResource(slog.String("service.name", "former")))...)
	p := &producer{src: s.Source([]byte("\x0a\x05scope"), "https://schema")}
	for i := range 100 {
		p.put(infoSeverity, fmt.Sprint(i))
	}
	eventually(t, "an export", func() bool { return s.Stats().Routes[0].Held.InFlight > 0 })
	for i := range 100 {
		p.put(infoSeverity, fmt.Sprint(100+i)) // some of them are in the ring
	}
	later := die(t, dir)
	close(out.release)

	var (
		mu    sync.Mutex
		names = map[string]int{}
		said  []string
	)
	next := new(recorder)
	next.answer = func(_ int, b *sink.Batch) error {
		mu.Lock()
		defer mu.Unlock()
		names[string(b.AppendRequest(nil))]++
		return nil
	}
	s2 := newStream(t, next, append(smallCrash(later), WithErrorHandler(func(err error) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, err.Error())
	}))...)
	eventually(t, "the records of the former process", func() bool { return len(next.received()) >= 200 })
	got := next.received()
	slices.Sort(got)
	if got = slices.Compact(got); len(got) != 200 {
		t.Errorf("got %d different records, want 200", len(got))
	}
	if n := s2.Stats().Recovered; n != 200 {
		t.Errorf("recovered %d, want 200", n)
	}
	mu.Lock()
	defer mu.Unlock()
	for name := range names {
		if !strings.Contains(name, "former") || !strings.Contains(name, "scope") || !strings.Contains(name, "https://schema") {
			t.Errorf("got resource and scope %q, want the former ones in it", name)
		}
	}
	eventually(t, "the end of the former file, and the report", func() bool {
		told := slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, "took over 200 records") })
		mu.Unlock()
		defer mu.Lock()
		return told && len(crashFiles(t, later)) == 1
	})
}

func TestWhatIsDeliveredIsNotSentAgain(t *testing.T) {
	dir := crashDir(t)
	s := newStream(t, new(recorder), smallCrash(dir)...)
	p := newProducer(s)
	for i := range 1000 {
		p.put(infoSeverity, fmt.Sprint(i))
	}
	flush(t, s)
	later := die(t, dir)
	next := new(recorder)
	s2 := newStream(t, next, smallCrash(later)...)
	newProducer(s2).put(infoSeverity, "fresh")
	flush(t, s2)
	eventually(t, "the end of the old file", func() bool { return len(crashFiles(t, later)) == 1 })
	if got := next.received(); len(got) != 1 {
		t.Errorf("got %d records, want the fresh one", len(got))
	}
}

func TestAShutdownLeavesNoFile(t *testing.T) {
	dir := crashDir(t)
	s, err := New(new(recorder), smallCrash(dir)...)
	if err != nil {
		t.Fatal(err)
	}
	newProducer(s).put(infoSeverity, "x")
	if files := crashFiles(t, dir); len(files) != 1 {
		t.Errorf("got files %v, want one", files)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if files := crashFiles(t, dir); len(files) != 0 {
		t.Errorf("left behind: %v", files)
	}
	newProducer(s).put(infoSeverity, "late")
	if r := check(t, s); r.DroppedTotal() != 1 {
		t.Errorf("got %v, want one record dropped", r)
	}
}

// A route gets what it had not, one whose name is new gets what is left for another,
// and what every route had is gone.
func TestEachRouteGetsWhatItHadNot(t *testing.T) {
	dir := crashDir(t)
	slow := newHung()
	s := newStream(t, new(recorder), append(smallCrash(dir), WithRoute("slow", slow), WithRoute("errors", new(recorder), WithRouteLevel(slog.LevelError)))...)
	p := newProducer(s)
	p.put(infoSeverity, "info")
	p.put(errorSeverity, "error")
	eventually(t, "delivery by the others", func() bool {
		return line(t, s, "primary").Delivered == 2 && line(t, s, "errors").Delivered == 1
	})
	later := die(t, dir)
	close(slow.release)
	primary, again, added := new(recorder), new(recorder), new(recorder)
	s2 := newStream(t, primary, append(smallCrash(later), WithRoute("slow", again), WithRoute("new", added))...)
	eventually(t, "the records", func() bool { return s2.Stats().Recovered == 2 })
	flush(t, s2)
	for name, r := range map[string]*recorder{"slow": again, "new": added} {
		got := r.received()
		slices.Sort(got)
		if !slices.Equal(got, []string{"error", "info"}) {
			t.Errorf("%s got %q, want both", name, got)
		}
	}
	if got := primary.received(); len(got) != 0 {
		t.Errorf("primary got %q again", got)
	}
}

// Whoever reads the file of a process finds no secret in it.
func TestTheCrashRingHoldsMaskedRecordsOnly(t *testing.T) {
	const secret = "hunter2-correct-horse"
	for _, unmasked := range []bool{false, true} {
		dir := crashDir(t)
		out := newHung()
		opts := smallCrash(dir)
		if unmasked {
			opts = smallCrash(dir, Unmasked)
		}
		s := newStream(t, out, opts...)
		src := s.Source(nil, "")
		var hint uint32
		rec := attribute("password", secret)
		for range 50 {
			src.Put(&hint, Meta{Observed: 1, Severity: infoSeverity}, rec)
		}
		// The ring's memory keeps what was in it until it is written over, which is
		// why Unmasked has to be asked for.
		found := 0
		for _, name := range crashFiles(t, dir) {
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i+8 <= len(secret); i++ {
				found += bytes.Count(content, []byte(secret[i:i+8]))
			}
		}
		if (found > 0) != unmasked {
			t.Errorf("unmasked %v: found %d pieces of the secret", unmasked, found)
		}
		close(out.release)
	}
}

func TestCrashRingsThatCannotBe(t *testing.T) {
	base := t.TempDir()
	wide := filepath.Join(base, "wide")
	if err := errors.Join(os.Mkdir(wide, 0o700), os.Chmod(wide, 0o755)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		dir  string
		opt  CrashOption
		want string
	}{
		{"", OnDisk, "empty"},
		{base, 9, "neither OnDisk nor Unmasked"},
		{wide, OnDisk, "0755"},
		{filepath.Join(base, "a", "b"), OnDisk, "no such file"},
		{"/proc/self", Unmasked, "WithCrashRing"},
	} {
		s, err := New(new(recorder), WithCrashRing(test.dir, test.opt))
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "WithCrashRing") {
			t.Errorf("%q: got %v, want %q", test.dir, err, test.want)
		}
		if s != nil {
			s.Shutdown(t.Context())
		}
	}
}

// A file that somebody cuts off under a running stream costs what was in the ring,
// which the ledger says, and nothing else.
func TestAStreamOutlivesItsCrashRing(t *testing.T) {
	for _, size := range []int64{0, 64 << 10, 600 << 10} {
		dir := crashDir(t)
		out := new(recorder)
		var told atomic.Bool
		opts, cutOff := cuttable(dir)
		s := newStream(t, out, append(opts, WithErrorHandler(func(err error) {
			if strings.Contains(err.Error(), "goes on without it") {
				told.Store(true)
			}
		}))...)
		const goroutines, each = 4, 3000
		var wg sync.WaitGroup
		cut := make(chan struct{})
		for g := range goroutines {
			wg.Go(func() {
				p := newProducer(s)
				for i := range each {
					if i == each/2 && g == 0 {
						if err := cutOff(size); err != nil {
							t.Error(err)
						}
						close(cut)
					}
					if i == each-100 {
						<-cut
					}
					p.put(infoSeverity, fmt.Sprint(g, "-", i))
				}
			})
		}
		wg.Wait()
		flush(t, s)
		r := check(t, s)
		different := map[string]bool{}
		for _, body := range out.received() {
			different[body] = true
		}
		// A record that was put when the memory failed may be there twice, and counted as
		// lost once; one that is missing is counted.
		missing := goroutines*each - len(different)
		if told := int(r.DroppedTotal()); missing > told || missing < told-goroutines {
			t.Errorf("cut to %d: %d records are missing, the ledger has %v", size, missing, r)
		}
		for g := range goroutines {
			if last := fmt.Sprint(g, "-", each-1); !different[last] {
				t.Errorf("cut to %d: record %s, logged afterwards, did not arrive", size, last)
			}
		}
		eventually(t, "the report", told.Load)
	}
}

// No failure of the memory finds more records drained than counted: a record is counted before it
// is published, and one that is not is counted no more.
func TestARecordOfTheCrashRingIsCountedBeforeItIsPublished(t *testing.T) {
	s := newStream(t, new(recorder), smallCrash(crashDir(t), Unmasked)...)
	k := s.keeper.(*crashKeeper)
	counted := func() (n uint64) {
		for i := range k.counts {
			n += k.counts[i].Load()
		}
		return n
	}
	before := uint64(0)
	inCalls(k.ring, func(uint16) { before = counted() })
	p := newProducer(s)
	p.put(infoSeverity, "x")
	if before != 1 || counted() != 1 {
		t.Errorf("counted %d before the record was published and %d afterwards, want 1 and 1", before, counted())
	}
	if res := s.put(&p.hint, buffer.Header{}, make([]byte, k.ring.MaxRecord()+1)); res != buffer.TooLarge || counted() != 1 {
		t.Errorf("a record that is too large: got %v and %d counted, want %v and 1", res, counted(), buffer.TooLarge)
	}
}

// A log call that Shutdown overtakes is in the ledger once, and nothing is held in the end.
func TestAShutdownOfACrashRingCountsEachRecordOnce(t *testing.T) {
	for range 20 {
		s := newStream(t, new(recorder), smallCrash(crashDir(t))...)
		var calls atomic.Uint64
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				p := newProducer(s)
				for range 2000 {
					calls.Add(1)
					p.put(infoSeverity, "x")
				}
			})
		}
		eventually(t, "half of the calls", func() bool { return calls.Load() > 4000 })
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		wg.Wait()
		r, st := check(t, s), s.Stats()
		if n := st.Accepted - st.Own; n != calls.Load() || r.Held.Total() != 0 {
			t.Errorf("%d calls: got %d accepted, and %v", calls.Load(), n, r)
		}
	}
}

// Two processes that start at once share what a former one left.
func TestAnOrphanIsAdoptedOnce(t *testing.T) {
	dir := crashDir(t)
	out := newHung()
	s := newStream(t, out, smallCrash(dir)...)
	p := newProducer(s)
	for i := range 100 {
		p.put(infoSeverity, fmt.Sprint(i))
	}
	later := die(t, dir)
	close(out.release)
	var heirs [4]recorder
	var streams [4]*Stream
	var wg sync.WaitGroup
	for i := range heirs {
		wg.Go(func() {
			var err error
			if streams[i], err = New(&heirs[i], smallCrash(later)...); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	total := func() (n int) {
		for i := range heirs {
			n += len(heirs[i].received())
		}
		return n
	}
	eventually(t, "the records", func() bool { return total() >= 100 })
	for _, s := range streams {
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}
	if n := total(); n != 100 {
		t.Errorf("got %d records, want each of 100 once", n)
	}
	if rest := crashFiles(t, later); len(rest) != 0 {
		t.Errorf("left behind: %v", rest)
	}
}

// A small queue is nearly filled by the pages that are open, and yet a former process's
// records are taken over.
func TestASmallQueueAdoptsToo(t *testing.T) {
	for _, c := range []struct {
		name  string
		queue int
		busy  bool
	}{
		{"the smallest queue, once there is nothing to do", 1 << 20, false},
		{"a queue of 2 MiB, while records of all classes come", 2 << 20, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := crashDir(t)
			hung := newHung()
			s := newStream(t, hung, smallCrash(dir)...)
			p := newProducer(s)
			for i := range 300 {
				p.put([]uint8{debugSeverity, infoSeverity, warnSeverity}[i%3], "left "+strings.Repeat("x", 1000))
			}
			eventually(t, "the queue", func() bool { return s.Stats().Routes[0].Held.Ring == 0 })
			later := die(t, dir)
			close(hung.release)

			out := new(recorder)
			s2 := newStream(t, out, append(smallCrash(later), WithQueueSize(c.queue))...)
			p2 := newProducer(s2)
			eventually(t, "what the first has left", func() bool {
				if st := s2.Stats(); c.busy || st.Accepted == st.Recovered {
					for _, severity := range []uint8{debugSeverity, infoSeverity, warnSeverity} {
						p2.put(severity, "new")
					}
				}
				return s2.Stats().Recovered == 300 && len(crashFiles(t, later)) == 1
			})
		})
	}
}

// What there is no room for stays in its file, without shedding anything.
func TestAdoptionShedsNothing(t *testing.T) {
	dir := crashDir(t)
	out := newHung()
	s := newStream(t, out, smallCrash(dir)...)
	p := newProducer(s)
	body := strings.Repeat("x", 2000)
	for range 1500 {
		p.put(infoSeverity, body)
	}
	eventually(t, "the queue", func() bool { return s.Stats().Routes[0].Held.Ring == 0 })
	later := die(t, dir)
	close(out.release)

	slow := newHung()
	s2, err := New(slow, append(smallCrash(later), WithErrorHandler(func(error) {}))...)
	if err != nil {
		t.Fatal(err)
	}
	p2 := newProducer(s2)
	for range 300 {
		p2.put(debugSeverity, body)
	}
	eventually(t, "some records", func() bool { return s2.Stats().Recovered > 100 })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s2.Shutdown(ctx); err == nil {
		t.Error("Shutdown says that everything is delivered")
	}
	if r := check(t, s2); r.DroppedTotal() != 0 {
		t.Errorf("dropped %d records to adopt others", r.DroppedTotal())
	}
	// The process ends here, with its own file and what is left of the first.
	last := die(t, later)
	close(slow.release)
	if err := s2.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	end := new(recorder)
	newStream(t, end, smallCrash(last)...)
	eventually(t, "all of both", func() bool { return len(end.received()) >= 1800 })
	if n := len(end.received()); n > 1800+chunkSize/2000+1 {
		t.Errorf("got %d records, want 1800 and at most a chunk of them twice", n)
	}
}

// Of a stream with a crash ring and a storage, the storage has what a Shutdown leaves, and the
// file in memory goes.
func TestAShutdownLeavesTheStorageOnly(t *testing.T) {
	dir, ring := storeDir(t), crashDir(t)
	opts := append(smallCrash(ring), WithStorage(dir), WithRetry(time.Millisecond, 10*time.Millisecond))
	s := open(t, newBarrier(), opts...)
	fill(t, s, 0, 20_000)
	cut(t, s)
	if files := crashFiles(t, ring); len(files) > 0 {
		t.Errorf("left behind: %v", files)
	}
	var next recorder
	s = newStream(t, &next, opts...)
	flush(t, s)
	wantAll(t, next.received(), 20_000)
	if st := s.Stats(); st.Recovered != 20_000 {
		t.Errorf("got %v, want 20000 recovered", st)
	}
}
