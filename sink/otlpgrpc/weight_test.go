package otlpgrpc

import (
	"os/exec"
	"strings"
	"testing"
)

// A program links zstd only if it brings a compressor for it.
func TestAProgramDoesNotLinkZstd(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for p := range strings.FieldsSeq(string(out)) {
		if strings.HasSuffix(p, "/zstd") || strings.HasSuffix(p, "/zstdc") {
			t.Errorf("a program links %s", p)
		}
	}
}
