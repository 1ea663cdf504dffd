package otlptest_test

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The receiver is an oracle for this module's encoder and serves programs as
// well as tests; and it must not register compressors.
func TestTheReceiverSharesNoCodeWithWhatItChecks(t *testing.T) {
	banned := map[string]string{
		"testing":                              "programs use the receiver too",
		"github.com/logstream-go/logstream/":   "an oracle shares no code with what it checks",
		"google.golang.org/grpc/encoding/gzip": "it registers gzip for the whole process",
	}
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("got %v, %v, want the source files", files, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			for ban, why := range banned {
				if path == ban || strings.HasSuffix(ban, "/") && strings.HasPrefix(path, ban) {
					t.Errorf("%s imports %s: %s", file, path, why)
				}
			}
		}
	}
}
