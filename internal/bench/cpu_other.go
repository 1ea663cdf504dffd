//go:build !linux

package main

import "time"

// The comparison runs on Linux: elsewhere a thread's processor time is not known.
func cpuTime() time.Duration      { return 0 }
func cpuTimeOf(int) time.Duration { return 0 }
func threadTime() time.Duration   { return 0 }
func switches() int64             { return 0 }
func peakMemory() int64           { return 0 }
func peakMemoryOf(int) int64      { return 0 }
func residentMemory() int64       { return 0 }
