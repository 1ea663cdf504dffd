package otlphttp

import (
	"os"
	"strings"
	"testing"

	"github.com/logstream-go/logstream/internal/leak"
)

// TestMain takes the variables of the machine that decide about requests away
// from the tests, and fails if goroutines are left at the end.
func TestMain(m *testing.M) {
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, "OTEL_") || strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
			os.Unsetenv(name)
		}
	}
	os.Exit(leak.Main(m))
}
