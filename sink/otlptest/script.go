package otlptest

import (
	"sync"
	"time"
)

// script decides which fault a request meets: the first entry of the queue,
// else the standing one, else none.
type script struct {
	mu       sync.Mutex // guards the following
	queue    []entry
	standing *entry
}

// entry is a fault in use: how many requests it still serves, and until when.
// The window of For opens with the first request that meets the entry and not
// when the entry is queued, so that a script does not depend on how long a test
// takes to send its first request.
type entry struct {
	fault Fault
	left  int       // below 0: any number
	until time.Time // zero until a request met it, when the fault has a window
}

// newEntry gives f its number of requests: what Times says, else unlimited with
// For, else usual.
func newEntry(f Fault, usual int) *entry {
	e := &entry{fault: f, left: usual}
	switch {
	case f.times < 0 || f.window < 0:
		e.left = 0
	case f.times > 0:
		e.left = f.times
	case f.window > 0:
		e.left = -1
	}
	return e
}

// spend takes one request from e and reports whether there was one to take.
func (e *entry) spend(now time.Time) bool {
	if e.fault.window > 0 {
		if e.until.IsZero() {
			e.until = now.Add(e.fault.window)
		}
		if !now.Before(e.until) {
			return false
		}
	}
	if e.left == 0 {
		return false
	}
	if e.left > 0 {
		e.left--
	}
	return true
}

// take returns the fault for a request that arrives now. An entry that is spent
// is dropped only by the next request: For cannot know its end before.
func (s *script) take(now time.Time) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) > 0 {
		if s.queue[0].spend(now) {
			return s.queue[0].fault
		}
		s.queue = s.queue[1:]
	}
	if s.standing != nil {
		if s.standing.spend(now) {
			return s.standing.fault
		}
		s.standing = nil
	}
	return Fault{}
}

func (s *script) push(faults []Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.queue = append(s.queue, *newEntry(f, 1))
	}
}

func (s *script) stand(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.standing = newEntry(f, -1)
}

// clear forgets the standing fault and the queue.
func (s *script) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.standing, s.queue = nil, nil
}
