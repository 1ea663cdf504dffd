// Package letters keeps dead letters, the records that destinations have refused for good, in
// a file of a directory. The directory belongs to a storage, which checks and locks it.
//
// # The file
//
// x-dead.letters holds a header and then frames, one for each letter, the oldest first;
// x-dead.letters.tmp is one that is being made, and takes the other's name once it is on the
// disk. Numbers are little-endian, checksums CRC32C. These constants are part of the format
// and do not change within a version.
//
//	header, 32 bytes           frame, 24 bytes              after it
//	 0  "logsdead"              0  0x5454454c                route, sink and reason, each
//	 8  version, 2 bytes        4  size of what follows, 4    with its length as a varint;
//	10  header size, 2          8  when it was refused, 8     the request, an OTLP
//	12  zero, 4                16  checksum of what           ExportLogsServiceRequest
//	16  salt, 8                    follows, 4
//	24  zero, 4                20  checksum of salt and
//	28  checksum, 4                these 20 bytes, 4
//
// The time is nanoseconds since 1970. The salt is random: a text in a request that looks like
// a frame is not taken for one when a reader looks for the next frame behind a damaged one.
//
// A process that is killed leaves a file whose last frame may be cut off, and perhaps one that was
// being made. Both are known by their look, and cost at most the letters of one Append that has
// not returned.
package letters
