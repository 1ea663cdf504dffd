package buffer

import (
	"errors"
	"fmt"
)

// Recover passes to f, shard by shard and in their order, the records that a ring
// over mem held when its process ended: those published and not freed. mem is as it
// was left, and nothing in it is trusted: a shard whose control words cannot be, or
// whose frames do not follow each other, ends at the first that is wrong, and the
// error, which joins those of all shards, says which and how much of it was left
// out. The Frame and its Data, which points into mem, are valid until f returns.
//
// A record that was being written when the process ended was never published: it
// belongs to nobody. Records that Drain had passed on are there if Release had not
// freed them; their Shard and Seq tell.
//
// No goroutine may write to mem meanwhile. c is the Config that the ring was made
// with.
func Recover(c Config, mem []uint64, f func(*Frame)) error {
	if err := c.Validate(); err != nil {
		return err
	}
	if len(mem) != c.Words() {
		return fmt.Errorf("buffer: memory of %d words, want %d", len(mem), c.Words())
	}
	var errs []error
	words := shardWords(&c)
	for i := range c.Shards {
		s := newShard(mem[uint64(i)*words:][:words:words], &c, i)
		if err := s.recover(c.MaxRecord, f); err != nil {
			errs = append(errs, fmt.Errorf("buffer: shard %d: %w", i, err))
		}
	}
	return errors.Join(errs...)
}

// recover is Recover for one shard.
func (s *shard) recover(maxRecord int, f func(*Frame)) error {
	head := s.head.Load()
	pos, end := s.tail.Load(), headPos(head)
	left := (end - pos) & posMask
	if pos > posMask || left > s.size {
		return fmt.Errorf("holds %d words from %d on, and has %d", left, pos, s.size)
	}
	var frame Frame
	for first := true; left > 0; first = false {
		w := s.at(pos)
		n := uint64(uint32(w[packedWord]))
		if left < headerWords || n > uint64(maxRecord) || frameWords(int(n)) > left {
			return fmt.Errorf("a record of %d bytes in the last %d words", n, left)
		}
		last := frame.Seq
		size := decode(w, &frame)
		if frame.Shard != s.id || !first && frame.Seq != last+1 {
			return fmt.Errorf("record %d of shard %d after record %d, with %d words left", frame.Seq, frame.Shard, last, left)
		}
		f(&frame)
		pos = (pos + size) & posMask
		left -= size
	}
	return nil
}

// Claimed returns how many writers were in the middle of a Put when the process of mem
// ended: each owns a shard, and what it was writing is not among the records. c and mem
// are as for Recover.
func Claimed(c Config, mem []uint64) (n int) {
	if c.Validate() != nil || len(mem) != c.Words() {
		return 0
	}
	words := shardWords(&c)
	for i := range c.Shards {
		s := newShard(mem[uint64(i)*words:][:words:words], &c, i)
		n += int(s.head.Load() & ownedBit)
	}
	return n
}
