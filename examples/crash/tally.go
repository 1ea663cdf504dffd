package main

import (
	"errors"
	"fmt"
	"sync"

	"github.com/logstream-go/logstream/sink/otlptest"
)

// A place is one goroutine of one child. It numbers its records from 1.
type place struct{ process, worker int }

// A tally compares what was taken with what has arrived. The children run one after
// the other; taken is written by the goroutine that reads the pipe of one, and read
// when that has ended or under mu.
type tally struct {
	receiver *otlptest.Server

	mu    sync.Mutex // guards the following
	taken map[place]int

	arrived map[place]map[int]int // by number: how often
	seen    int                   // of the receiver's records
}

func newTally(receiver *otlptest.Server) *tally {
	return &tally{receiver: receiver, taken: map[place]int{}, arrived: map[place]map[int]int{}}
}

// A sum is what there is to say at one moment.
type sum struct {
	taken    int // log calls that have returned
	arrived  int // different records at the receiver
	missing  int // taken and not arrived
	repeated int // arrivals of records that had arrived before
	invented int // arrived, and never logged
}

// verdict returns an error if a record is lost or made up.
func (s sum) verdict() error {
	var errs []error
	if s.missing > 0 {
		errs = append(errs, fmt.Errorf("%d records are lost", s.missing))
	}
	if s.invented > 0 {
		errs = append(errs, fmt.Errorf("%d records arrived that nobody logged", s.invented))
	}
	if s.taken == 0 {
		errs = append(errs, errors.New("no record was logged"))
	}
	return errors.Join(errs...)
}

// count compares. A process may have been killed while a log call had stored its
// record and not returned: such a record may arrive, one for each goroutine.
func (t *tally) count() sum {
	t.mu.Lock()
	defer t.mu.Unlock()
	records := t.receiver.Records()
	for _, r := range records[t.seen:] {
		p := place{number(r, "process"), number(r, "worker")}
		if t.arrived[p] == nil {
			t.arrived[p] = map[int]int{}
		}
		t.arrived[p][number(r, "order")]++
	}
	t.seen = len(records)
	var s sum
	for _, n := range t.taken {
		s.taken += n
	}
	for p, orders := range t.arrived {
		for order, times := range orders {
			s.arrived++
			s.repeated += times - 1
			if order < 1 || order > t.taken[p]+1 {
				s.invented++
			}
		}
	}
	for p, n := range t.taken {
		for order := 1; order <= n; order++ {
			if t.arrived[p][order] == 0 {
				s.missing++
			}
		}
	}
	return s
}

// number returns an attribute of a record, or -1, which no child logs.
func number(r otlptest.Record, key string) int {
	v, ok := r.Attributes[key].(int64)
	if !ok {
		return -1
	}
	return int(v)
}

// missingBefore returns how many records of the processes before one are missing.
func (t *tally) missingBefore(process int) int {
	t.count()
	t.mu.Lock()
	defer t.mu.Unlock()
	missing := 0
	for p, n := range t.taken {
		for order := 1; order <= n && p.process < process; order++ {
			if t.arrived[p][order] == 0 {
				missing++
			}
		}
	}
	return missing
}
