package buffer

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// A Ring takes records from any number of producers and hands them to one
// consumer. The package doc says how, and proves it.
type Ring struct {
	// Immutable.
	shards    []shard
	mask      uint32 // shards less one
	maxRecord int
	reserved  uint8
	urgent    uint16             // above every severity when none is urgent
	wake      chan struct{}      // a token wakes the consumer; capacity 1
	rewinds   bool               // empty shards begin anew; not in memory that is looked at after a crash
	hook      func(shard uint16) // runs between claim and publish, in tests only

	_ [cacheLine]byte

	// Written rarely, read by every producer.
	sleeping atomic.Uint32 // how the consumer sleeps
	closed   atomic.Bool
	flagged  atomic.Bool // an urgent record was published since the last pass began
	waiting  atomic.Bool // a producer waits for room

	_ [cacheLine]byte

	// Owned by the consumer.
	cursors []cursor
	live    []cursor // those of the pass that is under way
	held    []mark   // one for each shard if the ring holds what Drain passed on, or nil
	untold  uint64   // words freed since those who wait for room were woken
	frame   Frame    // passed to Drain's function, so that a pass allocates nothing
	sealed  int      // shards that the consumer owns for good, the first ones

	mu       sync.Mutex // guards the following; no other lock is taken under it
	room     chan struct{}
	roomOpen bool // room stays closed: the ring was closed
}

// New returns an empty ring. It allocates at once all the memory that the ring
// will ever use: the shards, and behind each the slack of one largest frame. The
// first quarter of each shard it touches, too, so that no Put has to wait for a page of
// it; what is behind that is used when the consumer falls behind. The error names every
// bad field of c.
func New(c Config) (*Ring, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	r := newRing(&c, make([]uint64, c.Words()))
	r.rewinds = r.held == nil
	for i := range r.shards {
		touch(r.shards[i].mem[:r.shards[i].size/4])
	}
	return r, nil
}

// touch makes the system find the memory for mem, which is zero. A page that a store has to
// wait for costs as much as ten records.
func touch(mem []uint64) {
	const page = 4 << 10 / wordSize // or larger
	for i := 0; i < len(mem); i += page {
		mem[i] = 0
	}
}

// Over returns an empty ring over mem, such as a mapped file, which must be zero
// and have [Config.Words] words. What a process that ended left in such memory is
// read by [Recover].
func Over(c Config, mem []uint64) (*Ring, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if len(mem) != c.Words() {
		return nil, fmt.Errorf("buffer: memory of %d words, want %d", len(mem), c.Words())
	}
	return newRing(&c, mem), nil
}

// newRing lays a ring over mem, which is zero and has shardWords words for each
// shard.
func newRing(c *Config, mem []uint64) *Ring {
	r := &Ring{
		shards:    make([]shard, c.Shards),
		mask:      uint32(c.Shards - 1),
		maxRecord: c.MaxRecord,
		reserved:  c.Reserved,
		urgent:    uint16(c.Urgent),
		wake:      make(chan struct{}, 1),
		cursors:   make([]cursor, 0, c.Shards),
		room:      make(chan struct{}),
	}
	if c.Urgent == 0 {
		r.urgent = 1 << 8
	}
	if c.Held {
		r.held = make([]mark, c.Shards)
	}
	words := shardWords(c)
	for i := range r.shards {
		r.shards[i] = newShard(mem[uint64(i)*words:][:words:words], c, i)
	}
	return r
}

// Put publishes a copy of record. It takes no lock, allocates nothing and does
// not wait for room: a full ring refuses the record. Only where no shard is free,
// as other producers own them, does it yield to them, a bounded number of times.
//
// hint chooses the shard that is tried first and is set to the one that took the
// record. A producer keeps its own and starts it anywhere; two calls at the same
// time must not share one. The Shard and Seq of h are ignored.
//
// Any number of goroutines may call Put. A Put that starts after Close returned
// returns Closed.
func (r *Ring) Put(hint *uint32, h Header, record []byte) Result {
	if r.closed.Load() {
		return Closed
	}
	if len(record) > r.maxRecord {
		return TooLarge
	}
	res, crowded := r.shards[*hint&r.mask].put(r, &h, record)
	if res != OK {
		if res, crowded = r.search(hint, &h, record); res != OK {
			return res
		}
	}
	urgent := uint16(h.Severity) >= r.urgent
	if urgent && !r.flagged.Load() {
		// Where it is set already, the consumer has not begun the pass that will
		// clear it, and that pass will see this record.
		r.flagged.Store(true)
	}
	if r.sleeping.Load() != awake {
		r.signal(urgent || crowded || r.closed.Load())
	}
	return OK
}

// How long a producer lets others run when every shard is owned, or full. An
// owner needs less than a microsecond, so where the second round over the shards
// finds no free one, owners were descheduled in the middle. One that waits for a
// CPU in the same queue as the producer has run after a yield or two. The rest of
// the yields are for one in another queue, or without a thread, and the limit of
// time is for a process with so much to run that a yield takes as long as that.
const (
	maxYields = 128
	maxWait   = 2 * time.Millisecond
)

// search is the rest of Put when the shard of the hint did not take the record:
// it goes round all shards, and moves hint to the one that does.
func (r *Ring) search(hint *uint32, h *Header, record []byte) (res Result, crowded bool) {
	var started time.Time
	for round := 0; ; round++ {
		full := 0
		for i := range r.mask + 1 {
			i += *hint + 1
			res, crowded := r.shards[i&r.mask].put(r, h, record)
			switch res {
			case OK:
				*hint = i
				return OK, crowded
			case Full:
				full++
			}
		}
		if r.closed.Load() {
			return Closed, false // the consumer may own the shards, for good
		}
		if round == 1 {
			started = time.Now()
		}
		if full == len(r.shards) || round > maxYields || round > 1 && time.Since(started) > maxWait {
			if full == 0 {
				return Contention, false
			}
			r.signal(true)
			return Full, false
		}
		if round > 0 {
			runtime.Gosched()
		}
	}
}

// MaxRecord returns the largest record that Put takes, in bytes.
func (r *Ring) MaxRecord() int { return r.maxRecord }

// Published returns how many records were published since New. It counts at least
// those whose Put returned OK before the call. Anyone may call it at any time; it
// is a sum over the shards, not a position in the order in which they are drained.
func (r *Ring) Published() uint64 {
	var n uint64
	for i := range r.shards {
		s := &r.shards[i]
		for {
			drained := s.drained.Load()
			head := s.head.Load()
			if s.drained.Load() == drained { // so it was when head was loaded
				n += published(head, drained)
				break
			}
		}
	}
	return n
}
