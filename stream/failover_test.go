package stream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logstream-go/logstream/mask"
	"github.com/logstream-go/logstream/sink"
)

// everySecond puts a record a second for a while, and returns how many.
func everySecond(s *Stream, d time.Duration, name string) (n int) {
	p := newProducer(s)
	for ; n < int(d/time.Second); n++ {
		p.put(infoSeverity, fmt.Sprint(name, " ", n))
		advance(time.Second)
	}
	return n
}

// count returns how many different bodies that begin with name k has, and how many
// in all.
func (r *recorder) count(name string) (different, all int) {
	var found []string
	for _, b := range r.received() {
		if strings.HasPrefix(b, name+" ") {
			found = append(found, b)
		}
	}
	slices.Sort(found)
	all = len(found)
	return len(slices.Compact(found)), all
}

func TestAFallbackServesWhileTheFirstSinkDoesNot(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
	}{
		{"it is down", errors.New("down")},
		{"it refuses the client", &sink.Error{Err: errors.New("401"), Kind: sink.Refused}},
		{"it asks to be left alone", &sink.Error{Err: errors.New("busy"), RetryAfter: time.Minute}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var g gate
				first := recorder{answer: func(call int, b *sink.Batch) error {
					if g.up.Load() {
						return nil
					}
					return tt.err
				}}
				var second recorder
				g.up.Store(true)
				s := newStream(t, &first, WithFallback(&second))
				n := everySecond(s, 10*time.Second, "before")
				if got, _ := first.count("before"); got != n || second.attempts() != 0 {
					t.Fatalf("got %d records at the first sink and %d exports to the second, want %d and none", got, second.attempts(), n)
				}

				g.up.Store(false)
				down := everySecond(s, 14*time.Second, "down")
				if second.attempts() != 0 {
					t.Errorf("the fallback got something before %v", DefaultFailoverAfter)
				}
				down += everySecond(s, 10*time.Minute, "down later")
				advance(time.Minute)
				if got, all := second.count("down"); got != down || all != down {
					t.Errorf("the fallback got %d records, %d of them different, want %d", all, got, down)
				}
				st := check(t, s)
				if st.State != FailedOver || !st.Fallbacks[0].Active || st.Fallbacks[0].Delivered != uint64(down) {
					t.Errorf("got %v with %+v, want it failed over", st, st.Fallbacks)
				}

				g.up.Store(true)
				back := everySecond(s, 10*time.Minute, "back")
				if got, _ := first.count("back"); got < back-lateReturn {
					t.Errorf("the first sink got %d of %d records after its return", got, back)
				}
				st = check(t, s)
				if st.State != Sending || st.Fallbacks[0].Active || st.Delivered != uint64(n+down+back) {
					t.Errorf("got %v with %+v, want it back and all delivered", st, st.Fallbacks)
				}
			})
		})
	}
}

// lateReturn is how many records of one a second may still go to
// the fallback after the first sink is back: the longest pause between two probes,
// or what it asked for.
const lateReturn = 61

func TestASinkThatHangsIsLeftForItsFallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := newHung()
		var second recorder
		s := newStream(t, first, WithFallback(&second), WithLinger(0))
		n := everySecond(s, time.Minute, "x")
		advance(time.Minute)
		got, _ := second.count("x")
		st := check(t, s)
		if got+int(st.Held.InFlight) != n || st.Held.InFlight != DefaultInFlight {
			t.Errorf("the fallback got %d records and %d are in flight, want %d together and %d in flight", got, st.Held.InFlight, n, DefaultInFlight)
		}
		close(first.release)
		flush(t, s)
		if st := check(t, s); st.State != Sending || st.Delivered != uint64(n) {
			t.Errorf("got %v, want it back with all of %d", st, n)
		}
	})
}

// A sink that hangs with all the batches that the route's share has room for must
// not keep its fallback from its work.
func TestASinkThatHangsWithTheWholeShareIsLeftForItsFallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := newHung()
		var second, other recorder
		s := newStream(t, first, small(WithFallback(&second), WithRoute("other", &other), WithLinger(time.Second),
			WithQueueSize(12*pageSize), WithBatchBytes(128<<10))...)
		for i := range 1000 { // large batches first, so that they take up the room
			newProducer(s).put(infoSeverity, fmt.Sprint(i, strings.Repeat("x", 1000)))
		}
		settleIn()
		flow(t, s, 1000, time.Minute, strings.Repeat("x", 1000))
		if n := len(second.received()); n < 30_000 {
			t.Errorf("the fallback got %d records, want those of most of a minute", n)
		}
		if st := line(t, s, "other"); st.DroppedTotal() != 0 || st.Delivered < 59_000 {
			t.Errorf("got %v, want nothing lost", st)
		}
		close(first.release)
	})
}

func TestWhenAllSinksAreDownTheyTakeTurnsAndNothingIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		a, b, c := recorder{answer: g.answer}, recorder{answer: g.answer}, recorder{answer: g.answer}
		s := newStream(t, &a, WithFallback(&b, &c), WithFailoverAfter(5*time.Second))
		n := everySecond(s, 5*time.Minute, "x")
		for i, k := range []*recorder{&a, &b, &c} {
			if k.attempts() < 5 {
				t.Errorf("sink %d was tried %d times in 5 minutes", i, k.attempts())
			}
		}
		g.up.Store(true)
		flush(t, s)
		var all []string
		for _, k := range []*recorder{&a, &b, &c} {
			all = append(all, k.received()...)
		}
		slices.Sort(all)
		if got := len(slices.Compact(all)); got != n {
			t.Errorf("got %d different records, want %d", got, n)
		}
		everySecond(s, time.Minute, "y")
		if st := check(t, s); st.State != Sending {
			t.Errorf("got %v, want it back at the first sink", st)
		}
	})
}

func TestARouteDoesNotLeaveASinkThatHasNothingToDoOrAnswers(t *testing.T) {
	for _, tt := range []struct {
		name string
		kind sink.Kind
	}{{"idle", sink.Retry}, {"poison", sink.Invalid}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var second recorder
				first := recorder{answer: poison(sink.Invalid)}
				s := newStream(t, &first, WithFallback(&second), WithLinger(0))
				p := newProducer(s)
				for i := range 100 {
					body := "good"
					if i%10 == 0 && tt.kind == sink.Invalid {
						body = "bad"
					}
					p.put(infoSeverity, body)
					advance(time.Hour)
				}
				if second.attempts() != 0 {
					t.Errorf("the fallback got %d exports, want none", second.attempts())
				}
			})
		})
	}
}

func TestWhileAFallbackServesTheFirstSinkIsAskedWithOneBatchAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := recorder{answer: func(int, *sink.Batch) error {
			advance(3 * time.Second)
			return errors.New("down")
		}}
		var second recorder
		s := newStream(t, &first, WithFallback(&second))
		defer func() { first.mu.Lock(); first.answer = nil; first.mu.Unlock() }()
		everySecond(s, time.Minute, "x")
		first.mu.Lock()
		first.parallel, first.calls = 0, 0
		first.mu.Unlock()
		everySecond(s, 10*time.Minute, "y")
		first.mu.Lock()
		calls, parallel := first.calls, first.parallel
		first.mu.Unlock()
		if parallel != 1 || calls < 15 || calls > 200 {
			t.Errorf("got %d attempts, %d at once, want one now and then", calls, parallel)
		}
	})
}

func TestAllSinksAreShutDownOnceAlsoBesideOneThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a, b, c recorder
		h := newHung()
		s, err := New(&a, WithFallback(&b), WithRoute("c", &c), WithRoute("hung", h), WithErrorHandler(func(error) {}))
		if err != nil {
			t.Fatal(err)
		}
		newProducer(s).put(infoSeverity, "x")
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		var inc *Incomplete
		if err := s.Shutdown(ctx); !errors.As(err, &inc) || inc.Held() != 1 || len(inc.Routes) != 3 {
			t.Errorf("got %v, want one record held by the route that hangs", err)
		}
		if d := time.Since(start); d != 3*time.Second {
			t.Errorf("Shutdown took %v, want 3s", d)
		}
		for i, k := range []*recorder{&a, &b, &c} {
			if k.shutdowns() != 1 {
				t.Errorf("sink %d was shut down %d times, want once", i, k.shutdowns())
			}
		}
		if h.shutdowns() != 0 {
			t.Error("the sink that hangs was shut down under an export")
		}
		close(h.release)
		if err := s.Shutdown(t.Context()); err != nil || h.shutdowns() != 1 {
			t.Errorf("got %v and %d shutdowns, want none and 1", err, h.shutdowns())
		}
		check(t, s)
	})
}

func TestAMinuteOfRefusalLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var ok recorder
		k := recorder{answer: func(int, *sink.Batch) error {
			if time.Since(start) < time.Minute {
				return &sink.Error{Err: errors.New("401 Unauthorized"), Kind: sink.Refused}
			}
			return nil
		}}
		s := newStream(t, &k, WithRoute("ok", &ok))
		n := everySecond(s, 2*time.Minute, "x")
		flush(t, s)
		for _, r := range []*recorder{&k, &ok} {
			if got, all := r.count("x"); got != n || all != n {
				t.Errorf("got %d records, %d of them different, want %d", all, got, n)
			}
		}
	})
}

func TestEveryProblemOfARouteIsToldWithItsName(t *testing.T) {
	var k recorder
	typed, err := mask.New(mask.WithTag("last4", mask.Partial(0, 4)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = New(&k, WithMask(typed), WithRoute("", new(recorder), WithRouteMask(typed)))
	if err == nil || strings.Contains(err.Error(), "WithRouteMask") {
		t.Errorf("the stream's masker has the tag too: got %v", err)
	}
	_, err = New(&k, WithRoute("", &k), WithRoute("a", nil, nil, WithInFlight(0)), WithRoute("a", new(recorder), WithRouteMask(nil)),
		WithRoute("b", new(recorder), WithFallback(nil), WithFailoverAfter(1), WithQueueShare(101)),
		WithRoute("c", new(recorder), WithRouteMask(typed)))
	for _, want := range []string{
		`the name is empty`, `the sink serves already`, `WithRoute("a"): option 1 is nil`, `route "a": the sink is nil`,
		`route "a": WithInFlight(0)`, `route "a": WithRoute: the name is taken`, `route "a": WithRouteMask`,
		`route "b": fallback 1 is nil`, `route "b": WithFailoverAfter(1ns)`, `route "b": WithQueueShare(101)`,
		`route "c": WithRouteMask: types and struct tags are gone`, `all shares together`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to name %q", err, want)
		}
	}
}

// A back-off may end between the look at what to send and the look at the clock for
// the next one.
func TestABackOffThatEndsMeanwhileIsNotSleptOver(t *testing.T) {
	ends := time.Now()
	first := &target{failures: 1, notBefore: ends}
	r := &route{targets: []*target{first}, active: first}
	for _, looked := range []time.Time{ends.Add(-time.Nanosecond), ends.Add(-time.Hour)} {
		if r.to(looked) != nil {
			t.Fatal("got a target in its back-off")
		}
		if at, ok := r.nextLook(looked); !ok || !at.Equal(ends) {
			t.Errorf("looked %v before the end: got %v and %v, want the end", ends.Sub(looked), at, ok)
		}
	}
	if _, ok := r.nextLook(ends); ok || r.to(ends) != first {
		t.Error("got a further look when the back-off was over")
	}
}
