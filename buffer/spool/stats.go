package spool

// Stats is what a Spool holds, and what has happened to it since Open.
type Stats struct {
	Bytes    int64 // what its files occupy, but for cursors
	Aside    int   // files that nobody can read; they are the first to go for room
	Classes  [Classes]ClassStats
	Appended uint64 // records, since Open

	WriteErrors  uint64 // Appends and writes of cursors that failed, since Open
	SyncErrors   uint64 // fsyncs that failed, since Open
	RemoveErrors uint64 // files that could not be removed, since Open
	Corruptions  uint64 // damaged places that readers have met, since Open
}

// ClassStats is one class of a Spool.
type ClassStats struct {
	Segments int
	Bytes    int64
	Start    uint64 // number of the oldest record that may be there
	End      uint64 // number that the next record gets
}

// CursorStats is what became of the records of one class, as one cursor sees it.
// Records are counted since the cursor was made, also across restarts.
type CursorStats struct {
	Place   uint64 // number of the first record that is not settled
	Settled uint64 // what Advance has passed
	Shed    uint64 // dropped for the byte budget
	Expired uint64 // dropped for the age budget
	Damaged uint64 // lost in damaged or vanished files
	Held    uint64 // the others, up to the end of the class
}

// Stats returns a snapshot whose parts belong to one moment.
func (s *Spool) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Stats{
		Bytes:        s.bytes,
		Aside:        len(s.aside),
		WriteErrors:  s.counts.writeErrors,
		SyncErrors:   s.counts.syncErrors,
		RemoveErrors: s.counts.removeErrors,
		Corruptions:  s.counts.corruptions,
	}
	for i := range s.chains {
		ch := &s.chains[i]
		st.Appended += ch.appended
		st.Classes[i] = ClassStats{len(ch.segments), ch.bytes(), ch.start(), ch.end}
	}
	return st
}

// Stats returns a snapshot of all classes that belongs to one moment.
func (c *Cursor) Stats() [Classes]CursorStats {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	var st [Classes]CursorStats
	for i := range c.marks {
		m := &c.marks[i]
		p := m.placed // with what lies above the place
		for _, h := range m.holes {
			p.count(h.cause, h.to-h.from)
		}
		st[i] = CursorStats{m.next, p.settled, p.shed, p.expired, p.damaged, m.held(c.s.chains[i].end)}
	}
	return st
}
