package spool

import (
	"errors"
	"io"
)

// scanWindow is how much a scanner reads at once, in bytes: the header of a large
// block, or a few dozen blocks of a single record.
const scanWindow = 4 << 10

// A scanner goes over the frame headers of a segment.
type scanner struct {
	f     file
	salt  uint64
	off   int64 // where the next frame should begin
	limit int64 // end of the file, as far as it counts

	window []byte // content of the file from start on
	start  int64
}

// next returns the next frame and where it begins, and moves behind it. Where no
// frame header stands, it looks for the next one, and skipped is the offset where
// it began to look; otherwise skipped is -1.
//
// The error is io.EOF at the end, with skipped set if it is not the end of a frame.
// It is errTorn for a frame that begins before the end and ends behind it, which is
// then returned. Others come from the file; next can then be called again.
func (s *scanner) next() (f frame, at, skipped int64, err error) {
	skipped = -1
	for off := s.off; ; off += frameAlign {
		h, err := s.peek(off)
		if errors.Is(err, io.EOF) {
			if skipped < 0 && off < s.limit {
				skipped = off
			}
			s.off = max(off, s.limit)
			return f, s.limit, skipped, io.EOF
		}
		if err != nil {
			return f, off, skipped, err
		}
		f, ok := parseFrame(h, s.salt)
		switch {
		case !ok:
			if skipped < 0 {
				skipped = off
			}
			continue
		case off+frameHeader+f.content() > s.limit: // the last one may lack its padding
			s.off = s.limit
			return f, off, skipped, errTorn
		}
		s.off = off + f.size()
		return f, off, skipped, nil
	}
}

// peek returns the bytes of a frame header at off, or io.EOF if there is no room
// for one.
func (s *scanner) peek(off int64) ([]byte, error) {
	if off+frameHeader > s.limit {
		return nil, io.EOF
	}
	if off < s.start || off+frameHeader > s.start+int64(len(s.window)) {
		n := min(scanWindow, s.limit-off)
		if s.window == nil {
			s.window = make([]byte, 0, scanWindow)
		}
		w := s.window[:n]
		s.window = s.window[:0]
		if err := readFull(s.f, w, off); err != nil {
			return nil, err
		}
		s.window, s.start = w, off
	}
	return s.window[off-s.start:][:frameHeader], nil
}

// readFull reads len(p) bytes at off. A file that ends before is an
// io.ErrUnexpectedEOF: it was longer when it was opened.
func readFull(f io.ReaderAt, p []byte, off int64) error {
	n, err := f.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if errors.Is(err, io.EOF) || err == nil {
		return io.ErrUnexpectedEOF
	}
	return err
}
