// Package spool is a log of record blocks in a directory: what could not be
// delivered yet outlives the process that made it.
//
//	s, _, err := spool.Open(dir)
//	span, err := s.Append(&spool.Block{Class: spool.Info, Records: n, Meta: slots, Data: records})
//	c, err := s.Cursor("default")
//	for {
//		ok, err := c.Next(spool.Info, &block)
//		... export block, then:
//		err = c.Advance(spool.Info, block.First+uint64(block.Records))
//	}
//
// A block is opaque to the spool: a number of records of one [Class], bytes that
// describe them, their own bytes, and the origins that they name. The records of a
// class are numbered from 0 on, in the order of their blocks. Every reader has a
// [Cursor] with a name, whose place is a record number per class. What all cursors
// have passed is removed; what exceeds the budgets is dropped, the lowest class
// first, then the oldest, and is counted for each cursor that has not passed it.
//
// A spool is safe for concurrent use. It starts one goroutine, if its policy is
// [SyncEvery] or it has an age budget, which Close ends.
//
// # The directory
//
// The directory belongs to one [Spool] at a time, by a lock that the operating system
// gives back when the process ends. It holds, for version 1 of the format,
//
//	LOCK                              locked while a Spool is open
//	v1-low-0000000000000000.seg       segments: class, and number in the chain of
//	v1-info-000000000000001f.seg      the class, 16 hexadecimal digits
//	v1-high-0000000000000003.seg
//	v1-default.cursor                 a cursor; what is not a-z, 0-9, - or _ is
//	                                  %xx, a byte in hexadecimal digits
//	v1-default.cursor.tmp             a cursor that is being made
//
// Names that begin with "x-" belong to whoever owns the spool, and are left alone. Other
// names, and files with another version in their header, are left alone and
// reported. All numbers in files are little-endian. Checksums are CRC32C.
//
// # Segments
//
// A segment begins with a header of 96 bytes. Frames follow, each at a multiple of 8
// bytes:
//
//	+--------------------------------+---------+---------------+----------
//	| header                         | origin  | block         | block ...
//	+--------------------------------+---------+---------------+----------
//
//	segment header             frame header, 48 bytes        after it
//	 0  "logspool"              0  0x314d5246                block: ids of origins,
//	 8  version, 2 bytes        4  kind, 1 byte                4 bytes each; meta;
//	10  header size, 2          5  zero, 3                     data
//	12  class, 1                8  number of the first       origin: its blob
//	13  zero, 3                    record, or the origin's id, 8
//	16  salt, 8                16  records, 4
//	24  number of the file, 8  20  origins, 4
//	32  first record, 8        24  size of meta, 4
//	40  time of creation, 8    28  size of data, or of the blob, 4
//	48  fingerprint, 32        32  time of the Append, 8
//	80  zero, 12               40  checksum of what comes after the header, 4
//	92  checksum, 4            44  checksum of salt and header, 4
//
// Times are nanoseconds since 1970. Kind 1 is a block, 2 an origin. An origin stands
// before the first block of the segment that names it, so that a segment can be
// understood without any other file. The salt is random: bytes in a log record that
// look like a frame are not taken for one when a reader looks for the next frame
// behind a damaged one.
//
// A segment is written by one process. It ends where the next one begins: frames
// with numbers from the next segment's first record on are void. That is how an
// Append that failed is taken back even if the file cannot be shortened.
//
// # Cursors
//
// A cursor file has two slots of 512 bytes, written in turn. The valid one with the
// higher generation counts.
//
//	 0  "logplace"
//	 8  version, 2 bytes
//	10  number of classes, 1
//	11  zero, 5
//	16  generation, 8
//	24  for each class, 8 bytes each: place; below which segments were dropped on
//	    purpose; and of the records below the place those settled, shed, expired,
//	    and damaged
//	168 zero
//	508 checksum of the slot, 4
//
// # What a crash leaves behind
//
// A process that is killed leaves every byte that it wrote. Between any two of its
// calls to the system the directory is in one of these states, and the next Open, which
// may be killed in the same way, comes to the same result:
//
//   - A segment without a whole header. No Append that used it has returned; it is
//     removed.
//   - A segment with frames and then a part of a frame. The part belongs to an Append
//     that has not returned; it is reported as torn. Nothing is ever written to a
//     segment of an earlier process, so it stays as it is, and the next segment gives
//     the numbers out again.
//   - A frame that is whole while its Append has not returned. Its records are part of
//     the log; whoever appended them does not know it and may send them twice.
//   - A cursor file with one slot that is being written. The other one counts, which is
//     one Advance older: records are repeated, none is lost.
//   - A cursor that is being made, under its temporary name. It is removed; the cursor
//     is the old one, or a new one that begins at the oldest record.
//   - A segment that every cursor has passed. It is removed now.
//   - Cursors that say that a segment was dropped, while it is still there. It is read
//     as if nothing had happened.
//   - Cursors that say so, and the segment is gone. Its records count as shed for those
//     that had not passed it, in hand or not.
//
// A failure of power takes, in addition, an arbitrary part of what was written since
// the last fsync: sectors of files, and names in the directory. With [SyncAlways] or
// after [Spool.Commit] and [Spool.Sync], blocks are whole, for the segment is synced
// first, and then its name. A cursor is synced before a segment that it has passed is
// removed, and before one is dropped for room; so what is missing was either settled
// or is known to be shed. Where a cursor lags behind the disk, records are repeated.
// What was not synced may be torn anywhere: its checksums are wrong, readers skip it
// and count it as damaged, or it is missing at the end of its class, where nobody can
// know of it but a cursor that was already past it; its numbers are then not given out
// twice. With [SyncNever], records that were delivered may count as damaged instead.
//
// # What failures do
//
// An error of a write is returned by Append, and the block is not part of the log. The
// next Append tries again, so a disk that has room again is used again. An fsync that
// failed is never repeated on the same file: the segment is ended, what was not
// synced in it stays readable and is never called durable, and new blocks go to a new
// segment. A cursor's file is replaced by a new one. (The process that comes after
// cannot know of it: its own fsync of the old segment is what it believes.)
//
// A read that fails three times, a frame with a wrong checksum, a file that has
// vanished: the records are counted as damaged by each cursor that meets them, and the
// [CorruptionError] names the file and the place. A header that is damaged makes its
// whole segment unreadable; the file goes when its room is needed, or when it must be too old.
//
// Ages are measured with the monotonic clock, and across a restart by the wall clock;
// records from the future are new. So a clock that jumps does not drop anything while
// the process runs, nor when it was set back. One that is wrong by more than the age
// budget, forward, at a start, expires what is there.
package spool
