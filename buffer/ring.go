package buffer

import (
	"errors"
	"fmt"
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"
)

// A Result says what became of a record.
type Result uint8

const (
	OK         Result = iota // published
	Full                     // every shard lacks room for it
	Contention               // every shard stayed owned by others for too long
	TooLarge                 // larger than Config.MaxRecord
	Closed                   // Close was called
)

// String returns the name of r.
func (r Result) String() string {
	if int(r) < len(resultNames) {
		return resultNames[r]
	}
	return fmt.Sprintf("Result(%d)", uint8(r))
}

var resultNames = [...]string{"ok", "full", "contention", "too large", "closed"}

// A Header is what a ring keeps of a record besides its bytes.
type Header struct {
	Time     int64  // when the record was observed, nanoseconds since 1970
	Origin   uint32 // opaque to the ring
	Severity uint8  // OTLP severity number
	Flags    uint8  // opaque to the ring

	Shard uint16 // set by Put
	Seq   uint64 // set by Put: 0, 1, 2, ... within the shard
}

// A Config gives the size of a ring.
type Config struct {
	// Shards is the number of shards, a power of two from 1 to 256.
	Shards int

	// ShardSize is the size of a shard in bytes, a power of two from 4 KiB to
	// 1 GiB.
	ShardSize int

	// MaxRecord is the largest record that Put takes, in bytes, at most a
	// quarter of a shard.
	MaxRecord int

	// Reserved is the severity from which a record may use the last quarter of
	// a shard.
	Reserved uint8

	// Urgent is the severity from which a record wakes a consumer that sleeps
	// on a timer. 0 means that none does.
	Urgent uint8
}

const (
	maxShards    = 256
	minShardSize = 4 << 10
	maxShardSize = 1 << 30 // frames in it must stay below 2^24
)

func (c *Config) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("buffer: "+format, args...)) }
	if c.Shards < 1 || c.Shards > maxShards || bits.OnesCount(uint(c.Shards)) != 1 {
		bad("Shards %d is not a power of two from 1 to %d", c.Shards, maxShards)
	}
	if c.ShardSize < minShardSize || c.ShardSize > maxShardSize || bits.OnesCount(uint(c.ShardSize)) != 1 {
		bad("ShardSize %d is not a power of two from %d to %d", c.ShardSize, minShardSize, maxShardSize)
	}
	if c.MaxRecord < 1 || c.MaxRecord > c.ShardSize/4 {
		bad("MaxRecord %d is not from 1 to a quarter of ShardSize %d", c.MaxRecord, c.ShardSize)
	}
	return errors.Join(errs...)
}

// A Ring takes records from any number of producers and hands them to one
// consumer. See the package doc for how, and why that is right.
type Ring struct {
	// Immutable.
	shards    []shard
	mask      uint32
	maxRecord int
	reserved  uint8
	urgent    uint8
	wake      chan struct{} // a token wakes the consumer; capacity 1
	hook      func()        // runs between claim and publish, in tests only

	_ [cacheLine]byte

	// Written rarely, read by every producer.
	sleeping atomic.Uint32 // how the consumer sleeps
	closed   atomic.Bool
	flagged  atomic.Bool // an urgent record was published
	waiting  atomic.Bool // a producer waits for room

	_ [cacheLine]byte

	// Owned by the consumer.
	cursors []cursor

	mu   sync.Mutex // guards the following
	room chan struct{}
}

// New returns an empty ring. It allocates all the memory that the ring will ever
// use: the shards, and behind each the slack of one largest frame.
func New(c Config) (*Ring, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	r := &Ring{
		shards:    make([]shard, c.Shards),
		mask:      uint32(c.Shards - 1),
		maxRecord: c.MaxRecord,
		reserved:  c.Reserved,
		urgent:    c.Urgent,
		wake:      make(chan struct{}, 1),
		cursors:   make([]cursor, 0, c.Shards),
		room:      make(chan struct{}),
	}
	if r.urgent == 0 {
		r.urgent = ^uint8(0)
	}
	for i := range r.shards {
		s := &r.shards[i]
		s.size = uint64(c.ShardSize / wordSize)
		s.mem = make([]uint64, s.size+frameWords(c.MaxRecord))
		s.id = uint16(i)
	}
	return r, nil
}

// maxYields is how often a producer lets others run when every shard is owned.
// An owner needs less than a microsecond, so more than one or two yields mean
// that owners were descheduled; after this many, milliseconds, Put gives up.
const maxYields = 128

// Put publishes a copy of record. It takes no lock and does not block: where
// there is no room the result is Full. hint chooses the shard that is tried
// first and is updated; a producer keeps its own.
//
// Any number of goroutines may call Put.
func (r *Ring) Put(hint *uint32, h Header, record []byte) Result {
	if len(record) > r.maxRecord {
		return TooLarge
	}
	i := *hint
	for round := 0; ; round++ {
		full := 0
		for range r.shards {
			s := &r.shards[i&r.mask]
			res, crowded := s.put(r, &h, record)
			if res == OK {
				*hint = i
				r.published(h.Severity >= r.urgent, crowded)
				return OK
			}
			if res == Closed {
				r.signal(true)
				return Closed
			}
			if res == Full {
				full++
			}
			i++
		}
		switch {
		case full == len(r.shards):
			return Full
		case round > maxYields:
			return Contention
		case round > 0:
			runtime.Gosched()
		}
	}
}

// published is the second half of Put: it wakes the consumer where needed.
func (r *Ring) published(urgent, crowded bool) {
	if urgent {
		r.flagged.Store(true)
	}
	if r.sleeping.Load() != awake {
		r.signal(urgent || crowded)
	}
}

// MaxRecord returns the largest record that Put takes, in bytes.
func (r *Ring) MaxRecord() int { return r.maxRecord }

// Published returns how many records were published since New. It may be called
// at any time by anyone; a record counts from the moment its Put is about to
// return.
func (r *Ring) Published() uint64 {
	var n uint64
	for i := range r.shards {
		s := &r.shards[i]
		drained := s.drained.Load() // before head, so that head counts at least as far
		n += drained + (s.head.Load()>>countShift-drained)&countMask
	}
	return n
}

// Close makes every later Put return Closed. Records that were published before
// stay to be drained. It may be called more than once.
func (r *Ring) Close() {
	r.closed.Store(true)
	r.signal(true)
	r.freed(true)
}

// Room returns a channel that is closed when the consumer has freed memory after
// the call, or the ring is closed. A producer that found the ring full calls it,
// tries again, and then waits.
func (r *Ring) Room() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting.Store(true)
	return r.room
}

// freed tells producers that wait for room. It runs after tail was stored; a
// producer that is not seen waiting here sees that tail when it tries again.
func (r *Ring) freed(always bool) {
	if !always && !r.waiting.Load() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting.Store(false)
	close(r.room)
	r.room = make(chan struct{})
}
