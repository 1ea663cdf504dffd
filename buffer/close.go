package buffer

// Close makes every later Put return Closed. A Put that is under way may still
// publish. Records that were published stay to be drained, and [Ring.Finished]
// tells when there are no more to come. Close wakes the consumer and everyone who
// waits for room. Anyone may call it, any number of times.
func (r *Ring) Close() {
	r.closed.Store(true)
	r.signal(true)
	r.openRoom(true)
}

// Finished reports whether the ring is closed and empty for good. While a
// producer is in the middle of a Put that began before Close it is not; when
// that Put publishes, it wakes the sleeping consumer.
//
// Only the consumer may call it.
func (r *Ring) Finished() bool {
	if !r.closed.Load() {
		return false
	}
	for ; r.sealed < len(r.shards); r.sealed++ {
		if !r.shards[r.sealed].seal() {
			return false
		}
	}
	for i := range r.shards {
		if r.shards[i].used() != 0 {
			return false
		}
	}
	return true
}
