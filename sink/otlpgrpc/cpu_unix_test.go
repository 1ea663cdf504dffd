//go:build unix

package otlpgrpc

import (
	"syscall"
	"testing"
)

// cpuTime returns what this process has used so far, in nanoseconds.
func cpuTime(tb testing.TB) int64 {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
