package buffer

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/logstream-go/logstream/internal/leak"
)

// child is what the test's program does as a child, in a directory and with a number.
// It is set where processes can be killed.
var child func(dir, number string) error

func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == childArg {
		if err := child(os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(leak.Main(m))
}

// childArg makes the test's program a child.
const childArg = "buffer-child"

// patience is how long a test waits for what must come. It is only ever used up
// by a bug.
const patience = time.Minute

// Severities by their OTLP numbers.
const (
	info  = 9
	warn  = 13
	erro  = 17
	words = wordSize // bytes in a word, as a factor
)

// small is a configuration in which everything happens soon: two shards of 512
// words.
var small = Config{Shards: 2, ShardSize: 4 << 10, MaxRecord: 1 << 10, Reserved: warn, Urgent: erro}

// one is small with a single shard.
var one = Config{Shards: 1, ShardSize: 4 << 10, MaxRecord: 1 << 10, Reserved: warn, Urgent: erro}

func newForTest(t testing.TB, c Config) *Ring {
	t.Helper()
	r, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// startAt moves the empty shards of r to a position and a number of frames, as if
// so much had gone through them.
func startAt(r *Ring, pos, frames uint64) {
	for i := range r.shards {
		c := r.shards[i].control
		c.head.Store(frames<<countShift | (pos&posMask)<<posShift)
		c.tail.Store(pos & posMask)
		c.drained.Store(frames)
	}
}

// clearForTest empties r without looking at its frames.
func clearForTest(r *Ring) {
	for i := range r.shards {
		c := r.shards[i].control
		head := c.head.Load()
		c.drained.Store(published(head, c.drained.Load()))
		c.tail.Store(headPos(head))
	}
}

// payload appends n bytes to dst that only this id has. Every byte depends on the
// id and on its place, so a torn or shifted record is seen.
func payload(dst []byte, id uint64, n int) []byte {
	x := id*0x9e3779b97f4a7c15 + uint64(n)
	for n >= 8 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		dst = binary.LittleEndian.AppendUint64(dst, x)
		n -= 8
	}
	for i := range n {
		dst = append(dst, byte(x>>(8*i))^byte(i+1))
	}
	return dst
}

// put publishes a record of n bytes and fails the test if the ring does not take it.
func put(t testing.TB, r *Ring, hint uint32, h Header, n int) {
	t.Helper()
	if res := r.Put(&hint, h, payload(nil, uint64(h.Time), n)); res != OK {
		t.Fatalf("Put of %d bytes: got %v, want ok", n, res)
	}
}

// fill puts records of severity and n bytes until r is full, and returns how many.
func fill(t testing.TB, r *Ring, severity uint8, n int) int {
	t.Helper()
	var hint uint32
	for count := 0; ; count++ {
		switch res := r.Put(&hint, Header{Severity: severity}, make([]byte, n)); res {
		case OK:
		case Full:
			return count
		default:
			t.Fatalf("Put into a ring that fills up: got %v", res)
		}
	}
}

// drainTimes drains r and returns the times of the records in their order.
func drainTimes(r *Ring) []int64 {
	times := []int64{}
	r.Drain(func(f *Frame) bool {
		times = append(times, f.Time)
		return true
	})
	return times
}

func yes(*Frame) bool { return true }

// random returns a source whose seed is printed if the test fails.
func random(t testing.TB) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 0))
}

// A gate stops the first writer that runs into it, between claim and publish.
type gate struct {
	used    atomic.Bool
	entered chan uint16 // gets the shard that the writer owns
	open    chan struct{}
}

// stopFirst makes r stop its next writer.
func stopFirst(r *Ring) *gate {
	g := &gate{entered: make(chan uint16, 1), open: make(chan struct{})}
	r.hook = func(shard uint16) {
		if g.used.CompareAndSwap(false, true) {
			g.entered <- shard
			<-g.open
		}
	}
	return g
}

// recv waits for a value with patience.
func recv[T any](t testing.TB, what string, c <-chan T) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case v := <-c:
		return v
	case <-ctx.Done():
		t.Fatalf("%s: nothing came", what)
		panic("unreachable")
	}
}

// spin passes a little time without giving up the CPU.
func spin(n int) {
	var x atomic.Int32
	for range n {
		x.Add(1)
	}
}

// await spins until cond, for it to be seen within nanoseconds, and lets others
// run if that takes long. It reports false when patience or the test has ended.
func await(t testing.TB, cond func() bool) bool {
	begin := time.Now()
	for n := 1; !cond(); n++ {
		if n%1000 != 0 {
			continue
		}
		runtime.Gosched()
		if time.Since(begin) > patience || t.Context().Err() != nil {
			return false
		}
	}
	return true
}

// tokens returns how many wake-ups wait in r's channel.
func tokens(r *Ring) int { return len(r.wake) }
