// Package buffer holds the ring that stands between the goroutines that log and
// the one that ships: bytes only, lock-free for producers, bounded.
//
//	r, err := buffer.New(buffer.Config{Shards: 2, ShardSize: 512 << 10, MaxRecord: 64 << 10})
//	var hint uint32 // of this producer
//	res := r.Put(&hint, buffer.Header{Time: now, Severity: 9}, record) // any goroutine
//	r.Drain(func(f *buffer.Frame) bool { ...; return true })           // the consumer
//
// Any number of goroutines may call Put, Room, Published, MaxRecord and Close at
// the same time. Drain, Sleep, Awake and Finished are for one consumer.
//
// A full ring refuses the new record; nothing is ever overwritten. The last
// quarter of each shard is kept for severities of [Config.Reserved] and above.
// Records of one shard keep their order. Over the shards Drain merges by time;
// between one pass and the next only times tell the order.
//
// # Memory
//
// A ring is a small number of shards. The memory of a shard is a run of 64-bit
// words without any pointer, so the garbage collector never looks inside, and
// everything that a shard knows is in it, so that it could be a mapped file.
//
//	  head            tail, drained        circle                       slack
//	+---------------+---------------+----------------------------+----------------+
//	| 1 cache line  | 1 cache line  | ShardSize                  | largest frame  |
//	+---------------+---------------+----------------------------+----------------+
//
// A frame is four header words and the record, filled up to whole words:
//
//	word 0  length of the record in bytes (32 bits), severity (8), flags (8), shard (16)
//	word 1  origin
//	word 2  sequence number, dense within the shard
//	word 3  observed time, nanoseconds since 1970
//
// Frames follow each other in the circle. One that starts near its end runs over
// into the slack instead of wrapping, so every frame is contiguous; the next one
// starts where it would have if the former had wrapped. A shard that is found empty begins
// anew at the start, so that a stream with little to do touches little memory.
//
//	       tail                  head
//	--------+---------+-----------+----------------------+---------
//	  free  | frame   | frame     | frame being written  |  free
//	        |         |           | by the owner, if any |
//	--------+---------+-----------+----------------------+---------
//
// head is one word. Bit 0 says that the shard is owned. Bits 1 to 39 are the
// position where the next frame starts, in words, modulo 2^39. Bits 40 to 63 count
// the frames published, modulo 2^24. tail is the position up to which the consumer
// has freed, and drained, with all its 64 bits, the number of frames freed.
//
// # Proof
//
// All loads, stores and swaps of head, tail, drained, sleeping, closed, flagged and
// waiting are those of sync/atomic: there is one order of them all that every
// goroutine agrees with, and what a goroutine did before a store is seen after a
// load of what was stored. "Before" and "after" below mean that order. All else is
// plain loads and stores.
//
// Owners. A shard is unowned, or owned by one producer, or sealed: owned by the
// consumer for good. A producer becomes the owner by swapping an unowned head for
// the same head with bit 0 set, and stops being it by its store of the next head,
// the only store to head that there is. While bit 0 is set no swap succeeds, so
// there is one owner, and head changes at its hand alone.
//
// Room. A producer loads head, then drained and tail, and checks that its frame
// fits between head and tail plus the size of the circle. Its swap succeeds only
// if head has not changed, so what it checked is true when it owns the shard:
// tail can only have grown. The words that it writes were freed by the tail that
// it loaded. The consumer stored that tail after its last read of them, so no read
// is disturbed.
//
// Slack. The position is masked by the size of the circle, which divides 2^39.
// Let a frame run over the end B of the circle. The only others that ever use the
// slack are those that ran over B less a multiple of the size; the latest ran over
// B - size. The check says that the end of the new frame, which is past B, is at
// most tail + size, so tail is past B - size. A tail is never inside a frame, so
// that frame is freed altogether. The same goes for the words at the start of the
// circle that the position skips: they belong to the frame in the slack until it
// is freed.
//
// A full shard. tail is loaded after head and can be ahead of it, which looks like
// a full shard; see the interleaving at refuse. So a producer believes that there is
// no room only if head is still the same after it loaded tail. Then the shard was
// full for its record at the moment of that load.
//
// An empty shard begins anew. At the end of a pass the consumer may find head at tail, far from
// the start of the circle. It then claims the shard, as a producer would, stores as tail the
// next position that lies at the start, and then the same position in head, which ends its
// claim. No frame is between the two, so none is skipped, and the count stays. A producer that
// loaded the old head cannot claim it any more. One that loaded the new head loads the new tail,
// since that was stored before; one that loaded a tail ahead of its head finds head
// changed, or owned. Were head stored first, the shard would look used up to the end of
// the circle, and a large record would be refused for nothing. Memory that is looked at
// after a crash has no such shards: in between, its tail is ahead of its head.
//
// Publishing. The owner writes its frame with plain stores and then stores the
// advanced head. The consumer loads head before it reads below it, so it reads
// whole frames. It reads them between tail and that head, where no producer writes.
//
// Sequence numbers. A frame's number is how many were published in the shard
// before it: drained, plus what the count in head is ahead of drained. The latter
// is known modulo 2^24, and it is at most the number of frames between tail and
// head, since drained is stored before tail; a shard has at most 2^23 frames. A
// producer's head and drained belong together because its swap proves that head
// did not change between their loads and the claim. Published, which claims
// nothing, loads drained again after head to know that.
//
// The same head twice (ABA). For a producer's swap to succeed on a head that has
// changed in between, the position must have gone round all 2^39 words, which takes 4 TiB
// through one shard, or one that begins anew a million times and more, 16,384 times if it has the
// largest size; and the count round a multiple of 2^24 to the very same number, between two
// instructions of one producer. Only then could it hold a tail and a count of frames freed that are
// out of date by a whole round, and write where the consumer still reads, or number a frame anew.
//
// A producer that is descheduled, or dies, between claim and publish leaves one
// frame unpublished, the last of its shard. Everything below head is whole; the
// others find the shard owned and use the next one. No producer ever finishes
// something for another, and the consumer never waits for one or skips anything.
// When the producer comes back, its store publishes the frame as if nothing had
// been.
//
// After a crash. Whatever instruction a process ends at, its memory holds its stores
// in program order, as other goroutines would have seen them. So everything between
// tail and head is whole, and what has been claimed and not published is not below
// head: Recover finds each record whose Put returned and that was not freed. drained
// may be ahead of tail by one freeing, which is why Recover does not look at it. A
// ring that is held frees a record only when its consumer says so, which is when the
// record is safe elsewhere; ended in between, it is in both places, with one number.
//
// Progress. Put tries every shard a bounded number of times and yields in between
// for a bounded time. A swap that fails, or a head that changed, means that another
// producer has published or is about to.
//
// # Waking the consumer
//
// A producer stores head, then loads sleeping. The consumer stores sleeping, then
// loads every head, then blocks. In the one order of these four, one of the loads
// comes after the other's store: either the producer sees that the consumer
// sleeps, or the consumer sees the record.
//
//	consumer awake:          producers send nothing
//	consumer asleep (idle):  any record wakes it
//	consumer asleep (timed): it wakes by itself soon; only an urgent record, or one
//	                         that makes a quarter of its shard used, wakes it before
//
// The producer that swaps sleeping for awake sends one token into a channel that
// holds one; so there is at most one send for each sleep. If the swap fails,
// either another producer has woken the consumer, later than this one stored its
// head, or the consumer has woken by itself, and looks at every head before it
// sleeps again. A token that is sent late, when the consumer is awake or in its
// next sleep, wakes it for nothing once; it never takes the place of another,
// since a token is a token.
//
// Urgent records. The producer stores head, then sets flagged, then loads
// sleeping. The consumer stores sleeping, then loads flagged. So a timed sleep
// cannot miss it either. Drain clears flagged before it loads the heads: a record
// whose flag it clears was published before, so the pass sees it. A producer that
// finds flagged set need not set it again, for the same reason: it has published,
// and the pass that clears the flag begins later. A pass that stops early sets the
// flag again.
//
// A quarter full. A producer computes how much of its shard is used from a tail
// that can only be too low, so the record that really reaches a quarter always
// signals. The consumer computes the same from heads that it loads after it
// stored sleeping.
//
// Room. A producer sets waiting in Room, then loads tail in Put. The consumer
// stores tail, then loads waiting. Either the producer finds the room, or the
// consumer closes the channel that the producer holds: Room and the consumer
// agree on it under a lock. Not every store of tail has such a load behind it at
// once, but every pass that frees something ends with one.
//
// # Closing
//
// Put loads closed first, so one that starts after Close publishes nothing. One
// that loaded it before may publish later. To know that there are no more of
// them, the consumer seals each shard that it finds unowned after Close: it claims
// it, as a producer would, and keeps it. Nothing is published in a sealed shard,
// as only an owner publishes. The ring is finished when all shards are sealed and
// empty, and it stays so.
//
// A shard that cannot be sealed yet is owned by a producer. It stores head, then
// loads sleeping and closed; the consumer stored sleeping and loaded closed before
// it saw the shard owned. So that producer signals, however the consumer sleeps. A
// Put that finds nothing but sealed shards loads closed again before it gives up,
// and Close was before them.
package buffer
