package buffer

import "math"

// A cursor walks over what was published in a shard when a pass began.
type cursor struct {
	s    *shard
	pos  uint64 // of the next frame
	end  uint64
	kept uint64 // position up to which memory was freed
	n    uint64 // frames passed on since then
	time int64  // of the frame at pos
}

// freeEvery is how much of a shard is read, in words, before it is freed. A store
// for each frame would cost more than reading it; waiting for the end of a pass
// would keep producers out of memory that nobody needs.
const freeEvery = 32 << 10 / wordSize

// Drain passes the records that were published when it was called to f, and frees
// them after f has returned, some at a time, all by the end of the pass. It stops
// early when f returns false; the record that f was called with stays in the ring
// and is the first of its shard in the next pass. So it is when f panics. Drain
// returns the number of records freed.
//
// The order is that of a merge by observed time over the shards: of the oldest
// record that is left in each, the one with the least time is next. It is the order
// of time where each shard is in that order, as it is but for producers that
// overtake each other between reading a clock and calling Put.
//
// The Frame and its Data are valid until f returns. f may call Put, which will
// not see room that f's own pass has not freed yet, but not Drain.
//
// Only the consumer may call it.
func (r *Ring) Drain(f func(*Frame) bool) int {
	urgent := r.flagged.Load()
	if urgent {
		r.flagged.Store(false) // before heads are loaded; see published
	}
	live := r.cursors[:0]
	for i := range r.shards {
		s := &r.shards[i]
		pos, end := r.next(s), headPos(s.head.Load())
		if pos != end {
			live = append(live, cursor{s: s, pos: pos, end: end, kept: pos, time: s.time(pos)})
		}
	}
	r.live = live
	defer func() {
		live := r.live
		r.live = nil
		if len(live) == 0 {
			return
		}
		for i := range live { // f returned false, or panicked
			live[i].free(r, true)
		}
		if urgent {
			r.flagged.Store(true) // the urgent record may be among the rest
		}
	}()
	total := 0
	for len(live) > 0 {
		// The shard with the oldest next record goes on until another's is older.
		k, until := oldest(live)
		c := &live[k]
		for {
			size := decode(c.s.at(c.pos), &r.frame)
			if !f(&r.frame) {
				return total
			}
			total++
			c.n++
			c.pos = (c.pos + size) & posMask
			if c.pos == c.end {
				c.free(r, true)
				if r.rewinds {
					c.s.rewind()
				}
				live[k] = live[len(live)-1]
				live = live[:len(live)-1]
				r.live = live
				break
			}
			if (c.pos-c.kept)&posMask >= freeEvery {
				c.free(r, false)
			}
			if c.time = c.s.time(c.pos); c.time > until {
				break
			}
		}
	}
	return total
}

// oldest returns the cursor with the oldest next record, and the time of the
// oldest among the others.
func oldest(live []cursor) (k int, until int64) {
	until = math.MaxInt64 // never
	for i := 1; i < len(live); i++ {
		switch t := live[i].time; {
		case t < live[k].time:
			until = live[k].time
			k = i
		case t < until:
			until = t
		}
	}
	return k, until
}

// free gives what was passed on back to the producers, or to those who hold it. Those
// who wait for room are woken when as much as half of a shard has been freed since, or by the
// last call of a pass: who is woken for little has to wait again soon, and both cost far more
// than a record does.
func (c *cursor) free(r *Ring, last bool) {
	n, words := c.n, (c.pos-c.kept)&posMask
	c.kept, c.n = c.pos, 0
	if r.held != nil {
		m := &r.held[c.s.id]
		m.pos, m.n = c.pos, m.n+n
		return
	}
	if n > 0 {
		c.s.free(c.pos, n)
	}
	if r.untold += words; r.untold >= c.s.size/2 || last && r.untold > 0 {
		r.untold = 0
		r.freed()
	}
}
