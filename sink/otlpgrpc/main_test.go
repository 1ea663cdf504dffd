package otlpgrpc

import (
	"os"
	"strings"
	"testing"

	"github.com/logstream-go/logstream/internal/leak"
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
	os.Exit(leak.Main(m))
}
