package stream

import "time"

// A beat is how long the worker sleeps on its timer, so that it wakes before a shard of the ring
// is so full that a log call wakes it, which costs that call as much as many do. It learns
// from the sleeps that went before. It belongs to the worker's goroutine.
type beat struct {
	longest time.Duration // the linger
	crowd   int           // bytes that fill so much of a shard, about
	next    time.Duration // what the next sleep may last
	came    int           // bytes of the ring taken since the last sleep
}

// frameHead is what a record takes in the ring besides its bytes.
const frameHead = 32

// shortestBeat bounds what waking for little can cost where a log call would have to wake the
// worker more often than that.
const shortestBeat = time.Millisecond

func newBeat(c *config) beat {
	return beat{longest: c.linger, crowd: c.shardSize() / 4, next: c.linger}
}

// learn sets what the next sleep may last from the last one, which took as long as slept, and from
// what came in it. called says that a log call ended it, though its record was not urgent. That
// a processor was free for the worker only after the beat is no part of what was slept.
//
// The worker is in time if it wakes when the shard is three quarters as full as that; from
// there it gropes for the limit, slowly. Where less than half of that would have come in a
// whole beat, as after a burst, the beat is soon out of the way.
func (b *beat) learn(slept time.Duration, called bool) {
	came := b.came
	b.came = 0
	if called {
		if came >= b.crowd/2 { // or the call was for what the last pass took
			b.next = max(min(slept, b.next)*3/4, shortestBeat)
		}
		return
	}
	if float64(came)*float64(b.next) < float64(slept)*float64(b.crowd)/2 {
		b.next *= 2
	} else {
		b.next += b.next / 64
	}
	b.next = min(b.next, b.longest)
}
