//go:build linux

// Chaos proves that no record is lost unseen: it runs programs that log, while their
// endpoints misbehave and while they are killed, and compares what their log calls took
// with what has arrived.
//
//	go run ./internal/chaos                        # one run of each kind
//	go run ./internal/chaos -runs 30               # thirty of each in a row
//	go run ./internal/chaos -soak -for 30m         # half an hour of faults
//	go run ./internal/chaos -soak -for 1m -cycle 6s -growth 1.2
//
// There are four kinds of runs. In a run of kills the program logs from eight goroutines
// into a crash ring, with callers that wait for room, and is killed at random moments:
// nothing may be missing but what the receiver has refused. A run with a store is the
// same with a storage, which is used because the queue is small, and with programs
// that end by a deadline before all is sent. In a run that sheds, the program is not
// killed, has two routes, a small queue and callers that do not wait: what is missing
// must be in the ledger. A full run is the same with a storage on a file system that
// fills up; where a mount is not permitted, files are kept small instead.
//
// The faults are refused connections, UNAVAILABLE, 429 with Retry-After, 413, partial
// success, one bad record in a batch, answers about the client, connections that are
// reset before or after the records were taken, no answer, late answers and slow reads.
//
// A soak is one program through storms that are all alike, a cycle each. When one is
// over, the program goes on logging; it gives back the memory that it does not use and is
// measured, many times, and the least counts. Resident memory, descriptors, goroutines and
// files may be at most 1.05 times what they were after the third storm, give or take a few
// connections. A program takes a minute or two until it has all the memory that it will
// ever use, so a short soak allows more.
//
// A run prints its seed, which fixes the order of faults and the moments of kills, but
// not what the scheduler does in between.
package main
