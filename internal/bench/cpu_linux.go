package main

import (
	"syscall"
	"time"
)

// cpuTime returns the processor time of this process, user and system.
func cpuTime() time.Duration { return rusage(syscall.RUSAGE_SELF) }

// threadTime returns that of the calling thread, to which the goroutine must be
// locked.
func threadTime() time.Duration {
	const rusageThread = 1 // RUSAGE_THREAD of getrusage(2)
	return rusage(rusageThread)
}

func rusage(who int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
