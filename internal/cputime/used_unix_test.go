//go:build unix

package cputime

import (
	"testing"
	"time"
)

func TestUsedCountsWorkAndNotSleep(t *testing.T) {
	const nap = 200 * time.Millisecond
	start := Used()
	<-time.After(nap)
	if slept := Used() - start; slept > nap/2 {
		t.Errorf("in a sleep of %v: got %v", nap, slept)
	}
	start = Used()
	for until := time.Now().Add(10 * time.Second); Used()-start < 20*time.Millisecond; {
		if time.Now().After(until) {
			t.Fatal("10 s of work did not count as 20 ms")
		}
	}
}
