package stream

// A Reason says why a record was dropped.
type Reason uint8

const (
	// RingFull means that the record came faster than the worker could take
	// records out of the ring, or, with DropNewest and Block, that the queue was
	// full as well.
	RingFull Reason = iota

	// Contention means that other producers held every shard of the ring for
	// milliseconds, because the machine did not let them run.
	Contention

	// TooLarge means that the record did not fit into the ring. A handler cuts
	// records before, with [Source.Fit], so it happens only to callers of [Source.Put].
	TooLarge

	// Closed means that the record came after Shutdown had begun. A slog.Logger
	// asks whether the handler is enabled first, and then hands over nothing. The last
	// gap record tells of those that came while the stream emptied its ring.
	Closed

	// RingLost means that the memory of the crash ring failed while the record was
	// in it.
	RingLost

	// QueueFull means that the record was shed from the queue to make room.
	QueueFull

	// StorageFull means that the storage had to give the record up for want of room:
	// see [WithStorageBytes].
	StorageFull

	// StorageExpired means that the record was in the storage for too long: see
	// [WithStorageAge].
	StorageExpired

	// StorageDamaged means that the record was in the storage and cannot be read any
	// more. If a former process stored it, its level is not known either.
	StorageDamaged

	reasons = iota
)

var reasonNames = [reasons]string{
	"ring full", "contention", "too large", "closed", "ring lost", "queue full",
	"storage full", "storage expired", "storage damaged",
}

// String returns the name of r, such as "ring full".
func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return "unknown"
}

// A Level is a range of OTLP severity numbers: 0 unspecified, then TRACE, DEBUG,
// INFO, WARN, ERROR and FATAL of four numbers each.
type Level uint8

const levels = 7

var levelNames = [levels]string{"UNSPECIFIED", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"}

// String returns the name of l, such as "WARN".
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return "UNKNOWN"
}

// levelOf returns the range of a severity number.
func levelOf(severity uint8) Level { return Level(min((int(severity)+3)/4, levels-1)) }

// A class is what the queue keeps apart, because it sheds by it.
type class uint8

const (
	low    class = iota // below INFO
	middle              // INFO, and what has no severity
	high                // WARN and above

	classes = 3
)

func classOf(severity uint8) class {
	switch {
	case severity >= reservedSeverity:
		return high
	case severity >= 9 || severity == 0:
		return middle
	}
	return low
}
