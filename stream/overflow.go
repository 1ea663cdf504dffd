package stream

import (
	"fmt"
	"time"
)

// An Overflow says what gives when records come faster than they can be kept.
type Overflow struct {
	kind overflowKind
	wait time.Duration
}

type overflowKind uint8

const (
	dropOldest overflowKind = iota
	dropNewest
	blocking
)

var (
	// DropOldest makes room in the queue for new records: of the least severe
	// records there are, the oldest go first, a block at a time.
	DropOldest = Overflow{kind: dropOldest}

	// DropNewest keeps what is queued. New records are dropped once queue and
	// ring are full; the last quarter of the ring is kept for WARN and above.
	DropNewest = Overflow{kind: dropNewest}
)

// Block makes a call to the logger wait for room, for at most d, which must be
// above 0 and at most a minute. Then the record is dropped. The wait ignores the
// context of the log call, as the handlers of log/slog do.
func Block(d time.Duration) Overflow { return Overflow{kind: blocking, wait: d} }

// String describes o.
func (o Overflow) String() string {
	switch o.kind {
	case dropOldest:
		return "DropOldest"
	case dropNewest:
		return "DropNewest"
	}
	return fmt.Sprintf("Block(%v)", o.wait)
}
