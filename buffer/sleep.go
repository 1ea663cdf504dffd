package buffer

// How the consumer sleeps.
const (
	awake = iota
	timed // it has a timer running
	idle  // only a producer can wake it
)

// Wake returns the channel on which the consumer waits after [Ring.Sleep]. A
// token in it may be out of date: the consumer drains and sleeps again.
func (r *Ring) Wake() <-chan struct{} { return r.wake }

// Sleep announces that the consumer is about to wait on [Ring.Wake] and reports
// whether it may. With a timer of its own running, withTimer, only an urgent
// record or a shard a quarter full wakes it; otherwise any record does. If there
// is such a record already, Sleep returns false and the consumer should drain.
//
// Only the consumer may call it, and after waiting it must call [Ring.Awake].
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

// pending reports whether there is a record that would wake the consumer.
func (r *Ring) pending(withTimer bool) bool {
	if r.flagged.Load() || r.Finished() {
		return true // the last owner may have left before it could see the sleeper
	}
	for i := range r.shards {
		s := &r.shards[i]
		used := (s.head.Load()>>posShift - s.tail.Load()) & posMask
		if withTimer && used >= s.size/4 || !withTimer && used > 0 {
			return true
		}
	}
	return false
}

// Awake announces that the consumer is awake. Until it sleeps again, producers
// do not signal.
func (r *Ring) Awake() {
	r.sleeping.Store(awake)
	select {
	case <-r.wake: // a token that is no longer needed
	default:
	}
}

// signal wakes a sleeping consumer; one on a timer only if urgent.
func (r *Ring) signal(urgent bool) {
	state := r.sleeping.Load()
	if state == awake || state == timed && !urgent {
		return
	}
	if r.sleeping.CompareAndSwap(state, awake) {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
}

// Finished reports whether the ring is closed, empty and owned by nobody, so that
// nothing will ever be published in it again. Where a producer still owns a shard,
// it wakes the sleeping consumer when it gives it up.
//
// Only the consumer may call it.
func (r *Ring) Finished() bool {
	if !r.closed.Load() {
		return false
	}
	for i := range r.shards {
		s := &r.shards[i]
		head := s.head.Load()
		if head&ownedBit != 0 || head>>posShift&posMask != s.tail.Load() {
			return false
		}
	}
	return true
}
