package otlpgrpc

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// serverEnv in the environment makes the test binary a server for benchmarks.
const serverEnv = "OTLPGRPC_BENCH_SERVER"

// TestMain takes the OpenTelemetry variables of the machine away from the tests,
// and fails if goroutines are left at the end.
func TestMain(m *testing.M) {
	if os.Getenv(serverEnv) != "" {
		os.Exit(runServer())
	}
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "OTEL_") {
			os.Unsetenv(name)
		}
	}
	code := m.Run()
	if code == 0 {
		if stacks := leaked(5 * time.Second); stacks != "" {
			fmt.Fprintf(os.Stderr, "goroutines left:\n%s\n", stacks)
			code = 1
		}
	}
	os.Exit(code)
}

// leaked returns the stacks of the goroutines that still run after the main one
// is alone to be expected. Connections take a moment to close.
func leaked(patience time.Duration) string {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	buf := make([]byte, 1<<20)
	for {
		if runtime.NumGoroutine() <= 1 {
			return ""
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			return string(buf[:runtime.Stack(buf, true)])
		}
	}
}
