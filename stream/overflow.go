package stream

import "time"

// An Overflow says what gives when records come faster than they can be kept:
// [DropOldest], [DropNewest], or a wait made by [Block].
type Overflow time.Duration

const (
	// DropOldest makes room in the queue for new records: of the least severe
	// records there are, the oldest go first, a block at a time. A record is
	// never dropped for a less severe one.
	DropOldest Overflow = 0

	// DropNewest keeps what is queued. New records are dropped once queue and
	// ring are full; the last quarter of the ring is kept for WARN and above.
	DropNewest Overflow = -1

	badBlock Overflow = -2 // Block of nothing
)

// Block makes a call to the logger wait for room, for at most d, which must be
// above 0 and at most a minute. Then the record is dropped. The wait ignores the
// context of the log call, as the handlers of log/slog do.
func Block(d time.Duration) Overflow {
	if d <= 0 {
		return badBlock
	}
	return Overflow(d)
}

// String describes o, for example "Block(1s)".
func (o Overflow) String() string {
	switch {
	case o == DropOldest:
		return "DropOldest"
	case o == DropNewest:
		return "DropNewest"
	case o < 0:
		return "Block(0s or less)"
	}
	return "Block(" + time.Duration(o).String() + ")"
}
