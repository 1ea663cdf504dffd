package spool

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sort"
	"strings"
	"time"
)

// A Report is what Inspect has found out about one file.
type Report struct {
	Name  string
	Bytes int64
	// Err says why the file is not read: it belongs to another version, or its header
	// is damaged. Nil for one that is.
	Err error

	// Segment and Cursor are set for a file that is read; one of them.
	Segment *SegmentReport
	Cursor  *CursorReport
}

// A SegmentReport is what is in a segment.
type SegmentReport struct {
	Class       Class
	Number      uint64 // in the chain of its class
	Created     time.Time
	Fingerprint Fingerprint
	Records     Span // from the first to the last there is
	Blocks      int
	Origins     int
	// Damaged are places that cannot be read; at most 1,000. The end of a segment that
	// is being written, or was when its process died, is among them.
	Damaged []CorruptionError
}

// A CursorReport is what is in the file of a cursor: its counters, but for what lies
// above its places.
type CursorReport struct {
	Cursor  string
	Classes [Classes]CursorStats // Held is 0: a cursor file does not know it
}

// Inspect reads the files of a spool's directory, in the order of their names, and
// calls each with what it finds. It changes nothing, takes no lock, and needs nobody's
// leave but that to read, so that it may look at a directory that is in use or cannot
// be written; files that come or go meanwhile are left out. With verify it reads the
// content of every frame and checks it, which takes as long as reading the files;
// otherwise it reads headers. An error of each ends it and is returned.
func Inspect(dir string, verify bool, each func(Report) error) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	f := &osFS{root: root}
	return errors.Join(inspect(f, verify, each), f.close())
}

func inspect(f fsys, verify bool, each func(Report) error) error {
	list, err := f.list()
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	sort.Sort(byName(list))
	for _, e := range list {
		if e.name == lockName || strings.HasPrefix(e.name, guestPrefix) {
			continue
		}
		r := Report{Name: e.name, Bytes: e.size}
		class, number, isSegment := parseSegmentName(e.name)
		name, isCursor := parseCursorFile(e.name)
		var err error
		switch {
		case !e.regular || !isSegment && !isCursor:
			r.Err = errForeign
		case isSegment:
			err = r.segment(f, &segment{name: e.name, class: class, number: number, size: e.size}, verify)
		case isCursor:
			err = r.cursor(f, name)
		}
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("spool: %w", err)
		}
		if err := each(r); err != nil {
			return err
		}
	}
	return nil
}

// cursor fills in what is in a cursor file.
func (r *Report) cursor(fsys fsys, name string) error {
	f, err := fsys.open(r.Name, openRead)
	if err != nil {
		return err
	}
	defer closeAll([]file{f})
	b := make([]byte, min(r.Bytes, cursorSize))
	if err := readFull(f, b, 0); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	_, places, ok := parseCursor(b)
	if !ok {
		r.Err = errCursor
		return nil
	}
	r.Cursor = &CursorReport{Cursor: name}
	for i, p := range places {
		r.Cursor.Classes[i] = CursorStats{Place: p.next, Settled: p.settled, Shed: p.shed, Expired: p.expired, Damaged: p.damaged}
	}
	return nil
}

// segment fills in what is in a segment.
func (r *Report) segment(fsys fsys, seg *segment, verify bool) error {
	if seg.size < segmentHeader || seg.size > maxSegment {
		r.Err = errHeader
		return nil
	}
	f, err := fsys.open(r.Name, openRead)
	if err != nil {
		return err
	}
	defer closeAll([]file{f})
	var h [segmentHeader]byte
	if err := readFull(f, h[:], 0); err != nil {
		return err
	}
	created, err := parseSegmentHeader(h[:], seg)
	if err != nil {
		r.Err = err
		return nil
	}
	r.Segment = &SegmentReport{
		Class: seg.class, Number: seg.number, Created: time.Unix(0, created), Fingerprint: seg.print,
		Records: Span{seg.class, seg.first, seg.first},
	}
	return r.Segment.frames(f, seg, verify)
}

// frames goes over the frames of a segment.
func (r *SegmentReport) frames(f file, seg *segment, verify bool) error {
	var buf []byte
	sc := scanner{f: f, salt: seg.salt, off: segmentHeader, limit: seg.size}
	bad := func(off int64, from, to uint64, err error) {
		note(&r.Damaged, CorruptionError{seg.name, off, Span{seg.class, from, max(from, to)}, err})
	}
	for {
		fr, at, skipped, err := sc.next()
		end := r.Records.To
		switch {
		case errors.Is(err, io.EOF):
			if skipped >= 0 {
				bad(skipped, end, end, errFrame)
			}
			return nil
		case errors.Is(err, errTorn):
			bad(at, fr.first, fr.end(), errTorn)
			return nil
		case errors.Is(err, io.ErrUnexpectedEOF):
			return nil // it was shortened meanwhile
		case err != nil:
			return err
		case skipped >= 0:
			bad(skipped, end, max(end, fr.first), errFrame)
		case fr.kind == kindBlock && fr.first > end:
			bad(at, end, fr.first, errMissing)
		}
		if fr.kind == kindOrigin {
			r.Origins++
		} else {
			r.Blocks++
			r.Records.To = max(end, fr.end())
		}
		if !verify {
			continue
		}
		if n := int(fr.content()); cap(buf) < n {
			buf = make([]byte, n)
		}
		buf = buf[:fr.content()]
		err = readFull(f, buf, at+frameHeader)
		switch {
		case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
			return err
		case err != nil, crc32.Checksum(buf, castagnoli) == fr.crc:
		case fr.kind == kindOrigin:
			bad(at, end, end, errChecksum)
		default:
			bad(at, fr.first, fr.end(), errChecksum)
		}
	}
}
