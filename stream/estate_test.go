//go:build linux || darwin

package stream

import (
	"encoding/binary"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/logstream-go/logstream/internal/crash"
	"github.com/logstream-go/logstream/sink"
)

// lossy is a stream whose sink hangs, which has lost much: what a process leaves behind.
func lossy(t *testing.T, dir string, opts ...Option) (s *Stream, release func()) {
	t.Helper()
	hung := newHung()
	s, err := New(hung, append(smallCrash(dir), append([]Option{WithOverflow(DropNewest), WithErrorHandler(func(error) {})}, opts...)...)...)
	if err != nil {
		t.Fatal(err)
	}
	p := newProducer(s)
	for range 60_000 {
		p.put(debugSeverity, strings.Repeat("x", 150))
	}
	eventually(t, "rest", func() bool { return s.Stats().Routes[0].DroppedTotal() > 0 })
	return s, func() {
		close(hung.release)
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// formerLost returns how many records of former processes were told to be lost.
func (k *reader) formerLost() (n int64) {
	for _, x := range k.notes(eventGap) {
		if strings.Contains(x.body, "by processes that have ended") && x.texts[attrFormer] == "true" {
			n += x.ints[attrLost]
		}
	}
	return n
}

func TestTheNextProcessTellsWhatAFormerOneLost(t *testing.T) {
	dir := crashDir(t)
	s, end := lossy(t, dir, WithRoute("old", new(recorder)), WithRoute("severe", new(recorder), WithRouteLevel(slog.LevelError)))
	var first string
	var before Stats
	eventually(t, "rest", func() bool {
		before, first = s.Stats(), die(t, dir)
		return s.Stats().String() == before.String() // or it is of no one moment
	})
	end()

	k, added := new(reader), new(reader)
	s2, err := New(k, append(smallCrash(first), WithRoute("new", added), WithRoute("severe", new(recorder)), WithErrorHandler(func(error) {}))...)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the ledger", func() bool { return s2.Stats().Former != nil })
	st := s2.Stats()
	if err := st.Check(); err != nil {
		t.Error(err)
	}
	f := st.Former
	if f.Accepted != before.Accepted || len(f.Routes) != 3 {
		t.Errorf("got %v, want the ledger of the former process: %v", f, before)
	}
	if f.Routes[0].DroppedTotal() != before.Routes[0].DroppedTotal() || f.Routes[0].Held.Total() != before.Routes[0].Held.Total() {
		t.Errorf("primary: got %v, want %v", f.Routes[0], before.Routes[0])
	}
	if n := f.Routes[1]; n.Name != "new" || n.Filtered != f.Accepted {
		t.Errorf("the route that was not there: got %v, want all filtered", n)
	}
	if n := f.Routes[2]; n.Name != "severe" || n.Filtered+n.Held.Total() != f.Accepted || n.DroppedTotal() != 0 {
		t.Errorf("the route that takes ERROR: got %v, want the rest filtered", n)
	}
	// A process that ends before it has told leaves it to the next, which tells once, though
	// there are others after it.
	second := die(t, first)
	if err := s2.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	lost := int64(before.Routes[0].DroppedTotal())
	if n := k.formerLost(); n != lost {
		t.Errorf("told of %d lost records, want %d", n, lost)
	}
	if n := added.formerLost(); n != 0 {
		t.Errorf("the route that was not there was told of %d", n)
	}
	k = new(reader)
	s3, err := New(k, append(smallCrash(second), WithErrorHandler(func(error) {}))...)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the ledger", func() bool { return s3.Stats().Former != nil })
	if f := s3.Stats().Former; f.Routes[0].DroppedTotal() != uint64(lost) || f.Accepted != before.Accepted+f.Recovered {
		t.Errorf("after two processes: got %v, want %d lost", f, lost)
	}
	s3.herald.kick()
	eventually(t, "the record", func() bool { return k.formerLost() == lost })
	flush(t, s3)
	third := die(t, second)
	if err := s3.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	k = new(reader)
	s4 := newStream(t, k, smallCrash(third)...)
	eventually(t, "the ledger", func() bool { return s4.Stats().Former != nil })
	if err := s4.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if n := k.formerLost(); n != 0 {
		t.Errorf("told again of %d", n)
	}
}

// The records of a process whose ledger means something else are taken over all the same.
func TestALedgerOfAnotherVersionIsReported(t *testing.T) {
	dir := crashDir(t)
	out := newHung()
	s := newStream(t, out, smallCrash(dir)...)
	newProducer(s).put(infoSeverity, "kept")
	eventually(t, "the worker", func() bool { return s.Stats().Routes[0].Held.Ring == 0 })
	later := die(t, dir)
	close(out.release)
	name := crashFiles(t, later)[0]
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at+8 <= 64<<10; at += 8 { // the slots no longer match their sums
		if binary.NativeEndian.Uint64(content[at:]) == accountFormat {
			content[at]++
		}
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var said []string
	next := new(recorder)
	s2 := newStream(t, next, append(smallCrash(later), WithErrorHandler(func(err error) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, err.Error())
	}))...)
	eventually(t, "the end of the old file", func() bool { return len(crashFiles(t, later)) == 1 })
	flush(t, s2)
	if got := next.received(); len(got) != 1 || got[0] != "kept" {
		t.Errorf("got %q, want the record", got)
	}
	eventually(t, "the report", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return strings.Contains(strings.Join(said, "\n"), errAccount.Error())
	})
	if f := s2.Stats().Former; f != nil {
		t.Errorf("got %v of a ledger that cannot be read", f)
	}
}

func TestAccountsAreReadAsTheyWereWritten(t *testing.T) {
	a := account{accepted: 1, own: 2, recovered: 3, since: 4, id: 5, lines: make([]accountLine, 2)}
	for i := range a.lines {
		l := &a.lines[i]
		l.least, l.filtered, l.delivered, l.rejected, l.ring, l.queue, l.flying, l.stored = 1, 2, 3, 4, 5, 6, 7, 8
		l.dropped[reasons-1][levels-1], l.told[0][i] = 9, 10
	}
	w := a.appendTo(nil)
	for i := range a.lines {
		w = a.lines[i].appendTo(w)
	}
	if len(w) != accountSize(2) {
		t.Fatalf("%d words, want %d", len(w), accountSize(2))
	}
	got, err := readAccount(w, 2)
	if err != nil || got.accepted != 1 || got.id != 5 || got.lines[0] != a.lines[0] || got.lines[1] != a.lines[1] {
		t.Errorf("got %+v and %v", got, err)
	}
	for _, bad := range [][]uint64{nil, w[:len(w)-1], append([]uint64{w[0] + 1}, w[1:]...)} {
		if _, err := readAccount(bad, 2); err == nil {
			t.Errorf("%d words are no error", len(bad))
		}
	}
}

// A file that an heir could not remove is not counted again.
func TestAnEstateIsAddedOnce(t *testing.T) {
	dir := crashDir(t)
	_, end := lossy(t, dir)
	first := die(t, dir)
	end()
	list, err := crash.Orphans(first)
	if err != nil || len(list) != 1 {
		t.Fatalf("got %d files and %v", len(list), err)
	}
	id := list[0].ID()
	if err := list[0].Leave(); err != nil {
		t.Fatal(err)
	}
	var k sink.Sink = new(recorder)
	s := newStream(t, k, append(smallCrash(first), optionFunc(func(c *config) {
		// as if the estate of another file had it
		c.keeper.(*crashKeeper).estates = map[uint64]bool{id: true}
	}))...)
	eventually(t, "the end of the old file", func() bool { return len(crashFiles(t, first)) == 1 })
	flush(t, s)
	if st := s.Stats(); st.Former != nil || st.Recovered == 0 {
		t.Errorf("got %v, want records and no ledger", st)
	}
}
