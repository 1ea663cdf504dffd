// Package report keeps what the Go runtime prints when it ends a process, by a panic or a
// fatal error, in a file of a directory. The directory belongs to a storage, which checks
// and locks it.
//
// # The file
//
// x-crash-RANDOM.report, with 16 hexadecimal digits, holds a header and behind it what the
// runtime wrote, if anything. Numbers are little-endian. These constants are part of the
// format and do not change within a version.
//
//	 0  "logsrept"
//	 8  version, 4 bytes
//	12  size of instance, 4
//	16  size of resource, 4
//	20  size of the resource's schema URL, 4
//	24  when it was made, nanoseconds since 1970, 8
//	32  CRC32C of these 32 bytes and of what follows, 4
//	36  zero, 4
//	40  instance, resource and schema URL of the stream
//
// A file that ends in its header is of a process that was killed while it wrote that. The runtime
// writes to a descriptor of its own, which the process has for as long as it lives; where the
// system has flock, that descriptor holds the lock of the file, which so tells whether the process
// has ended, however it ended.
package report
