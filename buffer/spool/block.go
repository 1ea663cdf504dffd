package spool

import (
	"fmt"
	"time"
)

// Limits of a block. A reader refuses what exceeds them, so they bound what a
// damaged or hostile file can make it allocate.
const (
	// MaxBlock is the largest size of Meta and Data together, in bytes.
	MaxBlock = 16 << 20
	// MaxOrigin is the largest size of an origin's blob, in bytes.
	MaxOrigin = 1 << 20
	// MaxOrigins is how many origins a block may name.
	MaxOrigins = 1 << 12
	// MaxRecords is how many records a block may hold.
	MaxRecords = 1 << 20
)

// A Block is what the spool stores and gives back: a page of records, whose
// content it does not look at.
type Block struct {
	Class   Class
	Records int      // how many records Meta and Data hold: 1 to MaxRecords
	Meta    []byte   // what the owner knows of the records, such as their slots
	Data    []byte   // the records
	Origins []Origin // those that the records name, each once

	// First is the number of the first record in its class. Append and Next set it.
	First uint64

	// The following are set by Next.

	Skip        int         // so many records at the front lie below the cursor's place
	Time        time.Time   // when the block was appended, by the clock of that time
	Fingerprint Fingerprint // of the spool that wrote it

	buf []byte // memory of Meta and Data after Next; reused by the next Next
}

// An Origin is a blob that many records share, such as their resource and scope.
// It is stored once a segment.
type Origin struct {
	ID   uint32 // as the records of the block name it; unique in the process that writes
	Blob []byte // 1 to MaxOrigin bytes; after Next nil if it cannot be read any more
}

// A Fingerprint stands for the policy that the records were masked with. The spool
// only keeps it; who reads a block compares it with its own.
type Fingerprint [32]byte

// A Span is the records From to To-1 of a class. The records of a class are
// numbered in the order of their blocks, without a gap, for as long as the
// directory lives.
type Span struct {
	Class    Class
	From, To uint64
}

// Len returns the number of records in s.
func (s Span) Len() uint64 { return s.To - s.From }

// String returns s as "info 10-19".
func (s Span) String() string {
	if s.From >= s.To {
		return fmt.Sprintf("%v, no record", s.Class)
	}
	return fmt.Sprintf("%v %d-%d", s.Class, s.From, s.To-1)
}

// check returns why b cannot be stored, or nil.
func (b *Block) check() error {
	switch {
	case b.Class >= Classes:
		return fmt.Errorf("spool: block of %v, want a class below %d", b.Class, Classes)
	case b.Records < 1 || b.Records > MaxRecords:
		return fmt.Errorf("spool: block of %d records, want 1 to %d", b.Records, MaxRecords)
	case len(b.Meta)+len(b.Data) > MaxBlock:
		return fmt.Errorf("spool: block of %d bytes, want at most %d", len(b.Meta)+len(b.Data), MaxBlock)
	case len(b.Origins) > MaxOrigins:
		return fmt.Errorf("spool: block of %d origins, want at most %d", len(b.Origins), MaxOrigins)
	}
	for _, o := range b.Origins {
		if len(o.Blob) < 1 || len(o.Blob) > MaxOrigin {
			return fmt.Errorf("spool: origin %d of %d bytes, want 1 to %d", o.ID, len(o.Blob), MaxOrigin)
		}
	}
	return nil
}
