package otlphttp

import (
	"os/exec"
	"strings"
	"testing"
)

// What a program with this package links, besides what slog and net/http do, is
// a promise: the transport must not cost eight megabytes.
func TestAProgramLinksLittle(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	const own = "github.com/logstream-go/logstream/"
	allowed := []string{own, "github.com/klauspost/compress/gzip", "github.com/klauspost/compress/flate", "github.com/klauspost/compress/internal/"}
	for p := range strings.FieldsSeq(string(out)) {
		first, _, _ := strings.Cut(p, "/")
		if !strings.Contains(first, ".") || strings.HasPrefix(p, "vendor/") {
			continue // the standard library
		}
		known := false
		for _, a := range allowed {
			known = known || p == a || strings.HasPrefix(p, a) && strings.HasSuffix(a, "/")
		}
		if !known || strings.HasPrefix(p, own+"sink/zstdc") || strings.HasPrefix(p, own+"stream") {
			t.Errorf("a program links %s", p)
		}
	}
}
