package stream

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logstream-go/logstream/sink"
)

func TestBackoffDoublesUpToTheLimitWithFullJitter(t *testing.T) {
	for _, tt := range []struct {
		n      int
		random float64
		want   time.Duration
	}{
		{1, 0, 0},
		{1, 0.5, 250 * time.Millisecond},
		{2, 0.5, 500 * time.Millisecond},
		{3, 0.5, time.Second},
		{7, 0.5, 15 * time.Second},
		{1000, 0.5, 15 * time.Second},
	} {
		if got := backoff(tt.n, 500*time.Millisecond, 30*time.Second, tt.random); got != tt.want {
			t.Errorf("backoff(%d) with %v: got %v, want %v", tt.n, tt.random, got, tt.want)
		}
	}
}

// failFirst answers the first n exports with err.
func failFirst(n int, err error) func(int, *sink.Batch) error {
	return func(call int, _ *sink.Batch) error {
		if call < n {
			return err
		}
		return nil
	}
}

func TestAFailedExportIsRepeatedUntilItSucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := recorder{answer: failFirst(20, errors.New("down"))}
		s := newStream(t, &k, WithLinger(0))
		s.routes[0].rand = func() float64 { return 0.999 }
		newProducer(s).put(infoSeverity, "x")
		advance(time.Hour)
		if got := k.received(); !slices.Equal(got, []string{"x"}) || k.attempts() != 21 {
			t.Fatalf("got %q after %d attempts, want x after 21", got, k.attempts())
		}
		for i := 1; i < len(k.times); i++ {
			want := backoff(i, DefaultRetryInitial, DefaultRetryMax, 0.999)
			if d := k.times[i].Sub(k.times[i-1]); d != want {
				t.Errorf("pause %d: got %v, want %v", i, d, want)
			}
		}
		if st := check(t, s); st.Failures != 20 || st.State != Sending {
			t.Errorf("got %d failures and state %v, want 20 and sending", st.Failures, st.State)
		}
	})
}

func TestRetryAfterIsObeyedWithinBounds(t *testing.T) {
	for _, tt := range []struct{ asked, want time.Duration }{
		{time.Second, time.Second},
		{2 * time.Minute, 2 * time.Minute},
		{1e9 * time.Second, maxRetryAfter},
		{-time.Second, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			k := recorder{answer: failFirst(1, &sink.Error{Err: errors.New("busy"), RetryAfter: tt.asked})}
			s := newStream(t, &k, WithLinger(0))
			s.routes[0].rand = func() float64 { return 0 }
			newProducer(s).put(infoSeverity, "x")
			// A flush does not overrule the destination.
			flush(t, s)
			if d := k.times[1].Sub(k.times[0]); d != tt.want {
				t.Errorf("Retry-After %v: second attempt after %v, want %v", tt.asked, d, tt.want)
			}
		})
	}
}

func TestAFlushCutsTheBackoffShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := recorder{answer: failFirst(1, errors.New("down"))}
		s := newStream(t, &k, WithLinger(0), WithRetry(time.Minute, time.Minute))
		s.routes[0].rand = func() float64 { return 1 }
		newProducer(s).put(infoSeverity, "x")
		synctest.Wait()
		start := time.Now()
		flush(t, s)
		if d := time.Since(start); d != 0 || len(k.received()) != 1 {
			t.Errorf("flush took %v and delivered %d records, want 1 at once", d, len(k.received()))
		}
	})
}

func TestWhileADestinationIsDownOneAttemptRunsAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k recorder
		var up atomic.Bool
		k.answer = func(int, *sink.Batch) error {
			advance(time.Millisecond)
			if !up.Load() {
				return errors.New("down")
			}
			return nil
		}
		s := newStream(t, &k, WithLinger(0), WithBatchBytes(1<<10))
		p := newProducer(s)
		for range 50 {
			p.put(infoSeverity, strings.Repeat("x", 500))
		}
		advance(10 * time.Second) // the four that were in flight have failed
		if st := check(t, s); st.State != BackingOff || st.Held.Total() != 50 {
			t.Errorf("got state %v and %d held, want backing off and 50", st.State, st.Held.Total())
		}
		k.mu.Lock()
		k.parallel = 0
		k.mu.Unlock()
		advance(10 * time.Minute)
		k.mu.Lock()
		parallel := k.parallel
		k.mu.Unlock()
		if parallel != 1 {
			t.Errorf("got %d attempts at once, want 1", parallel)
		}
		up.Store(true)
		flush(t, s)
		if n := len(k.received()); n != 50 {
			t.Errorf("got %d records, want 50", n)
		}
	})
}

func TestARefusedClientHoldsTheData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := recorder{answer: failFirst(5, &sink.Error{Err: errors.New("401"), Kind: sink.Refused})}
		s := newStream(t, &k, WithLinger(0))
		newProducer(s).put(infoSeverity, "x")
		synctest.Wait()
		if st := check(t, s); st.State != Refused || st.Held.InFlight != 1 {
			t.Errorf("got %v, want refused with the record held", st)
		}
		advance(time.Hour)
		if st := check(t, s); st.State != Sending || st.Delivered != 1 {
			t.Errorf("got %v, want it delivered", st)
		}
	})
}

func TestPartialSuccessIsCountedAndNotRepeated(t *testing.T) {
	for _, tt := range []struct {
		says                int
		delivered, rejected uint64
	}{
		{1, 9, 1}, {10, 0, 10}, {1000, 0, 10}, {0, 10, 0}, {-5, 10, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			k := recorder{}
			k.answer = func(call int, b *sink.Batch) error {
				if call == 0 && tt.says != 0 {
					e := &sink.Error{Err: errors.New("no"), Kind: sink.Invalid, Rejected: min(tt.says, b.Len())}
					if tt.says < 0 {
						e = nil
						return nil
					}
					e.Rejected = tt.says
					if tt.says > b.Len() {
						e.Rejected = b.Len() // keep the recorder's own count sane
						defer func() { e.Rejected = tt.says }()
					}
					return e
				}
				return nil
			}
			s := newStream(t, &k)
			p := newProducer(s)
			for range 10 {
				p.put(infoSeverity, "x")
			}
			flush(t, s)
			if st := check(t, s); st.Delivered != tt.delivered || st.Rejected != tt.rejected || k.attempts() != 1 {
				t.Errorf("%d rejected: got %v after %d exports", tt.says, st, k.attempts())
			}
		})
	}
}

func TestTakenRecordsAreNotSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := recorder{answer: failFirst(1, &sink.Error{Err: errors.New("broke off"), Taken: 3})}
		s := newStream(t, &k)
		p := newProducer(s)
		var want []string
		for i := range 10 {
			want = append(want, fmt.Sprint(i))
			p.put(infoSeverity, want[i])
		}
		flush(t, s)
		if got := k.received(); !slices.Equal(got, want) {
			t.Errorf("got %q, want each once", got)
		}
	})
}

// poison refuses batches that hold a body that starts with "bad".
func poison(kind sink.Kind) func(int, *sink.Batch) error {
	return func(_ int, b *sink.Batch) error {
		for r := range b.Records() {
			if strings.HasPrefix(string(r.Body().Str()), "bad") {
				return &sink.Error{Err: errors.New("bad record"), Kind: kind}
			}
		}
		return nil
	}
}

func TestPoisonIsIsolated(t *testing.T) {
	for _, kind := range []sink.Kind{sink.Invalid, sink.TooLarge} {
		for _, bad := range []int{1, 2, 7} {
			synctest.Test(t, func(t *testing.T) {
				const n = 1000
				k := recorder{answer: poison(kind)}
				s := newStream(t, &k)
				p := newProducer(s)
				for i := range n {
					body := "good"
					if i%(n/bad) == 3 {
						body = "bad"
					}
					p.put(infoSeverity, body)
				}
				flush(t, s)
				want := 0
				for i := range n {
					if i%(n/bad) == 3 {
						want++
					}
				}
				st := check(t, s)
				if st.Rejected != uint64(want) || st.Delivered != uint64(n-want) {
					t.Errorf("%v, %d bad: got %d rejected and %d delivered after %d requests", kind, want, st.Rejected, st.Delivered, k.attempts())
				}
			})
		}
	}
}

func TestADestinationThatRefusesEverythingIsNotAskedAboutEachRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 1000
		k := recorder{answer: func(int, *sink.Batch) error {
			return &sink.Error{Err: errors.New("no"), Kind: sink.Invalid}
		}}
		s := newStream(t, &k)
		p := newProducer(s)
		for range n {
			p.put(infoSeverity, "x")
		}
		flush(t, s)
		if st := check(t, s); st.Rejected != n {
			t.Errorf("got %d rejected, want %d", st.Rejected, n)
		}
		if limit := 2*10 + 8; k.attempts() > limit {
			t.Errorf("got %d requests, want at most %d", k.attempts(), limit)
		}
	})
}

// A destination may take few records at a time, however slowly it says so.
func TestABatchIsHalvedDownToSingleRecords(t *testing.T) {
	for _, most := range []int{1, 2, 3} {
		synctest.Test(t, func(t *testing.T) {
			const n = 400
			k := recorder{answer: func(_ int, b *sink.Batch) error {
				<-time.After(10 * time.Millisecond) // so that several are in flight
				if b.Len() > most {
					return &sink.Error{Err: errors.New("too many"), Kind: sink.TooLarge}
				}
				return nil
			}}
			s := newStream(t, &k, WithInFlight(8))
			p := newProducer(s)
			for range n {
				p.put(infoSeverity, "x")
			}
			flush(t, s)
			if st := check(t, s); st.Delivered != n {
				t.Errorf("at most %d records at a time: got %d delivered and %d rejected after %d requests, want %d", most, st.Delivered, st.Rejected, k.attempts(), n)
			}
		})
	}
}

func TestAfterTooLargeBatchesStartSmallerAndGrowBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var limit, refusals atomic.Int64
		limit.Store(4000)
		k := recorder{answer: func(_ int, b *sink.Batch) error {
			if int64(b.Size()) > limit.Load() {
				refusals.Add(1)
				return &sink.Error{Err: errors.New("too large"), Kind: sink.TooLarge}
			}
			return nil
		}}
		s := newStream(t, &k, WithBatchBytes(64<<10))
		p := newProducer(s)
		round := func() {
			for range 500 {
				p.put(infoSeverity, strings.Repeat("x", 100))
			}
			flush(t, s)
		}
		round()
		first := refusals.Load()
		round()
		if again := refusals.Load() - first; first < 4 || again > 3 {
			t.Errorf("got %d refusals, and %d once the limit was known; want a few, and hardly any", first, again)
		}
		limit.Store(1 << 20)
		for range 30 {
			round()
		}
		calls := k.attempts()
		round()
		if n := k.attempts() - calls; n > 2 {
			t.Errorf("got %d exports of 500 records long after the limit was lifted, want full ones", n)
		}
		if st := check(t, s); st.Rejected != 0 {
			t.Errorf("got %v, want none rejected", st)
		}
	})
}

func TestRecordsThatFailOneByOneAreRejectedAndTheOthersGoOn(t *testing.T) {
	for _, tt := range []struct {
		name      string
		e         sink.Error
		rejected  uint64
		afterward string // bodies that arrive with the second export
	}{
		{"the rest again", sink.Error{Failed: []sink.Failure{{Index: 7}, {Index: 2}, {Index: 2}, {Index: -1}, {Index: 10}}}, 2, "0 1 3 4 5 6 8 9"},
		{"some taken", sink.Error{Taken: 5, Failed: []sink.Failure{{Index: 1}, {Index: 8}}}, 2, "5 6 7 9"},
		{"all of them", sink.Error{Failed: []sink.Failure{{Index: 0}, {Index: 1}, {Index: 2}, {Index: 3}, {Index: 4}, {Index: 5}, {Index: 6}, {Index: 7}, {Index: 8}, {Index: 9}}}, 10, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			var second []string
			k := recorder{answer: func(call int, b *sink.Batch) error {
				if call == 0 {
					e := tt.e
					e.Err = errors.New("some failed")
					return &e
				}
				for r := range b.Records() {
					second = append(second, string(r.Body().Str()))
				}
				return nil
			}}
			s := newStream(t, &k)
			p := newProducer(s)
			for i := range 10 {
				p.put(infoSeverity, fmt.Sprint(i))
			}
			flush(t, s)
			if st := check(t, s); st.Rejected != tt.rejected || st.Delivered != 10-tt.rejected {
				t.Errorf("%s: got %v, want %d rejected", tt.name, st, tt.rejected)
			}
			if got := strings.Join(second, " "); got != tt.afterward {
				t.Errorf("%s: got %q again, want %q", tt.name, got, tt.afterward)
			}
		})
	}
}

func TestAPanickingSinkLosesNothing(t *testing.T) {
	t.Run("once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			k := recorder{answer: func(call int, _ *sink.Batch) error {
				if call == 0 {
					panic("boom")
				}
				return nil
			}}
			s := newStream(t, &k)
			newProducer(s).put(infoSeverity, "x")
			flush(t, s)
			if st := check(t, s); st.Delivered != 1 {
				t.Errorf("got %v, want it delivered", st)
			}
		})
	})
	t.Run("on one record", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			k := recorder{}
			bad := poison(sink.Invalid)
			k.answer = func(call int, b *sink.Batch) error {
				if bad(call, b) != nil {
					panic("boom")
				}
				return nil
			}
			s := newStream(t, &k)
			p := newProducer(s)
			for i := range 100 {
				p.put(infoSeverity, map[bool]string{true: "bad", false: "good"}[i == 42])
			}
			advance(24 * time.Hour)
			if st := check(t, s); st.Delivered != 99 || st.Rejected != 1 {
				t.Errorf("got %v, want 99 delivered and 1 rejected", st)
			}
		})
	})
}

func TestAnOldFlushDoesNotCutALaterBackoffShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var up atomic.Bool
		up.Store(true)
		k := recorder{answer: func(int, *sink.Batch) error {
			if up.Load() {
				return nil
			}
			return errors.New("down")
		}}
		s := newStream(t, &k, WithLinger(0), WithRetry(time.Minute, time.Minute))
		s.routes[0].rand = func() float64 { return 1 }
		p := newProducer(s)
		p.put(infoSeverity, "x")
		flush(t, s)
		synctest.Wait()
		up.Store(false)
		p.put(infoSeverity, "y")
		advance(59 * time.Second)
		synctest.Wait()
		if n := k.attempts(); n != 2 {
			t.Errorf("got %d attempts, want one for each record and no second one yet", n)
		}
		up.Store(true)
	})
}

// One record that is too large says nothing about the size of batches.
func TestARecordTooLargeDoesNotMakeBatchesSmall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := recorder{answer: poison(sink.TooLarge)}
		s := newStream(t, &k)
		p := newProducer(s)
		for i := range 1000 {
			body := "good"
			if i == 700 {
				body = "bad"
			}
			p.put(infoSeverity, body)
		}
		flush(t, s)
		before := k.attempts()
		for range 1000 {
			p.put(infoSeverity, "good")
		}
		flush(t, s)
		if n := k.attempts() - before; n != 1 {
			t.Errorf("got %d requests for 1000 records, want 1", n)
		}
	})
}

func TestAFlushDuringAnAttemptCutsTheNextBackOffShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := recorder{answer: func(call int, _ *sink.Batch) error {
			if call == 2 {
				return nil
			}
			advance(5 * time.Second)
			return errors.New("down")
		}}
		s := newStream(t, &k, WithRetry(time.Hour, time.Hour))
		s.routes[0].rand = func() float64 { return 0.5 }
		newProducer(s).put(infoSeverity, "m")
		advance(10 * time.Second) // the first attempt has failed
		s.nudge()
		settleIn()
		s.nudge() // the second one is under way
		advance(6 * time.Second)
		if st := check(t, s); st.Delivered != 1 {
			t.Errorf("got %v, want 1 delivered", st)
		}
	})
}

// A broken error has no words: its method panics.
type broken struct{ text *string }

func (e *broken) Error() string { return *e.text }

func TestOddErrorsOfASinkDoNoHarm(t *testing.T) {
	for _, tt := range []struct {
		name                string
		err                 error
		delivered, rejected uint64
		said                string
	}{
		{"a nil error in an interface", (*sink.Error)(nil), 1, 0, ""},
		{"nothing", &sink.Error{}, 1, 0, "the sink gave no reason"},
		{"a partial success without words", &sink.Error{Rejected: 1}, 0, 1, "the sink gave no reason"},
		{"a refusal without words", &sink.Error{Kind: sink.Invalid}, 0, 1, "the sink gave no reason"},
		{"a failure that panics", new(broken), 1, 0, "PANIC"},
		{"a refusal that panics", &sink.Error{Kind: sink.Invalid, Err: new(broken)}, 0, 1, "PANIC"},
		{"a nil error in another", fmt.Errorf("odd: %w", (*sink.Error)(nil)), 1, 0, "odd: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := recorder{answer: failFirst(1, tt.err)}
				said := make(chan string, 10)
				s := newStream(t, &k, WithLinger(0), WithErrorHandler(func(err error) { said <- err.Error() }))
				newProducer(s).put(infoSeverity, "x")
				advance(time.Hour)
				st := s.Stats()
				if r := st.Routes[0]; r.Delivered != tt.delivered || r.Rejected != tt.rejected || st.Check() != nil {
					t.Errorf("got %v, want %d delivered and %d rejected", st, tt.delivered, tt.rejected)
				}
				text := ""
				for len(said) > 0 {
					text += <-said + "\n"
				}
				if !strings.Contains(text, tt.said) || strings.Contains(text, "%!w") && tt.said != "PANIC" {
					t.Errorf("said %q, want %q in it", text, tt.said)
				}
			})
		})
	}
}
