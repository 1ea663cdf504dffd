package spool

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"
)

// makeRoom drops segments until need bytes fit: the oldest of the lowest class
// first, and none above class, or of a class that is kept and needed by a cursor.
//
// REQUIRES: appending is held.
func (s *Spool) makeRoom(class Class, need int64) error {
	for {
		s.mu.Lock()
		fits := s.bytes+need <= s.cfg.bytes
		var junk *entry
		if len(s.aside) > 0 {
			junk = &s.aside[0]
		}
		var victim *segment
		fixed := int64(0)
		if !fits {
			victim, fixed = s.victimLocked(class), s.fixedLocked(class)
		}
		s.mu.Unlock()
		var err error
		switch {
		case fits:
			return nil
		case fixed+need > s.cfg.bytes: // nothing is dropped for a block that will not fit
			return ErrFull
		case junk != nil:
			err = s.dropAside(*junk)
		case victim != nil:
			err = s.cut(victim, causeShed)
		default:
			err = ErrFull
		}
		if err != nil {
			return err
		}
	}
}

// victimLocked returns the segment that shedding takes next, or nil.
func (s *Spool) victimLocked(class Class) *segment {
	for c := range class + 1 {
		if seg := s.chains[c].oldest(); seg != nil && !s.keptLocked(seg) {
			return seg
		}
	}
	return nil
}

// keptLocked reports whether seg must not be dropped for want of room.
func (s *Spool) keptLocked(seg *segment) bool {
	return seg.class >= s.cfg.kept && !s.passedLocked(seg, false)
}

// fixedLocked returns how many bytes cannot be dropped for a block of class.
func (s *Spool) fixedLocked(class Class) (n int64) {
	for c := range s.chains {
		for _, seg := range s.chains[c].segments {
			if seg.class > class || s.keptLocked(seg) {
				n += seg.disk
			}
		}
	}
	return n
}

// expire drops the segments whose newest record is too old, and files that nobody
// can read once they must be.
//
// REQUIRES: appending is held.
func (s *Spool) expire(now time.Time) {
	if s.cfg.age == 0 {
		return
	}
	s.mu.Lock()
	var junk []entry
	if now.Sub(s.born) > s.cfg.age {
		junk = slices.Clone(s.aside)
	}
	s.mu.Unlock()
	for _, e := range junk {
		if err := s.dropAside(e); err != nil {
			s.report(err)
		}
	}
	for c := range s.chains {
		for {
			s.mu.Lock()
			seg := s.chains[c].oldest()
			s.mu.Unlock()
			if seg == nil || now.Sub(seg.newest) <= s.cfg.age {
				break
			}
			if err := s.cut(seg, causeExpired); err != nil {
				s.report(err)
				break
			}
		}
	}
}

// cut drops the oldest segment of a chain on purpose. First every cursor that has
// not passed it writes down that it was, so that a crash in between leaves either a
// segment that is read as before, or a gap whose reason is known. What is in hand of
// a reader is not lost by it.
//
// REQUIRES: appending is held.
func (s *Spool) cut(seg *segment, why cause) error {
	s.mu.Lock()
	seg.leaving, seg.why = true, why // for a reader that finds the file gone before we say so
	var late []*Cursor
	for _, c := range s.cursors {
		if m := &c.marks[seg.class]; m.next < seg.end {
			m.cut = max(m.cut, seg.end)
			c.stale = true
			late = append(late, c)
		}
	}
	last := s.chains[seg.class].end == seg.end
	s.mu.Unlock()
	if err := s.saveAll(late, !s.cfg.sync.never()); err != nil && last {
		// Nothing would show that these records were there, nor which numbers are taken.
		s.mu.Lock()
		seg.leaving = false
		s.mu.Unlock()
		return err
	}

	if err := s.fs.remove(seg.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.mu.Lock()
		s.counts.removeErrors++
		seg.leaving = false
		s.mu.Unlock()
		return fmt.Errorf("spool: %w", err)
	}
	s.mu.Lock()
	s.goneLocked(seg, why)
	f := s.idleLocked(seg)
	s.mu.Unlock()
	closeAll(f)
	_ = s.saveAll(late, false) // reported, and tried again
	return nil
}

// goneLocked takes a segment whose file is gone out of its chain, and counts its
// records as lost where they were not passed. Who comes second, of a reader, a
// removal and a drop that run at the same time, finds it done.
func (s *Spool) goneLocked(seg *segment, why cause) {
	if seg.removed {
		return
	}
	s.chains[seg.class].detach(seg)
	s.bytes -= seg.disk
	s.names = true
	for _, c := range s.cursors {
		if c.marks[seg.class].lose(seg.first, seg.end, why) > 0 {
			c.stale = true
		}
	}
}

// saveAll writes the marks of cursors, and syncs them if it is asked to. What fails
// is reported, returned, and tried again with the next Advance; until then a restart may call
// records damaged that were shed.
func (s *Spool) saveAll(cursors []*Cursor, sync bool) (first error) {
	for _, c := range cursors {
		save := c.save
		if sync {
			save = c.syncLocked
		}
		c.writing.Lock()
		err := save()
		c.writing.Unlock()
		if err != nil {
			s.report(err)
			first = cmp.Or(first, err)
		}
	}
	return first
}

// release removes what every cursor has passed, as far as the policy allows without
// an fsync of the cursors.
func (s *Spool) release(class Class) {
	switch {
	case s.cfg.sync.never():
		s.reap(false)
	case s.cfg.sync.always:
		s.mu.Lock()
		seg := s.chains[class].oldest()
		worth := seg != nil && s.spentLocked(seg) && s.passedLocked(seg, false)
		s.mu.Unlock()
		if worth {
			if err := s.flush(); err != nil {
				s.report(err)
			}
		}
	default:
		s.wake()
	}
}

// spentLocked reports whether nobody will append to seg, or it is large enough to
// be ended for the room that it takes.
func (s *Spool) spentLocked(seg *segment) bool {
	return s.chains[seg.class].active != seg || seg.size >= s.cfg.segmentBytes/8
}

// passedLocked reports whether no cursor needs seg. With safe, the disk must know it.
// What no cursor was made for yet is held.
func (s *Spool) passedLocked(seg *segment, safe bool) bool {
	for _, c := range s.cursors {
		place := c.marks[seg.class].next
		if safe {
			place = c.durable[seg.class]
			if s.cfg.sync.never() {
				place = c.wrote[seg.class]
			}
		}
		if place < seg.end {
			return false
		}
	}
	return len(s.cursors) > 0
}

// reap removes the segments that every cursor has passed and has written down to
// have passed, so that no crash makes it look as if they were lost. The last segment
// of a class stays until it is worth the trouble, or all is set.
func (s *Spool) reap(all bool) {
	// Without this lock, an Append might write into a file that is being removed.
	appends := s.appending.TryLock()
	s.mu.Lock()
	var gone []*segment
	var files []file
	for i := range s.chains {
		ch := &s.chains[i]
		for seg := ch.oldest(); seg != nil && s.passedLocked(seg, true); seg = ch.oldest() {
			if seg.readers > 0 || ch.active == seg && (!appends || !all && !s.spentLocked(seg)) {
				break
			}
			ch.detach(seg)
			gone = append(gone, seg)
			files = append(files, s.idleLocked(seg)...)
		}
	}
	s.mu.Unlock()
	if appends {
		s.appending.Unlock()
	}
	closeAll(files)
	for _, seg := range gone {
		err := s.fs.remove(seg.name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.mu.Lock()
			s.counts.removeErrors++
			s.aside = append(s.aside, entry{name: seg.name, size: seg.disk})
			s.mu.Unlock()
			s.report(err)
			continue
		}
		s.mu.Lock()
		s.bytes -= seg.disk
		s.names = true
		s.mu.Unlock()
	}
}

// setAside notes a file that holds nothing for anybody and could not be removed.
func (s *Spool) setAside(name string, size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aside = append(s.aside, entry{name: name, size: size})
	s.bytes += size
}

// dropAside removes such a file.
func (s *Spool) dropAside(e entry) error {
	if err := s.fs.remove(e.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("spool: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.aside, func(x entry) bool { return x.name == e.name })
	if i >= 0 {
		s.aside = slices.Delete(s.aside, i, i+1)
		s.bytes -= e.size
		s.names = true
	}
	return nil
}

// idleLocked returns the files that can be closed, now that seg is removed from its
// chain or a reader has left it.
func (s *Spool) idleLocked(seg *segment) []file {
	if seg.f == nil || seg.readers > 0 {
		return nil
	}
	if !seg.removed {
		if s.chains[seg.class].active == seg {
			return nil
		}
		if seg.synced < seg.end && !seg.suspect && !s.cfg.sync.never() {
			return nil // an fsync of another descriptor would not hear of its errors
		}
		for _, c := range s.cursors {
			if c.marks[seg.class].hint.seg == seg {
				return nil
			}
		}
	}
	f := seg.f
	seg.f, seg.mine = nil, false
	return []file{f}
}

// closeAll closes files whose content matters to nobody, or is synced.
func closeAll(files []file) {
	for _, f := range files {
		_ = f.Close()
	}
}
