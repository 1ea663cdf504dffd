//go:build !unix

package main

import "time"

// cpuTime is not known here: the comparison runs on Unix.
func cpuTime() time.Duration { return 0 }
