package buffer

import (
	"bytes"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestResultHasAName(t *testing.T) {
	for _, test := range []struct {
		r    Result
		want string
	}{{OK, "ok"}, {Full, "full"}, {Contention, "contention"}, {TooLarge, "too large"}, {Closed, "closed"}, {9, "Result(9)"}} {
		if got := test.r.String(); got != test.want {
			t.Errorf("String: got %q, want %q", got, test.want)
		}
	}
}

func TestPutTakesRecordsUpToMaxRecord(t *testing.T) {
	r := newForTest(t, one)
	if got := r.MaxRecord(); got != one.MaxRecord {
		t.Errorf("MaxRecord: got %d, want %d", got, one.MaxRecord)
	}
	var hint uint32
	for _, test := range []struct {
		n    int
		want Result
	}{{0, OK}, {1, OK}, {one.MaxRecord - 1, OK}, {one.MaxRecord, OK}, {one.MaxRecord + 1, TooLarge}, {1 << 20, TooLarge}} {
		if got := r.Put(&hint, Header{}, make([]byte, test.n)); got != test.want {
			t.Errorf("Put of %d bytes: got %v, want %v", test.n, got, test.want)
		}
	}
	var sizes []int
	r.Drain(func(f *Frame) bool {
		sizes = append(sizes, len(f.Data))
		return true
	})
	if len(sizes) != 4 || sizes[3] != one.MaxRecord {
		t.Errorf("drained sizes: got %v, want 4, the last %d", sizes, one.MaxRecord)
	}
}

// A shard has 512 words, a frame of 24 bytes has 7.
func TestFullRingKeepsTheLastQuarterForReservedSeverities(t *testing.T) {
	r := newForTest(t, small)
	if got, want := fill(t, r, warn-1, 24), 2*(512*3/4/7); got != want {
		t.Errorf("records below the reserved severity: got %d, want %d", got, want)
	}
	if got, want := fill(t, r, warn, 24), 2*(512/7-512*3/4/7); got != want {
		t.Errorf("further records of the reserved severity: got %d, want %d", got, want)
	}
	if got := fill(t, r, 24, 0); got != 0 {
		t.Errorf("frames of 4 words in the one word of 512 that is left: got %d, want 0", got)
	}
	if got, want := r.Drain(yes), 2*(512/7); got != want {
		t.Errorf("drained: got %d, want %d", got, want)
	}
}

func TestFullRingUsesItsMemoryToTheLastWord(t *testing.T) {
	for _, severity := range []uint8{info, warn} {
		r := newForTest(t, one)
		want := 512 / 8
		if severity < warn {
			want = want / 4 * 3
		}
		for pass := range 3 {
			if got := fill(t, r, severity, 32); got != want {
				t.Errorf("severity %d, pass %d: got %d frames of 8 words, want %d", severity, pass, got, want)
			}
			if got := r.Drain(yes); got != want {
				t.Errorf("severity %d, pass %d: drained %d, want %d", severity, pass, got, want)
			}
		}
	}
}

func TestPutGoesToTheNextShardAndKeepsItAsHint(t *testing.T) {
	r := newForTest(t, Config{Shards: 4, ShardSize: 4 << 10, MaxRecord: 1 << 10})
	hint := ^uint32(0) // of shard 3; the next is 0
	for want := range uint32(4) {
		for range 512 / 8 {
			if res := r.Put(&hint, Header{}, make([]byte, 32)); res != OK {
				t.Fatalf("Put: got %v, want ok", res)
			}
			if got := hint & 3; got != (want+3)&3 {
				t.Fatalf("shard of the hint: got %d, want %d", got, (want+3)&3)
			}
		}
	}
	before := hint
	if res := r.Put(&hint, Header{}, make([]byte, 32)); res != Full || hint != before {
		t.Errorf("Put into a full ring: got %v and hint %d, want full and %d", res, hint, before)
	}
}

// Each frame size meets the end of the circle at each of its words.
func TestFramesWrapAtEveryAlignment(t *testing.T) {
	r := newForTest(t, one)
	buf := make([]byte, 0, one.MaxRecord)
	for _, n := range []int{0, 1, 7, 8, 9, 218, one.MaxRecord - 1, one.MaxRecord} {
		for start := range uint64(512) {
			startAt(r, start, 0)
			for i := range 2*512/int64(frameWords(n)) + 2 { // round the circle twice
				put(t, r, 0, Header{Time: i}, n)
				if i%2 == 0 {
					continue // two at a time, so that they lie one behind the other
				}
				want := i - 1
				got := r.Drain(func(f *Frame) bool {
					buf = payload(buf[:0], uint64(want), n)
					if f.Time != want || f.Seq != uint64(want) || !bytes.Equal(f.Data, buf) {
						t.Fatalf("start %d, size %d: got record %d, seq %d, data %x, want %d, data %x", start, n, f.Time, f.Seq, f.Data, want, buf)
					}
					want++
					return true
				})
				if got != 2 {
					t.Fatalf("Drain: got %d, want 2", got)
				}
			}
		}
	}
}

func TestPositionAndCountStartAgain(t *testing.T) {
	for _, test := range []struct {
		name        string
		pos, frames uint64
	}{
		{"from the start", 0, 0},
		{"positions after 2^39 words", posMask - 300, 5},
		{"counts after 2^24 frames", 0, countMask - 3},
		{"both at once", posMask - 10, countMask - 1},
		{"counts for the thousandth time", 12345, 1000<<24 - 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newForTest(t, one)
			startAt(r, test.pos, test.frames)
			seq := test.frames
			for range 20 {
				for i := range 5 {
					put(t, r, 0, Header{Time: int64(i)}, 218)
				}
				if got, want := r.Published(), seq+5; got != want {
					t.Fatalf("Published: got %d, want %d", got, want)
				}
				r.Drain(func(f *Frame) bool {
					if f.Seq != seq || !bytes.Equal(f.Data, payload(nil, uint64(f.Time), 218)) {
						t.Fatalf("got seq %d, data %x, want seq %d, record %d", f.Seq, f.Data, seq, f.Time)
					}
					seq++
					return true
				})
			}
			if got, want := seq, test.frames+100; got != want {
				t.Errorf("drained up to seq %d, want %d", got, want)
			}
		})
	}
}

// The interleaving in the comment of refuse.
func TestShardIsNotFullIfItsHeadHasMovedOn(t *testing.T) {
	r := newForTest(t, one)
	s := &r.shards[0]
	head := s.head.Load()
	put(t, r, 0, Header{}, 10)
	r.Drain(yes)
	if got := s.refuse(head); got != Contention {
		t.Errorf("refuse with an old head: got %v, want contention", got)
	}
	if got := s.refuse(s.head.Load()); got != Full {
		t.Errorf("refuse with the head: got %v, want full", got)
	}
}

// Each producer has at most one record in the ring, so there is always room. A
// producer that compares an old head with a new tail sees none.
func TestPutNeverFindsAnEmptyRingFullConcurrentSafe(t *testing.T) {
	const producers, rounds = 3, 300
	r := newForTest(t, one)
	var drained [producers]atomic.Int64
	var wg sync.WaitGroup
	for i := range drained {
		wg.Go(func() {
			hint, h := uint32(0), Header{Origin: uint32(i), Severity: info}
			record := make([]byte, 100)
			for n := range int64(rounds) {
				for res := Contention; res != OK; {
					if res = r.Put(&hint, h, record); res == Full {
						t.Errorf("Put: got %v, want ok or contention", res)
						return
					}
				}
				if !await(t, func() bool { return drained[i].Load() > n }) {
					return
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	for n := 0; !isClosed(done); n++ {
		r.Drain(func(f *Frame) bool {
			drained[f.Origin].Add(1)
			return true
		})
		if n%100 == 0 {
			runtime.Gosched()
		}
	}
}

// The hook runs while a producer owns its shard.
func TestShardHasOneOwnerConcurrentSafe(t *testing.T) {
	const producers, rounds = 4, 2000
	for _, c := range []Config{one, small} {
		r := newForTest(t, c)
		var inside [2]atomic.Int32
		var claims [2]int // no atomics: the race detector sees two owners too
		r.hook = func(shard uint16) {
			if got := inside[shard].Add(1); got != 1 {
				t.Errorf("owners of shard %d: got %d, want 1", shard, got)
			}
			claims[shard]++
			spin(claims[shard] % 8)
			inside[shard].Add(-1)
		}
		var taken atomic.Int64
		var wg sync.WaitGroup
		for i := range producers {
			wg.Go(func() {
				hint := uint32(i)
				for range rounds {
					switch r.Put(&hint, Header{}, nil) {
					case OK:
						taken.Add(1)
					case Full:
						runtime.Gosched()
					}
				}
			})
		}
		go func() {
			wg.Wait()
			r.Close()
		}()
		n := int64(0)
		consume(t, r, false, func(*Frame) { n++ })
		wg.Wait()
		if got := taken.Load(); n != got || int64(claims[0]+claims[1]) != got {
			t.Errorf("got %d drained, %d claims, want the %d that were taken", n, claims[0]+claims[1], got)
		}
	}
}

// In a bubble time stands still while somebody runs, so the yields are what ends
// the Put.
func TestPutGivesUpAfterABoundedNumberOfYields(t *testing.T) {
	for _, test := range []struct {
		name string
		full bool // the other shard
		want Result
	}{
		{"contention if every shard is owned", false, Contention},
		{"full if the rest is full", true, Full},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := small
				if !test.full {
					c = one
				}
				r := newForTest(t, c)
				if test.full {
					fill(t, r, erro, 32)
					s := &r.shards[0] // gets its room back
					s.drained.Store(headCount(s.head.Load()))
					s.tail.Store(headPos(s.head.Load()))
				}
				g := stopFirst(r)
				var stopped Result
				done := make(chan struct{})
				go func() {
					defer close(done)
					var hint uint32
					stopped = r.Put(&hint, Header{}, make([]byte, 32))
				}()
				<-g.entered
				var hint uint32
				if got := r.Put(&hint, Header{Severity: erro}, make([]byte, 32)); got != test.want {
					t.Errorf("Put: got %v, want %v", got, test.want)
				}
				close(g.open)
				<-done
				if stopped != OK {
					t.Errorf("Put of the stopped writer: got %v, want ok", stopped)
				}
				if got := r.Put(&hint, Header{}, make([]byte, 32)); got != OK {
					t.Errorf("Put after it: got %v, want ok", got)
				}
			})
		})
	}
}

// On one CPU the owner goes on only if the producer that waits for it yields.
func TestPutLetsTheOwnerOfTheOnlyShardRun(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	synctest.Test(t, func(t *testing.T) {
		r := newForTest(t, one)
		entered := make(chan struct{})
		var once sync.Once
		r.hook = func(uint16) {
			once.Do(func() {
				close(entered)
				for range maxYields / 4 {
					runtime.Gosched()
				}
			})
		}
		var wg sync.WaitGroup
		wg.Go(func() { put(t, r, 0, Header{Time: 1}, 10) })
		<-entered
		put(t, r, 0, Header{Time: 2}, 10)
		wg.Wait()
		if got, want := drainTimes(r), []int64{1, 2}; !slices.Equal(got, want) {
			t.Errorf("records: got %v, want %v", got, want)
		}
	})
}

// One CPU, and a goroutine that uses it for a millisecond whenever it may: 128
// yields would take 128 of them.
func TestPutGivesUpAfterABoundedTime(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	r := newForTest(t, one)
	g := stopFirst(r)
	var wg sync.WaitGroup
	wg.Go(func() {
		var hint uint32
		r.Put(&hint, Header{}, nil)
	})
	<-g.entered
	var turns atomic.Int64
	var stop atomic.Bool
	wg.Go(func() {
		for !stop.Load() {
			for begin := time.Now(); time.Since(begin) < time.Millisecond; {
			}
			turns.Add(1)
			runtime.Gosched()
		}
	})
	var hint uint32
	if got := r.Put(&hint, Header{}, nil); got != Contention {
		t.Errorf("Put: got %v, want contention", got)
	}
	if got, most := turns.Load(), int64(maxYields/2); got > most {
		t.Errorf("turns of the other goroutine: got %d, want at most %d", got, most)
	}
	stop.Store(true)
	close(g.open)
	wg.Wait()
}

func TestStoppedWriterHoldsUpNobodyElse(t *testing.T) {
	const producers, records = 4, 2000
	r := newForTest(t, small)
	put(t, r, 0, Header{Origin: producers, Time: 1}, 100)
	put(t, r, 1, Header{Origin: producers, Time: 2}, 100)
	g := stopFirst(r)
	var wg, first sync.WaitGroup
	first.Go(func() {
		put(t, r, 0, Header{Origin: producers, Time: 3}, 100)
	})
	shard := recv(t, "the writer's claim", g.entered)

	var dropped atomic.Int64
	for i := range producers {
		wg.Go(func() {
			var hint uint32
			for n := range records {
				h := Header{Origin: uint32(i), Time: int64(n)}
				for {
					room := r.Room()
					res := r.Put(&hint, h, payload(nil, uint64(n), 50))
					if res == OK {
						break
					}
					if res == Contention { // the stopped one holds a shard, another the other
						dropped.Add(1)
						break
					}
					<-room
				}
			}
		})
	}
	others := make(chan struct{})
	go func() {
		wg.Wait()
		close(others)
	}()
	got := map[uint32]int{}
	drain := func() {
		r.Drain(func(f *Frame) bool {
			if f.Origin == producers && f.Shard == shard && f.Time == 3 {
				t.Error("the stopped writer's record came before it was published")
			}
			if f.Origin != producers && f.Shard == shard {
				t.Errorf("shard %d has a record of another writer while it is owned", shard)
			}
			got[f.Origin]++
			return true
		})
	}
	for running := true; running; {
		select {
		case <-others:
			running = false
		default:
			runtime.Gosched()
		}
		drain()
	}
	drain()
	total := 0
	for i := range producers {
		total += got[uint32(i)]
	}
	if want := producers*records - int(dropped.Load()); total != want {
		t.Errorf("records of the others: got %d, want %d", total, want)
	}
	if got[producers] != 2 {
		t.Errorf("records from before: got %d, want 2", got[producers])
	}
	if want := total + 2; r.Published() != uint64(want) {
		t.Errorf("Published: got %d, want %d", r.Published(), want)
	}

	close(g.open)
	first.Wait()
	var last []Header
	r.Drain(func(f *Frame) bool {
		last = append(last, f.Header)
		if want := payload(nil, 3, 100); !bytes.Equal(f.Data, want) {
			t.Errorf("the stopped writer's record: got %x, want %x", f.Data, want)
		}
		return true
	})
	if len(last) != 1 || last[0].Time != 3 || last[0].Shard != shard || last[0].Seq != 1 {
		t.Errorf("after the writer came back: got %+v, want its record, seq 1 of shard %d", last, shard)
	}
}

func TestPutAndDrainAllocateNothing(t *testing.T) {
	r := newForTest(t, Config{Shards: 4, ShardSize: 64 << 10, MaxRecord: 16 << 10, Reserved: warn, Urgent: erro})
	record := []byte(strings.Repeat("x", 218))
	var hint uint32
	var bytes int
	count := func(f *Frame) bool {
		bytes += len(f.Data)
		return true
	}
	for _, test := range []struct {
		name string
		f    func()
	}{
		{"Put", func() {
			if r.Put(&hint, Header{Severity: erro}, record) != OK {
				clearForTest(r)
			}
		}},
		{"Put into a full ring", func() {
			for r.Put(&hint, Header{}, record) == OK {
			}
		}},
		{"Put and Drain", func() {
			hint++
			r.Put(&hint, Header{}, record)
			r.Drain(count)
		}},
		{"Put and Drain, stopped", func() {
			r.Put(&hint, Header{}, record)
			r.Drain(func(*Frame) bool { return false })
		}},
		{"Put to a sleeper, Drain", func() {
			r.Drain(count)
			if !r.Sleep(false) {
				t.Error("Sleep in an empty ring: got false, want true")
			}
			r.Put(&hint, Header{}, record)
			<-r.Wake()
			r.Awake()
		}},
		{"Published", func() { r.Published() }},
	} {
		if got := testing.AllocsPerRun(100, test.f); got != 0 {
			t.Errorf("%s: got %v allocations, want 0", test.name, got)
		}
	}
}
