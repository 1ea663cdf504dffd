package main

import "time"

// A pacer lets its caller go once in a step, on average: who was late is let go at
// once until the steps are caught up with.
type pacer struct {
	next  time.Time
	step  time.Duration
	timer *time.Timer // nil if the caller works while it waits
}

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
	for left > 0 {
		left = time.Until(p.next)
	}
}

func (p *pacer) stop() {
	if p.timer != nil {
		p.timer.Stop()
	}
}
