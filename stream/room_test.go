package stream

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logstream-go/logstream/sink"
)

// waits are the policies under which the worker waits for room.
var waits = []Overflow{DropNewest, Block(time.Minute)}

// A pass may fill the queue while the route sleeps:
//
//	the worker sleeps on its timer, the route has nothing to do
//	producers fill a quarter of a shard, which is more than the queue takes
//	the worker wakes, fills the queue page by page, and waits for room
//
// Nothing is due, so unless the worker tells the route by then, both wait for ever.
func TestAQueueThatIsFilledInOnePassIsSent(t *testing.T) {
	for _, o := range waits {
		t.Run(o.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var k recorder
				s := newStream(t, &k, small(WithOverflow(o), WithLinger(time.Minute),
					WithRingSize(shards(runtime.GOMAXPROCS(0))*16<<20))...)
				p := newProducer(s)
				p.put(infoSeverity, "the worker's timer starts")
				settleIn()
				body := strings.Repeat("x", 1000)
				for range 4500 {
					p.put(infoSeverity, body)
				}
				advance(2 * time.Minute)
				if st := check(t, s); st.Delivered != 4501 {
					t.Errorf("got %v, want 4501 delivered", st)
				}
			})
		})
	}
}

// A worker that waits in the middle of a pass has freed what it took: the ring is full of what
// it has not taken, and of that alone.
func TestAWorkerThatWaitsHoldsNoRoomOfTheRing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hung := make(chan struct{})
		k := recorder{answer: func(int, *sink.Batch) error { <-hung; return nil }}
		s := newStream(t, &k, small(WithOverflow(DropNewest))...)
		defer close(hung)
		p := newProducer(s)
		body := strings.Repeat("x", 1000)
		full := func() (taken, held uint64) {
			for before := s.drops.Load(); s.drops.Load() == before; {
				p.put(infoSeverity, body)
			}
			synctest.Wait()
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.drained, s.current.Published() - s.drained
		}
		last, held := full()
		for taken := uint64(0); taken != last; {
			taken = last
			last, held = full()
		}
		const headers = 4
		words := uint64(headers + (len(encode(infoSeverity, body))+7)/8)
		room := uint64(s.cfg.shardSize() / 8 * 3 / 4) // the rest is for errors
		if want := uint64(s.cfg.shards) * (room / words); held != want {
			t.Errorf("the ring is full with %d records that were not taken, want %d", held, want)
		}
	})
}

func TestTheSmallestQueueServesAllClasses(t *testing.T) {
	for _, o := range append(waits, DropOldest) {
		t.Run(o.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var k recorder
				s := newStream(t, &k, WithOverflow(o), WithQueueSize(minPages*pageSize), WithBatchBytes(64<<10))
				p := newProducer(s)
				body := strings.Repeat("x", 60<<10)
				var n uint64
				for _, severity := range []uint8{infoSeverity, debugSeverity, infoSeverity, errorSeverity, debugSeverity} {
					for range 3 {
						p.put(severity, body)
						n++
						advance(time.Second)
					}
				}
				if st := check(t, s); st.Delivered != n {
					t.Errorf("got %v, want %d delivered", st, n)
				}
			})
		})
	}
}

func TestAFlushEndsWhileProducersWaitForRoom(t *testing.T) {
	for _, o := range waits {
		t.Run(o.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := recorder{answer: func(int, *sink.Batch) error {
					advance(50 * time.Millisecond)
					return nil
				}}
				s := newStream(t, &k, small(WithOverflow(o), WithInFlight(1))...)
				body := strings.Repeat("x", 1000)
				var stop atomic.Bool
				var wg sync.WaitGroup
				for range 4 {
					wg.Go(func() {
						for p := newProducer(s); !stop.Load(); {
							p.put(infoSeverity, body)
							advance(time.Millisecond)
						}
					})
				}
				advance(20 * time.Second)
				const export = 50 * time.Millisecond
				ring, queue := s.cfg.shardSize()*s.cfg.shards, s.cfg.queueSize
				// The pass that is under way, another, and the queue. The rest of the ring is for errors.
				most := time.Duration((2*ring*3/4+queue)/s.cfg.route.batchBytes) * export
				ctx, cancel := context.WithTimeout(t.Context(), most)
				defer cancel()
				if err := s.Flush(ctx); err != nil {
					t.Errorf("Flush: %v", err)
				}
				stop.Store(true)
				wg.Wait()
			})
		})
	}
}

// A flush that gives up must not cost the memory of a page, or a program that
// flushes often has a queue of nearly empty pages when its destination is down.
func TestFlushesThatGiveUpDoNotUseUpTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		k := recorder{answer: g.answer}
		s := newStream(t, &k)
		p := newProducer(s)
		const n = 1000
		for range n {
			p.put(infoSeverity, "one of few")
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if err := s.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("Flush: %v", err)
			}
			cancel()
		}
		if st := check(t, s); st.Held.Total() != n {
			t.Errorf("got %v, want %d held", st, n)
		}
		g.up.Store(true)
		flush(t, s)
	})
}

func TestAFlushWaitsForWhatCameBeforeItAndNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := map[string]chan struct{}{"a": make(chan struct{}), "b": make(chan struct{}), "c": make(chan struct{})}
		k := recorder{answer: func(_ int, b *sink.Batch) error {
			for r := range b.Records() {
				<-release[r.Body().String()]
			}
			return nil
		}}
		s := newStream(t, &k, WithLinger(0))
		p := newProducer(s)
		flushed := map[string]*atomic.Bool{}
		for _, name := range []string{"a", "b", "c"} {
			p.put(infoSeverity, name)
			ended := new(atomic.Bool)
			flushed[name] = ended
			go func() {
				flush(t, s)
				ended.Store(true)
			}()
			settleIn()
		}
		want := func(a, b, c bool) {
			t.Helper()
			settleIn()
			if flushed["a"].Load() != a || flushed["b"].Load() != b || flushed["c"].Load() != c {
				t.Errorf("ended: %v %v %v, want %v %v %v", flushed["a"].Load(), flushed["b"].Load(), flushed["c"].Load(), a, b, c)
			}
		}
		want(false, false, false)
		close(release["b"])
		want(false, false, false)
		close(release["a"])
		want(true, true, false)
		close(release["c"])
		want(true, true, true)
	})
}
