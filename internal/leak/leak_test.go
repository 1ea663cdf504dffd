package leak

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// tests stands for a test binary in the states that Main distinguishes.
type tests func() int

func (f tests) Run() int { return f() }

// state in the environment makes this binary one that has run its tests.
const state = "LEAK_TEST_STATE"

func TestMain(m *testing.M) {
	switch os.Getenv(state) {
	case "clean":
		os.Exit(Main(tests(func() int { return 0 })))
	case "late":
		os.Exit(Main(tests(func() int {
			go func() {}()
			return 0
		})))
	case "left":
		os.Exit(Main(tests(func() int {
			go func() { select {} }()
			return 0
		})))
	case "failed":
		os.Exit(Main(tests(func() int { return 7 })))
	}
	os.Exit(Main(m))
}

func TestMainFailsForWhatIsLeft(t *testing.T) {
	for _, tt := range []struct {
		state, want string
		code        int
	}{
		{"clean", "", 0},
		{"late", "", 0},
		{"left", "goroutines outlive the tests", 1},
		{"failed", "", 7},
	} {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), state+"="+tt.state)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != tt.code || !strings.Contains(string(out), tt.want) {
			t.Errorf("%s: got code %d and %q, want %d and %q", tt.state, code, out, tt.code, tt.want)
		}
	}
}
