package spool

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fill appends n blocks of 10 records and 2,000 bytes to class.
func fill(t testing.TB, s *Spool, class Class, n int) (blocks []*Block) {
	t.Helper()
	for i := range n {
		b := testBlock(class, 10, 2000, uint64(i))
		mustAppend(t, s, b)
		blocks = append(blocks, b)
	}
	return blocks
}

// smallSegments returns a configuration with three blocks of fill a segment.
func smallSegments(t testing.TB, opts ...Option) config {
	cfg := testConfig(t, opts...)
	cfg.segmentBytes = 8 << 10
	return cfg
}

// reopenMem kills the process that has m open, and opens what is left.
func reopenMem(t testing.TB, m *memFS, cfg config) (*memFS, *Spool, Recovery) {
	t.Helper()
	k := m.kill()
	s, rec := openMem(t, k, cfg)
	return k, s, rec
}

func TestDamageIsSkippedAndCounted(t *testing.T) {
	first := segmentName(Info, 0)
	frameAt := func(m *memFS, name string, n uint64) int {
		sc := scanner{f: m.files[name], off: segmentHeader, limit: int64(len(m.files[name].data))}
		seg := &segment{class: Info, number: 0}
		if _, err := parseSegmentHeader(m.files[name].data, seg); err != nil {
			t.Fatal(err)
		}
		sc.salt = seg.salt
		for {
			fr, at, _, err := sc.next()
			if err != nil {
				t.Fatalf("no frame with record %d: %v", n, err)
			}
			if fr.kind == kindBlock && fr.first == n {
				return int(at)
			}
		}
	}
	// Each segment has three blocks of ten records; there are nine blocks.
	tests := []struct {
		name   string
		damage func(m *memFS)
		lost   []Span // by Next
		gone   uint64 // records counted at Open
		err    error
	}{
		{
			"a bit of the content",
			func(m *memFS) { m.files[first].data[frameAt(m, first, 10)+frameHeader+500] ^= 1 },
			[]Span{{Info, 10, 20}},
			0, errChecksum,
		},
		{
			"a bit of a header",
			func(m *memFS) { m.files[first].data[frameAt(m, first, 10)+9] ^= 1 },
			[]Span{{Info, 10, 20}},
			0, errMissing,
		},
		{
			"the header of the last frame",
			func(m *memFS) { m.files[first].data[frameAt(m, first, 20)] ^= 1 },
			[]Span{{Info, 20, 30}},
			0, errMissing,
		},
		{
			"the tail of a segment that is not the last",
			func(m *memFS) { m.files[first].data = m.files[first].data[:frameAt(m, first, 10)+100] },
			[]Span{{Info, 10, 30}},
			0, errMissing,
		},
		{
			"everything behind the segment header",
			func(m *memFS) { clear(m.files[first].data[segmentHeader:]) },
			[]Span{{Info, 0, 30}},
			0, errMissing,
		},
		{
			"the segment header",
			func(m *memFS) { m.files[first].data[20] ^= 1 },
			nil, 30, nil,
		},
		{
			"a whole segment in the middle",
			func(m *memFS) { delete(m.files, segmentName(Info, 1)) },
			nil, 30, nil,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := smallSegments(t, WithSync(SyncNever()))
			m := newMemFS()
			s, _ := openMem(t, m, cfg)
			mustCursor(t, s, "a")
			want := fill(t, s, Info, 9)
			left := m.kill()
			mustClose(t, s)
			tt.damage(left)
			s, rec := openMem(t, left, cfg)
			if rec.Ends[Info] != 90 {
				t.Errorf("got end %d, want 90", rec.Ends[Info])
			}
			if (tt.gone > 0) != (len(rec.Damaged) > 0) {
				t.Errorf("got damage %v at Open, want %d records", rec.Damaged, tt.gone)
			}
			c := mustCursor(t, s, "a")
			if st := c.Stats()[Info]; st.Damaged != tt.gone || st.Held != 90-tt.gone {
				t.Errorf("after Open: got %+v, want %d damaged", st, tt.gone)
			}
			lost := tt.lost
			total := tt.gone
			for n := uint64(0); ; {
				var got Block
				ok, err := c.Next(Info, &got)
				if e, damaged := errors.AsType[*CorruptionError](err); damaged {
					if len(lost) == 0 || e.Span != lost[0] || !errors.Is(err, tt.err) || e.Offset < segmentHeader || e.Segment != first {
						t.Fatalf("Next: got %v, want %v for %v", err, tt.err, tt.lost)
					}
					total += lost[0].Len()
					lost = lost[1:]
					continue
				}
				if err != nil {
					t.Fatalf("Next: got %v, want nil", err)
				}
				if !ok {
					break
				}
				if got.First < n {
					t.Errorf("got block %d after %d", got.First, n)
				}
				n = got.First + 10
				checkBlock(t, &got, want[got.First/10])
			}
			if len(lost) > 0 {
				t.Errorf("got no error for %v", lost)
			}
			if err := c.Advance(Info, 90); err != nil {
				t.Fatal(err)
			}
			if st := c.Stats()[Info]; st.Damaged != total || st.Settled != 90-total || st.Held != 0 {
				t.Errorf("at the end: got %+v, want %d damaged", st, total)
			}
			// What was counted is not counted again.
			_, s2, _ := reopenMem(t, left, cfg)
			if st := mustCursor(t, s2, "a").Stats()[Info]; st.Damaged != total || st.Settled != 90-total {
				t.Errorf("after a restart: got %+v, want %d damaged", st, total)
			}
			mustClose(t, s2)
			mustClose(t, s)
		})
	}
}

func TestAForgedFrameInARecordIsNotAFrame(t *testing.T) {
	cfg := testConfig(t, WithSync(SyncNever()))
	m := newMemFS()
	s, _ := openMem(t, m, cfg)
	mustCursor(t, s, "a")
	// The record holds a frame as an earlier segment had it, at the right place.
	forged := appendFrame(nil, 1, &frame{kind: kindBlock, first: 2, records: 5, data: 8})
	b := &Block{Class: Info, Records: 1, Data: bytes.Repeat(append(forged, 1, 2, 3, 4, 5, 6, 7, 8), 9)}
	mustAppend(t, s, b)
	mustAppend(t, s, testBlock(Info, 1, 10, 1))
	left := m.kill()
	mustClose(t, s)
	left.files[segmentName(Info, 0)].data[segmentHeader] ^= 1 // the reader has to look for the next frame
	s, _ = openMem(t, left, cfg)
	c := mustCursor(t, s, "a")
	var got Block
	_, err := c.Next(Info, &got)
	if e, ok := errors.AsType[*CorruptionError](err); !ok || e.Span != (Span{Info, 0, 1}) {
		t.Fatalf("Next: got %v, want record 0 to be damaged", err)
	}
	mustNext(t, c, Info, &got)
	if got.First != 1 || got.Records != 1 {
		t.Errorf("got %d records from %d, want 1 from 1", got.Records, got.First)
	}
	mustClose(t, s)
}

func TestATornTailIsReportedAndItsNumbersAreUsedAgain(t *testing.T) {
	cfg := testConfig(t)
	m := newMemFS()
	s, _ := openMem(t, m, cfg)
	mustCursor(t, s, "a")
	fill(t, s, High, 2)
	left := m.kill()
	mustClose(t, s)
	f := left.files[segmentName(High, 0)]
	f.data = f.data[:len(f.data)-1]
	s, rec := openMem(t, left, cfg)
	if len(rec.Torn) != 1 || rec.Torn[0].Span != (Span{High, 10, 20}) || rec.Torn[0].Segment != f.name {
		t.Errorf("got torn %v, want records 10 to 19", rec.Torn)
	}
	b := testBlock(High, 3, 5, 77)
	if span := mustAppend(t, s, b); span.From != 10 {
		t.Errorf("got %v, want it to begin at 10", span)
	}
	_, s2, _ := reopenMem(t, left, cfg)
	c := mustCursor(t, s2, "a")
	var got Block
	mustNext(t, c, High, &got)
	mustNext(t, c, High, &got)
	checkBlock(t, &got, b)
	if st := c.Stats()[High]; st.Damaged != 0 {
		t.Errorf("got %d damaged records, want 0", st.Damaged)
	}
	mustClose(t, s2)
	mustClose(t, s)
}

func TestOneSlotOfACursorIsEnough(t *testing.T) {
	cfg := testConfig(t)
	m := newMemFS()
	s, _ := openMem(t, m, cfg)
	c := mustCursor(t, s, "a")
	fill(t, s, Info, 3)
	for n := range uint64(3) {
		if err := c.Advance(Info, 10*n); err != nil {
			t.Fatal(err)
		}
	}
	left := m.kill()
	mustClose(t, s)
	newest := int(c.gen % 2)
	for _, tt := range []struct {
		name  string
		slots []int
		want  uint64
		bad   int
	}{
		{"whole", nil, 20, 0},
		{"the newer slot is damaged", []int{newest}, 10, 0},
		{"the older slot is damaged", []int{1 - newest}, 20, 0},
		{"both are damaged", []int{0, 1}, 0, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := left.kill()
			for _, slot := range tt.slots {
				m.files[cursorFile("a")].data[slot*slotSize+30] ^= 4
			}
			s, rec := openMem(t, m, cfg)
			if len(rec.Damaged) != tt.bad {
				t.Errorf("got damage %v, want %d", rec.Damaged, tt.bad)
			}
			if got := mustCursor(t, s, "a").Place(Info); got != tt.want {
				t.Errorf("got place %d, want %d", got, tt.want)
			}
			mustClose(t, s)
		})
	}
}

func TestForeignFilesAreLeftAlone(t *testing.T) {
	m := newMemFS()
	s, _ := openMem(t, m, testConfig(t))
	fill(t, s, Info, 1)
	mustClose(t, s)
	next := bytes.Clone(m.files[segmentName(Info, 0)].data)
	next[8] = 2 // a version that there is not
	for name, data := range map[string][]byte{
		"v2-info-0000000000000000.seg": next, segmentName(Info, 9): next, "notes.txt": nil, "v1-info-1.seg": nil, "v1-%2.cursor": nil,
	} {
		m.files[name] = &memFile{fs: m, name: name, data: data}
	}
	before := len(m.files)
	s, rec := openMem(t, m, testConfig(t))
	if len(rec.Foreign) != 5 || len(rec.Damaged) != 0 {
		t.Errorf("got foreign %q and damaged %v, want 5 and none", rec.Foreign, rec.Damaged)
	}
	mustClose(t, s)
	if len(m.files) != before {
		t.Errorf("got %d files, want all %d", len(m.files), before)
	}
}

func TestAFileThatVanishesWhileOpenIsCounted(t *testing.T) {
	m := newMemFS()
	cfg := smallSegments(t, WithSync(SyncNever()))
	s, _ := openMem(t, m, cfg)
	fill(t, s, Info, 9)
	m, s2, _ := reopenMem(t, m, cfg)
	c := mustCursor(t, s2, "a")
	delete(m.files, segmentName(Info, 1))
	var got Block
	for range 3 {
		mustNext(t, c, Info, &got)
	}
	_, err := c.Next(Info, &got)
	if e, ok := errors.AsType[*CorruptionError](err); !ok || e.Span != (Span{Info, 30, 60}) || !errors.Is(err, errVanished) {
		t.Errorf("Next: got %v, want records 30 to 59", err)
	}
	if !strings.Contains(err.Error(), segmentName(Info, 1)) {
		t.Errorf("got %q, want it to name the file", err)
	}
	mustNext(t, c, Info, &got)
	if got.First != 60 {
		t.Errorf("got block %d, want 60", got.First)
	}
	checkSum(t, s2, c)
	mustClose(t, s2)
	mustClose(t, s)
}

func TestAReadThatFailsIsTriedAgainAndThenGivenUp(t *testing.T) {
	m := newMemFS()
	s, _ := openMem(t, m, testConfig(t, WithSync(SyncNever())))
	fill(t, s, Info, 3)
	c := mustCursor(t, s, "a")
	m.fail = func(_ int, op, _ string) error {
		if op == "read" {
			return syscall.EIO
		}
		return nil
	}
	var got Block
	for range maxReadErrors - 1 {
		if ok, err := c.Next(Info, &got); ok || !errors.Is(err, syscall.EIO) {
			t.Fatalf("Next: got %v, %v, want EIO", ok, err)
		}
	}
	m.fail = nil
	mustNext(t, c, Info, &got) // it was read after all
	reads := 0
	m.fail = func(_ int, op, _ string) error {
		if op != "read" {
			return nil
		}
		if reads++; reads%2 == 0 { // the header can be read, the content cannot
			return syscall.EIO
		}
		return nil
	}
	var err error
	for range maxReadErrors {
		_, err = c.Next(Info, &got)
	}
	if e, ok := errors.AsType[*CorruptionError](err); !ok || e.Span != (Span{Info, 10, 20}) || !errors.Is(err, syscall.EIO) {
		t.Errorf("Next: got %v, want records 10 to 19 given up", err)
	}
	m.fail = nil
	mustNext(t, c, Info, &got)
	if got.First != 20 {
		t.Errorf("got block %d, want 20", got.First)
	}
	checkSum(t, s, c)
	mustClose(t, s)
}

func TestAnFsyncThatFailedIsNotTrustedAgain(t *testing.T) {
	var reported int
	m := newMemFS()
	s, _ := openMem(t, m, testConfig(t, WithSync(SyncEvery(maxInterval)), WithErrorHandler(func(error) { reported++ })))
	c := mustCursor(t, s, "a")
	lost := mustAppend(t, s, testBlock(Info, 10, 100, 1))
	m.fail = func(_ int, op, _ string) error {
		if op == "sync" {
			return syscall.EIO
		}
		return nil
	}
	if err := s.Commit(lost); !errors.Is(err, ErrNotDurable) || !errors.Is(err, syscall.EIO) {
		t.Errorf("Commit: got %v, want ErrNotDurable with its cause", err)
	}
	m.fail = nil
	if err := s.Commit(lost); !errors.Is(err, ErrNotDurable) {
		t.Errorf("Commit again: got %v, want ErrNotDurable", err)
	}
	kept := mustAppend(t, s, testBlock(Info, 10, 100, 2))
	if err := s.Commit(kept); err != nil {
		t.Errorf("Commit of a later block: got %v, want nil", err)
	}
	if err := s.Sync(); !errors.Is(err, ErrNotDurable) {
		t.Errorf("Sync: got %v, want ErrNotDurable while the first block is held", err)
	}
	var got Block
	mustNext(t, c, Info, &got) // it can be read all the same
	if err := c.Advance(Info, lost.To); err != nil {
		t.Fatal(err)
	}
	if err := s.Sync(); !errors.Is(err, ErrNotDurable) && err != nil {
		t.Errorf("Sync: got %v", err)
	}
	if err := s.Sync(); err != nil {
		t.Errorf("Sync after the first block was delivered: got %v, want nil", err)
	}
	if st := s.Stats(); st.SyncErrors == 0 {
		t.Errorf("got %+v, want fsync errors counted", st)
	}
	mustClose(t, s)
}

func TestWithSyncAlwaysABlockWhoseFsyncFailsIsNotStored(t *testing.T) {
	m := newMemFS()
	cfg := testConfig(t, WithSync(SyncAlways()))
	s, _ := openMem(t, m, cfg)
	mustCursor(t, s, "a")
	mustAppend(t, s, testBlock(Info, 10, 100, 1))
	m.fail = func(_ int, op, _ string) error {
		if op == "sync" || op == "truncate" { // not even taking it back works
			return syscall.EIO
		}
		return nil
	}
	if _, err := s.Append(testBlock(Info, 10, 100, 2)); !errors.Is(err, syscall.EIO) {
		t.Errorf("Append: got %v, want EIO", err)
	}
	m.fail = nil
	want := testBlock(Info, 7, 50, 3)
	if span := mustAppend(t, s, want); span.From != 10 {
		t.Errorf("got %v, want the numbers of the block that failed", span)
	}
	_, s2, _ := reopenMem(t, m, cfg)
	c := mustCursor(t, s2, "a")
	var got Block
	mustNext(t, c, Info, &got)
	mustNext(t, c, Info, &got)
	checkBlock(t, &got, want)
	if ok, err := c.Next(Info, &got); ok || err != nil {
		t.Errorf("Next: got %v, %v, want false, nil", ok, err)
	}
	mustClose(t, s2)
	mustClose(t, s)
}

func TestAFullDiskIsAnErrorAndThenOver(t *testing.T) {
	m := newMemFS()
	s, _ := openMem(t, m, testConfig(t, WithSync(SyncNever())))
	c := mustCursor(t, s, "a")
	fill(t, s, Info, 2)
	full := func(_ int, op, _ string) error {
		if op == "write" || op == "create" {
			return syscall.ENOSPC
		}
		return nil
	}
	m.fail = full
	for _, class := range []Class{Info, High} {
		for range 3 {
			if _, err := s.Append(testBlock(class, 1, 1000, 9)); !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("Append: got %v, want ENOSPC", err)
			}
		}
	}
	if err := c.Advance(Info, 10); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Advance: got %v, want ENOSPC", err)
	}
	m.fail = nil
	if span := mustAppend(t, s, testBlock(Info, 1, 10, 9)); span.From != 20 {
		t.Errorf("got %v, want it to begin at 20", span)
	}
	mustAppend(t, s, testBlock(High, 1, 10, 9))
	if err := c.Advance(Info, 20); err != nil {
		t.Errorf("Advance: got %v, want nil", err)
	}
	if readAll(t, c, Info, 10) != 1 || readAll(t, c, High, 10) != 1 {
		t.Error("got other blocks than the two that were stored since")
	}
	checkSum(t, s, c)
	if st := s.Stats(); st.WriteErrors != 7 {
		t.Errorf("got %d write errors, want 7", st.WriteErrors)
	}
	mustClose(t, s)
}

// The clock that recovery reads may have been set in between.
func TestAgesSurviveAClockThatJumps(t *testing.T) {
	day := 24 * time.Hour
	start := time.Now()
	for _, tt := range []struct {
		name string
		jump time.Duration
		want uint64 // expired records
	}{
		{"an hour later", time.Hour, 0},
		{"two days later", 2 * day, 30},
		{"the clock was set back by a year", -365 * day, 0},
		{"the clock begins in 1970", -time.Duration(start.UnixNano()), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMemFS()
			cfg := testConfig(t, WithMaxAge(day))
			cfg.now = func() time.Time { return start }
			s, _ := openMem(t, m, cfg)
			mustCursor(t, s, "a")
			fill(t, s, Info, 3)
			left := m.kill()
			mustClose(t, s)
			now := start.Add(tt.jump)
			cfg.now = func() time.Time { return now }
			s, _ = openMem(t, left, cfg)
			mustAppend(t, s, testBlock(High, 1, 1, 1)) // ages are looked at by Append
			c := mustCursor(t, s, "a")
			if st := c.Stats()[Info]; st.Expired != tt.want || st.Held != 30-tt.want {
				t.Errorf("got %+v, want %d expired", st, tt.want)
			}
			// A day of this clock later, everything is gone.
			now = now.Add(day + time.Minute)
			mustAppend(t, s, testBlock(High, 1, 1, 1))
			if st := c.Stats()[Info]; st.Expired != 30 {
				t.Errorf("a day later: got %+v, want 30 expired", st)
			}
			checkSum(t, s, c)
			mustClose(t, s)
		})
	}
}

func TestACursorKnowsWhereItWasWhenFilesWereThere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	s, _, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	a, b := mustCursor(t, s, "a"), mustCursor(t, s, "b")
	mustAppend(t, s, testBlock(Info, 10, 100, 1))
	if err := errors.Join(a.Advance(Info, 4), b.Advance(Info, 9)); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	if err := os.Remove(filepath.Join(dir, segmentName(Info, 0))); err != nil {
		t.Fatal(err)
	}
	if s, _, err = Open(dir); err != nil {
		t.Fatal(err)
	}
	defer mustClose(t, s)
	a = mustCursor(t, s, "a")
	if a.Opened(Info) != 4 || a.Place(Info) != 9 {
		t.Errorf("got %d, and the place %d, want 4 and 9", a.Opened(Info), a.Place(Info))
	}
	if n := mustCursor(t, s, "new").Opened(Info); n != math.MaxUint64 {
		t.Errorf("a new cursor: got %d", n)
	}
}
