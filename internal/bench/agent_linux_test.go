package main

import (
	"testing"
	"time"
)

// The agent delivers what a program has written, and its own work is in the result.
func TestTheAgentDelivers(t *testing.T) {
	to, err := newReceiver(true)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = to.close() }()
	a, err := startAgent(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	defer a.stop()
	start, program, tailing := time.Now(), time.Duration(0), time.Duration(0)
	const n = 20_000
	for range 2 {
		file := a.next()
		c, err := open("file", target{endpoint: file})
		if err != nil {
			t.Fatal(err)
		}
		before, agent := cpuTime(), cpuTimeOf(a.PID())
		for i := range n {
			c.log(i)
		}
		if _, err := c.finish(); err != nil {
			t.Fatal(err)
		}
		program += cpuTime() - before
		if err := to.await(n); err != nil {
			t.Fatal(err)
		}
		tailing += cpuTimeOf(a.PID()) - agent
		got, err := to.reset()
		if err != nil || len(got.ages) != n || got.ages[0] < 0 || got.ages[n-1] > time.Since(start) {
			t.Fatalf("got %d ages and %v, want %d from 0 to %v", len(got.ages), err, n, time.Since(start))
		}
	}
	if program == 0 || tailing < program/10 {
		t.Errorf("the program took %v and the agent %v of the processors", program, tailing)
	}
}
