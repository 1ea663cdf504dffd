package stream

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/logstream-go/logstream/buffer"
)

const (
	// minDurableWait is less than any disk takes, and maxDurableWait more than any
	// caller should.
	minDurableWait = time.Millisecond
	maxDurableWait = time.Minute

	// neverDurable is above every severity number.
	neverDurable uint8 = 255
)

// WithDurable makes a log call of level or above return when the disk has its record: written
// to the storage and forced to the disk with fsync, or settled by every route before that. So
// the record outlives the process, the operating system and a failure of power, and the
// next start delivers it. All calls that wait at one time share an fsync. Records below
// level cost what they cost without.
//
// No call waits longer than wait, from 1 ms to a minute, but for the room that [Block] may
// grant it for longer. When that time is up, or the disk has failed or is full, the call returns, and the record goes
// on as any other: it is delivered from memory, and nothing is promised should the process
// end before. [DurableStats] counts these calls. While a disk is known to fail, calls do not
// wait for it at all. An fsync that failed once is not trusted again: what it was to make
// durable counts as waited for in vain, and what comes later goes to another file. The context of
// a log call, cancelled or not, changes nothing.
//
// What the storage has promised it does not give up for want of room: when its bytes
// ([WithStorageBytes]) are used up by records of the class of level and above, it takes no
// more of them until some are delivered, and so calls return in vain. Only age
// ([WithStorageAge]) ends the promise; what it ends counts as dropped ([StorageExpired]).
//
// The record is delivered from memory; the copy on the disk is for the next process. A process
// that is killed while a backlog in the storage is sent may leave records there that it
// has delivered, which then arrive twice.
//
// It needs [WithStorage]; without, New returns an error. Default: no call waits.
func WithDurable(level slog.Level, wait time.Duration) Option {
	return optionFunc(func(c *config) { c.durable = &durableConfig{level, wait} })
}

// A durableConfig is what WithDurable was given.
type durableConfig struct {
	level slog.Level
	wait  time.Duration
}

// check returns what is wrong with the option.
func (d *durableConfig) check(c *config, bad func(ok bool, format string, args ...any)) {
	if d == nil {
		return
	}
	bad(c.store != nil, "WithDurable(%v, %v) needs WithStorage, and there is none", d.level, d.wait)
	bad(d.wait >= minDurableWait && d.wait <= maxDurableWait,
		"WithDurable(%v, %v): the wait is not from %v to %v", d.level, d.wait, minDurableWait, maxDurableWait)
}

// DurableStats counts the log calls that waited for the disk: see [WithDurable].
type DurableStats struct {
	// Stored is the number of calls that returned with their record on the disk, or
	// settled.
	Stored uint64

	// InVain is the number of those that returned without knowing it: the time was up, the
	// disk failed or was full, or the record was dropped.
	InVain uint64

	// Syncs is how often the storage was synced for all that waited at the time.
	Syncs uint64
}

// A durability is where callers wait for the disk, in groups: a group is whoever has come
// since the worker took the one before.
type durability struct {
	// Immutable.
	least uint8 // severity number from which calls wait
	wait  time.Duration
	wake  chan struct{} // tells the worker of a new group; capacity 1; nil if no call waits

	stored, vain, syncs atomic.Uint64

	// broken changes, before the group is told, when a record of that severity may have
	// been lost or is not on the disk. Callers compare it with what it was before their
	// record went into the ring, since nobody knows which group the caller will be in when
	// the record is dealt with.
	broken atomic.Uint64

	mu    sync.Mutex // guards the following; taken before all others
	group *group     // that callers join
}

// A group is callers that wait for one commit.
type group struct {
	done chan struct{} // closed when the disk has all records that were in the ring before
}

func newDurability(c *durableConfig) (d *durability) {
	if c == nil {
		return &durability{least: neverDurable}
	}
	return &durability{
		least: uint8(min(max(int(c.level)+9, 1), 24)),
		wait:  c.wait,
		wake:  make(chan struct{}, 1),
	}
}

// join returns the group of a caller whose record is in the ring.
func (d *durability) join() *group {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.group == nil {
		d.group = &group{done: make(chan struct{})}
		select {
		case d.wake <- struct{}{}:
		default:
		}
	}
	return d.group
}

// take returns the group whose records are in the ring by now, or nil. It is the last one
// when nothing more will come: who joins later waits for the same commit.
func (d *durability) take(last bool) *group {
	if d.wake == nil {
		return nil
	}
	if last {
		return d.join()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.group
	d.group = nil
	return g
}

// await waits for the disk, and reports whether it came in time.
func (d *durability) await(wait time.Duration) bool {
	g := d.join()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-g.done:
		return true
	case <-timer.C:
		return false
	}
}

// putDurable puts a record into the ring and waits until the disk has it.
func (s *Stream) putDurable(hint *uint32, h buffer.Header, record []byte) {
	d, begun := s.durable, time.Now()
	before := d.broken.Load()
	res := s.put(hint, h, record)
	taken := res == buffer.OK || s.refused(hint, h, record, res, d.wait)
	if taken && d.await(d.wait-time.Since(begun)) && d.broken.Load() == before {
		d.stored.Add(1)
	} else {
		d.vain.Add(1)
	}
}

// stats returns the counts.
func (d *durability) stats() DurableStats {
	return DurableStats{Stored: d.stored.Load(), InVain: d.vain.Load(), Syncs: d.syncs.Load()}
}

// String returns the counts in a line.
func (d DurableStats) String() string {
	return fmt.Sprintf("durable: %d stored with %d syncs, %d in vain", d.Stored, d.Syncs, d.InVain)
}
