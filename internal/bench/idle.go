package main

import (
	"runtime"
	"runtime/debug"
	"time"
)

// idle logs one record, lets it be delivered, and then does nothing but look on.
func (j job) idle() (r result, err error) {
	k, err := open(j.Contender, j.target())
	if err != nil {
		return r, err
	}
	k.log(0)
	rest(j.Idle) // until the record has gone and the runtime is at rest
	runtime.GC()
	debug.FreeOSMemory()
	rest(j.Idle)
	// Looking begins and ends with a wake-up or two. What a look of twice the time
	// has more is the process's own.
	start := switches()
	rest(j.Idle)
	middle := switches()
	rest(2 * j.Idle)
	r.Switches = max(0, switches()-middle-(middle-start))
	r.Resident = residentMemory()
	r.end, err = k.finish()
	return r, err
}

func rest(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	<-t.C
}
