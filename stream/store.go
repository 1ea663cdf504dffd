package stream

import (
	"context"

	"github.com/logstream-go/logstream/internal/block"
)

// A store takes records out of the queue while routes lag behind, and gives them back.
// It is an interface so that a program which asks for none does not carry one.
//
// A record that a route has not sent is in the queue, in the store, or in both while it
// is being moved. What is read back lies in pages of its own, for one route alone; they
// are not stored again, but given back.
type store interface {
	// check returns what is wrong with the options.
	check(c *config) error

	// open opens the store and enters what it holds into the ledger.
	open(s *Stream) error

	// begun is called once everything runs.
	begun()

	// run moves records until all routes have ended, or save has moved the last.
	run() error

	// kick makes run look whether there is something to do. It never blocks.
	kick()

	// save puts all that is not delivered into the store and stops the routes, once the
	// worker has ended. The error says that the disk failed or ctx has ended before.
	save(ctx context.Context) error

	// What follows is called with Stream.mu held.

	// helps reports whether the store is about to make room in the queue.
	helps() bool

	// takes reports whether the store would take a page, if there were one.
	takes() bool

	// moves counts the times that the store has made room.
	moves() uint64

	// giveBack frees a page that was read back, and reports whether there was one.
	giveBack() bool

	// settled says that nobody needs a page that was read back any more.
	settled(p *page)

	// lost says that a record of such a page was rejected or dropped.
	lost(p *page)

	// register makes w wait for what the store holds.
	register(w *waiter)

	// pledge says that callers want records of p on the disk, of those that have been
	// published from from on; see [WithDurable].
	pledge(p *page, from int)

	// secureFor makes the store write what was pledged, and tell g.
	secureFor(g *group)
}

// Promises are what callers want on the disk of a page. It is an interface for the same
// reason.
type promises interface {
	// settle says that a route needs the records from..to-1, all of which it takes, no more
	// from the page.
	settle(route, from, to int)

	// retreat takes what r has not sent, and the store has, out of the queue: it is in the
	// store alone then. The others are dropped, for which it calls drop.
	retreat(r *route, from, to int, drop func(from, to int))
}

// A shelf is what a route has in the store. It is guarded by Stream.mu.
type shelf struct {
	held   int                       // records that are there alone
	back   []*page                   // read back, and not sent in full, first to last
	begun  int                       // record of the first of these that is sent next
	aloft  map[*block.Batch]struct{} // in flight; nil without a store
	parted bool                      // the route sends no more: all it had is in the store
}

// An entry is a block in the store.
type entry struct {
	first, end uint64 // numbers of its records, in its class
	time       int64  // when it was stored, nanoseconds since 1970
	own        bool   // by this process: its origins are known by the same ids
	needs      []need // by route
}

// needed reports whether a route needs e to be there.
func (e *entry) needed(route int) bool {
	return e.needs[route].where != nowhere || e.needs[route].left > 0
}

// A need is what a route needs of an entry.
type need struct {
	where  place
	from   int // of the block's records that the route takes, those from here on
	n      int // how many these are
	levels [levels]uint32

	// left is how many of the records are in the queue, of which the entry is a copy, and not
	// settled; see pledge. It is 0 for an entry that was moved.
	left int
	told bool // a block says that the route needs it no more
}

// A place is where the records of an entry are, for one route.
type place uint8

const (
	nowhere  place = iota // settled, or never needed
	inStore               // in the store alone
	inMemory              // in a page as well
)

// owns reports whether the store or the queue still accounts for b. It does not once b
// was in flight when all was stored: its outcome, if it comes, is a duplicate.
func (r *route) ownsLocked(b *block.Batch) bool {
	if r.s.store == nil {
		return true
	}
	_, ok := r.shelf.aloft[b]
	return ok
}

// launchedLocked notes that b is in flight.
func (r *route) launchedLocked(b *block.Batch) {
	if r.s.store != nil {
		r.shelf.aloft[b] = struct{}{}
	}
}

// landedLocked notes that b is in flight no more.
func (r *route) landedLocked(b *block.Batch) {
	if r.s.store != nil {
		delete(r.shelf.aloft, b)
		r.s.store.kick()
	}
}

// delivers reports whether exports of r succeed, as far as is known.
func (r *route) delivers() bool { return r.state == Sending || r.state == FailedOver }

// parted reports whether r has left what it had to the store.
func (r *route) parted() bool {
	if r.s.store == nil {
		return false
	}
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return r.shelf.parted
}
