package stream

import "time"

// backoff returns how long to wait after the n-th failed attempt in a row: a
// random share, random in [0, 1), of initial·2^(n-1), which is at most limit.
// Spreading clients over the whole interval serves a destination that comes back
// best ("full jitter").
func backoff(n int, initial, limit time.Duration, random float64) time.Duration {
	d := initial
	for i := 1; i < n && d < limit; i++ {
		d *= 2
	}
	return time.Duration(random * float64(min(d, limit)))
}
