package buffer

// How the consumer sleeps.
const (
	awake = iota
	timed // it has a timer running
	idle  // only others can wake it
)

// Wake returns the channel on which the consumer waits after [Ring.Sleep] has
// returned true. A token in it can be out of date, so it may find nothing new.
func (r *Ring) Wake() <-chan struct{} { return r.wake }

// Sleep announces that the consumer is about to wait on [Ring.Wake] and reports
// whether it may. With a timer of the consumer's own running, withTimer, only an
// urgent record or a shard a quarter full wakes it; otherwise any record does.
// After Close any record does, and so does the end of the last Put.
//
// If what would wake it is there already, Sleep returns false, the consumer is
// awake as before, and should drain, or stop if the ring is finished. A consumer
// that has stopped a pass early, and cannot go on, must not sleep on the ring but
// wait for whatever made it stop.
//
// Only the consumer may call it. After waiting, for whatever reason the wait has
// ended, it must call [Ring.Awake]. It may then sleep again without draining, say
// on a timer after it was idle: what is in the ring counts as it did before.
func (r *Ring) Sleep(withTimer bool) bool {
	state := uint32(idle)
	if withTimer {
		state = timed
	}
	r.sleeping.Store(state)
	if r.pending(withTimer) {
		r.Awake()
		return false
	}
	return true
}

// pending reports whether there is anything that would wake the consumer.
func (r *Ring) pending(withTimer bool) bool {
	if r.closed.Load() {
		withTimer = false // nothing is gained by waiting for more
		if r.Finished() {
			return true
		}
	}
	if withTimer && r.flagged.Load() {
		return true
	}
	for i := range r.shards {
		s := &r.shards[i]
		enough := uint64(1)
		if withTimer {
			enough = s.size / 4
		}
		if s.used() >= enough {
			return true
		}
	}
	return false
}

// Awake announces that the consumer is awake. Until it sleeps again, producers
// send nothing.
//
// Only the consumer may call it.
func (r *Ring) Awake() {
	r.sleeping.Store(awake)
	select {
	case <-r.wake: // a token that is no longer needed
	default:
	}
}

// signal wakes a sleeping consumer; one on a timer only for a strong reason. The
// swap lets one of many send, so there is at most one send for each sleep.
func (r *Ring) signal(strong bool) {
	state := r.sleeping.Load()
	if state == awake || state == timed && !strong {
		return
	}
	if r.sleeping.CompareAndSwap(state, awake) {
		select {
		case r.wake <- struct{}{}:
		default: // a token of an earlier sleep is still there and does as well
		}
	}
}
