package stream

import (
	"fmt"

	"github.com/logstream-go/logstream/buffer"
	"github.com/logstream-go/logstream/internal/block"
)

// ringConfig returns what the stream's ring is like.
func (c *config) ringConfig() buffer.Config {
	return buffer.Config{
		Shards:    c.shards,
		ShardSize: c.shardSize(),
		MaxRecord: c.maxFrame(),
		Reserved:  reservedSeverity,
		Urgent:    urgentSeverity,
	}
}

// openRing makes the ring, in ordinary memory or where the keeper wants it.
func (s *Stream) openRing() (err error) {
	var ring *buffer.Ring
	if s.keeper != nil {
		ring, err = s.keeper.open(s, s.cfg.ringConfig())
	} else if ring, err = buffer.New(s.cfg.ringConfig()); err != nil {
		err = fmt.Errorf("stream: %w", err)
	}
	if err != nil {
		return err
	}
	s.ring.Store(ring)
	s.current, s.kept = ring, s.keeper != nil
	s.queue.keeper = s.keeper
	return nil
}

// replaceRing puts a ring in ordinary memory in the place of one whose memory failed,
// and closes that. It may be called with or without any lock, by anyone, once.
func (s *Stream) replaceRing(old *buffer.Ring) {
	ring, err := buffer.New(s.cfg.ringConfig())
	if err != nil {
		return // New took the same config when the stream was made
	}
	if s.closing.Load() {
		ring.Close() // before anyone has it: the worker may have ended
	}
	s.ring.Store(ring)
	old.Close() // wakes the worker
	if s.closing.Load() {
		ring.Close() // Shutdown may have closed the old one meanwhile
	}
}

// put puts a record into the ring that is there.
func (s *Stream) put(hint *uint32, h buffer.Header, record []byte) buffer.Result {
	if s.keeper != nil {
		return s.keeper.put(hint, h, record)
	}
	return s.ring.Load().Put(hint, h, record)
}

// keepLocked commits what was done since the last call. It is called at the end of what
// changes the ledger, before others can see it.
func (s *Stream) keepLocked() {
	if s.keeper != nil {
		s.keeper.commit()
	}
}

// addOrigin registers an origin, also with the keeper.
func (s *Stream) addOrigin(o block.Origin) uint32 {
	o.Own = isOwnScope(o.Scope)
	id := s.origins.Add(o)
	if s.keeper != nil {
		s.keeper.origin(id, s.origins.At(id))
	}
	return id
}

// publishedLocked returns how many records were put into the rings, or adopted.
func (s *Stream) publishedLocked() uint64 {
	if s.kept {
		return s.former + s.keeper.published()
	}
	return s.former + s.current.Published()
}

// drain takes what the ring has, after a move to another one if there is.
//
// A pass that took many records leaves those that came meanwhile. To take them, too, lets an empty
// shard begin anew at its start, in memory that is in the caches. A pass is mostly a tenth as
// long as the one before; where it is more than half, the ring is filled as fast as it is drained,
// and there would be no end to it. hurry says that somebody waits for the end of it.
func (w *worker) drain(hurry bool) {
	if ring := w.s.ring.Load(); ring != w.from {
		w.moveTo(ring)
	}
	if w.kept {
		w.s.keeper.drain(w.take)
		return
	}
	w.waits = false
	n := w.from.Drain(w.take)
	for last := 2 * n; n >= fewRecords && n <= last/2; {
		if hurry || w.hurries() {
			return
		}
		last, n = n, w.from.Drain(w.take)
	}
}

// fewRecords are too few for another pass.
const fewRecords = 16

// hurries reports whether a pass should be the last: somebody waits for what it took, or it had to
// wait for room, so that nothing of the ring is in the caches any more.
func (w *worker) hurries() bool {
	return w.urgent || w.waits || len(w.flushes)+len(w.later) > 0
}

// moveTo leaves the ring of the keeper, whose memory failed. What it had is lost.
func (w *worker) moveTo(ring *buffer.Ring) {
	s := w.s
	w.publish(false)
	s.mu.Lock()
	defer s.mu.Unlock()
	if taken := s.keeper.published(); taken > w.drained {
		s.ringDrops[RingLost][levelOf(0)].Add(taken - w.drained)
		s.drops.Add(taken - w.drained)
		s.durable.broken.Add(1)
		loseAll(w.flushes, w.later)
	}
	s.former += w.drained
	w.drained = 0
	w.from, s.current = ring, ring
	w.kept, s.kept = false, false
}

// sleep is Sleep of the ring.
func (w *worker) sleep(timed bool) bool {
	if w.kept {
		return w.s.keeper.sleep(timed)
	}
	return w.from.Sleep(timed)
}

// finished reports whether no record will come any more.
func (w *worker) finished() bool {
	if w.kept {
		return w.s.keeper.finished()
	}
	return w.from.Finished()
}
