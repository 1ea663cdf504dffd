package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logstream-go/logstream/buffer"
	"github.com/logstream-go/logstream/mask"
	"github.com/logstream-go/logstream/sink"
)

// A gate is the answer of a sink that is down until it is opened.
type gate struct{ up atomic.Bool }

func (g *gate) answer(int, *sink.Batch) error {
	if g.up.Load() {
		return nil
	}
	return errors.New("down")
}

// small are options under which a queue is soon full: eight pages.
func small(more ...Option) []Option {
	return append([]Option{WithQueueSize(8 * pageSize), WithBatchBytes(64 << 10), WithLinger(0)}, more...)
}

// settleIn waits until the worker and the routes sleep, inside a bubble.
func settleIn() { synctest.Wait() }

func TestDropOldestShedsTheLeastSevereRecordsFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		k := recorder{answer: g.answer}
		s := newStream(t, &k, small()...)
		p := newProducer(s)
		body := strings.Repeat("x", 1000)
		put := func(severity uint8, n int, name string) {
			for i := range n {
				p.put(severity, fmt.Sprintf("%s %d %s", name, i, body))
				if i%50 == 0 {
					settleIn() // let the worker keep up: this is about the queue
				}
			}
			settleIn()
		}
		put(errorSeverity, 300, "error")
		put(debugSeverity, 600, "debug")
		put(infoSeverity, 3000, "info")
		st := check(t, s)
		byLevel := map[string]uint64{}
		for _, d := range st.Dropped {
			if d.Reason != QueueFull {
				t.Errorf("got drops %v, want only %v", d, QueueFull)
			}
			byLevel[d.Level.String()] += d.Records
		}
		if byLevel["ERROR"] != 0 || byLevel["DEBUG"] == 0 || byLevel["INFO"] == 0 {
			t.Errorf("got drops %v, want DEBUG and INFO but no ERROR", byLevel)
		}
		g.up.Store(true)
		flush(t, s)
		newestInfo, errorsSeen := false, 0
		for _, b := range k.received() {
			if strings.HasPrefix(b, "info 2999 ") {
				newestInfo = true
			}
			if strings.HasPrefix(b, "error ") {
				errorsSeen++
			}
		}
		if !newestInfo || errorsSeen != 300 {
			t.Errorf("newest INFO kept: %v, ERROR records kept: %d of 300", newestInfo, errorsSeen)
		}
	})
}

func TestDropOldestNeverDropsWhatIsMoreSevereThanTheNewRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		k := recorder{answer: g.answer}
		s := newStream(t, &k, small()...)
		p := newProducer(s)
		body := strings.Repeat("x", 1000)
		for i := range 4000 {
			severity := uint8(errorSeverity)
			if i >= 3000 {
				severity = debugSeverity
			}
			p.put(severity, body)
			if i%50 == 0 {
				settleIn()
			}
		}
		settleIn()
		errorsDropped := func() (n uint64) {
			for _, d := range check(t, s).Dropped {
				if d.Level.String() == "ERROR" {
					n += d.Records
				}
			}
			return n
		}
		before := errorsDropped()
		for i := range 1000 {
			p.put(debugSeverity, body)
			if i%50 == 0 {
				settleIn()
			}
		}
		settleIn()
		if after := errorsDropped(); before == 0 || after != before {
			t.Errorf("ERROR records dropped: %d, then %d after more DEBUG records; want the same above 0", before, after)
		}
		g.up.Store(true)
	})
}

func TestDropNewestKeepsWhatIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		k := recorder{answer: g.answer}
		s := newStream(t, &k, small(WithOverflow(DropNewest), WithRingSize(1<<20))...)
		p := newProducer(s)
		body := strings.Repeat("x", 1000)
		const n = 6000
		for i := range n {
			p.put(infoSeverity, fmt.Sprintf("%d %s", i, body))
			if i%50 == 0 {
				settleIn()
			}
		}
		settleIn()
		st := check(t, s)
		if st.DroppedTotal() == 0 || st.Dropped[0].Reason != RingFull {
			t.Errorf("got %v, want drops for a full ring", st)
		}
		// The reserve takes severe records all the same.
		before := st.DroppedTotal()
		for range 20 {
			p.put(errorSeverity, body)
		}
		if after := check(t, s).DroppedTotal(); after != before {
			t.Errorf("%d ERROR records were dropped with a reserve in the ring", after-before)
		}
		g.up.Store(true)
		flush(t, s)
		got := k.received()
		arrived := make(map[int]bool)
		for _, b := range got {
			var i int
			if _, err := fmt.Sscanf(b, "%d ", &i); err == nil {
				arrived[i] = true
			}
		}
		for i := range 1000 {
			if !arrived[i] {
				t.Fatalf("record %d was dropped, an old one", i)
			}
		}
		if uint64(len(got))+before != n+20 {
			t.Errorf("got %d records and %d dropped, want %d together", len(got), before, n+20)
		}
	})
}

func TestBlockWaitsForRoomAndNoLongerThanTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		k := recorder{answer: g.answer}
		s := newStream(t, &k, small(WithOverflow(Block(5*time.Second)), WithRetry(time.Second, time.Second))...)
		p := newProducer(s)
		body := strings.Repeat("x", 1000)
		// Fill queue and ring.
		n := 0
		for start := time.Now(); time.Since(start) < 5*time.Second; n++ {
			p.put(infoSeverity, body)
		}
		if st := check(t, s); st.DroppedTotal() != 1 {
			t.Fatalf("got %v, want 1 dropped after the wait", st)
		}
		// One that waits gets room when the destination comes back.
		start := time.Now()
		done := make(chan struct{})
		go func() {
			newProducer(s).put(infoSeverity, "waited")
			close(done)
		}()
		settleIn()
		g.up.Store(true)
		<-done
		if d := time.Since(start); d >= 5*time.Second {
			t.Errorf("waited %v for room that came", d)
		}
		flush(t, s)
		if st := check(t, s); st.DroppedTotal() != 1 || st.Delivered != uint64(n) {
			t.Errorf("got %v, want 1 dropped and %d delivered", st, n)
		}
	})
}

// A trouble is the answer of a destination that does everything that one can do,
// until it is calm.
type trouble struct {
	calm atomic.Bool

	mu  sync.Mutex // guards rnd
	rnd *rand.Rand
}

func newTrouble(rnd *rand.Rand) *trouble {
	return &trouble{rnd: rand.New(rand.NewPCG(rnd.Uint64(), 0))}
}

func (x *trouble) answer(_ int, b *sink.Batch) error {
	x.mu.Lock()
	what, share, pause := x.rnd.IntN(12), x.rnd.Float64(), time.Duration(x.rnd.IntN(1000))*time.Millisecond
	x.mu.Unlock()
	if x.calm.Load() {
		return nil
	}
	advance(pause)
	some := 1 + int(share*float64(b.Len()-1))
	switch what {
	case 0:
		return errors.New("down")
	case 1:
		return &sink.Error{Err: errors.New("busy"), RetryAfter: pause}
	case 2:
		return &sink.Error{Err: errors.New("401"), Kind: sink.Refused}
	case 3:
		return &sink.Error{Err: errors.New("413"), Kind: sink.TooLarge}
	case 4:
		return &sink.Error{Err: errors.New("400"), Kind: sink.Invalid}
	case 5:
		return &sink.Error{Err: errors.New("partial"), Rejected: some}
	case 6:
		return &sink.Error{Err: errors.New("broke off"), Taken: some}
	}
	return nil
}

// TestLedgerAddsUpUnderRandomTrouble runs a stream with a destination that does
// everything that one can do, and compares what arrived with the ledger.
func TestLedgerAddsUpUnderRandomTrouble(t *testing.T) {
	for round := range 20 {
		seed := rand.Uint64()
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rnd := rand.New(rand.NewPCG(seed, 0))
				trouble := newTrouble(rnd)
				k := recorder{answer: trouble.answer}
				overflow := []Overflow{DropOldest, DropNewest, Block(100 * time.Millisecond)}[rnd.IntN(3)]
				s := newStream(t, &k, small(WithOverflow(overflow), WithInFlight(1+rnd.IntN(4)))...)
				const producers, each = 3, 1500
				var wg sync.WaitGroup
				for g := range producers {
					wg.Go(func() {
						p := newProducer(s)
						for i := range each {
							severity := []uint8{debugSeverity, infoSeverity, warnSeverity, errorSeverity}[i%4]
							p.put(severity, fmt.Sprintf("%d/%d %s", g, i, strings.Repeat("x", i%2000)))
							if i%100 == 0 {
								advance(time.Duration(i) * time.Millisecond)
								check(t, s)
							}
						}
					})
				}
				wg.Wait()
				trouble.calm.Store(true)
				flush(t, s)
				st := check(t, s)
				if all := s.Stats(); st.Held.Total() != 0 || all.Accepted-all.Own != producers*each {
					t.Errorf("seed %d: got %v, want %d accepted and none held", seed, all, producers*each)
				}
				got := k.received()
				if uint64(len(got)) != st.Delivered {
					t.Errorf("seed %d: %d arrived, %d delivered", seed, len(got), st.Delivered)
				}
				seen := make(map[string]bool)
				for _, b := range got {
					if seen[b] && !strings.HasPrefix(b, "logstream: ") {
						t.Errorf("seed %d: %.20q arrived twice", seed, b)
					}
					seen[b] = true
				}
			})
		})
	}
}

// TestRoutesAddUpUnderRandomTrouble does the same with routes of every kind, one of
// which hangs for a while now and then.
func TestRoutesAddUpUnderRandomTrouble(t *testing.T) {
	for round := range 20 {
		seed := rand.Uint64()
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rnd := rand.New(rand.NewPCG(seed, 0))
				var troubles []*trouble
				troubled := func() *recorder {
					x := newTrouble(rnd)
					troubles = append(troubles, x)
					return &recorder{answer: x.answer}
				}
				first, fallback, severe, edited, hanging := troubled(), troubled(), troubled(), troubled(), troubled()
				hangs := hanging.answer
				hanging.answer = func(call int, b *sink.Batch) error {
					if !troubles[4].calm.Load() && call%3 == 0 {
						advance(40 * time.Second)
					}
					return hangs(call, b)
				}
				overflow := []Overflow{DropOldest, DropNewest, Block(100 * time.Millisecond)}[rnd.IntN(3)]
				s := newStream(t, first, small(WithOverflow(overflow), WithInFlight(1+rnd.IntN(4)),
					WithFallback(fallback), WithFailoverAfter(time.Second), WithQueueSize(32*pageSize),
					WithRoute("severe", severe, WithRouteLevel(slog.LevelWarn), WithQueueShare(20)),
					WithRoute("edited", edited, WithRecordUID(), WithFilter(func(r sink.Record) bool { return r.Body().Str()[0] != '0' })),
					WithRoute("hanging", hanging, WithRouteMask(mask.None())),
					WithHeartbeat(time.Second))...)
				const producers, each = 3, 1500
				var wg sync.WaitGroup
				for g := range producers {
					wg.Go(func() {
						p := newProducer(s)
						for i := range each {
							severity := []uint8{debugSeverity, infoSeverity, warnSeverity, errorSeverity}[i%4]
							p.put(severity, fmt.Sprintf("%d/%d %s", g, i, strings.Repeat("x", i%2000)))
							if i%100 == 0 {
								advance(time.Duration(i) * time.Millisecond)
								check(t, s)
							}
						}
					})
				}
				wg.Wait()
				for _, x := range troubles {
					x.calm.Store(true)
				}
				if err := s.Shutdown(waitLong(t)); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				if all := s.Stats(); all.Accepted-all.Own != producers*each {
					t.Errorf("seed %d: got %v, want %d accepted", seed, all, producers*each)
				}
				for name, sinks := range map[string][]*recorder{"primary": {first, fallback}, "severe": {severe}, "edited": {edited}, "hanging": {hanging}} {
					st := line(t, s, name)
					seen := make(map[string]bool)
					n := uint64(0)
					for _, k := range sinks {
						for _, b := range k.received() {
							n++
							if seen[b] && !strings.HasPrefix(b, "logstream: ") {
								t.Errorf("seed %d: %s: %.20q arrived twice", seed, name, b)
							}
							seen[b] = true
						}
					}
					if n != st.Delivered {
						t.Errorf("seed %d: %s: %d arrived, %d delivered", seed, name, n, st.Delivered)
					}
				}
			})
		})
	}
}

// waitLong returns a context that ends in a day of the bubble.
func waitLong(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
	t.Cleanup(cancel)
	return ctx
}

func TestContentionIsOnlyADropWithoutBlock(t *testing.T) {
	for _, c := range []struct {
		overflow Overflow
		dropped  uint64
	}{
		{DropOldest, 1},
		{DropNewest, 1},
		{Block(time.Minute), 0},
	} {
		t.Run(c.overflow.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var k recorder
				s := newStream(t, &k, WithOverflow(c.overflow))
				src := s.Source(nil, "")
				hint := uint32(0)
				// What Put does when the ring was contended for a moment.
				s.refused(&hint, buffer.Header{Origin: src.origin, Severity: infoSeverity}, encode(infoSeverity, "m"), buffer.Contention, 0)
				flush(t, s)
				st := check(t, s)
				if got := st.DroppedTotal(); got != c.dropped || st.Delivered != 1-c.dropped {
					t.Errorf("got %v, want %d dropped", st, c.dropped)
				}
			})
		})
	}
}
