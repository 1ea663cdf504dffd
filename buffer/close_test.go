package buffer

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

func TestPutAfterCloseReturnsClosed(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(*Ring)
	}{
		{"an empty ring", func(*Ring) {}},
		{"a full ring", func(r *Ring) { fill(t, r, erro, 10) }},
		{"a ring that the consumer has finished", func(r *Ring) { r.Close(); r.Finished() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newForTest(t, small)
			test.do(r)
			before := r.Published()
			r.Close()
			r.Close()
			var hint uint32
			for _, n := range []int{0, 10, small.MaxRecord, small.MaxRecord + 1} {
				if got := r.Put(&hint, Header{Severity: erro}, make([]byte, n)); got != Closed {
					t.Errorf("Put of %d bytes: got %v, want closed", n, got)
				}
			}
			if got := r.Drain(yes); got != int(before) {
				t.Errorf("Drain: got %d, want what was published before, %d", got, before)
			}
			if !r.Finished() || !r.Finished() {
				t.Error("Finished: got false, want true")
			}
			if r.Published() != before {
				t.Errorf("Published: got %d, want %d", r.Published(), before)
			}
		})
	}
}

func TestFinishedNeedsCloseAndAnEmptyRing(t *testing.T) {
	r := newForTest(t, small)
	if r.Finished() {
		t.Error("Finished before Close: got true, want false")
	}
	put(t, r, 1, Header{}, 10)
	r.Close()
	if r.Finished() {
		t.Error("Finished with a record: got true, want false")
	}
	r.Drain(yes)
	if !r.Finished() {
		t.Error("Finished: got false, want true")
	}
}

func TestCloseWakesTheConsumerHoweverItSleeps(t *testing.T) {
	for _, withTimer := range []bool{false, true} {
		r := newForTest(t, small)
		if !r.Sleep(withTimer) {
			t.Fatal("Sleep: got false, want true")
		}
		r.Close()
		if got := tokens(r); got != 1 {
			t.Errorf("wake-ups, with timer %v: got %d, want 1", withTimer, got)
		}
	}
}

// A producer has found the ring open, and then, before it claims a shard, the ring
// is closed and the consumer finishes.
func TestProducerThatComesLateFindsTheShardsSealed(t *testing.T) {
	r := newForTest(t, small)
	r.Close()
	if !r.Finished() {
		t.Fatal("Finished: got false, want true")
	}
	for i := range r.shards {
		if got, _ := r.shards[i].put(r, &Header{}, nil); got != Contention {
			t.Errorf("put into shard %d: got %v, want contention", i, got)
		}
	}
	var hint uint32
	if got, _ := r.search(&hint, &Header{}, nil); got != Closed {
		t.Errorf("search: got %v, want closed", got)
	}
	if !r.Finished() || r.Published() != 0 {
		t.Errorf("got finished %v, %d published, want true, 0", r.Finished(), r.Published())
	}
}

// A writer claims its shard before Close and publishes after it.
func TestWriterThatIsCaughtByCloseStillPublishes(t *testing.T) {
	for _, withTimer := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r := newForTest(t, small)
			g := stopFirst(r)
			stopped := make(chan Result, 1)
			go func() {
				hint := uint32(1)
				stopped <- r.Put(&hint, Header{Time: 7}, []byte("late"))
			}()
			<-g.entered
			r.Close()
			var got []string
			finished := make(chan struct{})
			go func() {
				defer close(finished)
				consume(t, r, withTimer, func(f *Frame) { got = append(got, string(f.Data)) })
			}()
			synctest.Wait()
			if isClosed(finished) {
				t.Error("the ring is finished while a writer owns a shard")
			}
			var hint uint32
			for range 4 {
				if res := r.Put(&hint, Header{}, nil); res != Closed {
					t.Errorf("Put of another: got %v, want closed", res)
				}
			}
			if got := tokens(r); got != 0 {
				t.Errorf("wake-ups by producers that were refused: got %d, want 0", got)
			}
			close(g.open)
			<-finished
			if res := <-stopped; res != OK || len(got) != 1 || got[0] != "late" {
				t.Errorf("got the writer's result %v, records %q, want ok, [late]", res, got)
			}
		})
	}
}

// Producers run into Close at any point. What they were told is what is drained.
func TestCloseLosesNothingThatWasTakenConcurrentSafe(t *testing.T) {
	const rings, producers = 100, 3
	rnd := random(t)
	for i := range rings {
		r := newForTest(t, small)
		var taken atomic.Int64
		var wg sync.WaitGroup
		for range producers {
			wg.Go(func() {
				var hint uint32
				for {
					switch r.Put(&hint, Header{Severity: info}, make([]byte, 20)) {
					case OK:
						taken.Add(1)
					case Closed:
						return
					default:
						runtime.Gosched()
					}
				}
			})
		}
		delay := rnd.IntN(3000)
		wg.Go(func() {
			spin(delay)
			r.Close()
		})
		n := int64(0)
		consume(t, r, i%2 == 0, func(*Frame) { n++ })
		wg.Wait()
		if got := taken.Load(); n != got || r.Published() != uint64(got) {
			t.Fatalf("got %d records drained, %d published, want the %d that were taken", n, r.Published(), got)
		}
		if r.Sleep(false) || !r.Finished() || r.Drain(yes) != 0 {
			t.Fatal("the ring is not finished for good")
		}
	}
}
