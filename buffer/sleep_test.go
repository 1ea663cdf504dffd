package buffer

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// consume is the loop of a consumer: it passes every record to f until the ring
// is finished, and returns how often it slept and how often it was woken. With
// withTimer it sleeps as if on a timer that never fires. It fails the test when it
// sleeps for too long.
func consume(t *testing.T, r *Ring, withTimer bool, f func(*Frame)) (slept, woken int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		r.Drain(func(fr *Frame) bool {
			f(fr)
			return true
		})
		if r.Finished() {
			return slept, woken
		}
		if !r.Sleep(withTimer) {
			continue
		}
		slept++
		select {
		case <-r.Wake():
			woken++
		case <-ctx.Done():
			t.Errorf("the consumer was not woken, %d published, after %d sleeps", r.Published(), slept)
			return slept, woken
		}
		r.Awake()
	}
}

func TestSleepIsRefusedWhenThereIsSomethingToDo(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(*Ring)
		want int // what is granted: 0 no sleep, 1 on a timer, 2 idle as well
	}{
		{"nothing: any sleep", func(*Ring) {}, 2},
		{"a record: only on a timer", func(r *Ring) { put(t, r, 0, Header{Severity: info}, 10) }, 1},
		{"an urgent record: no sleep", func(r *Ring) { put(t, r, 0, Header{Severity: erro}, 10) }, 0},
		{"an urgent record that was drained: any sleep", func(r *Ring) {
			put(t, r, 0, Header{Severity: erro}, 10)
			r.Drain(yes)
		}, 2},
		{"an urgent record that was refused: no sleep", func(r *Ring) {
			put(t, r, 0, Header{Severity: erro}, 10)
			r.Drain(func(*Frame) bool { return false })
		}, 0},
		{"an urgent record behind one that was refused: no sleep", func(r *Ring) {
			put(t, r, 0, Header{Severity: info}, 10)
			put(t, r, 0, Header{Severity: erro}, 10)
			r.Drain(func(*Frame) bool { return false })
		}, 0},
		{"a word less than a quarter of a shard: only on a timer", func(r *Ring) {
			put(t, r, 0, Header{Severity: info}, (127-4)*8)
		}, 1},
		{"a quarter of a shard: no sleep", func(r *Ring) {
			put(t, r, 0, Header{Severity: info}, (128-4)*8)
		}, 0},
		{"less than a quarter of two shards: only on a timer", func(r *Ring) {
			put(t, r, 0, Header{Severity: info}, 900)
			put(t, r, 1, Header{Severity: info}, 900)
		}, 1},
		{"closed and empty, which is finished: no sleep", func(r *Ring) { r.Close() }, 0},
		{"closed with a record: no sleep", func(r *Ring) {
			put(t, r, 0, Header{Severity: info}, 10)
			r.Close()
		}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newForTest(t, small)
			test.do(r)
			if got, want := r.Sleep(true), test.want >= 1; got != want {
				t.Errorf("Sleep on a timer: got %v, want %v", got, want)
			}
			if got, want := r.Sleep(false), test.want >= 2; got != want {
				t.Errorf("Sleep without: got %v, want %v", got, want)
			}
			if got := tokens(r); got != 0 {
				t.Errorf("wake-ups: got %d, want 0", got)
			}
		})
	}
}

func TestPutWakesTheConsumerAsItSleeps(t *testing.T) {
	for _, test := range []struct {
		name      string
		withTimer bool
		severity  uint8
		n         int
		want      int
	}{
		{"idle: any record", false, info, 0, 1},
		{"idle: an urgent record", false, erro, 10, 1},
		{"on a timer: not by any record", true, erro - 1, 10, 0},
		{"on a timer: an urgent record", true, erro, 10, 1},
		{"on a timer: not by less than a quarter", true, info, (127 - 4) * 8, 0},
		{"on a timer: a quarter of a shard", true, info, (128 - 4) * 8, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newForTest(t, small)
			if !r.Sleep(test.withTimer) {
				t.Fatal("Sleep: got false, want true")
			}
			put(t, r, 0, Header{Severity: test.severity}, test.n)
			if got := tokens(r); got != test.want {
				t.Errorf("wake-ups: got %d, want %d", got, test.want)
			}
			r.Awake()
			put(t, r, 0, Header{Severity: erro}, 10)
			if got := tokens(r); got != 0 {
				t.Errorf("wake-ups while awake: got %d, want 0", got)
			}
		})
	}
}

func TestNoSeverityIsUrgentUnlessConfigured(t *testing.T) {
	c := small
	c.Urgent = 0
	r := newForTest(t, c)
	r.Sleep(true)
	put(t, r, 0, Header{Severity: 255}, 10)
	if got := tokens(r); got != 0 {
		t.Errorf("wake-ups: got %d, want 0", got)
	}
}

// The writer that reaches the quarter has published and not signalled yet, say; a
// full ring must not depend on it.
func TestFullRingWakesTheConsumer(t *testing.T) {
	r := newForTest(t, one)
	fill(t, r, erro, 100)
	r.sleeping.Store(timed)
	var hint uint32
	if got := r.Put(&hint, Header{}, make([]byte, 100)); got != Full {
		t.Fatalf("Put: got %v, want full", got)
	}
	if got := tokens(r); got != 1 {
		t.Errorf("wake-ups: got %d, want 1", got)
	}
}

func TestTokenOutOfDateWakesOnceAndHidesNothing(t *testing.T) {
	r := newForTest(t, small)
	r.Sleep(false)
	r.wake <- struct{}{} // of a producer that was stopped before it sent
	put(t, r, 0, Header{}, 10)
	if got := tokens(r); got != 1 {
		t.Fatalf("wake-ups: got %d, want 1", got)
	}
	<-r.Wake()
	r.Awake()
	if got := r.Drain(yes); got != 1 {
		t.Errorf("Drain: got %d, want 1", got)
	}
	if !r.Sleep(false) {
		t.Error("Sleep: got false, want true")
	}
}

func TestIdleConsumerIsNeverWoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newForTest(t, small)
		var slept, woken atomic.Int64
		var times []int64
		done := make(chan struct{})
		go func() {
			defer close(done)
			for !r.Finished() {
				times = append(times, drainTimes(r)...)
				if r.Sleep(false) {
					slept.Add(1)
					<-r.Wake()
					woken.Add(1)
					r.Awake()
				}
			}
		}()
		for _, step := range []struct {
			name string
			do   func()
			want int64 // wake-ups, in all
		}{
			{"at the start", func() {}, 0},
			{"after a day", func() { <-time.After(24 * time.Hour) }, 0},
			{"after a record", func() { put(t, r, 0, Header{Time: 5}, 10) }, 1},
			{"after another day", func() { <-time.After(24 * time.Hour) }, 1},
			{"after Close", r.Close, 2},
		} {
			step.do()
			synctest.Wait()
			if got := woken.Load(); got != step.want {
				t.Errorf("wake-ups %s: got %d, want %d", step.name, got, step.want)
			}
		}
		<-done
		if got, want := slept.Load(), int64(2); got != want {
			t.Errorf("sleeps: got %d, want %d", got, want)
		}
		if want := []int64{5}; !slices.Equal(times, want) {
			t.Errorf("records: got %v, want %v", times, want)
		}
	})
}

// A consumer with a linger, as the stream's: it waits idle for the first record,
// then on a timer.
func TestTimedSleepEndsWithTheTimerOrAnUrgentRecord(t *testing.T) {
	const linger = 100 * time.Millisecond
	for _, test := range []struct {
		name     string
		severity uint8
		after    time.Duration // from the first record to the second
		want     time.Duration // from the first record to the pass
	}{
		{"the timer", info, 30 * time.Millisecond, linger},
		{"an urgent record", erro, 30 * time.Millisecond, 30 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newForTest(t, small)
				start := time.Now()
				var took time.Duration
				var n int
				done := make(chan struct{})
				go func() {
					defer close(done)
					if r.Sleep(false) {
						<-r.Wake()
						r.Awake()
					}
					timer := time.NewTimer(linger)
					if r.Sleep(true) {
						select {
						case <-timer.C:
						case <-r.Wake():
						}
						r.Awake()
					}
					took, n = time.Since(start), r.Drain(yes)
				}()
				synctest.Wait()
				put(t, r, 0, Header{Severity: info}, 10)
				<-time.After(test.after)
				put(t, r, 0, Header{Severity: test.severity}, 10)
				<-done
				if took != test.want || n != 2 {
					t.Errorf("got %d records after %v, want 2 after %v", n, took, test.want)
				}
			})
		})
	}
}

// The producer puts its next record when it has seen the last one drained, at a
// random moment of the consumer's way into its sleep. Nobody else would wake it.
func TestNoWakeUpIsLostConcurrentSafe(t *testing.T) {
	for _, test := range []struct {
		name      string
		withTimer bool
		severity  uint8
		n         int
	}{
		{"idle", false, info, 10},
		{"on a timer, urgent", true, erro, 10},
		{"on a timer, a quarter of a shard", true, info, (128 - 4) * 8},
	} {
		t.Run(test.name, func(t *testing.T) {
			const rounds = 2000
			r := newForTest(t, small)
			var drained atomic.Int64
			rnd := random(t)
			go func() {
				defer r.Close()
				hint := rnd.Uint32()
				record := make([]byte, test.n)
				for i := range int64(rounds) {
					if !await(t, func() bool { return drained.Load() == i }) {
						return
					}
					spin(rnd.IntN(64))
					if res := r.Put(&hint, Header{Severity: test.severity}, record); res != OK {
						t.Errorf("Put: got %v, want ok", res)
						return
					}
				}
			}()
			slept, woken := consume(t, r, test.withTimer, func(*Frame) { drained.Add(1) })
			if got := drained.Load(); got != rounds && !t.Failed() {
				t.Errorf("records: got %d, want %d", got, rounds)
			}
			if woken > slept {
				t.Errorf("wake-ups: got %d, want at most one for each of %d sleeps", woken, slept)
			}
		})
	}
}

// Many producers find one sleeper. One of them sends.
func TestOneSendForEachSleepConcurrentSafe(t *testing.T) {
	const producers, sleeps = 4, 100
	r := newForTest(t, small)
	for range sleeps {
		if !r.Sleep(false) {
			t.Fatal("Sleep in an empty ring: got false, want true")
		}
		var wg sync.WaitGroup
		for i := range producers {
			wg.Go(func() {
				hint := uint32(i)
				for r.Put(&hint, Header{Severity: erro}, make([]byte, 10)) != OK {
					runtime.Gosched()
				}
			})
		}
		recv(t, "Wake", r.Wake())
		wg.Wait()
		if got := tokens(r); got != 0 {
			t.Fatalf("wake-ups after the first: got %d, want 0", got)
		}
		r.Awake()
		if got := r.Drain(yes); got != producers {
			t.Fatalf("Drain: got %d, want %d", got, producers)
		}
	}
}
