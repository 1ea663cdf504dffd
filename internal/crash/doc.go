// Package crash keeps a stream's records in a file of memory that outlives the
// process: what Handle took before a SIGKILL, an out-of-memory kill, a panic or
// os.Exit is read by the next start.
//
// The file lies in a memory-backed file system and is mapped. To keep a record is
// to copy it into mapped memory; no system call is made. It does not outlive the
// machine.
//
//	+--------+--------+---------+--------------------------+---------------------+
//	| header | ledger | origins | ring: see package buffer | pages               |
//	+--------+--------+---------+--------------------------+---------------------+
//
// Everything is in 64-bit words in the byte order of the machine, which the magic
// number tells, and every part begins at a multiple of 4 KiB.
//
// Header, written before the file gets its name, and never again but for word 9:
//
//	word 0   magic number, with the version in its last byte
//	word 1   number of shards (32 bits), size of a shard in bytes (32)
//	word 2   largest record in bytes (32), pages (32)
//	word 3   size of a page in bytes (32), of the origins in bytes (32)
//	word 4   time of creation, nanoseconds since 1970
//	word 5   number of routes (32), length of the names (32)
//	word 6   number of counters (32), words of the sums (32)
//	word 7   words of the estate
//	word 8   CRC-32C of words 0 to 7 and of the names
//	word 9   how many records of the ring a later process has taken over
//	word 10  the names of the instance and of the routes, each with a byte of
//	         length before it
//
// Ledger: the counters; two slots of a commit, which has the number of records of each
// shard that have left the ring and the sums; two slots of the estate. Package stream says
// what counters, sums and estate are. Slots are written in turn:
//
//	word 0   number, one more than that of the slot before, and 0 while the slot is
//	         written; number modulo 2 is the place of the slot
//	word 1   CRC-32C of what is kept (32 bits), the number, cut off (32)
//	word 2   what is kept
//
// Origins: word 0 is the length in bytes of what follows and is whole, the entries one
// behind the other. An entry is length (32 bits) and CRC-32C (32), then id and the
// five parts of an origin, each with its length (32) before it, filled up to whole
// words.
//
// A page: word 0 is the length in words of its records that are whole, word 1 how much
// of that a later process has taken over, word 2 the number of the commit that the length
// belongs to, word 3 the length before that commit; the records start at word 8. A record is
//
//	word 0  length in bytes (32 bits), severity (8), flags (8), shard (16)
//	word 1  origin (32), number of the commit that word 4 belongs to, cut off (32)
//	word 2  sequence number
//	word 3  observed time
//	word 4  a bit for each route that needs it no more (32), the same before that commit (32)
//	word 5  the record, masked, filled up to whole words
//
// # What a crash leaves
//
// A process that is killed leaves its stores in program order, so whatever a length
// covers is whole. What became of records and the sums that count it change together,
// with a commit: a change of a page has the number of the commit that is to come, and keeps
// beside it what was there before. Who reads the file takes what is there if the
// slot of that commit is whole, and what was before if it is not. So there are
// two states, and no third one, which the ledger does not describe. The steps of a
// record, and where a crash after each finds it:
//
//	Put stores the ring's head              in the ring
//	the worker copies it into a page        in the ring: the page's length is old
//	the worker stores the page's length     in the ring: the length is not committed
//	it has left the ring, by a commit       in the page
//	the worker stores the ring's tail       in the page
//	a route is done with it                 in the page, as it was
//	the commit says what became of it       in the page, with the route's bit, and in the sums
//	the page is free, by a commit           in the sums
//
// What the ring refuses has no commit: it counts at once, in a counter. What is
// in flight at the crash has no bit and is sent again, and so is what a destination took
// just before the commit: the duplicates are what was in flight.
//
// Without a whole slot, which only damage explains, reading takes pages first and leaves
// out of the ring what a page has, by shard and number. (Numbers are those of one ring: a
// record that came from another file has an origin with an instance, and is in pages
// only.)
//
// # Who owns a file
//
// The process that holds its lock (flock), which the kernel gives back when the
// process ends, however it ends. A file is created under another name, sized, locked,
// written, and then renamed, so a name that ends in .crash is always a whole file. The
// next start takes the lock of one that nobody holds, reads it, and removes it after
// its records are in a file of its own or were sent. Two that try get it once: whoever
// gets the lock checks that the name still leads to the file. What it has taken over
// it notes in the file, so that its own end in the middle repeats little.
//
// The ledger of a process goes to the heir whole, after its records: the heir adds it to
// its estate, with the ID of the file, and then removes the file. If the heir ends between the two, the
// ID tells the next one that the file, still there, has its ledger in the other one.
package crash
