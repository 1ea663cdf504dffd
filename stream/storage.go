package stream

import (
	"errors"
	"fmt"
	"time"

	"github.com/logstream-go/logstream/buffer/spool"
)

// A StorageOption changes [WithStorage].
type StorageOption interface{ applyStorage(*diskStore) }

type storageFunc func(*diskStore)

func (f storageFunc) applyStorage(d *diskStore) { f(d) }

// Defaults of [WithStorage], each with its reason.
const (
	// DefaultStorageBytes is what the storage may occupy: an hour of a thousand
	// records a second.
	DefaultStorageBytes = 1 << 30

	// DefaultStorageSync is how long a stored record may be known to the operating
	// system alone: what a failure of power may cost.
	DefaultStorageSync = time.Second

	// DefaultDeadLetterAge is how long a record that was refused for good is kept: as
	// long as it takes until somebody has looked.
	DefaultDeadLetterAge = 7 * 24 * time.Hour
)

const (
	minStorageBytes = 1 << 20

	// storagePages is how many blocks the queue has at least: one of each class that
	// is filled, those that are written meanwhile, and what is in flight. With half of
	// that the queue sheds before the disk can have had the records.
	storagePages = 2 * minPages

	maxStorageBytes = 64 << 30 // what its index in memory is made for
	minStorageAge   = time.Second
	minStorageSync  = time.Millisecond
	maxStorageSync  = time.Hour
	maxStoredName   = 64 // of a cursor of package spool
	minLetterAge    = time.Minute
)

// WithStorage keeps in dir what the queue has no room for while a destination is down,
// and what is left at the end, until the destinations have it. The disk is
// touched when a route lags so far behind that records would be shed, and by
// [Stream.Shutdown]; a stream whose destinations keep up never writes a record to it.
// Records are masked before. They are sent when the route delivers
// again, after what is in memory, with their own time and identity.
//
// What a process has left in dir, however it ended, the next stream with this directory
// sends: to the routes that it was for, by their names, and masked again by its own rules. A
// process that is killed loses what was in memory; see [WithCrashRing]. What is there for
// a route that the stream has not got stays, and New says so to the error handler.
//
// The queue needs twice its least size, 2 MiB ([WithQueueSize]).
//
// New creates dir with mode 0700 where it is missing. It must belong to the user, be open to
// nobody else, and serve one stream at a time; otherwise New returns an error. A disk that
// fails later, or is full, is reported and tried again now and then, and meanwhile the
// stream sheds as it would without. What the storage itself has to give up counts as
// dropped ([StorageFull], [StorageExpired], [StorageDamaged]).
//
// Records that a destination has refused for good ([Stream.DeadLetters]) are kept there too, in a
// file of at most twice the size that [WithDeadLetters] says, so that they outlive the process.
// While the disk does not take them they are in memory alone ([DeadLetterStats]).
//
// Default: none. There is no default directory.
func WithStorage(dir string, opts ...StorageOption) Option {
	return optionFunc(func(c *config) {
		d := &diskStore{dir: dir, bytes: DefaultStorageBytes, every: DefaultStorageSync, letterAge: DefaultDeadLetterAge}
		for i, o := range opts {
			if o == nil {
				d.bad = append(d.bad, fmt.Errorf("stream: WithStorage: option %d is nil", i+1))
				continue
			}
			o.applyStorage(d)
		}
		c.store = d
	})
}

// WithStorageBytes bounds what the storage occupies, from 1 MiB to 64 GiB. When it is
// used up, the oldest records of the lowest class go first: below INFO, INFO, WARN and
// above; and none is dropped for one of a lower class. With [WithDurable] the classes of
// its level and above stay, and what finds no room then stays in memory. Default: 1 GiB.
func WithStorageBytes(n int64) StorageOption {
	return storageFunc(func(d *diskStore) { d.bytes = n })
}

// WithStorageAge bounds how long a record is stored, from a second; 0 is without bound.
// Records are dropped some hundred at a time, so that one may stay half of d longer.
// Default: 0.
func WithStorageAge(d time.Duration) StorageOption {
	return storageFunc(func(s *diskStore) { s.age = d })
}

// WithStorageSync sets how often what was stored is forced to the disk, from 1 ms to an
// hour; 0 forces each block before its records leave memory. It matters for a failure of
// power or of the operating system. Default: 1 s.
func WithStorageSync(every time.Duration) StorageOption {
	return storageFunc(func(d *diskStore) { d.every = every })
}

// WithDeadLetterAge bounds how long a record that was refused for good is kept, in memory and in
// the storage, from a minute; 0 is without bound, and [WithDeadLetters] bounds the room in any
// case. It is off the disk an eighth of d later at most. Default: 7 days.
func WithDeadLetterAge(d time.Duration) StorageOption {
	return storageFunc(func(s *diskStore) { s.letterAge = d })
}

// check implements store.
func (d *diskStore) check(c *config) error {
	errs := d.bad
	bad := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("stream: "+format, args...))
		}
	}
	bad(d.dir != "", "WithStorage: the directory is empty; there is no default")
	bad(d.bytes >= minStorageBytes && d.bytes <= maxStorageBytes,
		"WithStorageBytes(%d) is not from %d to %d", d.bytes, minStorageBytes, int64(maxStorageBytes))
	bad(d.age == 0 || d.age >= minStorageAge, "WithStorageAge(%v) is not 0s and less than %v", d.age, minStorageAge)
	bad(d.every == 0 || d.every >= minStorageSync && d.every <= maxStorageSync,
		"WithStorageSync(%v) is not 0s and not from %v to %v", d.every, minStorageSync, maxStorageSync)
	bad(d.letterAge == 0 || d.letterAge >= minLetterAge, "WithDeadLetterAge(%v) is not 0s and less than %v", d.letterAge, minLetterAge)
	c.eachRoute(func(r *routeConfig) {
		bad(len(r.name) <= maxStoredName, "WithRoute(%q): the name is longer than %d bytes, which WithStorage has room for", r.name, maxStoredName)
	})
	// A page becomes a block, with a little more to tell of it.
	bad(c.pageSize() <= spool.MaxBlock/4*3, "WithMaxRecordSize(%d) is too large for WithStorage", c.maxRecord)
	bad(c.queueSize >= storagePages*c.pageSize(), "WithQueueSize(%d) is less than %d, which WithStorage needs to write blocks while others fill", c.queueSize, storagePages*c.pageSize())
	bad(int64(2*c.pageSize()) <= d.bytes, "WithStorageBytes(%d) is less than %d, two blocks that can hold the largest record", d.bytes, 2*c.pageSize())
	return errors.Join(errs...)
}
