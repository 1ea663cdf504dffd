package spool

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
)

// Sync forces everything that was appended and advanced before the call to the disk.
// It returns an error as long as the spool holds records that it cannot say this of:
// an fsync that has failed once is not tried again, because the second one says
// nothing about what the first one lost. Such records stay readable. What is appended
// after a failure goes to a new file, which Commit can speak for.
//
// Calls at the same time share their fsyncs.
func (s *Spool) Sync() error {
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	if closed {
		return ErrClosed
	}
	return s.flush()
}

// Commit returns nil once the records of span, as Append returned it, are on the
// disk, or delivered and gone. Other blocks that wait to be synced are synced with them,
// so that many callers share an fsync; cursors are left to Sync and the policy. The error is ErrNotDurable if an fsync failed;
// the records are still in the spool then.
func (s *Spool) Commit(span Span) error {
	done, err := s.durable(span)
	if done || err != nil {
		return err
	}
	cause := s.round(false)
	done, err = s.durable(span)
	switch {
	case done:
		return nil
	case err != nil && !errors.Is(err, ErrNotDurable), cause == nil:
		return cmp.Or(err, ErrNotDurable)
	case errors.Is(cause, ErrNotDurable):
		return cause
	}
	return fmt.Errorf("%w: %w", ErrNotDurable, cause)
}

// durable reports whether the disk has all that is left of span. The error says
// that it never will.
func (s *Spool) durable(span Span) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false, ErrClosed
	}
	if span.Class >= Classes || span.From > span.To || span.To > s.chains[span.Class].end {
		return false, fmt.Errorf("spool: Commit of %v, which was not appended", span)
	}
	for _, seg := range s.chains[span.Class].segments {
		if seg.end <= span.From || seg.first >= span.To {
			continue
		}
		if seg.linked && seg.synced >= min(seg.end, span.To) {
			continue
		}
		if seg.suspect {
			return false, ErrNotDurable
		}
		return false, nil
	}
	return true, nil
}

// A pass is what one round of syncing has to do.
type pass struct {
	segments []segmentSync
	cursors  []*Cursor
	names    bool
}

type segmentSync struct {
	seg *segment
	f   file   // nil if it is open for reading only, or not at all
	end uint64 // what an fsync that begins now covers
}

// flush syncs segments, then cursors, then the directory, and then removes what
// every cursor has passed.
func (s *Spool) flush() error { return s.round(true) }

// round is flush, or that part of it which leaves the cursors alone.
func (s *Spool) round(cursors bool) error {
	s.syncing.Lock()
	defer s.syncing.Unlock()
	if s.released {
		return ErrClosed
	}
	p := s.plan(cursors)
	var errs []error
	for _, t := range p.segments {
		errs = append(errs, s.syncSegment(t))
	}
	for _, c := range p.cursors {
		errs = append(errs, c.sync())
	}
	if p.names {
		errs = append(errs, s.syncNames(p.segments))
	}
	s.reap(false)

	s.mu.Lock()
	doubt := s.doubtLocked()
	s.mu.Unlock()
	if err := errors.Join(errs...); err != nil || doubt > 0 {
		if doubt > 0 {
			err = errors.Join(fmt.Errorf("%w: %d records", ErrNotDurable, doubt), err)
		}
		return err
	}
	return nil
}

// doubtLocked returns the number of held records whose fsync has failed.
func (s *Spool) doubtLocked() uint64 {
	n := uint64(0)
	for i := range s.chains {
		for _, seg := range s.chains[i].segments {
			if seg.suspect {
				n += seg.end - seg.synced
			}
		}
	}
	return n
}

// plan collects what is to be synced.
func (s *Spool) plan(cursors bool) pass {
	s.mu.Lock()
	defer s.mu.Unlock()
	var p pass
	for i := range s.chains {
		for _, seg := range s.chains[i].segments {
			if !seg.suspect && (seg.synced < seg.end || !seg.linked) {
				seg.readers++ // keeps it open, and in its chain
				t := segmentSync{seg, nil, seg.end}
				if seg.mine {
					t.f = seg.f
				}
				p.segments = append(p.segments, t)
			}
		}
	}
	for _, c := range s.cursors {
		if cursors && (c.dirty || c.stale) {
			p.cursors = append(p.cursors, c)
		}
	}
	p.names = s.names
	s.names = false
	return p
}

func (s *Spool) syncSegment(t segmentSync) error {
	defer s.unpin(t.seg)
	f := t.f
	if f == nil {
		var err error
		f, err = s.fs.open(t.seg.name, openWrite) // Windows syncs no other
		if errors.Is(err, fs.ErrNotExist) {
			return nil // whoever wants to read it will find that it has vanished
		}
		if err != nil {
			return err
		}
		defer closeAll([]file{f})
	}
	err := f.Sync()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.counts.syncErrors++
		s.distrustLocked(t.seg)
		return err
	}
	t.seg.synced = max(t.seg.synced, t.end)
	return nil
}

// syncNames syncs the directory. Where it fails, nobody knows which names will be
// there after a crash, and the segments that were new are not trusted.
func (s *Spool) syncNames(segments []segmentSync) error {
	err := s.fs.syncDir()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.names = true
		s.counts.syncErrors++
	}
	for _, t := range segments {
		switch {
		case err == nil:
			t.seg.linked = true
		case !t.seg.linked:
			t.seg.synced = t.seg.first
			s.distrustLocked(t.seg)
		}
	}
	return err
}

// sync forces the file of c to the disk.
func (c *Cursor) sync() error {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.syncLocked()
}

// syncLocked is sync with c.writing held. After a failure a new file takes the place
// of the one that is not to be trusted.
func (c *Cursor) syncLocked() error {
	s := c.s
	if err := c.save(); err != nil {
		return err
	}
	s.mu.Lock()
	places := c.wrote
	dirty := c.dirty && !c.removed
	c.dirty = false
	s.mu.Unlock()
	if !dirty {
		return nil
	}
	err := c.f.Sync()
	s.mu.Lock()
	if err == nil {
		c.durable = places
	} else {
		s.counts.syncErrors++
		c.broken, c.stale = true, true
	}
	s.mu.Unlock()
	if err != nil {
		return errors.Join(err, c.save()) // the next sync has a new file to speak for
	}
	return nil
}
