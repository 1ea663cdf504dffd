package stream

import (
	"github.com/logstream-go/logstream/buffer"
	"github.com/logstream-go/logstream/internal/block"
)

// A keeper keeps the records of a stream where the end of its process does not reach
// them. It is an interface so that a program which asks for none does not carry one.
type keeper interface {
	// check returns what is wrong with the options.
	check() error

	// open makes room for a stream, and returns a ring that is held.
	open(s *Stream, c buffer.Config) (*buffer.Ring, error)

	// origin keeps an origin, before the first record that has it.
	origin(id uint32, o *block.Origin)

	// What follows are the methods of that ring, whose memory may fail. When it does,
	// the stream gets another ring: drain and sleep return at once, and put puts the
	// record into that one.
	put(hint *uint32, h buffer.Header, record []byte) buffer.Result
	drain(f func(*buffer.Frame) bool)
	sleep(timed bool) bool
	finished() bool
	published() uint64

	// release lets the next commit free the ring up to what was drained. It is called with
	// Stream.mu held, after publish of the pages and before a route can see the records.
	release()

	// commit keeps the ledger, and with it all that was done to pages and ring since the
	// last commit: a process that ends leaves all of it or nothing. It is called with
	// Stream.mu held, wherever the ledger adds up.
	commit()

	// commitEstate keeps what former processes have left of their ledgers, likewise.
	commitEstate()

	// refused counts a record that the ring did not take, and own one of the stream's own
	// that it took. They may be called by anyone.
	refused(reason Reason, l Level)
	own()

	// page returns a page for a block of the queue, or nil.
	page() keptPage

	// feed hands over what former processes left, until stop is closed.
	feed(stop <-chan struct{}) error

	// close gives up what is kept, since every record is settled.
	close()
}

// A keptPage is a page of the queue as the keeper has it. The worker appends; all else
// is called with Stream.mu held, and is kept by the next commit.
type keptPage interface {
	append(s block.Slot, record []byte)
	publish()
	done(route, from, to int)
	free()

	// skip is done for the record i that was appended and not published; the worker
	// calls it, without the lock.
	skip(route, i int)
}
