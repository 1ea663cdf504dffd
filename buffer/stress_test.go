package buffer

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// A checker looks at every frame that a consumer gets from producers that number
// their records in Origin (the producer, 8 bits, and its record) and draw times
// from one clock.
type checker struct {
	t    *testing.T
	r    *Ring
	seq  []uint64            // expected next, by shard
	last []map[uint32]uint32 // the last record of each producer, by shard
	seen [][]bool            // by producer and record
	pass []Header            // of the pass under way
	buf  []byte
}

func newChecker(t *testing.T, r *Ring, producers, records int) *checker {
	c := &checker{t: t, r: r, seq: make([]uint64, len(r.shards))}
	for range r.shards {
		c.last = append(c.last, map[uint32]uint32{})
	}
	for range producers {
		c.seen = append(c.seen, make([]bool, records))
	}
	return c
}

func (c *checker) frame(f *Frame) {
	c.t.Helper()
	producer, record := f.Origin>>24, f.Origin&(1<<24-1)
	if c.seq[f.Shard] != f.Seq {
		c.t.Errorf("shard %d: got seq %d, want %d", f.Shard, f.Seq, c.seq[f.Shard])
	}
	c.seq[f.Shard] = f.Seq + 1
	if last, ok := c.last[f.Shard][producer]; ok && record <= last {
		c.t.Errorf("shard %d: producer %d's record %d comes after its record %d", f.Shard, producer, record, last)
	}
	c.last[f.Shard][producer] = record
	if c.seen[producer][record] {
		c.t.Errorf("producer %d's record %d comes twice", producer, record)
	}
	c.seen[producer][record] = true
	c.buf = payload(c.buf[:0], uint64(f.Time), len(f.Data))
	if !bytes.Equal(f.Data, c.buf) || int(f.Flags) != len(f.Data)%256 {
		c.t.Errorf("producer %d's record %d is torn: %x", producer, record, f.Data)
	}
	c.pass = append(c.pass, f.Header)
}

// endPass checks that the records of a pass came in the order of a merge.
func (c *checker) endPass() {
	c.t.Helper()
	shards := make([][]Header, len(c.seq))
	for _, h := range c.pass {
		shards[h.Shard] = append(shards[h.Shard], h)
	}
	for i, h := range c.pass {
		for _, s := range shards {
			if len(s) > 0 && s[0].Time < h.Time {
				c.t.Errorf("record %d of a pass has time %d, before time %d of shard %d", i, h.Time, s[0].Time, s[0].Shard)
			}
		}
		shards[h.Shard] = shards[h.Shard][1:]
	}
	c.pass = c.pass[:0]
}

func TestManyProducersLoseNothingConcurrentSafe(t *testing.T) {
	for _, test := range []struct {
		shards, producers int
	}{{1, 2}, {2, 3}, {4, 8}} {
		t.Run(fmt.Sprintf("%d shards, %d producers", test.shards, test.producers), func(t *testing.T) {
			stress(t, test.shards, test.producers, 600, random(t))
		})
	}
}

func stress(t *testing.T, shards, producers, records int, rnd *rand.Rand) {
	r := newForTest(t, Config{Shards: shards, ShardSize: 4 << 10, MaxRecord: 1 << 10, Reserved: warn, Urgent: erro})
	startAt(r, posMask-2000, countMask-100)
	c := newChecker(t, r, producers, records)
	for i := range c.seq {
		c.seq[i] = countMask - 100
	}
	base := r.Published()

	var clock atomic.Int64
	var taken atomic.Uint64
	results := make([][]Result, producers)
	var wg sync.WaitGroup
	for i := range producers {
		rnd := rand.New(rand.NewPCG(rnd.Uint64(), 0))
		results[i] = make([]Result, records)
		wg.Go(func() {
			hint := rnd.Uint32()
			var buf []byte
			for n := range results[i] {
				size := rnd.IntN(200)
				if rnd.IntN(20) == 0 {
					size = rnd.IntN(1<<10 + 1)
				}
				h := Header{
					Time:     clock.Add(1),
					Origin:   uint32(i)<<24 | uint32(n),
					Severity: uint8(1 + rnd.IntN(24)),
					Flags:    uint8(size % 256),
				}
				buf = payload(buf[:0], uint64(h.Time), size)
				// Some producers wait for room, some drop.
				for {
					room := r.Room()
					res := r.Put(&hint, h, buf)
					results[i][n] = res
					if res == OK {
						taken.Add(1)
					}
					if res != Full || i%2 == 0 {
						break
					}
					<-room
				}
				if rnd.IntN(8) == 0 {
					runtime.Gosched()
				}
			}
		})
	}
	go func() {
		wg.Wait()
		r.Close()
	}()

	for !r.Finished() {
		stop := rnd.IntN(200)
		r.Drain(func(f *Frame) bool {
			if stop--; stop == 0 {
				return false
			}
			c.frame(f)
			return true
		})
		c.endPass()
		if stop > 0 && r.Sleep(rnd.IntN(4) == 0) {
			recv(t, "Wake", r.Wake())
			r.Awake()
		}
	}
	wg.Wait()

	if got, want := r.Published()-base, taken.Load(); got != want {
		t.Errorf("Published: got %d, want %d", got, want)
	}
	for i, all := range results {
		for n, res := range all {
			if got, want := c.seen[i][n], res == OK; got != want {
				t.Errorf("producer %d's record %d, which Put said was %v, was drained: got %v, want %v", i, n, res, got, want)
			}
			if res == TooLarge || res == Closed || res == Full && i%2 == 1 {
				t.Errorf("Put of producer %d's record %d: got %v", i, n, res)
			}
		}
	}
}

// Readers of the counts see them grow, and never less than was told before.
func TestPublishedGrowsConcurrentSafe(t *testing.T) {
	r := newForTest(t, small)
	startAt(r, 0, countMask-200)
	var wg sync.WaitGroup
	var told atomic.Uint64
	told.Store(r.Published())
	for range 2 {
		wg.Go(func() {
			var hint uint32
			for range 1000 {
				if r.Put(&hint, Header{}, make([]byte, 8)) == OK {
					told.Add(1)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	last := uint64(0)
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
			runtime.Gosched()
		}
		least := told.Load()
		got := r.Published()
		if got < least || got < last || got > least+4000 {
			t.Fatalf("Published: got %d, want at least %d and %d, and not much more", got, least, last)
		}
		last = got
		r.Drain(yes)
	}
	if got, want := r.Published(), told.Load(); got != want {
		t.Errorf("Published at the end: got %d, want %d", got, want)
	}
}
