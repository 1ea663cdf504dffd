package stream

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logstream-go/logstream/sink"
)

func TestWaitDeliveredTellsWhatBecameOfTheRecords(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer func(int, *sink.Batch) error
		lost   bool
	}{
		{"delivered", nil, false},
		{"delivered in the end", failFirst(3, errors.New("down")), false},
		{"rejected", poison(sink.Invalid), true},
		{"rejected in part", failFirst(1, &sink.Error{Err: errors.New("partial"), Rejected: 1}), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := recorder{answer: tt.answer}
				s := newStream(t, new(recorder), WithRoute("other", &k))
				p := newProducer(s)
				p.put(infoSeverity, "good")
				p.put(infoSeverity, "bad")
				p.put(infoSeverity, "good")
				err := s.WaitDelivered(t.Context())
				var inc *Incomplete
				if lost := errors.Is(err, ErrLost); lost != tt.lost || lost != errors.As(err, &inc) {
					t.Errorf("got %v, want that records were lost: %v", err, tt.lost)
				}
				p.put(infoSeverity, "good")
				if err := s.WaitDelivered(t.Context()); err != nil && tt.name != "rejected in part" {
					t.Errorf("got %v for a later record, want nil", err)
				}
				check(t, s)
			})
		})
	}
}

func TestWaitDeliveredTellsOfRecordsShedWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		k := recorder{answer: g.answer}
		s := newStream(t, &k, small()...)
		p := newProducer(s)
		p.put(debugSeverity, "in flight")
		settleIn()
		p.put(debugSeverity, "in the queue")
		err := make(chan error, 1)
		go func() { err <- s.WaitDelivered(t.Context()) }()
		settleIn()
		for range 4000 {
			p.put(infoSeverity, strings.Repeat("x", 1000))
		}
		settleIn()
		g.up.Store(true)
		if got := <-err; !errors.Is(got, ErrLost) {
			t.Errorf("got %v, want %v", got, ErrLost)
		}
		// What was lost before does not count.
		if got := s.WaitDelivered(t.Context()); got != nil {
			t.Errorf("got %v, want nil", got)
		}
	})
}

func TestWaitDeliveredEndsWithItsContextAndAfterShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		k := recorder{answer: g.answer}
		s := newStream(t, &k)
		newProducer(s).put(infoSeverity, "x")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var inc *Incomplete
		if err := s.WaitDelivered(ctx); !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &inc) || inc.Op != "wait" || inc.Held() != 1 {
			t.Errorf("got %v, want an Incomplete with 1 record", err)
		}
		if err := s.WaitDelivered(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with an ended context: got %v", err)
		}
		if err := s.Shutdown(ctx); err == nil {
			t.Error("Shutdown: got nil")
		}
		done := make(chan error, 1)
		go func() { done <- s.WaitDelivered(t.Context()) }()
		settleIn()
		g.up.Store(true)
		if err := <-done; err != nil {
			t.Errorf("after Shutdown: got %v", err)
		}
		if err := s.WaitDelivered(t.Context()); err != nil {
			t.Errorf("with nothing left: got %v", err)
		}
	})
}

func TestFlushOnPanicFlushesAndLetsThePanicGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k recorder
		s := newStream(t, &k)
		p := newProducer(s)
		func() {
			defer s.FlushOnPanic()
			p.put(infoSeverity, "no panic")
		}()
		if n := len(k.received()); n != 0 {
			t.Errorf("got %d records without a panic, want no flush", n)
		}
		var got any
		func() {
			defer func() { got = recover() }()
			defer s.FlushOnPanic()
			p.put(infoSeverity, "last words")
			panic("boom")
		}()
		if got != "boom" || len(k.received()) != 2 {
			t.Errorf("got the panic %v and %q, want boom and both records", got, k.received())
		}
	})
}

func TestFlushOnPanicDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var up atomic.Bool
		k := recorder{answer: func(int, *sink.Batch) error {
			if !up.Load() {
				return errors.New("down")
			}
			return nil
		}}
		s := newStream(t, &k)
		newProducer(s).put(infoSeverity, "x")
		start := time.Now()
		func() {
			defer func() { _ = recover() }()
			defer s.FlushOnPanic()
			panic("boom")
		}()
		if d := time.Since(start); d != panicTimeout {
			t.Errorf("got %v, want %v", d, panicTimeout)
		}
		up.Store(true)
	})
}
