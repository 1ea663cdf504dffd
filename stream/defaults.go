package stream

import "time"

// Defaults of the options, each with its reason.
const (
	// DefaultRingSize is the least size of the whole ring in bytes, and
	// DefaultShardSize that of each of its shards. On a busy machine the worker
	// may have to wait for the ten milliseconds that the Go scheduler grants to
	// whoever is running; a goroutine that does nothing but log fills two to
	// three megabytes in that time.
	DefaultRingSize  = 4 << 20
	DefaultShardSize = 512 << 10

	// DefaultMaxRecordSize is the largest encoded record in bytes. It is what
	// destinations agree on, and far above what a person reads.
	DefaultMaxRecordSize = 64 << 10

	// DefaultQueueSize is how many bytes of records wait for the destinations
	// before something has to give: half a minute of a busy service.
	DefaultQueueSize = 32 << 20

	// DefaultBatchBytes is the uncompressed size of an export. Every named
	// destination takes a million bytes; some take no more.
	DefaultBatchBytes = 1_000_000

	// DefaultBatchRecords is the largest number of records in an export. Beyond
	// it a larger batch compresses no better.
	DefaultBatchRecords = 4096

	// DefaultLinger is how long a record waits for company. A tenth of a second
	// is still live to whoever watches.
	DefaultLinger = 100 * time.Millisecond

	// DefaultInFlight is how many exports of a route run at once. Four hide the
	// round trip of a destination on another continent.
	DefaultInFlight = 4

	// DefaultTimeout bounds one attempt where the sink does not say otherwise;
	// it is the OTLP exporter's default.
	DefaultTimeout = 10 * time.Second

	// DefaultRetryInitial and DefaultRetryMax bound the back-off after a failed
	// attempt: soon enough not to be noticed, rare enough not to hurt.
	DefaultRetryInitial = 500 * time.Millisecond
	DefaultRetryMax     = 30 * time.Second

	// DefaultFailoverAfter is how long a route waits for its sink before a
	// fallback takes over: longer than a restart or one attempt that times out,
	// and less than what the queue of a busy service holds, so that nothing is
	// shed before.
	DefaultFailoverAfter = 15 * time.Second

	// DefaultShutdownTimeout bounds a Shutdown whose context has no deadline of
	// its own: a program whose endpoint is gone must still end, and the time
	// that Kubernetes grants for it by default is three times as long.
	DefaultShutdownTimeout = 10 * time.Second

	// DefaultDeadLetters is how many bytes of refused records are kept: a few
	// thousand ordinary ones, or some of the largest.
	DefaultDeadLetters = 1 << 20

	// DefaultMaxAttributes is OpenTelemetry's limit of attributes in a record.
	DefaultMaxAttributes = 128
)

const (
	// maxRetryAfter bounds what a destination may ask for. Longer is more
	// likely a mistake, or malice, than a plan.
	maxRetryAfter = 5 * time.Minute

	// maxDeadLetters bounds what is kept to be looked at: it is no second queue.
	maxDeadLetters = 64 << 20

	// minRingSize is such that a record of the default largest size fits into a
	// quarter of it.
	minRingSize = 256 << 10

	// maxShard and maxRingSize are the bounds of package buffer, the latter so that
	// a ring fits into the address space of a 32-bit machine.
	maxShard    = 256 << 20
	maxRingSize = 1 << 30

	// maxRingShards bounds the shards: more than that many producers rarely
	// store in the same few nanoseconds.
	maxRingShards = 16

	// pageSize is the memory of a block of the queue: small enough that shedding
	// one loses little, large enough that a batch copies few pieces.
	pageSize = 256 << 10

	// minPages is how many blocks the queue must have room for: an open one of each
	// class, so that none waits for ever for room that another has, and one that is
	// being sent.
	minPages = classes + 1

	// minSharePages is how many blocks a route's share of the queue must have room
	// for: what a route that does well has on its way, so that it is not taken for
	// one that lags behind.
	minSharePages = 4

	// reservedSeverity is the severity from which a record may use the last
	// quarter of the ring: WARN.
	reservedSeverity = 13

	// urgentSeverity is the severity from which a record does not linger: ERROR.
	urgentSeverity = 17

	// fullYields is how often a caller lets others run before its record is
	// dropped because the ring is full.
	fullYields = 2

	// regrowth is the share by which a batch size that was cut down to what a
	// destination takes grows with every success, up to what is configured. One
	// refusal in some dozens of exports is the price for noticing that the limit
	// was lifted.
	regrowth = 64

	// saveTimeout bounds the time for which a Shutdown that ran out of time writes
	// records to the storage: a queue of the default size takes a fraction of a second
	// on an ordinary disk.
	saveTimeout = 5 * time.Second

	// storePatience is how long the worker waits for the storage to make room before it
	// sheds: the ring takes what comes meanwhile.
	storePatience = 250 * time.Millisecond

	// shutdownTimeout bounds the sink's own shutdown.
	shutdownTimeout = 10 * time.Second
)
