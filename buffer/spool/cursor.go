package spool

import (
	"fmt"
	"slices"
	"sync"
)

// A Cursor is the place of one reader in the log: for each class the number below
// which all records are settled. It outlives the process. Its methods may be called
// concurrently; those that read wait for each other.
//
// Above its place a cursor knows, in memory only, what was handed out: such records
// are in hand, and shedding does not count them as lost.
//
// For each class, at any time,
//
//	start + Settled + Shed + Expired + Damaged + Held = End
//
// where start is where the cursor was when it was made.
type Cursor struct {
	s    *Spool
	name string
	file string

	opened [Classes]uint64 // see Opened; immutable once Open or Cursor has returned

	reading sync.Mutex // held by Next; taken before all others

	writing sync.Mutex // guards the file and the following; taken before Spool.mu
	f       file
	slot    []byte // scratch
	gen     uint64 // of the slot that was written last
	broken  bool   // an fsync of f has failed: it must be made anew

	// Guarded by Spool.mu.
	marks   [Classes]mark
	wrote   [Classes]uint64 // places that the file holds
	durable [Classes]uint64 // places that the disk holds
	dirty   bool            // written since the last fsync
	stale   bool            // differs from what the file holds
	removed bool
}

// A mark is the place of a cursor in one class. Places are numbers of records.
type mark struct {
	placed // what the file holds

	taken uint64 // below it records are in hand or done with; at least next
	holes []hole // lost ranges above next, in order
	hint  hint
}

// placed is what a cursor file holds for one class.
type placed struct {
	next uint64 // below it everything is settled
	cut  uint64 // below it segments were dropped on purpose

	// Of the records below next.
	settled, shed, expired, damaged uint64
}

// A hint is a place in a file where a reader left off.
type hint struct {
	seg    *segment
	off    int64
	number uint64 // of the record that is expected there
}

// A cause is why records were lost.
type cause uint8

const (
	causeShed    cause = iota // the byte budget
	causeExpired              // the age budget
	causeDamaged              // files that are damaged or gone
)

// A hole is a range of records that this cursor will not get.
type hole struct {
	from, to uint64
	cause    cause
}

func (p *placed) count(c cause, n uint64) {
	switch c {
	case causeShed:
		p.shed += n
	case causeExpired:
		p.expired += n
	case causeDamaged:
		p.damaged += n
	}
}

// lose notes that the records from..to-1 are lost, but for those that are in hand,
// settled, or lost already.
func (m *mark) lose(from, to uint64, why cause) uint64 {
	lost := uint64(0)
	from = max(from, m.taken)
	for i := 0; from < to; i++ {
		if i == len(m.holes) || to <= m.holes[i].from {
			m.holes = slices.Insert(m.holes, i, hole{from, to, why})
			lost += to - from
			break
		}
		if h := m.holes[i]; from < h.to {
			if from < h.from {
				m.holes = slices.Insert(m.holes, i, hole{from, h.from, why})
				lost += h.from - from
				i++
			}
			from = max(from, h.to)
		}
	}
	m.normalize()
	return lost
}

// loseGap notes that there is nothing in from..to-1 without anybody having said so:
// what lies below the cut was dropped by an earlier process.
func (m *mark) loseGap(from, to uint64) uint64 {
	cut := min(max(m.cut, from), to)
	return m.lose(from, cut, causeShed) + m.lose(cut, to, causeDamaged)
}

// normalize moves the place over the holes that it has reached.
func (m *mark) normalize() {
	for len(m.holes) > 0 && m.holes[0].from <= m.next {
		h := m.holes[0]
		if h.to > m.next {
			m.count(h.cause, h.to-m.next)
			m.next = h.to
		}
		m.holes = m.holes[1:]
	}
	m.taken = max(m.taken, m.next)
	for _, h := range m.holes {
		if h.from <= m.taken {
			m.taken = max(m.taken, h.to)
		}
	}
}

// settle moves the place to n.
func (m *mark) settle(n uint64) {
	for m.next < n {
		to := n
		if len(m.holes) > 0 {
			to = min(n, m.holes[0].from)
		}
		m.settled += to - m.next
		m.next = to
		m.taken = max(m.taken, to)
		m.normalize()
	}
}

// held returns how many of the records below end are neither settled nor lost.
func (m *mark) held(end uint64) uint64 {
	n := end - min(m.next, end)
	for _, h := range m.holes {
		n -= h.to - h.from
	}
	return n
}

// Name returns the name that the cursor was opened with.
func (c *Cursor) Name() string { return c.name }

// Place returns the number of the first record of class that is not settled.
func (c *Cursor) Place(class Class) uint64 {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return c.marks[class%Classes].next
}

// Opened returns the number of the first record of class that the cursor's file, as Open found
// it, does not say to be settled or dropped on purpose. What is not there from then on is damaged or
// gone, and may lie below the Place that the cursor has now. It is the largest number for a cursor
// that is new.
func (c *Cursor) Opened(class Class) uint64 { return c.opened[class%Classes] }

// Advance says that all records of class below n are settled, and writes it down.
// n must not lie behind the end of the class; one below the place changes nothing.
//
// When the file cannot be written, the error says so, and the place is moved all the
// same: a restart would repeat records, not lose any. The next Advance writes both.
func (c *Cursor) Advance(class Class, n uint64) error {
	s := c.s
	c.writing.Lock()
	s.mu.Lock()
	err := c.usableLocked(class)
	if err == nil && n > s.chains[class].end {
		err = fmt.Errorf("spool: Advance to record %d of %v, want at most %d", n, class, s.chains[class].end)
	}
	if err == nil && n > c.marks[class].next {
		c.marks[class].settle(n)
		c.stale = true
	}
	s.mu.Unlock()
	if err == nil {
		err = c.save()
	}
	c.writing.Unlock()
	if err != nil {
		return err
	}
	s.release(class)
	return nil
}

// Seek makes n the next record of class that Next returns, or the first after it
// that there is: it takes records that are held elsewhere out of the way, or gives
// those that are in hand back. n must lie between the place and the end of the class.
// Records that count as lost stay lost; the block that n is in may hold some.
func (c *Cursor) Seek(class Class, n uint64) error {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := c.usableLocked(class); err != nil {
		return err
	}
	m := &c.marks[class]
	if n < m.next || n > s.chains[class].end {
		return fmt.Errorf("spool: Seek to record %d of %v, want %d to %d", n, class, m.next, s.chains[class].end)
	}
	m.taken = n
	m.normalize()
	return nil
}

// usableLocked returns why class of c cannot be used, or nil.
func (c *Cursor) usableLocked(class Class) error {
	switch {
	case c.s.closed || c.removed:
		return ErrClosed
	case class >= Classes:
		return fmt.Errorf("spool: %v, want a class below %d", class, Classes)
	}
	return nil
}

// adoptLocked compares the marks with the segments that there are, and notes what
// is missing. It is called when a cursor is opened.
func (c *Cursor) adoptLocked() {
	for class := range c.marks {
		m, ch := &c.marks[class], &c.s.chains[class]
		at := m.next
		for _, seg := range ch.segments {
			if seg.first > at {
				m.loseGap(at, seg.first)
			}
			at = max(at, seg.end)
		}
		if ch.end > at {
			m.loseGap(at, ch.end)
		}
	}
	c.stale = true
}
