package buffer

// A mark is how far Drain has passed on a shard of a ring that is held, and how
// many frames that is since the last Release.
type mark struct {
	pos, n uint64
}

// Release frees what Drain passed on. In a ring whose Config says Held nothing else does;
// in any other it is for a function of Drain that is about to wait, since who waits for room
// is told of it late. In Drain's function it frees everything before the record that the
// function was called with.
//
// Only the consumer may call it.
func (r *Ring) Release() {
	for i := range r.live {
		r.live[i].free(r, true)
	}
	freed := false
	for i := range r.held {
		if m := &r.held[i]; m.n > 0 {
			r.shards[i].free(m.pos, m.n)
			m.n = 0
			freed = true
		}
	}
	if freed {
		r.freed()
	}
}

// next returns the position of the first frame of s that was not passed on.
func (r *Ring) next(s *shard) uint64 {
	if r.held != nil && r.held[s.id].n > 0 {
		return r.held[s.id].pos
	}
	return s.tail.Load()
}
