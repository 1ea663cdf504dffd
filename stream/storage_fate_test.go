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
	"sync"
	"testing"
	"time"

	"github.com/logstream-go/logstream/buffer/spool"
	"github.com/logstream-go/logstream/mask"
	"github.com/logstream-go/logstream/sink"
)

// A Flush waits for what was in memory when it was called and is in the storage now, and for
// what was there before.
func TestAFlushWaitsForTheStorage(t *testing.T) {
	out := newBarrier()
	s := newStream(t, out, stored(storeDir(t))...)
	fill(t, s, 0, 15_000)
	eventually(t, "records in the storage", func() bool { return check(t, s).Held.Spool > 0 })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("during the outage: got %v, want that the deadline has passed", err)
	}
	flushed, delivered := make(chan error, 1), make(chan error, 1)
	go func() { flushed <- s.Flush(t.Context()) }()
	go func() { delivered <- s.WaitDelivered(t.Context()) }()
	fill(t, s, 15_000, 15_000) // moves what the two wait for
	select {
	case err := <-flushed:
		t.Fatalf("Flush returned %v during the outage", err)
	case err := <-delivered:
		t.Fatalf("WaitDelivered returned %v during the outage", err)
	default:
	}
	out.open.Store(true)
	if err := <-flushed; err != nil {
		t.Error(err)
	}
	if err := <-delivered; err != nil {
		t.Error(err)
	}
	if n := len(out.received()); n < 15_000 {
		t.Errorf("got %d records when the first 15000 were waited for", n)
	}
	flush(t, s)
	wantAll(t, out.received(), 30_000)
}

// Who waits for delivery is told when the storage has given something up.
func TestAWaiterIsToldWhatTheStorageLost(t *testing.T) {
	dir := storeDir(t)
	out := newBarrier()
	s := newStream(t, out, stored(dir)...)
	fill(t, s, 0, 20_000)
	eventually(t, "records in the storage", func() bool { return check(t, s).Held.Spool > 5000 })
	delivered := make(chan error, 1)
	go func() { delivered <- s.WaitDelivered(t.Context()) }()
	eventually(t, "the call", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.store.(*diskStore).logs[low].routes[0].waiters) > 0
	})
	for _, name := range segments(t, dir, spool.Low) {
		if err := os.Truncate(name, 200); err != nil {
			t.Fatal(err)
		}
	}
	out.open.Store(true)
	if err := <-delivered; !errors.Is(err, ErrLost) {
		t.Errorf("got %v, want ErrLost", err)
	}
	st := check(t, s)
	if len(st.Dropped) == 0 || st.Dropped[0].Reason != StorageDamaged || st.Dropped[0].Level != 2 {
		t.Errorf("got %v, want DEBUG records dropped for %v", st, StorageDamaged)
	}
}

// segments returns the names of the files of a class.
func segments(t testing.TB, dir string, c spool.Class) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, fmt.Sprintf("v1-%v-*.seg", c)))
	if err != nil || len(files) == 0 {
		t.Fatalf("got %v and %v, want segments of %v", files, err, c)
	}
	return files
}

// What is damaged on the disk between two processes is in the ledger of the second, and its
// neighbours arrive.
func TestWhatIsDamagedBetweenProcessesIsCounted(t *testing.T) {
	const n = 20_000
	gone := func(t *testing.T, name string) {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name   string
		oldest bool
		damage func(t *testing.T, name string)
	}{
		{"a header", false, func(t *testing.T, name string) { flip(t, name, 0) }},
		{"data", false, func(t *testing.T, name string) { flip(t, name, 100_000) }},
		{"a file that is gone", false, gone},
		{"the oldest file that is gone", true, gone},
		{"the oldest file is of another version", true, func(t *testing.T, name string) { flip(t, name, 8) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := storeDir(t)
			s := open(t, newBarrier(), stored(dir, WithStorageBytes(16<<20))...)
			fill(t, s, 0, n)
			cut(t, s)
			files := segments(t, dir, spool.Info)
			at := len(files) / 2
			if tt.oldest {
				at = 0
			}
			tt.damage(t, files[at])
			var next recorder
			s = newStream(t, &next, stored(dir, WithStorageBytes(16<<20))...)
			flush(t, s)
			eventually(t, "the end", func() bool { return check(t, s).Held.Total() == 0 })
			st := check(t, s)
			lost := st.DroppedTotal()
			if lost == 0 || lost+uint64(len(next.received())) != n {
				t.Errorf("got %d records, and %v; want %d together", len(next.received()), st, n)
			}
			for _, d := range st.Dropped {
				if d.Reason != StorageDamaged {
					t.Errorf("dropped %d for %v", d.Records, d.Reason)
				}
			}
		})
	}
}

// flip changes a byte of a file.
func flip(t *testing.T, name string, at int) {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	content[min(at, len(content)-1)] ^= 0x55
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsTooOldIsDropped(t *testing.T) {
	out := newBarrier()
	s := newStream(t, out, stored(storeDir(t), WithStorageAge(time.Second))...)
	fill(t, s, 0, 20_000)
	eventually(t, "the age", func() bool {
		st := check(t, s)
		return slices.ContainsFunc(st.Dropped, func(d Dropped) bool { return d.Reason == StorageExpired })
	})
	out.open.Store(true)
	flush(t, s)
	if st := check(t, s); st.Delivered == 0 {
		t.Errorf("got %v, want what was in memory delivered", st)
	}
}

// A stream with other rules masks what a former one has stored.
func TestWhatIsStoredIsMaskedByTheRulesOfWhoSendsIt(t *testing.T) {
	dir := storeDir(t)
	s := open(t, newBarrier(), append(stored(dir), WithMask(mask.None()), WithResource(slog.String("password", "hunter1")))...)
	p := newProducer(s)
	p.src.Put(&p.hint, Meta{Observed: 1, Severity: infoSeverity}, attribute("password", "hunter2"))
	cut(t, s)
	files := segments(t, dir, spool.Info)
	content, err := os.ReadFile(files[0])
	if err != nil || !strings.Contains(string(content), "hunter2") {
		t.Fatalf("got %v, want the secret in the file: the stream was told not to mask", err)
	}
	var mu sync.Mutex
	var request []byte
	out := sink.Func(func(_ context.Context, b *sink.Batch) error {
		mu.Lock()
		defer mu.Unlock()
		request = b.AppendRequest(request)
		return nil
	})
	s = newStream(t, out, stored(dir)...)
	flush(t, s)
	mu.Lock()
	defer mu.Unlock()
	if text := string(request); strings.Contains(text, "hunter") || strings.Count(text, mask.MarkerKey) != 2 {
		t.Errorf("got %q, want both secrets masked", text)
	}
}

// No byte of a secret gets to the disk.
func TestNothingIsStoredUnmasked(t *testing.T) {
	dir := storeDir(t)
	s := open(t, newBarrier(), append(stored(dir), WithResource(slog.String("password", "hunter1")))...)
	p := newProducer(s)
	p.src.Put(&p.hint, Meta{Observed: 1, Severity: infoSeverity}, attribute("password", "hunter2"))
	cut(t, s)
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(content), "hunter") {
			t.Errorf("%s holds a secret", filepath.Base(name))
		}
	}
}

// A record keeps its identity over the storage and the end of its process.
func TestARecordKeepsItsIdentityInTheStorage(t *testing.T) {
	dir := storeDir(t)
	s := open(t, newBarrier(), append(stored(dir), WithRecordUID())...)
	const n = 10
	for i := range n {
		newProducer(s).put(infoSeverity, fmt.Sprint(i))
	}
	former := s.instance
	cut(t, s)
	var mu sync.Mutex
	seen := make(map[string]bool)
	out := sink.Func(func(_ context.Context, b *sink.Batch) error {
		mu.Lock()
		defer mu.Unlock()
		for r := range b.Records() {
			for _, v := range r.Attributes() {
				seen[string(v.Str())] = true
			}
		}
		return nil
	})
	s = newStream(t, out, append(stored(dir), WithRecordUID())...)
	flush(t, s)
	mu.Lock()
	defer mu.Unlock()
	if len(seen) != n {
		t.Errorf("got %d identities, want %d", len(seen), n)
	}
	for uid := range seen {
		if !strings.HasPrefix(uid, former+"-") {
			t.Errorf("got %q, want the instance %q", uid, former)
		}
	}
}

// Several processes, one after the other, and none with a destination: the last one sends what
// all have left, and every ledger adds up.
func TestTheStorageOutlivesManyProcesses(t *testing.T) {
	dir := storeDir(t)
	const rounds, n = 5, 3000
	for i := range rounds {
		s := open(t, newBarrier(), stored(dir)...)
		if got := s.Stats(); got.Recovered != uint64(i*n) || got.Routes[0].Held.Total() != uint64(i*n) {
			t.Errorf("round %d: got %v, want %d recovered", i, got, i*n)
		}
		fill(t, s, i*n, n)
		cut(t, s)
	}
	var out recorder
	s := newStream(t, &out, stored(dir)...)
	flush(t, s)
	wantAll(t, out.received(), rounds*n)
	wantNoLoss(t, s)
}

// What is there for a route that the stream has not got stays until it comes back.
func TestARouteThatIsAwayLosesNothing(t *testing.T) {
	dir := storeDir(t)
	opts := append(stored(dir), WithQueueSize(8<<20))
	s := open(t, new(recorder), append(opts, WithRoute("away", newBarrier()))...)
	fill(t, s, 0, 100)
	eventually(t, "the route that does well", func() bool { return line(t, s, "primary").Delivered == 100 })
	cut(t, s)

	said := make(chan error, 10)
	s = open(t, new(recorder), append(opts, WithErrorHandler(func(err error) { said <- err }))...)
	if err := <-said; !strings.Contains(err.Error(), `"away"`) {
		t.Errorf("the error handler got %v, want the name of the route", err)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	back := new(recorder)
	s = newStream(t, new(recorder), append(opts, WithRoute("away", back))...)
	flush(t, s)
	wantAll(t, back.received(), 100)
}

// A second outage while the first one's records are read back: what was read goes back to its
// place, and all arrive.
func TestOutagesFollowEachOther(t *testing.T) {
	out := newBarrier()
	s := newStream(t, out, stored(storeDir(t))...)
	next := 0
	for range 6 {
		fill(t, s, next, 6000)
		next += 6000
		out.open.Store(true)
		had := len(out.received())
		eventually(t, "some records", func() bool { return len(out.received()) > had+1000 })
		out.open.Store(false)
	}
	out.open.Store(true)
	flush(t, s)
	wantAll(t, out.received(), next)
	wantNoLoss(t, s)
}
