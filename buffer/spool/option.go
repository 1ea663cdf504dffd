package spool

import (
	"errors"
	"fmt"
	"time"
)

// Bounds and defaults of the options.
const (
	minBytes     = int64(1 << 20)
	maxBytes     = int64(1 << 44)
	minAge       = time.Second
	minInterval  = time.Millisecond
	maxInterval  = time.Hour
	defaultBytes = 1 << 30     // an hour of 1,000 records a second, uncompressed
	defaultEvery = time.Second // what a power failure may cost
)

// Segments are a 32nd of the budget, within these bounds: shedding drops a few per
// cent of what is held, and a directory holds a few dozen files.
const (
	segmentMinBytes = 64 << 10
	segmentMaxBytes = 32 << 20
)

// An Option changes what Open does.
type Option interface{ apply(*config) }

type option func(*config)

func (o option) apply(c *config) { o(c) }

type config struct {
	bytes   int64
	age     time.Duration // 0: no limit
	sync    SyncPolicy
	print   Fingerprint
	kept    Class // from it on nothing is shed
	handler func(error)

	segmentBytes int64
	now          func() time.Time
}

// WithMaxBytes bounds what the segments occupy, from 1 MiB to 16 TiB. When another
// block needs room, the oldest segment of the lowest class goes first, and never one
// of a higher class than the new block's. Default: 1 GiB.
func WithMaxBytes(n int64) Option { return option(func(c *config) { c.bytes = n }) }

// WithKept says that records of class and above are not dropped for want of room: an Append that
// would need that returns [ErrFull]. It is for who has promised to keep them. They still
// go by their age. Default: none are kept.
func WithKept(class Class) Option { return option(func(c *config) { c.kept = class }) }

// WithMaxAge bounds how long a record is held, from a second; 0 means as long as
// there is room. A segment goes as a whole when its newest record is older, which
// is looked for every quarter of d, so a record may be held half of d longer. Time is taken from the monotonic clock; only
// across a restart does the wall clock count, and one that was set back keeps
// records. Default: 0.
func WithMaxAge(d time.Duration) Option { return option(func(c *config) { c.age = d }) }

// WithSync says when what was written is forced to the disk. It matters for a
// failure of power or of the operating system; a process that is killed loses
// nothing that was appended, whatever the policy. Default: SyncEvery(time.Second).
func WithSync(p SyncPolicy) Option { return option(func(c *config) { c.sync = p }) }

// WithFingerprint stores f in each new segment, for those who read it. Default: zeros.
func WithFingerprint(f Fingerprint) Option { return option(func(c *config) { c.print = f }) }

// WithErrorHandler calls f with errors of work that nobody waits for: fsyncs in the
// background, and files that cannot be removed. f must be quick, must not use the
// Spool, and may be called by several goroutines at once. Default: they are only
// counted, in Stats.
func WithErrorHandler(f func(error)) Option { return option(func(c *config) { c.handler = f }) }

// A SyncPolicy says when data is forced to the disk. The zero value is SyncNever.
type SyncPolicy struct {
	every  time.Duration
	always bool
}

// SyncNever leaves it to the operating system, except where Sync or Commit is
// called. After a failure of power, records may be missing, repeated, or counted as
// damaged although they were delivered.
func SyncNever() SyncPolicy { return SyncPolicy{} }

// SyncEvery forces data to the disk in the background, at most d after it was
// written: 1 ms to an hour.
func SyncEvery(d time.Duration) SyncPolicy { return SyncPolicy{every: d} }

// SyncAlways makes each Append wait until its block is on the disk. A block whose
// fsync fails is not part of the spool.
func SyncAlways() SyncPolicy { return SyncPolicy{always: true} }

// never reports whether nobody asks for durability by himself.
func (p SyncPolicy) never() bool { return p == SyncPolicy{} }

// newConfig returns the configuration that opts make, or all that is wrong with them.
func newConfig(opts []Option) (config, error) {
	c := config{bytes: defaultBytes, kept: Classes, sync: SyncEvery(defaultEvery), now: time.Now}
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	var errs []error
	bad := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("spool: "+format, args...))
		}
	}
	bad(c.bytes >= minBytes && c.bytes <= maxBytes, "WithMaxBytes: %d bytes, want %d to %d", c.bytes, minBytes, maxBytes)
	bad(c.kept <= Classes, "WithKept: %v, want one of %v to %v", c.kept, Low, High)
	bad(c.age == 0 || c.age >= minAge, "WithMaxAge: %v, want 0 or at least %v", c.age, minAge)
	bad(c.sync.never() || c.sync.always || c.sync.every >= minInterval && c.sync.every <= maxInterval,
		"SyncEvery: %v, want %v to %v", c.sync.every, minInterval, maxInterval)
	if err := errors.Join(errs...); err != nil {
		return config{}, err
	}
	if c.segmentBytes == 0 {
		c.segmentBytes = min(max(c.bytes/32, segmentMinBytes), segmentMaxBytes)
	}
	return c, nil
}
