package main

import (
	"bytes"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime returns the processor time of this process, user and system. It is what
// getrusage tells, which some kernels count in ticks of milliseconds.
func cpuTime() time.Duration { return clock(unix.CLOCK_PROCESS_CPUTIME_ID) }

// threadTime returns that of the calling thread, to which the goroutine must be
// locked.
func threadTime() time.Duration { return clock(unix.CLOCK_THREAD_CPUTIME_ID) }

// cpuTimeOf returns that of another process; clock_getcpuclockid(3) makes the number of its
// clock like this.
func cpuTimeOf(pid int) time.Duration { return clock(int32(^pid<<3 | unix.CLOCK_PROCESS_CPUTIME_ID)) }

func clock(id int32) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(id, &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// switches returns how often threads of this process went to sleep.
func switches() int64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return u.Nvcsw
}

// peakMemory returns the most memory of this process that was resident, in bytes.
// getrusage will not do: a child inherits its parent's.
func peakMemory() int64 { return status("self", "VmHWM") }

// peakMemoryOf returns that of another process.
func peakMemoryOf(pid int) int64 { return status(strconv.Itoa(pid), "VmHWM") }

// residentMemory returns how much is now.
func residentMemory() int64 { return status("self", "VmRSS") }

// status returns a size from the status file of a process in bytes, 0 if there is none.
func status(process, name string) int64 {
	text, err := os.ReadFile("/proc/" + process + "/status")
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(text) {
		f := bytes.Fields(line)
		if len(f) < 2 || string(f[0]) != name+":" {
			continue
		}
		if kb, err := strconv.ParseInt(string(f[1]), 10, 64); err == nil {
			return kb << 10
		}
	}
	return 0
}
