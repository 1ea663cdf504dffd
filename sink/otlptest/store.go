package otlptest

import (
	"sync/atomic"
)

// store holds what arrived. It knows nothing of transports and faults.
type store struct {
	records  journal[Record]
	requests journal[Request]

	refused, bytes, wireBytes atomic.Int64
}

func newStore(keep bool) *store {
	s := &store{}
	s.records.noun, s.records.keep = "records", keep
	s.requests.noun, s.requests.keep = "requests", keep
	return s
}

// arrived adds a request. A request is added before its records, so that
// whoever waited for a record finds its request.
func (s *store) arrived(r Request) {
	s.bytes.Add(int64(r.Size))
	s.wireBytes.Add(int64(r.WireSize))
	if !s.requests.keep {
		s.requests.add(nil, 1)
		return
	}
	s.requests.add([]Request{r}, 1)
}

// settle keeps the first n records of m and counts the others as refused. Every
// message that was parsed is settled once, which makes the sums of Stats agree.
func (s *store) settle(m *message, n int) {
	s.refused.Add(int64(m.count - n))
	if n == 0 {
		return
	}
	var kept []Record
	if s.records.keep {
		kept = m.records[:n]
	}
	s.records.add(kept, n)
}

func (s *store) stats() Stats {
	return Stats{
		Requests:  int64(s.requests.len()),
		Records:   int64(s.records.len()),
		Refused:   s.refused.Load(),
		Bytes:     s.bytes.Load(),
		WireBytes: s.wireBytes.Load(),
	}
}

func (s *store) reset() {
	s.records.reset()
	s.requests.reset()
	s.refused.Store(0)
	s.bytes.Store(0)
	s.wireBytes.Store(0)
}

func (s *store) close() {
	s.records.close()
	s.requests.close()
}
