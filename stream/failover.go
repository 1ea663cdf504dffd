package stream

import (
	"fmt"
	"time"
)

// to returns the target that the next attempt goes to, or nil if none may start.
//
// A route sends to its active target. When that has had no success for too long,
// although there was something to send, the next one becomes active. While the
// first target is not the active one, a batch goes there whenever its back-off is
// over, to see whether it is back.
func (r *route) to(now time.Time) *target {
	if r.overdue(now) {
		r.moveOn()
	}
	if first := r.targets[0]; r.active != first && first.flights == 0 && !first.blocked(now) {
		return first
	}
	if r.active.blocked(now) {
		return nil
	}
	return r.active
}

// overdue reports whether the active target has been given up.
func (r *route) overdue(now time.Time) bool {
	at, ok := r.deadline()
	return ok && !now.Before(at)
}

// deadline returns when the active target is given up, if it does not succeed.
func (r *route) deadline() (at time.Time, ok bool) {
	if len(r.targets) == 1 || r.active.since.IsZero() {
		return time.Time{}, false
	}
	return r.active.since.Add(r.cfg.failoverAfter), true
}

// moveOn makes the next target the active one, after the last one the first.
func (r *route) moveOn() {
	from := r.active
	r.activate(r.targets[(from.index+1)%len(r.targets)])
	if r.active.flights == 0 {
		r.active.since = time.Time{} // it gets the whole time
	} else {
		r.active.since = time.Now() // it hung before, and its slots may still be taken
	}
	from.since = time.Time{}
	state := FailedOver
	if r.active.index == 0 {
		state = BackingOff
	}
	r.setState(state)
	r.report("failover", fmt.Errorf("the %s sink had no success for %v, the %s takes over", from.name(), r.cfg.failoverAfter, r.active.name()))
}

// activate makes t the target that batches go to.
func (r *route) activate(t *target) {
	r.s.mu.Lock()
	r.active.serves, t.serves = false, true
	r.s.mu.Unlock()
	r.active = t
}

// arrived notes that t accepted something. The first target is the active one
// again as soon as it does; a fallback only ever stays what it is.
func (r *route) arrived(t *target) {
	again := t.succeeded()
	switch {
	case t.index == 0 && r.active != t:
		r.active.since = time.Time{}
		r.activate(t)
		r.setState(Sending)
		r.s.diag.resolved(r.cfg.name+" failover", fmt.Errorf("stream: route %q: the first sink is back", r.cfg.name))
	case t != r.active:
		return // an attempt from before
	case again && t.index == 0:
		r.setState(Sending)
	case r.state == BackingOff || r.state == Refused:
		r.setState(FailedOver)
	}
	if again {
		r.s.diag.resolved(r.cfg.name+" export", fmt.Errorf("stream: route %q delivers again", r.cfg.name))
	}
}

// nextLook returns when there may be something to do that nobody tells of, if launch
// had a look at looked and did nothing. What was past by then had its turn. It must be
// the same time: what comes due between two looks at the clock would be neither.
func (r *route) nextLook(looked time.Time) (at time.Time, ok bool) {
	earlier := func(t time.Time) {
		if t.After(looked) && (!ok || t.Before(at)) {
			at, ok = t, true
		}
	}
	if d, is := r.deadline(); is {
		earlier(d)
	}
	for _, t := range r.targets {
		if (t == r.active || t.index == 0) && t.failures > 0 && t.flights == 0 {
			earlier(t.notBefore)
		}
	}
	return at, ok
}
