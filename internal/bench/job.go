package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"time"
)

// A job is what a child process does: it logs records through one contender. Each
// measurement has a process of its own, so that none finds the heap, the pools or
// the connections of another.
type job struct {
	Contender string
	Endpoint  string // "" is an exporter that does nothing
	Gzip      bool
	Records   int
	Rate      int  // records a second; 0 is as fast as it goes
	Portion   int  // so many are logged in a row, then the rate is caught up with; 0 is a twentieth of a second's worth
	Warm      int  // so many more before, which count nowhere
	Procs     int  // GOMAXPROCS and goroutines that log; 0 is what the machine has, and one goroutine
	Locked    bool // the one goroutine has a thread of its own, whose time is Caller
	Busy      bool // its goroutine is busy between portions
	Each      bool // every call is on the clock, and not only every portion; its goroutine is busy in between
	Attrs     int  // of a record; 0 is the five of a service's

	Idle time.Duration // log one record, flush nothing, and look on for so long
}

// A result is what it reports.
type result struct {
	end

	CPU     time.Duration // user and system, from the first record to the end of the flush
	Caller  time.Duration // the same of the calling thread, to the last record
	Logging time.Duration // on the clock, from the first record to the last
	Wall    time.Duration // the same, to the end of the flush

	Allocs, Bytes uint64 // of the heap, to the end of the flush
	Peak          int64  // most memory that was resident, in bytes
	Resident      int64  // memory that is, after a collection: of an idle process
	Switches      int64  // how often a thread of an idle process went to sleep

	Median, P999, Worst time.Duration // of a call, or of a portion divided by its records

	Error string
}

func (j job) run() result {
	var r result
	var err error
	if j.Idle > 0 {
		r, err = j.idle()
	} else {
		r, err = j.pour()
	}
	if err != nil {
		r.Error = err.Error()
	}
	return r
}

// spawn does the job in a child process.
func (j job) spawn() (r result, err error) {
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	arg, err := json.Marshal(j)
	if err != nil {
		return r, err
	}
	cmd := exec.CommandContext(context.Background(), self)
	cmd.Env = append(os.Environ(), childVariable+"="+string(arg))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return r, fmt.Errorf("bench: %s: %w", j.Contender, err)
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return r, fmt.Errorf("bench: %s says %q: %w", j.Contender, out, err)
	}
	if r.Error != "" {
		return r, errors.New("bench: " + j.Contender + ": " + r.Error)
	}
	return r, nil
}

// childVariable holds the job of a process that is a child.
const childVariable = "LOGSTREAM_BENCH_JOB"

// isChild does the job that the environment names, if it names one.
func isChild() (bool, error) {
	arg, ok := os.LookupEnv(childVariable)
	if !ok {
		return false, nil
	}
	log.SetOutput(io.Discard) // zerolog's diode prints to it when it loses lines
	var j job
	if err := json.Unmarshal([]byte(arg), &j); err != nil {
		return true, err
	}
	return true, json.NewEncoder(os.Stdout).Encode(j.run())
}
