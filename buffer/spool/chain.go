package spool

import (
	"slices"
	"time"
)

// A chain is the segments of one class, oldest first. It is guarded by Spool.mu.
type chain struct {
	segments []*segment
	active   *segment // the last one, if blocks may be appended to it
	end      uint64   // number that the next record gets
	next     uint64   // number that the next segment gets

	// Since Open.
	appended uint64 // records
}

// at returns the first segment with a record at or above number, or nil.
func (c *chain) at(number uint64) *segment {
	i, _ := slices.BinarySearchFunc(c.segments, number, func(s *segment, n uint64) int {
		if s.end <= n {
			return -1
		}
		return 1
	})
	if i == len(c.segments) {
		return nil
	}
	return c.segments[i]
}

// oldest returns the first segment, or nil.
func (c *chain) oldest() *segment {
	if len(c.segments) == 0 {
		return nil
	}
	return c.segments[0]
}

// start returns the number of the oldest record there may be.
func (c *chain) start() uint64 {
	if s := c.oldest(); s != nil {
		return s.first
	}
	return c.end
}

// detach takes s out of the chain.
func (c *chain) detach(s *segment) {
	s.removed = true
	if i := slices.Index(c.segments, s); i >= 0 {
		c.segments = slices.Delete(c.segments, i, i+1)
	}
	if c.active == s {
		c.active = nil
	}
}

// bytes returns what the chain occupies.
func (c *chain) bytes() (n int64) {
	for _, s := range c.segments {
		n += s.disk
	}
	return n
}

// before returns the moment, with a monotonic reading, that lies as far before now
// as a time of an earlier process does by its clock. A time in the future, after
// the clock was set back, is now.
func before(now time.Time, nanos int64) time.Time {
	age := now.Sub(time.Unix(0, nanos))
	return now.Add(-max(age, 0))
}
