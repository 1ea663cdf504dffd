package main

import (
	"os"
	"testing"
	"time"
)

// The test program is the child of its own.
func TestMain(m *testing.M) {
	contenders["loser"] = func(target) (contender, error) {
		return slogs(floor{}, func() (end, error) { return end{Delivered: 2, Dropped: 1}, nil }), nil
	}
	if child, err := isChild(); child {
		if err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestAChildReports(t *testing.T) {
	for _, j := range []job{
		{Contender: "logstream", Records: 1000, Warm: 100},
		{Contender: "logstream", Records: 1000, Rate: 100_000},
		{Contender: "logstream", Records: 1000, Rate: 100_000, Portion: 3, Each: true},
		{Contender: "logstream", Records: 999, Procs: 3},
		{Contender: "otelslog", Records: 1000, Procs: 1, Locked: true, Attrs: 7},
	} {
		r, err := j.spawn()
		if err != nil {
			t.Fatal(err)
		}
		if r.Delivered != j.Records || r.CPU <= 0 || r.Wall < r.Logging || r.Peak == 0 {
			t.Errorf("%+v: got %+v", j, r)
		}
		if j.Rate > 0 && (r.Median <= 0 || r.P999 < r.Median || r.Worst < r.P999) {
			t.Errorf("%+v: got %v, %v, %v of calls", j, r.Median, r.P999, r.Worst)
		}
	}
}

func TestAnIdleChildReports(t *testing.T) {
	r, err := job{Contender: "logstream", Idle: time.Millisecond}.spawn()
	if err != nil || r.Delivered != 1 || r.Resident == 0 {
		t.Errorf("got %+v and %v", r, err)
	}
}

func TestTheErrorOfAChildIsReturned(t *testing.T) {
	for _, j := range []job{{Contender: "nobody", Records: 1}, {Contender: "nobody", Idle: 1}} {
		if _, err := j.spawn(); err == nil {
			t.Errorf("%+v: got no error", j)
		}
	}
}

func TestRecordsThatAreMissingAreAnError(t *testing.T) {
	if r, err := lossless(job{Contender: "loser", Records: 3}); err == nil {
		t.Errorf("got %+v and no error", r)
	}
}

func TestAPacerKeepsItsPace(t *testing.T) {
	const step, n = time.Millisecond, 50
	for _, busy := range []bool{false, true} {
		start := time.Now()
		p := newPacer(step, busy)
		for range n {
			p.wait()
		}
		p.stop()
		if took := time.Since(start); took < n*step {
			t.Errorf("got %d steps in %v, want %v at least", n, took, n*step)
		}
	}
}

func TestQuantiles(t *testing.T) {
	v := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for q, want := range map[float64]int{0: 1, 0.5: 6, 0.99: 10, 1: 10} {
		if got := quantile(v, q); got != want {
			t.Errorf("quantile %v: got %d, want %d", q, got, want)
		}
	}
}
