// Package buffer holds the ring that stands between the goroutines that log and
// the one that ships: bytes only, lock-free, bounded.
//
//	r, err := buffer.New(buffer.Config{Shards: 2, ShardSize: 512 << 10, MaxRecord: 64 << 10})
//	var hint uint32 // one per producer, or per P in a sync.Pool
//	switch r.Put(&hint, buffer.Header{Time: now, Severity: 9}, record) {
//	case buffer.OK: ...
//	}
//	r.Drain(func(f *buffer.Frame) bool { ...; return true }) // one consumer
//
// # Shards
//
// A ring is a small number of shards. A shard is a circle of 64-bit words
// without any pointer, so the garbage collector never looks inside.
//
//	            tail                      head
//	  ----------+------------+------------+---------------------
//	   free     | frame      | frame      | being written by the | free
//	            |            |            | owner, if any        |
//	  ----------+------------+------------+---------------------
//
// A frame is four header words and the record, padded to whole words:
//
//	word 0  length of the record in bytes (32 bits), severity (8), flags (8), shard (16)
//	word 1  origin
//	word 2  sequence number, dense within the shard
//	word 3  observed time, nanoseconds since 1970
//
// Frames are contiguous: behind the circle lies a slack of one largest frame,
// into which a frame that starts near the end runs over. The next frame starts
// as if it had wrapped, at the offset by which the former ran over.
//
// head is one word: bit 0 says that the shard is owned, bits 1 to 39 are the
// position (in words, modulo 2^39), and the upper 24 bits count the frames
// published (modulo 2^24). tail is the position up to which the consumer has
// freed, drained its count of frames.
//
// # Proof
//
// Who owns what. The words between tail and head belong to the consumer, to
// read. The words from head up to tail plus the size of the circle are free;
// they belong to whoever owns the shard, to write. A producer becomes the owner
// by changing head from an unowned value to the same value with bit 0 set; only
// one can, and while the bit is set nobody else writes head. It stops being the
// owner by its next store to head. seq is written by owners only.
//
// What publishes. The owner writes header and record with plain stores, and then
// stores the advanced head. The consumer loads head before it reads a frame, so
// the store orders the frame's words before the consumer's reads. The consumer
// frees by a store to tail after its last read; a producer loads tail before it
// claims, so its writes into freed words come after those reads. seq travels
// from owner to owner by the same head.
//
// Room is checked before the claim, on the head value that the claim then
// requires to be unchanged. tail only grows, so a load that is out of date can
// only make a producer believe that there is less room than there is. For head
// to come back to the same value (ABA), 2^39 words, 4 TiB, would have to go
// through one shard between two instructions of one producer; and even then the
// room that it saw is what an equal position means.
//
// A producer that is descheduled, or dies, between claim and publish leaves one
// frame unpublished, the last of its shard. Everything below head is whole; the
// others find the shard owned and use the next one. There is no state in which
// one producer has to finish for another, and none that a consumer skips over.
// When the first one comes back its store publishes the frame as if nothing had
// been.
//
// Overflow. A full ring refuses the new record. It never overwrites. The last
// quarter of each shard is kept for severities of [Config.Reserved] and above.
//
// # Waking the consumer
//
// A producer stores head, then loads sleeping. The consumer stores sleeping, then
// loads every head, then blocks. All four are sequentially consistent, so either
// the producer sees that the consumer sleeps, or the consumer sees the record.
//
//	consumer asleep (idle): any record wakes it, by one channel send.
//	consumer asleep (timed): it wakes by itself soon; only an urgent record, or
//	a shard that is a quarter full, wakes it before.
//	consumer awake: producers send nothing.
//
// An urgent record raises a flag between the two steps of its producer, which
// the consumer loads with the heads, so a timed sleep cannot miss it either.
//
// # Closing
//
// Close sets a flag that every producer loads after its claim and before it
// writes. One that loads it set gives the shard back untouched. So once the flag
// is set and a shard has been seen unowned, nothing is published in it any more:
// an owner that had loaded the flag clear would still be seen as the owner. The
// consumer is finished when every shard is unowned and empty; both ways of giving
// up ownership wake it.
package buffer
