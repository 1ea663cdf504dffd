package spool

import (
	"errors"
	"fmt"
)

var (
	// ErrLocked is returned by Open when another Spool, mostly of another process,
	// has the directory open.
	ErrLocked = errors.New("spool: the directory is in use by another process")

	// ErrFull is returned by Append when the budget is used up by records that are
	// more severe than the new ones, or when the block exceeds it alone.
	ErrFull = errors.New("spool: the byte budget is used up")

	// ErrNotDurable is returned by Commit, and wrapped by Sync, when records may
	// not be on the disk because an fsync of their segment has failed.
	ErrNotDurable = errors.New("spool: an fsync failed, its records may not be on the disk")

	// ErrClosed is returned by everything after Close.
	ErrClosed = errors.New("spool: closed")
)

var (
	errHeader   = errors.New("segment header is damaged")
	errName     = errors.New("header does not belong to the name of the file")
	errSize     = errors.New("file is larger than a segment can be")
	errOrder    = errors.New("record numbers lie before those of the segment before")
	errFrame    = errors.New("frame header is damaged")
	errChecksum = errors.New("checksum of the content is wrong")
	errMissing  = errors.New("frames are missing")
	errVanished = errors.New("segment has vanished")
	errCursor   = errors.New("no slot of the cursor file is valid")
	errTorn     = errors.New("frame ends behind the end of the file")
)

// A CorruptionError says which records cannot be read any more, and where the
// damage is. Next has moved past them and counted them when it returns one.
type CorruptionError struct {
	Segment string // name of the file
	Offset  int64  // where in it the damage begins, in bytes
	Span    Span   // the records that are lost by it; may be none
	Err     error  // what is wrong
}

// Error returns the file, the place, what is wrong there, and what it costs.
func (e *CorruptionError) Error() string {
	return fmt.Sprintf("spool: %s at %d: %v (%v)", e.Segment, e.Offset, e.Err, e.Span)
}

// Unwrap returns e.Err.
func (e *CorruptionError) Unwrap() error { return e.Err }
