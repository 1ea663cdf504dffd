package otlpconfig

import (
	"os"
	"strings"
	"testing"
)

// TestMain takes the OpenTelemetry variables of the machine away from the tests.
func TestMain(m *testing.M) {
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "OTEL_") {
			os.Unsetenv(name)
		}
	}
	os.Exit(m.Run())
}

// setenv sets the variables, whose names are without the common prefix.
func setenv(t *testing.T, vars map[string]string) {
	t.Helper()
	for name, v := range vars {
		t.Setenv(envPrefix+name, v)
	}
}

// wantError fails the test unless err holds every one of want.
func wantError(t *testing.T, err error, want ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want one with %q", want)
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("got error %q, want %q in it", err, w)
		}
	}
}
