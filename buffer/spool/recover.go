package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sort"
	"strings"
)

// maxNotes bounds the lists of a Recovery.
const maxNotes = 1000

// A Recovery says what Open has found in the directory. Lists end after 1,000
// entries.
type Recovery struct {
	Segments int             // files with records
	Bytes    int64           // what they occupy
	Ends     [Classes]uint64 // the number that the next record of each class gets
	Cursors  []string        // names, in order

	// Torn are blocks at the end of a class that were cut off: their Append was in
	// progress at a crash and has not returned, or they were not synced when the
	// power failed. The numbers of their records are given out again.
	Torn []CorruptionError
	// Damaged are segments and cursors that cannot be read, or that are gone. What
	// records that costs is counted by the cursors. Damage within a segment is found
	// when it is read.
	Damaged []CorruptionError
	// Foreign are names that do not belong to this version of the format. They are
	// left alone.
	Foreign []string
}

func note(list *[]CorruptionError, e CorruptionError) {
	if len(*list) < maxNotes {
		*list = append(*list, e)
	}
}

// recover builds the chains and cursors from the files. It reads the headers of all
// segments, and the frame headers of those where a chain ends. It writes nothing, but
// removes what a crash left half made.
func (s *Spool) recover() (Recovery, error) {
	var rec Recovery
	list, err := s.fs.list()
	if err != nil {
		return rec, fmt.Errorf("spool: %w", err)
	}
	sort.Sort(byName(list))
	for _, e := range list {
		class, number, isSegment := parseSegmentName(e.name)
		name, isCursor := parseCursorFile(e.name)
		temp := strings.HasPrefix(e.name, filePrefix) && strings.HasSuffix(e.name, cursorSuffix+tempSuffix)
		switch {
		case e.name == lockName || strings.HasPrefix(e.name, guestPrefix):
		case !e.regular || !isSegment && !isCursor && !temp:
			rec.foreign(e.name)
			if isSegment { // its name is taken
				s.chains[class].next = number + 1
			}
		case temp:
			s.discard(e)
		case isSegment:
			if err := s.recoverSegment(e, &rec); err != nil {
				return rec, err
			}
		case isCursor:
			if err := s.recoverCursor(name, e, &rec); err != nil {
				return rec, err
			}
		}
	}
	for c := range s.chains {
		if err := s.recoverChain(Class(c), &rec); err != nil {
			return rec, err
		}
	}
	for _, c := range s.cursors {
		c.adoptLocked()
	}
	slices.Sort(rec.Cursors)
	s.names = true // the process before may have died before it synced them
	return rec, nil
}

func (r *Recovery) foreign(name string) {
	if len(r.Foreign) < maxNotes {
		r.Foreign = append(r.Foreign, name)
	}
}

// discard removes a file that holds nothing, or keeps it for later.
func (s *Spool) discard(e entry) {
	if err := s.fs.remove(e.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.aside = append(s.aside, e)
		s.bytes += e.size
	}
}

// recoverSegment reads a segment's header and puts it at the end of its chain,
// which is the right place because the names come in order.
func (s *Spool) recoverSegment(e entry, rec *Recovery) error {
	class, number, _ := parseSegmentName(e.name)
	ch := &s.chains[class]
	ch.next = number + 1
	if e.size < segmentHeader {
		s.discard(e) // made, but no block was ever in it
		return nil
	}
	seg := &segment{name: e.name, class: class, number: number, size: e.size, disk: e.size}
	bad := func(err error) {
		note(&rec.Damaged, CorruptionError{e.name, 0, Span{Class: class}, err})
		s.aside = append(s.aside, e)
		s.bytes += e.size
	}
	if e.size > maxSegment {
		bad(errSize)
		return nil
	}
	f, err := s.fs.open(e.name, openRead)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	var h [segmentHeader]byte
	err = readFull(f, h[:], 0)
	_ = f.Close() // only read
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("spool: %s: %w", e.name, err)
	}
	var created int64
	if err == nil {
		created, err = parseSegmentHeader(h[:], seg)
	}
	last := len(ch.segments) - 1
	switch {
	case errors.Is(err, errForeign):
		rec.foreign(e.name)
		return nil
	case err != nil:
		bad(errHeader)
		return nil
	case last >= 0 && seg.first < ch.segments[last].first:
		bad(errOrder)
		return nil
	}
	seg.created = before(s.cfg.now(), created)
	seg.synced = seg.first // its process may have died before it synced
	ch.segments = append(ch.segments, seg)
	s.bytes += seg.disk
	rec.Segments++
	rec.Bytes += seg.disk
	return nil
}

// recoverChain finds out where the segments of a class end. A segment ends where the
// next one begins; only before a gap and at the end of the chain its frames say.
func (s *Spool) recoverChain(class Class, rec *Recovery) error {
	ch := &s.chains[class]
	for i, seg := range ch.segments {
		isLast := i == len(ch.segments)-1
		if !isLast && ch.segments[i+1].number == seg.number+1 {
			next := ch.segments[i+1]
			seg.end, seg.newest = next.first, next.created
			continue
		}
		if err := s.findEnd(seg, rec); err != nil {
			return err
		}
		if !isLast {
			next := ch.segments[i+1]
			seg.end = min(seg.end, next.first)
			if seg.end < next.first {
				note(&rec.Damaged, CorruptionError{segmentName(class, seg.number+1), 0, Span{class, seg.end, next.first}, errVanished})
			}
		}
		ch.end = seg.end
	}
	// A cursor may have seen records that a failure of power took, or were dropped
	// with all behind them. Their numbers are not given out twice.
	for _, c := range s.cursors {
		ch.end = max(ch.end, c.marks[class].next, c.marks[class].cut)
	}
	rec.Ends[class] = ch.end
	return nil
}

// findEnd goes over the frames of a segment for the number after its last record.
func (s *Spool) findEnd(seg *segment, rec *Recovery) error {
	f, err := s.fs.open(seg.name, openRead)
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	seg.end, seg.newest = seg.first, seg.created
	sc := scanner{f: f, salt: seg.salt, off: segmentHeader, limit: seg.size}
	for {
		fr, at, skipped, err := sc.next()
		torn := CorruptionError{seg.name, at, Span{Class: seg.class}, nil}
		switch {
		case errors.Is(err, errTorn):
			torn.Err = errTorn
			if fr.kind == kindBlock {
				torn.Span.From, torn.Span.To = fr.first, fr.end()
			}
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			if skipped >= 0 {
				torn.Offset, torn.Err = skipped, errFrame
			}
		case err != nil:
			return errors.Join(fmt.Errorf("spool: %s: %w", seg.name, err), f.Close())
		default:
			if fr.kind == kindBlock && fr.first >= seg.end {
				seg.end = fr.end()
				seg.newest = before(s.cfg.now(), fr.time)
			}
			continue
		}
		if torn.Err != nil {
			note(&rec.Torn, torn)
		}
		break
	}
	return f.Close()
}

// recoverCursor reads a cursor's file. One that cannot be read begins anew.
func (s *Spool) recoverCursor(name string, e entry, rec *Recovery) error {
	f, err := s.fs.open(e.name, openWrite)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	b := make([]byte, min(max(e.size, 0), cursorSize))
	if err := readFull(f, b, 0); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.Join(fmt.Errorf("spool: %s: %w", e.name, err), f.Close())
	}
	gen, places, ok := parseCursor(b)
	if !ok {
		note(&rec.Damaged, CorruptionError{e.name, 0, Span{}, errCursor})
		// Whoever asks for it gets a new cursor, whose file takes the place of this.
		return f.Close()
	}
	c := &Cursor{s: s, name: name, file: e.name, f: f, gen: gen, dirty: true}
	for i := range places {
		c.marks[i].placed = places[i]
		c.marks[i].taken = places[i].next
		c.wrote[i] = places[i].next
		c.opened[i] = max(places[i].next, places[i].cut)
	}
	s.addLocked(c)
	if len(rec.Cursors) < maxNotes {
		rec.Cursors = append(rec.Cursors, name)
	}
	return nil
}
