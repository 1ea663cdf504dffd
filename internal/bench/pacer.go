package main

import (
	"runtime"
	"time"
)

// A pacer lets its caller go once in a step, on average: who was late is let go at
// once until the steps are caught up with.
type pacer struct {
	next    time.Time
	step    time.Duration
	timer   *time.Timer // nil if the caller works while it waits
	yielded time.Time   // if it does
}

// The runtime takes the processor from a goroutine that has had it for 10 ms, at the next
// function with a stack to check, which is the log call. Who is busy yields before that,
// so that a log call is not charged with what it costs to be busy for so long.
const yieldAfter = 5 * time.Millisecond

func newPacer(step time.Duration, busy bool) *pacer {
	p := &pacer{next: time.Now(), step: step}
	if !busy {
		p.timer = time.NewTimer(0)
	}
	return p
}

// wait returns with the next step.
func (p *pacer) wait() {
	p.next = p.next.Add(p.step)
	left := time.Until(p.next)
	if p.timer != nil && left > 0 {
		p.timer.Reset(left)
		<-p.timer.C
		return
	}
	if time.Since(p.yielded) > yieldAfter {
		runtime.Gosched()
		p.yielded = time.Now()
	}
	for left > 0 {
		left = time.Until(p.next)
	}
}

func (p *pacer) stop() {
	if p.timer != nil {
		p.timer.Stop()
	}
}
