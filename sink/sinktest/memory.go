package sinktest

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/logstream-go/logstream/sink"
)

// keepsNothing: the memory of a batch serves others once it is delivered.
func keepsNothing(l *lab) {
	var all []string
	for range 20 {
		b, messages := l.batch(20, 200)
		if !l.must(b) {
			return
		}
		if n := b.Leases(); n < 0 {
			l.errorf("payloads were released %d times too often", -n)
			return
		}
		b.Release()
		all = append(all, messages...)
	}
	l.received(all, nil)
}

// keepsNothingCancelled: the same holds when Export has returned because its
// context ended. A transport that sends on after that keeps a payload.
func keepsNothingCancelled(l *lab) {
	var sure, perhaps []string
	for range 40 {
		b, messages := l.batch(50, 1000)
		// Somewhere between before the first byte and after the answer.
		ctx, cancel := context.WithTimeout(l.ctx, rand.N(4*time.Millisecond))
		err := l.exportWith(ctx, b)
		cancel()
		if err == nil {
			sure = append(sure, messages...)
		} else {
			perhaps = append(perhaps, messages...)
		}
		b.Release()
	}
	b, messages := l.batch(1, 0)
	if l.must(b) { // what was on its way has arrived before, or never will
		l.received(append(sure, messages...), perhaps)
	}
}

// givesBack: every reference that Payload or Retain gave is released, once. The
// wait for it is in finish.
func givesBack(l *lab) {
	for _, n := range []int{1, 100} {
		b, _ := l.batch(n, 1000)
		for range 3 { // as often as a retry, or another route, would
			if !l.must(b) {
				return
			}
			if left := b.Leases(); left < 0 {
				l.errorf("payloads were released %d times too often", -left)
				return
			}
		}
	}
	if l.Hang != nil {
		l.Hang()
		b, _ := l.batch(100, 1000)
		if err := l.export(b, soon); err == nil {
			l.errorf("Export to a destination that does not answer: got nil, want an error")
		}
	}
	if l.Fail != nil && l.Fail(sink.Retry) {
		b, _ := l.batch(100, 1000)
		if err := l.export(b, enough); err == nil {
			l.errorf("Export to a destination that fails: got nil, want an error")
		}
	}
}
