package stream

import "time"

// A nap tells how long the worker sleeps on its timer, so that it wakes before a shard of the ring
// is so full that a log call wakes it, which costs that call as much as many do. It learns
// from the naps that went before. It belongs to the worker's goroutine.
type nap struct {
	longest time.Duration // the linger
	crowd   int           // bytes that fill so much of a shard, about
	next    time.Duration // what the next one may last
	came    int           // bytes of the ring taken since the last one
}

// frameHead is what a record takes in the ring besides its bytes.
const frameHead = 32

// shortestNap bounds what waking for little can cost where a log call would have to wake the
// worker more often than that.
const shortestNap = time.Millisecond

func newNap(c *config) nap {
	return nap{longest: c.linger, crowd: c.shardSize() / 4, next: c.linger}
}

// learn sets what the next nap may last from the last one, which took as long as slept, and from
// what came in it. called says that a log call ended it, though its record was not urgent. That
// a processor was free for the worker only after it is no part of what was slept.
//
// The worker is in time if it wakes when the shard is three quarters as full as that; from
// there it gropes for the limit, slowly. Where less than half of that would have come in a
// whole nap, as after a burst, naps are soon as long as the linger.
func (n *nap) learn(slept time.Duration, called bool) {
	came := n.came
	n.came = 0
	if called {
		if came >= n.crowd/2 { // or the call was for what the last pass took
			n.next = max(min(slept, n.next)*3/4, shortestNap)
		}
		return
	}
	if float64(came)*float64(n.next) < float64(slept)*float64(n.crowd)/2 {
		n.next *= 2
	} else {
		n.next += n.next / 64
	}
	n.next = min(n.next, n.longest)
}
