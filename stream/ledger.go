package stream

// A ledger counts what became of the records of a route. It is guarded by
// Stream.mu, and changed in the same critical section as the queue, so that a
// snapshot of both adds up.
type ledger struct {
	filtered  uint64
	delivered uint64
	rejected  uint64
	dropped   [reasons][levels]uint64
	told      [reasons][levels]uint64 // of these and what the ring refused, by gap records

	requests uint64 // that delivered something
	failures uint64 // attempts that are repeated
	bytes    uint64 // of requests that delivered something, uncompressed
	sent     uint64 // of the same as the sink encoded them; 0 if it does not say
}
