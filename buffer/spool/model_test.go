package spool

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"
)

var (
	modelTime = flag.Duration("spool.model", 2*time.Second, "how long the model test runs")
	modelSeed = flag.Uint64("spool.seed", 0, "run the model test with this seed only")
)

// A model is what the spool should be: for each class the blocks that were
// appended, and for each cursor what it was given and how much it was told to have
// lost. It is compared with a spool over a directory in memory, which is killed,
// loses power, and fails at random calls.
type model struct {
	t   *testing.T
	rnd *rand.Rand
	cfg config

	fs  *memFS
	s   *Spool
	log []string

	blocks  [Classes][]*Block // in order; a later one may take over the number of one that was lost
	end     [Classes]uint64
	sure    [Classes]uint64          // below it records were committed
	failed  [Classes][]*Block        // whose Append failed, at end
	floor   [Classes]uint64          // below it segments were removed on purpose
	broken  [Classes]map[uint64]bool // records that a failure of power has damaged
	cursors map[string]*modelCursor
	counter uint64
	faults  bool
	power   bool // the power has failed before: what was not synced may be gone
}

type modelCursor struct {
	c       *Cursor
	place   [Classes]uint64 // as Advance has set it
	saved   [Classes]uint64 // place that a file surely holds
	taken   [Classes]uint64 // the next one expected
	start   [Classes]uint64
	missing [Classes]uint64 // records between those that Next gave, since taken was set back last
	lost    [Classes]uint64 // what the stats said then
}

func (m *model) logf(format string, args ...any) { m.log = append(m.log, fmt.Sprintf(format, args...)) }

func (m *model) fatalf(format string, args ...any) {
	m.t.Helper()
	if n := len(m.log); n > 60 {
		m.log = append(m.log[:1], m.log[n-60:]...)
	}
	for _, l := range m.log {
		m.t.Log(l)
	}
	m.t.Fatalf(format, args...)
}

var errInjected = syscall.EIO

// inject lets one or a few of the next calls fail.
func (m *model) inject() {
	at, n := m.fs.calls+1+m.rnd.IntN(8), 1+m.rnd.IntN(4)*m.rnd.IntN(2)
	err := []error{errInjected, syscall.ENOSPC, syscall.EACCES}[m.rnd.IntN(3)]
	m.fs.fail = func(call int, op, name string) error {
		if call >= at && call < at+n {
			m.logf("  call %d: %s %s fails: %v", call, op, name, err)
			return err
		}
		return nil
	}
	m.faults = true
	m.logf("inject %v at call %d, %d times", err, at, n)
}

func (m *model) heal() { m.fs.fail, m.faults = nil, false }

func (m *model) append() {
	class := Class(m.rnd.IntN(Classes))
	size := m.rnd.IntN(2000)
	if m.rnd.IntN(4) == 0 {
		size = m.rnd.IntN(60_000)
	}
	m.counter++
	b := testBlock(class, 1+m.rnd.IntN(20), size, m.counter)
	span, err := m.s.Append(b)
	m.logf("append %v, %d records, %d bytes: %v, %v", class, b.Records, size, span, err)
	if err != nil {
		if !m.faults && !errors.Is(err, ErrFull) {
			m.fatalf("Append: got %v, want nil", err)
		}
		if !errors.Is(err, ErrFull) {
			b.First = m.end[class]
			m.failed[class] = append(m.failed[class], b)
		}
		return
	}
	if span.From != m.end[class] || b.First != span.From {
		m.fatalf("Append: got %v, want it to begin at %d", span, m.end[class])
	}
	m.add(b)
	if st := m.s.Stats(); st.Bytes > m.cfg.bytes {
		m.fatalf("Stats: got %d bytes, want at most %d", st.Bytes, m.cfg.bytes)
	}
	for name, c := range m.cursors {
		for i, st := range c.c.Stats() {
			if Class(i) >= m.cfg.kept && st.Shed > 0 {
				m.fatalf("cursor %s: %d records of %v were shed, want them kept", name, st.Shed, Class(i))
			}
		}
	}
	if m.cfg.sync.always {
		m.sure[class] = m.end[class]
	}
}

func (m *model) add(b *Block) {
	c := b.Class
	m.blocks[c] = append(m.blocks[c], b)
	m.end[c] = b.First + uint64(b.Records)
	m.failed[c] = nil
}

// find returns the block that holds record n, or nil.
func (m *model) find(c Class, n uint64) *Block {
	for _, b := range slices.Backward(m.blocks[c]) {
		if b.First <= n && n < b.First+uint64(b.Records) {
			return b
		}
	}
	return nil
}

func (m *model) cursor() *modelCursor {
	name := []string{"a", "B/ü", "c"}[m.rnd.IntN(3)]
	if mc := m.cursors[name]; mc != nil {
		return mc
	}
	c, err := m.s.Cursor(name)
	m.logf("cursor %s: %v", name, err)
	if err != nil {
		if !m.faults {
			m.fatalf("Cursor: got %v, want nil", err)
		}
		return nil
	}
	mc := &modelCursor{c: c}
	for i := range Classes {
		mc.place[i] = c.Place(Class(i))
		mc.saved[i] = mc.place[i]
		mc.begin(i) // a failure of power may have brought a file back
		mc.reset(i, mc.place[i])
	}
	m.cursors[name] = mc
	return mc
}

// begin finds out where the cursor began.
func (mc *modelCursor) begin(i int) {
	p := mc.c.marks[i].placed
	mc.start[i] = p.next - p.settled - p.shed - p.expired - p.damaged
}

// lostNow returns how many records of class i the cursor says to have lost.
func (mc *modelCursor) lostNow(i int) uint64 {
	st := mc.c.Stats()[i]
	return st.Shed + st.Expired + st.Damaged
}

// reset starts the comparison of gaps and losses anew, at n.
func (mc *modelCursor) reset(i int, n uint64) {
	mc.taken[i], mc.missing[i] = n, 0
	mc.lost[i] = ^uint64(0) // until the end is reached once
}

func (m *model) next() {
	mc := m.cursor()
	if mc == nil {
		return
	}
	i := m.rnd.IntN(Classes)
	var got Block
	before := mc.c.Stats()[i].Damaged
	ok, err := mc.c.Next(Class(i), &got)
	m.logf("next %s %v: block %d+%d skip %d, %v, %v", mc.c.Name(), Class(i), got.First, got.Records, got.Skip, ok, err)
	var corrupt *CorruptionError
	switch {
	case errors.As(err, &corrupt):
		if !m.faults && !m.power {
			m.fatalf("Next: got %v without a fault", err)
		}
		// What is in hand, or counted already, is not counted again.
		if n := mc.c.Stats()[i].Damaged - before; n > corrupt.Span.Len() {
			m.fatalf("Next: got %d more damaged records for %v", n, err)
		}
	case err != nil:
		if !m.faults {
			m.fatalf("Next: got %v without a fault", err)
		}
	case ok:
		first := got.First + uint64(got.Skip)
		if first < mc.taken[i] {
			m.fatalf("Next: got record %d, want at least %d", first, mc.taken[i])
		}
		want := m.find(Class(i), got.First)
		if want == nil {
			m.fatalf("Next: got block %d, which was never appended", got.First)
		}
		for k, o := range got.Origins {
			if o.Blob == nil && (m.power || m.faults) {
				got.Origins[k].Blob = want.Origins[k].Blob
			}
		}
		checkBlock(m.t, &got, want)
		if m.t.Failed() {
			m.fatalf("the block differs")
		}
		mc.missing[i] += first - mc.taken[i]
		mc.taken[i] = got.First + uint64(got.Records)
	default:
		// At the end, what Next has left out and what is said to be lost agree.
		if !m.faults {
			mc.missing[i] += m.end[i] - mc.taken[i]
			mc.taken[i] = m.end[i]
		}
	}
}

func (m *model) advance() {
	mc := m.cursor()
	if mc == nil {
		return
	}
	i := m.rnd.IntN(Classes)
	lo, hi := mc.c.Place(Class(i)), max(mc.taken[i], mc.c.Place(Class(i)))
	n := lo + m.rnd.Uint64N(hi-lo+1)
	err := mc.c.Advance(Class(i), n)
	m.logf("advance %s %v to %d: %v", mc.c.Name(), Class(i), n, err)
	if err != nil && !m.faults {
		m.fatalf("Advance: got %v, want nil", err)
	}
	if got := mc.c.Place(Class(i)); got < n {
		m.fatalf("Place: got %d, want at least %d", got, n)
	}
	if err == nil {
		mc.saved[i] = n
	}
	mc.taken[i] = max(mc.taken[i], n)
}

func (m *model) seek() {
	mc := m.cursor()
	if mc == nil {
		return
	}
	i := m.rnd.IntN(Classes)
	lo, hi := mc.c.Place(Class(i)), m.end[i]
	n := lo + m.rnd.Uint64N(hi-lo+1)
	err := mc.c.Seek(Class(i), n)
	m.logf("seek %s %v to %d: %v", mc.c.Name(), Class(i), n, err)
	if err != nil {
		m.fatalf("Seek: got %v, want nil", err)
	}
	mc.reset(i, n)
}

func (m *model) sync() {
	ends := m.end
	err := m.s.Sync()
	m.logf("sync: %v", err)
	if err == nil {
		for i := range ends {
			m.sure[i] = max(m.sure[i], ends[i])
		}
	}
}

func (m *model) commit() {
	i := m.rnd.IntN(Classes)
	if len(m.blocks[i]) == 0 {
		return
	}
	b := m.blocks[i][m.rnd.IntN(len(m.blocks[i]))]
	if b.First+uint64(b.Records) > m.end[i] {
		return
	}
	err := m.s.Commit(Span{Class(i), b.First, b.First + uint64(b.Records)})
	m.logf("commit %v %d: %v", Class(i), b.First, err)
}

// check compares what can be compared at any time.
func (m *model) check() {
	st := m.s.Stats()
	for i := range Classes {
		m.floor[i] = max(m.floor[i], st.Classes[i].Start)
		if st.Classes[i].End != m.end[i] {
			m.fatalf("%v: got end %d, want %d", Class(i), st.Classes[i].End, m.end[i])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.cursors)) {
		mc := m.cursors[name]
		for i, cs := range mc.c.Stats() {
			if sum := mc.start[i] + cs.Settled + cs.Shed + cs.Expired + cs.Damaged + cs.Held; sum != m.end[i] {
				m.fatalf("%s %v: got a sum of %d (%+v), want %d", name, Class(i), sum, cs, m.end[i])
			}
			if !m.power && !m.faults && m.log != nil && cs.Held > m.end[i]-cs.Place {
				m.fatalf("%s %v: got %d held from %d", name, Class(i), cs.Held, cs.Place)
			}
		}
	}
}

// reopen opens what is left in fs.
func (m *model) reopen(fs *memFS, power bool) {
	m.fs = fs
	if m.rnd.IntN(3) == 0 {
		m.inject()
	}
	for {
		s, rec, err := open(m.fs, m.cfg)
		m.logf("open: %+v, %v", rec, err)
		if err == nil {
			m.s = s
			break
		}
		if !m.faults {
			m.fatalf("Open: got %v, want nil", err)
		}
		m.heal()
	}
	m.heal()
	m.power = m.power || power
	ends := m.s.Stats().Classes
	for i := range Classes {
		got := ends[i].End
		for _, b := range m.failed[i] {
			if got == b.First+uint64(b.Records) && got > m.end[i] {
				m.add(b) // neither could it be taken back, nor did another take its place
			}
		}
		// Without a file that knows them, numbers begin anew. When nobody syncs before
		// a segment is removed, one that is there again may say what the end is.
		forgotten := ends[i].Segments == 0 && len(m.s.cursors) == 0 || power && m.cfg.sync.never()
		// Nor are the numbers kept of records that a failure of power took, when the one
		// cursor that had passed them is removed.
		gone := got < m.end[i]
		for n := got; gone && n < m.end[i]; n++ {
			gone = m.broken[i][n]
		}
		forgotten = forgotten || gone
		if got > m.end[i] || !forgotten && (got < m.end[i] && !power || got < m.sure[i]) {
			m.fatalf("%v: got end %d after a restart, want %d (at least %d)", Class(i), got, m.end[i], m.sure[i])
		}
		m.end[i] = got
		m.blocks[i] = slices.DeleteFunc(m.blocks[i], func(b *Block) bool { return b.First >= got })
		m.sure[i] = min(m.sure[i], got)
		m.failed[i] = nil
	}
	old := m.cursors
	m.cursors = map[string]*modelCursor{}
	for _, name := range slices.Sorted(maps.Keys(old)) {
		o := old[name]
		c := m.s.cursorLocked(name)
		if c == nil {
			if !power {
				m.fatalf("cursor %s: gone after a restart", name)
			}
			continue
		}
		mc := &modelCursor{c: c}
		for i, st := range c.Stats() {
			if !power && st.Place < o.saved[i] {
				m.fatalf("cursor %s %v: got place %d, want at least %d", name, Class(i), st.Place, o.saved[i])
			}
			mc.place[i], mc.saved[i] = st.Place, min(st.Place, o.saved[i])
			mc.start[i] = o.start[i]
			if power {
				mc.begin(i)
			}
			mc.reset(i, st.Place)
		}
		m.cursors[name] = mc
	}
	if power {
		m.verify()
	}
}

// verify reads all that is left after a failure of power: what was synced must be
// there, unless it was found damaged before.
func (m *model) verify() {
	c, err := m.s.Cursor("verify")
	if err != nil {
		m.fatalf("Cursor: got %v, want nil", err)
	}
	for i := range Classes {
		cut := m.floor[i] // what was removed on purpose may be back in part
		for _, c := range m.s.cursors {
			cut = max(cut, c.marks[i].cut)
		}
		bad := func(from, to uint64) {
			for n := from; n < to; n++ {
				if n >= cut && n < m.sure[i] && !m.broken[i][n] && !m.cfg.sync.never() {
					m.fatalf("%v: record %d was synced, and is damaged now", Class(i), n)
				}
				m.broken[i][n] = true
			}
		}
		for _, h := range c.marks[i].holes {
			bad(h.from, h.to)
		}
		for ok, b := true, new(Block); ok; {
			ok, err = c.Next(Class(i), b)
			if e, is := errors.AsType[*CorruptionError](err); is {
				bad(e.Span.From, e.Span.To)
				ok = true
			} else if err != nil {
				m.fatalf("Next: got %v, want nil", err)
			}
		}
	}
	if err := m.s.Remove("verify"); err != nil {
		m.fatalf("Remove: got %v, want nil", err)
	}
}

func (m *model) restart() {
	switch m.rnd.IntN(3) {
	case 0:
		err := m.s.Close()
		m.logf("close: %v", err)
		m.reopen(m.fs.kill(), false)
	case 1:
		m.logf("kill")
		left := m.fs.kill()
		m.abandon()
		m.reopen(left, false)
	case 2:
		m.logf("power failure")
		left := m.fs.cutPower(m.rnd)
		m.abandon()
		m.reopen(left, true)
	}
}

// abandon ends a spool whose directory is a copy by now.
func (m *model) abandon() {
	m.heal()
	m.s.Close()
}

func (m *model) remove() {
	mc := m.cursor()
	if mc == nil || m.rnd.IntN(10) != 0 {
		return
	}
	err := m.s.Remove(mc.c.Name())
	m.logf("remove %s: %v", mc.c.Name(), err)
	if err == nil {
		delete(m.cursors, mc.c.Name())
	} else if !m.faults {
		m.fatalf("Remove: got %v, want nil", err)
	}
}

// drain reads every cursor to the end without faults, and compares what Next left
// out with what was counted as lost.
func (m *model) drain() {
	m.heal()
	for _, name := range slices.Sorted(maps.Keys(m.cursors)) {
		mc := m.cursors[name]
		for i := range Classes {
			place := mc.c.Place(Class(i))
			lost := mc.lostNow(i)
			if err := mc.c.Seek(Class(i), place); err != nil {
				m.fatalf("Seek: got %v, want nil", err)
			}
			m.logf("drain %s %v from %d", name, Class(i), place)
			settledLost := mc.c.Stats()[i]
			below := place - mc.start[i] - settledLost.Settled // lost below the place
			gaps, at := uint64(0), place
			for {
				var got Block
				ok, err := mc.c.Next(Class(i), &got)
				m.logf("  %d+%d skip %d %v %v", got.First, got.Records, got.Skip, ok, err)
				if _, bad := errors.AsType[*CorruptionError](err); bad && m.power {
					continue
				}
				if err != nil {
					m.fatalf("Next: got %v, want nil", err)
				}
				if !ok {
					break
				}
				gaps += got.First + uint64(got.Skip) - at
				at = got.First + uint64(got.Records)
				for _, h := range mc.c.marks[i].holes { // given up, and readable after all
					gaps += max(min(at, h.to), got.First) - min(max(h.from, got.First), max(min(at, h.to), got.First))
				}
			}
			gaps += m.end[i] - at
			if n := mc.lostNow(i); n != below+gaps {
				m.fatalf("%+v %s %v: got %d lost (%d before), want %d below %d and %d in gaps", mc.c.marks[i], name, Class(i), n, lost, below, place, gaps)
			}
			mc.reset(i, m.end[i])
		}
	}
	m.check()
}

func runModel(t *testing.T, seed uint64, steps int) {
	rnd := rand.New(rand.NewPCG(seed, 0))
	cfg := testConfig(t, WithMaxBytes(minBytes))
	cfg.bytes = []int64{200 << 10, 1 << 20}[rnd.IntN(2)]
	cfg.segmentBytes = []int64{4 << 10, 40 << 10}[rnd.IntN(2)]
	cfg.sync = []SyncPolicy{SyncNever(), SyncAlways(), SyncEvery(maxInterval)}[rnd.IntN(3)]
	cfg.kept = []Class{Classes, High, Low}[rnd.IntN(3)]
	m := &model{t: t, rnd: rnd, cfg: cfg, fs: newMemFS(), cursors: map[string]*modelCursor{}}
	for i := range m.broken {
		m.broken[i] = map[uint64]bool{}
	}
	first := fmt.Sprintf("seed %d: %+v, kept from %v", seed, cfg.sync, cfg.kept)
	m.log = append(m.log, first)
	s, _, err := open(m.fs, cfg)
	if err != nil {
		t.Fatal(err)
	}
	m.s = s
	for range steps {
		switch n := rnd.IntN(100); {
		case n < 35:
			m.append()
		case n < 60:
			m.next()
		case n < 75:
			m.advance()
		case n < 80:
			m.seek()
		case n < 84:
			m.sync()
		case n < 87:
			m.commit()
		case n < 90:
			m.remove()
		case n < 95:
			m.inject()
		case n < 97:
			m.heal()
		case n < 98:
			m.restart()
		default:
			m.drain()
		}
		m.check()
	}
	m.drain()
	m.abandon()
}

func TestSpoolAgreesWithTheModel(t *testing.T) {
	if *modelSeed != 0 {
		runModel(t, *modelSeed, 400)
		return
	}
	start, runs := time.Now(), 0
	for time.Since(start) < *modelTime {
		seed := rand.Uint64()
		ok := t.Run("", func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("again: go test ./buffer/spool -run AgreesWithTheModel -spool.seed=%d", seed)
				}
			}()
			runModel(t, seed, 400)
		})
		if !ok {
			return
		}
		runs++
	}
	t.Logf("%d runs of 400 steps", runs)
}
