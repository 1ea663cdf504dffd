package otlphttp

import (
	"iter"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// firstPause is how long an endpoint is left alone after its first failure.
	// It doubles with each further one.
	firstPause = time.Second

	// longestPause bounds it: an endpoint that has recovered should not stay
	// idle for long, and one probe in half a minute costs nothing.
	longestPause = 30 * time.Second

	// longestAsked bounds what an endpoint asks for by itself.
	longestAsked = 5 * time.Minute
)

// health is what is known about an endpoint.
type health struct {
	mu       sync.Mutex // guards the following
	failures int        // since the last success
	until    time.Time  // to be left alone until then, if there are failures
}

// claim reports whether an endpoint may be used. Where it has been down, the first
// caller after the pause is the one to try, and the others go on waiting.
func (h *health) claim(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.failures == 0 {
		return true
	}
	if now.Before(h.until) {
		return false
	}
	h.until = now.Add(pause(h.failures))
	return true
}

// up notes a success.
func (h *health) up() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failures = 0
}

// down notes a failure; asked is how long the endpoint wants to be left alone.
func (h *health) down(now time.Time, asked time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failures++
	h.until = now.Add(max(pause(h.failures), min(asked, longestAsked)))
}

// pause returns how long to wait after n failures in a row.
func pause(n int) time.Duration {
	return min(firstPause<<min(n-1, 10), longestPause)
}

// resumes returns when the pause ends.
func (h *health) resumes() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.until
}

// A balancer spreads requests over endpoints.
type balancer struct {
	endpoints []*endpoint // immutable, one at least
	next      atomic.Uint32
}

// candidates iterates over the endpoints that are not known to be down, each once
// and beginning with the next in turn. If all are down it is the one that has the
// least time to wait: the stream has decided to try.
func (b *balancer) candidates() iter.Seq[*endpoint] {
	return func(yield func(*endpoint) bool) {
		n := uint32(len(b.endpoints))
		first := b.next.Add(1) - 1
		tried := false
		for i := range n {
			e := b.endpoints[(first%n+i)%n]
			if !e.health.claim(time.Now()) {
				continue
			}
			tried = true
			if !yield(e) {
				return
			}
		}
		if tried {
			return
		}
		soonest := b.endpoints[0]
		for _, e := range b.endpoints[1:] {
			if e.health.resumes().Before(soonest.health.resumes()) {
				soonest = e
			}
		}
		yield(soonest)
	}
}
