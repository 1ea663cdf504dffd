package buffer

// A Frame is a record as the consumer sees it.
type Frame struct {
	Header
	Data []byte // valid until the function that it is passed to returns
}

// A cursor walks over what was published in a shard when a pass began.
type cursor struct {
	s    *shard
	pos  uint64
	end  uint64
	kept uint64 // position up to which memory was freed
	n    uint64 // frames read since then
	time int64  // of the frame at pos
}

// freeEvery is how much of a shard is read, in words, before it is freed. A store
// for each frame would cost more than reading it; waiting for the end of a pass
// would keep producers out of memory that nobody needs.
const freeEvery = 32 << 10 / wordSize

// Drain passes the records that were published when it was called to f, merged
// over the shards by observed time, and frees each after f has returned. It stops
// early, with the record still in the ring, when f returns false. It returns the
// number of records freed. The Frame is reused for the next record.
//
// Only the consumer may call it.
func (r *Ring) Drain(f func(*Frame) bool) int {
	r.flagged.Store(false)
	live := r.cursors[:0]
	for i := range r.shards {
		s := &r.shards[i]
		pos, end := s.tail.Load(), s.head.Load()>>posShift&posMask
		if pos != end {
			live = append(live, cursor{s: s, pos: pos, end: end, kept: pos, time: s.time(pos)})
		}
	}
	var fr Frame
	total := 0
	for len(live) > 0 {
		// The shard whose next record is the oldest goes on until another's is.
		k, until := oldest(live)
		c := &live[k]
		for {
			next := c.s.read(c.pos, &fr)
			if !f(&fr) {
				for i := range live {
					live[i].free(r)
				}
				return total
			}
			total++
			c.pos = next
			c.n++
			if (c.pos-c.kept)&posMask >= freeEvery {
				c.free(r)
			}
			if c.pos == c.end {
				c.free(r)
				live[k] = live[len(live)-1]
				live = live[:len(live)-1]
				break
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
	const never = 1<<63 - 1
	until = never
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

// free gives what was read back to the producers. drained is stored before tail:
// a producer that uses the freed room counts on from there.
func (c *cursor) free(r *Ring) {
	if c.n == 0 {
		return
	}
	c.s.drained.Store(c.s.drained.Load() + c.n)
	c.s.tail.Store(c.pos)
	c.kept, c.n = c.pos, 0
	r.freed(false)
}
