package sinktest

import (
	"testing"
)

// A check is one promise of the contract. Its name says it.
type check struct {
	name  string
	run   func(*lab)
	needs func(Harness) (missing string) // nil: nothing
}

// checks is the contract.
var checks = []check{
	{"delivers each record once", deliversOnce, nil},
	{"exports several batches at once", deliversAtOnce, nil},
	{"takes an empty batch", takesEmpty, nil},
	{"takes a huge batch or says that it is too large", takesHuge, nil},
	{"takes a huge record or says what is wrong", takesHugeRecord, nil},
	{"survives records that are none", survivesMalformed, nil},
	{"does not keep a batch", keepsNothing, nil},
	{"does not keep a batch whose export was cancelled", keepsNothingCancelled, nil},
	{"gives back the payloads it took", givesBack, nil},
	{"ends with a deadline", obeysDeadline, needsHang},
	{"ends with a cancellation", obeysCancellation, needsHang},
	{"ends when the context has ended before", obeysEndedContext, nil},
	{"says what a failure is about", namesFailures, needsFail},
	{"delivers a batch after it has failed", deliversAfterFailure, needsFail},
	{"says that a destination is away", namesOutage, needsDown},
	{"has limits that are none or positive", limitsAreSane, nil},
	{"shuts down and does nothing more", shutsDown, nil},
	{"shuts down in time", shutsDownInTime, nil},
	{"shuts down in time while an export hangs", shutsDownWhileHanging, needsHang},
}

// Run runs every check of the contract as a subtest of t, each on a harness that
// open makes for it. What open registers with t.Cleanup runs when the check is
// over. Run looks for goroutines that a check leaves behind, and so must not
// run beside other tests: neither t nor open may call t.Parallel. It takes some
// seconds.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	for _, c := range checks {
		before := goroutines()
		t.Run(c.name, func(t *testing.T) {
			h := open(t)
			if h.Sink == nil || h.Received == nil {
				t.Fatal("sinktest: a Harness needs Sink and Received")
			}
			problems, leftOut := c.on(t.Context(), h)
			if leftOut != "" {
				t.Logf("left out: the harness has no %s", leftOut)
			}
			for _, p := range problems {
				t.Error(p)
			}
		})
		if stacks := leaked(before, patience); stacks != "" {
			t.Errorf("%s: goroutines are left:\n%s", c.name, stacks)
		}
	}
}

func needsHang(h Harness) string {
	if h.Hang == nil {
		return "Hang"
	}
	return ""
}

func needsFail(h Harness) string {
	if h.Fail == nil {
		return "Fail"
	}
	return ""
}

func needsDown(h Harness) string {
	if h.Down == nil {
		return "Down"
	}
	return ""
}
