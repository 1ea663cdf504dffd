package buffer

// Room returns a channel that is closed when the consumer has freed memory after
// the call, or the ring is closed. It does not promise room for any one record:
//
//	for {
//		room := r.Room()
//		if res := r.Put(&hint, h, record); res != buffer.Full {
//			return res
//		}
//		<-room // or give up
//	}
//
// The call of Put between Room and the wait is what makes sure that no room is
// missed. Any number of goroutines may call Room. It takes a lock.
func (r *Ring) Room() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting.Store(true)
	return r.room
}

// freed tells the producers that wait for room. The consumer calls it after it
// stored a tail; a producer that is not seen waiting here sees that tail in its
// next Put.
func (r *Ring) freed() {
	if r.waiting.Load() {
		r.openRoom(false)
	}
}

// openRoom closes the channel that producers wait on. Unless for good, a new one
// takes its place.
func (r *Ring) openRoom(forGood bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.roomOpen {
		return
	}
	r.waiting.Store(false)
	close(r.room)
	if forGood {
		r.roomOpen = true
		return
	}
	r.room = make(chan struct{})
}
