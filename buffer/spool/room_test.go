package spool

import (
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestSheddingTakesTheLowestClassAndThenTheOldest(t *testing.T) {
	cfg := smallSegments(t, WithSync(SyncNever()))
	cfg.bytes = 64 << 10
	m := newMemFS()
	s, _ := openMem(t, m, cfg)
	c := mustCursor(t, s, "a")
	fill(t, s, Low, 9)
	fill(t, s, Info, 9)
	shed := func() (n [Classes]uint64) {
		for i, st := range c.Stats() {
			n[i] = st.Shed
		}
		return n
	}
	var last [Classes]uint64
	for range 40 {
		mustAppend(t, s, testBlock(High, 10, 2000, 5))
		now := shed()
		st := s.Stats()
		for low := range Classes {
			for class := low + 1; class < Classes; class++ {
				if now[class] > last[class] && st.Classes[low].Segments > 0 {
					t.Fatalf("%v was shed while there was %v", Class(class), Class(low))
				}
			}
		}
		if st.Bytes > cfg.bytes {
			t.Fatalf("got %d bytes, want at most %d", st.Bytes, cfg.bytes)
		}
		last = now
	}
	if last[Low] != 90 || last[Info] != 90 || last[High] == 0 {
		t.Errorf("got %v records shed, want 90, 90 and some", last)
	}
	// The newest of a class are the ones that are left.
	var got Block
	mustNext(t, c, High, &got)
	if got.First != last[High] {
		t.Errorf("got block %d, want %d", got.First, last[High])
	}
	checkSum(t, s, c)

	// What cannot be stored costs nothing.
	mustAppend(t, s, testBlock(Low, 10, 100, 1))
	last = shed()
	if _, err := s.Append(testBlock(Low, 1, 40_000, 1)); !errors.Is(err, ErrFull) {
		t.Errorf("Append of a lower class: got %v, want ErrFull", err)
	}
	if _, err := s.Append(testBlock(High, 1, 70<<10, 1)); !errors.Is(err, ErrFull) {
		t.Errorf("Append of more than the budget: got %v, want ErrFull", err)
	}
	if shed() != last {
		t.Errorf("got %v records shed for blocks that cannot be stored, want %v", shed(), last)
	}

	// The sums are those of the process that was killed.
	_, s2, _ := reopenMem(t, m, cfg)
	c2 := mustCursor(t, s2, "a")
	for i, st := range c2.Stats() {
		if st.Shed != last[i] || st.Damaged != 0 {
			t.Errorf("%v after a kill: got %+v, want %d shed", Class(i), st, last[i])
		}
	}
	checkSum(t, s2, c2)
	mustClose(t, s2)
	mustClose(t, s)
}

func TestWhatIsInHandIsNotShed(t *testing.T) {
	cfg := smallSegments(t, WithSync(SyncNever()))
	cfg.bytes = 32 << 10
	s, _ := openMem(t, newMemFS(), cfg)
	fast, slow := mustCursor(t, s, "fast"), mustCursor(t, s, "slow")
	fill(t, s, Info, 6)
	var got Block
	for range 2 {
		mustNext(t, fast, Info, &got)
	}
	for s.Stats().Classes[Info].Start == 0 {
		mustAppend(t, s, testBlock(Info, 10, 2000, 1))
	}
	if st := fast.Stats()[Info]; st.Shed != 10 {
		t.Errorf("fast: got %+v, want the one block shed that it does not have", st)
	}
	if st := slow.Stats()[Info]; st.Shed != 30 || st.Place != 30 {
		t.Errorf("slow: got %+v, want three blocks shed", st)
	}
	if err := fast.Advance(Info, 20); err != nil {
		t.Fatal(err)
	}
	if st := fast.Stats()[Info]; st.Settled != 20 || st.Shed != 10 || st.Place != 30 {
		t.Errorf("fast: got %+v, want 20 settled, and the place behind what was shed", st)
	}
	checkSum(t, s, fast)
	checkSum(t, s, slow)
	mustClose(t, s)
}

func TestSeekGivesBackAndSkips(t *testing.T) {
	s, _ := openMem(t, newMemFS(), testConfig(t))
	c := mustCursor(t, s, "a")
	fill(t, s, Info, 4)
	var got Block
	mustNext(t, c, Info, &got)
	mustNext(t, c, Info, &got)
	for _, tt := range []struct {
		to, first uint64
		skip      int
	}{{0, 0, 0}, {25, 20, 5}, {30, 30, 0}, {19, 10, 9}} {
		if err := c.Seek(Info, tt.to); err != nil {
			t.Fatal(err)
		}
		mustNext(t, c, Info, &got)
		if got.First != tt.first || got.Skip != tt.skip {
			t.Errorf("after Seek to %d: got block %d, skip %d, want %d, %d", tt.to, got.First, got.Skip, tt.first, tt.skip)
		}
	}
	if err := c.Advance(Info, 15); err != nil {
		t.Fatal(err)
	}
	for _, n := range []uint64{14, 41} {
		if err := c.Seek(Info, n); err == nil {
			t.Errorf("Seek to %d: got nil, want an error", n)
		}
	}
	if err := c.Advance(Info, 41); err == nil {
		t.Error("Advance behind the end: got nil, want an error")
	}
	if err := c.Advance(Classes, 0); err == nil {
		t.Error("Advance of no class: got nil, want an error")
	}
	if err := c.Advance(Info, 3); err != nil || c.Place(Info) != 15 {
		t.Errorf("Advance backwards: got %v and place %d, want nil and 15", err, c.Place(Info))
	}
	mustClose(t, s)
}

func TestANewCursorBeginsAtTheOldestRecordAndARemovedOneHoldsNothing(t *testing.T) {
	m := newMemFS()
	cfg := smallSegments(t, WithSync(SyncNever()))
	s, _ := openMem(t, m, cfg)
	old := mustCursor(t, s, "old")
	fill(t, s, Info, 9)
	if err := old.Advance(Info, 40); err != nil {
		t.Fatal(err)
	}
	c := mustCursor(t, s, "new")
	if got := c.Place(Info); got != 30 {
		t.Errorf("got place %d, want 30, the oldest record", got)
	}
	if again := mustCursor(t, s, "new"); again != c {
		t.Error("got another Cursor for the same name")
	}
	if err := c.Advance(Info, 90); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove("old"); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove("never was"); err != nil {
		t.Errorf("Remove of nothing: got %v, want nil", err)
	}
	if err := old.Advance(Info, 50); !errors.Is(err, ErrClosed) {
		t.Errorf("Advance of a removed cursor: got %v, want ErrClosed", err)
	}
	mustClose(t, s)
	if len(m.files) != 1 {
		t.Errorf("got %d files, want the one cursor", len(m.files))
	}
	for _, name := range []string{"", string(make([]byte, maxName+1))} {
		if _, err := s.Cursor(name); err == nil {
			t.Errorf("Cursor of a name of %d bytes: got nil, want an error", len(name))
		}
	}
}

func TestTheBackgroundSyncsAndRemoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemFS()
		cfg := smallSegments(t, WithSync(SyncEvery(time.Second)))
		s, _ := openMem(t, m, cfg)
		c := mustCursor(t, s, "a")
		fill(t, s, Info, 6)
		name := segmentName(Info, 0)
		synced := func() bool {
			m.mu.Lock()
			defer m.mu.Unlock()
			return m.files[name].synced != nil && m.disk[name] != nil
		}
		calls := func() int {
			m.mu.Lock()
			defer m.mu.Unlock()
			return m.calls
		}
		if synced() {
			t.Error("a segment is synced at once, want it after the interval")
		}
		<-time.After(1001 * time.Millisecond)
		synctest.Wait()
		if !synced() {
			t.Error("a segment is not synced after the interval")
		}
		before := calls()
		<-time.After(time.Hour)
		if after := calls(); after != before {
			t.Errorf("got %d calls in an idle hour, want 0", after-before)
		}
		if err := c.Advance(Info, 60); err != nil {
			t.Fatal(err)
		}
		<-time.After(1001 * time.Millisecond)
		synctest.Wait()
		if n := s.Stats().Classes[Info].Segments; n != 0 {
			t.Errorf("got %d segments, want all removed", n)
		}
		mustClose(t, s)
	})
}

func TestAFileThatCannotBeRemovedCountsForTheBudget(t *testing.T) {
	m := newMemFS()
	cfg := smallSegments(t, WithSync(SyncNever()))
	cfg.bytes = 32 << 10
	var told []error
	cfg.handler = func(err error) { told = append(told, err) }
	s, _ := openMem(t, m, cfg)
	c := mustCursor(t, s, "a")
	fill(t, s, Info, 6)
	m.fail = func(_ int, op, _ string) error {
		if op == "remove" {
			return syscall.EPERM
		}
		return nil
	}
	if err := c.Advance(Info, 60); err != nil {
		t.Fatal(err)
	}
	st := s.Stats()
	if len(told) == 0 || st.Aside == 0 || st.RemoveErrors == 0 || st.Bytes == 0 {
		t.Errorf("got %d errors and %+v, want what cannot be removed to count", len(told), st)
	}
	var err error
	for range 20 {
		if _, err = s.Append(testBlock(Info, 10, 2000, 1)); err != nil {
			break
		}
	}
	if !errors.Is(err, syscall.EPERM) {
		t.Errorf("Append: got %v, want EPERM", err)
	}
	if st := c.Stats()[Info]; st.Shed != 0 {
		t.Errorf("got %+v, want nothing shed that is still there", st)
	}
	m.fail = nil
	for range 20 {
		mustAppend(t, s, testBlock(Info, 10, 2000, 1))
	}
	if st := s.Stats(); st.Aside != 0 || st.Bytes > cfg.bytes {
		t.Errorf("got %+v, want it removed and the budget kept", st)
	}
	checkSum(t, s, c)
	mustClose(t, s)
}

func TestWhatIsTooOldGoesWithoutAnAppend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemFS()
		bad := segmentName(Low, 0)
		m.files[bad] = &memFile{fs: m, name: bad, data: make([]byte, 500)}
		s, rec := openMem(t, m, smallSegments(t, WithSync(SyncNever()), WithMaxAge(time.Minute)))
		if len(rec.Damaged) != 1 {
			t.Errorf("got %+v, want a damaged file", rec)
		}
		c := mustCursor(t, s, "a")
		fill(t, s, Info, 6)
		<-time.After(40 * time.Second)
		last := testBlock(Info, 10, 2000, 9)
		mustAppend(t, s, last)
		<-time.After(36 * time.Second)
		if st := c.Stats()[Info]; st.Expired != 60 || st.Held != 10 {
			t.Errorf("got %+v, want 60 expired and 10 held", st)
		}
		<-time.After(time.Minute)
		if st := c.Stats()[Info]; st.Expired != 70 {
			t.Errorf("got %+v, want all expired", st)
		}
		if st := s.Stats(); st.Bytes != 0 || st.Aside != 0 {
			t.Errorf("got %+v, want nothing left", st)
		}
		checkSum(t, s, c)
		mustClose(t, s)
	})
}

// Every call to the system of a fixed course fails once, and then the process is
// killed, or the power fails. No record that was appended is lost but for what a
// failure of power may take.
func TestEveryCallFailsOnce(t *testing.T) {
	for _, p := range []SyncPolicy{SyncNever(), SyncAlways(), SyncEvery(maxInterval)} {
		for at := 1; ; at++ {
			m := newMemFS()
			cfg := smallSegments(t, WithSync(p))
			hit := false
			m.fail = func(call int, _, _ string) error {
				if call == at {
					hit = true
					return syscall.EIO
				}
				return nil
			}
			s, _, err := open(m, cfg)
			if err != nil {
				continue // it could not be opened, and says so
			}
			var appended, given []uint64
			c, err := s.Cursor("a")
			for i := range 8 {
				b := testBlock(Info, 10, 2000, uint64(i))
				if span, err := s.Append(b); err == nil {
					appended = append(appended, span.From)
				}
				if i == 4 {
					_ = s.Sync()
				}
			}
			if err == nil {
				var got Block
				for range 4 {
					if ok, err := c.Next(Info, &got); ok && err == nil {
						_ = c.Advance(Info, got.First+10)
					}
				}
			}
			m.fail = nil
			_, s2, rec := reopenMem(t, m, cfg)
			if len(rec.Damaged) > 0 {
				t.Errorf("call %d: got %+v, want no damage", at, rec)
			}
			c2 := mustCursor(t, s2, "a")
			if err := c2.Seek(Info, c2.Place(Info)); err != nil {
				t.Fatal(err)
			}
			for ok := true; ok; {
				var got Block
				if ok, err = c2.Next(Info, &got); err != nil {
					t.Fatalf("call %d: Next: got %v, want nil", at, err)
				}
				if ok {
					given = append(given, got.First)
				}
			}
			// What lies above the place is given, in order, without a gap.
			n := len(appended) - len(given)
			if n < 0 || n > 4 || !slices.Equal(given, appended[n:]) {
				t.Errorf("call %d: got blocks %v, want the last of %v", at, given, appended)
			}
			checkSum(t, s2, c2)
			mustClose(t, s2)
			s.Close()
			if !hit {
				break
			}
		}
	}
}

func TestWhatIsKeptIsNotShed(t *testing.T) {
	cfg := smallSegments(t, WithSync(SyncNever()), WithKept(Info))
	cfg.bytes = 64 << 10
	s, _ := openMem(t, newMemFS(), cfg)
	c := mustCursor(t, s, "a")
	fill(t, s, Low, 9)
	appended := uint64(0)
	for {
		if _, err := s.Append(testBlock(Info, 10, 2000, 5)); errors.Is(err, ErrFull) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		appended += 10
	}
	if st := c.Stats(); st[Low].Shed != 90 || st[Info].Shed != 0 || st[Info].Held != appended {
		t.Errorf("got %+v, want 90 of the lowest class shed and %d of the next one held", st, appended)
	}
	if _, err := s.Append(testBlock(High, 10, 2000, 5)); !errors.Is(err, ErrFull) {
		t.Errorf("Append of a higher class: got %v, want ErrFull", err)
	}
	// What the only cursor has passed need not be kept.
	if err := c.Advance(Info, appended/2); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, s, testBlock(High, 10, 2000, 5))
	if st := c.Stats(); st[Info].Shed != 0 || st[Info].Held != appended-appended/2 {
		t.Errorf("got %+v, want %d held and none shed", st[Info], appended-appended/2)
	}
	checkSum(t, s, c)
}

// Without the file and without a word of it in a cursor, its numbers would be used again.
func TestTheLastSegmentOfAClassStaysWhereNoCursorCanNoteIt(t *testing.T) {
	cfg := smallSegments(t, WithSync(SyncAlways()))
	cfg.bytes = 64 << 10
	m := newMemFS()
	s, _ := openMem(t, m, cfg)
	mustCursor(t, s, "a")
	mustAppend(t, s, testBlock(Low, 10, 100, 1))
	m.fail = func(_ int, op, name string) error {
		if op == "write" && strings.HasSuffix(name, ".cursor") {
			return syscall.EIO
		}
		return nil
	}
	var err error
	for range 100 {
		if _, err = s.Append(testBlock(High, 10, 2000, 5)); err != nil {
			break
		}
	}
	if !errors.Is(err, syscall.EIO) || s.Stats().Classes[Low].Segments != 1 {
		t.Errorf("got %v and %+v, want the error of the disk and the segment", err, s.Stats().Classes[Low])
	}
	m.fail = nil
	mustAppend(t, s, testBlock(High, 10, 2000, 5))
	if st := s.Stats(); st.Classes[Low].Segments != 0 {
		t.Errorf("got %+v, want it shed", st.Classes[Low])
	}
}
