package block

import (
	"sync"
	"sync/atomic"
)

// maxPooledPayload is the largest buffer that goes back to the pool. Default
// batches stay at 1 MB; a rare larger one is left to the garbage collector.
const maxPooledPayload = 4 << 20

var payloadPool = sync.Pool{New: func() any { return new(Payload) }}

// A Payload is an encoded form of a batch in a pooled buffer. It is counted by
// references, because a transport may read it after the export that it was made
// for has returned: who keeps it calls Retain, and Release when done.
type Payload struct {
	name string
	buf  []byte
	refs atomic.Int32
}

// Bytes returns the content, valid until the caller's reference is released.
func (p *Payload) Bytes() []byte { return p.buf }

// Retain takes a further reference.
func (p *Payload) Retain() { p.refs.Add(1) }

// Release gives a reference back. The last one returns the buffer to the pool.
func (p *Payload) Release() {
	switch n := p.refs.Add(-1); {
	case n > 0:
	case n == 0:
		if cap(p.buf) <= maxPooledPayload {
			p.buf = p.buf[:0]
			payloadPool.Put(p)
		}
	default:
		// One release too many. The buffer may already serve another batch, so
		// it is left alone; the count stays below zero and the buffer is lost
		// to the pool.
	}
}

// payloads are the encoded forms of one batch.
type payloads struct {
	mu   sync.Mutex
	list []*Payload
	done bool
}

// Payload returns the form of the batch called name, made by encode at the first
// call and kept for the retries of the batch. encode appends to dst. The caller
// owns a reference of the result.
func (t *Batch) Payload(name string, encode func(dst []byte) ([]byte, error)) (*Payload, error) {
	s := &t.payloads
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.list {
		if p.name == name {
			p.Retain()
			return p, nil
		}
	}
	p := payloadPool.Get().(*Payload)
	buf, err := encode(p.buf[:0])
	if err != nil {
		payloadPool.Put(p)
		return nil, err
	}
	p.name, p.buf = name, buf
	p.refs.Store(1) // the caller's
	if !s.done {
		p.Retain() // the batch's, until Release
		s.list = append(s.list, p)
	}
	return p, nil
}

// PayloadBytes returns the size of the encoded form that was made last, or 0 when
// there is none.
func (t *Batch) PayloadBytes() int {
	s := &t.payloads
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) == 0 {
		return 0
	}
	return len(s.list[len(s.list)-1].buf)
}

// Leases returns how many references to its encoded forms others than the batch
// hold; below zero, somebody released too often. Tests of sinks ask, before
// Release.
func (t *Batch) Leases() int {
	s := &t.payloads
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, p := range s.list {
		n += int(p.refs.Load()) - 1
	}
	return n
}

// Release lets go of the encoded forms. Its records stay readable as long as
// their blocks live. It may be called once, when the batch is settled.
func (t *Batch) Release() {
	s := &t.payloads
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.list {
		p.Release()
	}
	s.list, s.done = nil, true
}
