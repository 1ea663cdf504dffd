// Package leak makes a test binary fail when goroutines outlive its tests: TestMain
// calls os.Exit(leak.Main(m)). Only tests import it.
package leak

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"
)

// patience is how long a goroutine may take to end after the last test. Most need
// microseconds; a connection that is being closed needs a round trip.
const patience = 5 * time.Second

// Main runs the tests and returns the exit code of the binary: that of the tests,
// or 1 if they passed and goroutines are left, whose stacks it prints. It does not
// look while fuzzing, whose own watch for signals never ends.
func Main(m interface{ Run() int }) int {
	code := m.Run()
	if code == 0 && !fuzzing() {
		if stacks := left(patience); stacks != "" {
			fmt.Fprintf(os.Stderr, "goroutines outlive the tests:\n%s\n", stacks)
			code = 1
		}
	}
	return code
}

// fuzzing reports whether the binary runs a fuzz target with -fuzz.
func fuzzing() bool {
	f := flag.Lookup("test.fuzz")
	return f != nil && f.Value.String() != ""
}

// left returns the stacks of all goroutines once the time is up, or "" as soon as
// the calling one is alone.
func left(within time.Duration) string {
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for runtime.NumGoroutine() > 1 {
		select {
		case <-look.C:
		case <-deadline.C:
			buf := make([]byte, 1<<20)
			return string(buf[:runtime.Stack(buf, true)])
		}
	}
	return ""
}
