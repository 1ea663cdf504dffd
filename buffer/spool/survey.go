package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"
)

// A BlockInfo is what Survey says of a block.
type BlockInfo struct {
	Records     Span
	Time        time.Time // when the block was appended, by the clock of that time
	Fingerprint Fingerprint

	// Meta is that of the block. Its checksum is part of the whole block's and was
	// not looked at. It is valid until the call returns.
	Meta []byte
}

// Survey calls each with the blocks that the spool holds, those that a cursor has
// passed already among them: class by class, in the order of their numbers. It reads
// their headers and Meta, and no Data, so it takes a small part of the time that
// reading all of it would. Blocks that cannot be found are left out; there may
// also be some that Next will find to be damaged. An error of each ends it and is returned.
//
// It may run beside anything else; what is appended or dropped meanwhile may be
// among the blocks or not.
func (s *Spool) Survey(each func(BlockInfo) error) error {
	for class := range Class(Classes) {
		s.mu.Lock()
		segments := slices.Clone(s.chains[class].segments)
		s.mu.Unlock()
		for _, seg := range segments {
			if err := s.surveySegment(seg, each); err != nil {
				return err
			}
		}
	}
	return nil
}

// surveySegment is Survey of one segment.
func (s *Spool) surveySegment(seg *segment, each func(BlockInfo) error) error {
	s.mu.Lock()
	if s.closed || seg.removed {
		s.mu.Unlock()
		return nil
	}
	if seg.f == nil {
		f, err := s.fs.open(seg.name, openRead)
		if err != nil {
			s.mu.Unlock()
			if errors.Is(err, fs.ErrNotExist) {
				return nil // readers will count it
			}
			return fmt.Errorf("spool: %w", err)
		}
		seg.f = f
	}
	seg.readers++
	f, limit, next, end := seg.f, seg.size, seg.first, seg.end
	s.mu.Unlock()
	defer s.unpin(seg)

	sc := scanner{f: f, salt: seg.salt, off: segmentHeader, limit: limit}
	var meta []byte
	for {
		fr, at, _, err := sc.next()
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, errTorn), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return fmt.Errorf("spool: %w", err)
		case fr.kind != kindBlock || fr.first < next || fr.end() > end:
			continue // Next leaves it out as well
		}
		next = fr.end()
		meta = slices.Grow(meta[:0], int(fr.meta))[:fr.meta]
		if err := readFull(f, meta, at+frameHeader+4*int64(fr.origins)); err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				return nil
			}
			return fmt.Errorf("spool: %w", err)
		}
		err = each(BlockInfo{
			Records:     Span{seg.class, fr.first, fr.end()},
			Time:        time.Unix(0, fr.time),
			Fingerprint: seg.print,
			Meta:        meta,
		})
		if err != nil {
			return err
		}
	}
}
