//go:build linux

package main

import (
	"errors"
	"fmt"
	"time"
)

// A verdict is what a run has found.
type verdict struct {
	kills, ends, taken, arrived, repeated int
	stored                                int    // processes that had a storage with records in it
	full                                  string // how the disk filled up, and how often that was noticed
	refused                               int    // by the receivers, and missing therefore
	dropped                               uint64
	duration                              time.Duration
	err                                   error
}

func (v verdict) String() string {
	s := fmt.Sprintf("%2d kills, %d ends, %6d records taken, %6d arrived, %4d refused, %6d dropped, %5d repeated, %v", v.kills, v.ends, v.taken, v.arrived, v.refused, v.dropped, v.repeated, v.duration.Round(100*time.Millisecond))
	if v.stored > 0 {
		s += fmt.Sprintf(", %d of them with a storage in use", v.stored)
	}
	if v.full != "" {
		s += ", " + v.full
	}
	if v.err != nil {
		s += "\n" + v.err.Error()
	}
	return s
}

// checkLedger compares the ledger of a program that has ended with what it logged.
func checkLedger(rep report, p *process, route int) error {
	if len(rep.Stats.Routes) <= route {
		return nil // end has said why
	}
	errs := []error{rep.Stats.Check()}
	line := rep.Stats.Routes[route]
	if held := line.Held.Total(); held > 0 {
		errs = append(errs, fmt.Errorf("%d records are held after Shutdown: %v", held, line))
	}
	if got, want := rep.Stats.Accepted-rep.Stats.Own-rep.Stats.Recovered, uint64(p.board.total()); got != want {
		errs = append(errs, fmt.Errorf("the ledger has accepted %d records of its program, which logged %d", got, want))
	}
	return errors.Join(errs...)
}

// add adds what an oracle has found.
func (v *verdict) add(ps []*process, o *oracle) {
	for _, p := range ps {
		v.taken += p.board.total()
	}
	v.arrived += len(o.arrived)
	v.repeated += o.repeated
	v.refused += o.refused + o.poisoned + o.halved
}
