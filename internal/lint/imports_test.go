package lint

import (
	"go/token"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

// Names of rows that stand for more than one package.
const (
	public = "public" // what users of the module may import
	grpc   = "google.golang.org/grpc"
	otel   = "go.opentelemetry.io/otel"
	flate  = "github.com/klauspost/compress/flate"
	gzip   = "github.com/klauspost/compress/gzip"
	zstd   = "github.com/klauspost/compress/zstd"
)

// rows is the import table of the design: what a package may import besides the
// standard library. A name without a dot in its first part is a package of this
// module. A foreign name covers the packages below it too. Packages that are
// planned have their row already.
var rows = map[string][]string{
	// Bytes: they know nobody.
	"internal/otlp":       {},
	"internal/otlpconfig": {"internal/otlp"},
	"internal/gzipc":      {flate},
	"internal/leak":       {},
	"internal/cputime":    {},
	"internal/slownet":    {},
	"internal/keyname":    {},
	"internal/detect":     {},
	"internal/control":    {},
	"internal/block":      {"internal/otlp"},
	"internal/attrs":      {"internal/otlp"},
	"buffer":              {"golang.org/x/sys"},
	"buffer/spool":        {},
	"internal/crash":      {"buffer"},
	"internal/report":     {},
	"internal/letters":    {},
	"mask":                {"internal/otlp", "internal/attrs", "internal/keyname", "internal/detect", "internal/control"},

	// Destinations: they know the contract and their protocol, never the stream.
	"sink":              {"internal/otlp", "internal/block", "internal/control"},
	"sink/otlphttp":     {"sink", "internal/otlpconfig", "internal/otlp", "internal/gzipc"},
	"sink/otlpgrpc":     {"sink", "internal/otlpconfig", "internal/otlp", "internal/gzipc", otel + "/exporters/otlp/otlplog/otlploggrpc", otel + "/sdk/log", grpc, "google.golang.org/protobuf/proto"},
	"sink/otelexporter": {"sink", otel + "/sdk/log", otel + "/sdk/resource", otel + "/attribute", otel + "/log", otel + "/trace"},
	"sink/syslog":       {"sink", "internal/otlp"},
	"sink/splunkhec":    {"sink", "internal/otlp"},
	"sink/archive":      {"sink", "internal/otlp"},
	"sink/kafka":        {"sink", "internal/otlp"},
	"sink/zstdc":        {zstd},
	"sink/autosink":     {"sink", "sink/otlphttp", "sink/otlpgrpc"},
	"sink/otlptest":     {grpc, "go.opentelemetry.io/proto/otlp", "google.golang.org/protobuf", "google.golang.org/genproto/googleapis/rpc", gzip, zstd},
	"sink/sinktest":     {"sink", "internal/block", grpc, "go.opentelemetry.io/proto/otlp", "google.golang.org/protobuf"},

	// The middle: it knows the contract of a sink, never a sink.
	"stream":               {"buffer", "buffer/spool", "mask", "sink", "internal/otlp", "internal/block", "internal/crash", "internal/letters", "internal/report", "internal/attrs", "golang.org/x/sync"},
	"stream/sample":        {},
	"stream/statuspage":    {"stream"},
	"stream/otelprocessor": {"stream", otel},
	"stream/otelmetrics":   {"stream", otel},
	"stream/otelresource":  {"stream", otel},

	// The door.
	"slogbridge": {"stream", "mask", "internal/otlp", "internal/attrs", otel + "/trace"},

	"examples/*": {public},

	"internal/lint":  {},
	"internal/chaos": {public},
}

// row returns the row of the package in dir.
func row(dir string) ([]string, bool) {
	if strings.HasPrefix(dir, "examples/") {
		dir = "examples/*"
	}
	r, ok := rows[dir]
	return r, ok
}

// allows reports whether row r lets a package import p.
func allows(r []string, p string) bool {
	if isStandard(p) {
		return true
	}
	own, isOwn := strings.CutPrefix(p, module+"/")
	for _, a := range r {
		switch {
		case a == public && isOwn:
			if !strings.HasPrefix(own, "internal/") && !strings.Contains(own, "/internal/") {
				return true
			}
		case a == public, own == a, p == a:
			return true
		case !isOwn && strings.HasPrefix(p, a+"/"):
			return true
		}
	}
	return false
}

// isStandard reports whether p is a package of the standard library.
func isStandard(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return !strings.Contains(first, ".")
}

var importTable rule = func(s *source, bad report) {
	r, ok := row(s.dir())
	if !ok {
		bad(s.ast.Name.Pos(), "package %s has no row in the import table", s.dir())
		return
	}
	for p, at := range s.imports() {
		if !allows(r, p) {
			bad(at, "%s must not import %s: its row in the import table is %q", s.dir(), p, r)
		}
	}
}

func TestEveryPackageImportsOnlyWhatItsRowAllows(t *testing.T) {
	importTable.hold(t, func(s *source) bool { return !s.isTest() && !s.nested })
	importTable.prove(t, []sample{
		{"a row's own names pass", "stream/x.go", "package stream\nimport (\n\"os\"\n\"" + module + "/mask\"\n\"golang.org/x/sync/errgroup\"\n)", 0},
		{"a sink in the stream", "stream/x.go", "package stream\nimport (\n\"os\"\n\"" + module + "/sink/otlpgrpc\"\n)", 4},
		{"a foreign module", "mask/x.go", "package mask\nimport \"golang.org/x/sys/cpu\"", 2},
		{"a longer name of a foreign package", "buffer/x.go", "package buffer\nimport \"golang.org/x/sysinfo\"", 2},
		{"an internal package in an example", "examples/x/main.go", "package main\nimport \"" + module + "/internal/otlp\"", 2},
		{"a foreign package in an example", "examples/x/main.go", "package main\nimport \"" + grpc + "\"", 0},
		{"a package without a row", "stream/other/x.go", "package other", 1},
	})
}

// fences says what must not be linked into a program that imports pkgs.
var fences = []struct {
	why  string
	pkgs []string // those that exist are checked, at least one must
	bad  []string // packages, with all below them
}{
	{
		"a sink is the contract: who fills it and who masks is not its business",
		[]string{"sink"},
		[]string{module + "/stream", module + "/mask", module + "/buffer", module + "/slogbridge"},
	},
	{
		"destinations know the contract only, so that they can be tested and used without a stream",
		[]string{"sink/otlpgrpc", "sink/otlphttp", "sink/otelexporter", "sink/syslog", "sink/splunkhec", "sink/archive", "sink/otlptest", "sink/sinktest"},
		[]string{module + "/stream", module + "/mask", module + "/buffer", module + "/slogbridge"},
	},
	{
		"the stream never names a destination",
		[]string{"stream", "slogbridge"},
		[]string{
			module + "/sink/otlpgrpc", module + "/sink/otlphttp", module + "/sink/otelexporter", module + "/sink/syslog",
			module + "/sink/splunkhec", module + "/sink/archive", module + "/sink/kafka", module + "/sink/preset", module + "/sink/autosink",
			module + "/sink/otlptest", module + "/sink/sinktest",
		},
	},
	{
		"what every program links stays light: the gRPC stack alone weighs 8 MB",
		[]string{"slogbridge", "stream", "sink", "mask", "buffer", "sink/otlphttp"},
		[]string{
			grpc, "google.golang.org/protobuf", "google.golang.org/genproto", "go.opentelemetry.io/proto", "go.opentelemetry.io/otel/sdk",
			"go.opentelemetry.io/otel/exporters", zstd, "github.com/aws",
		},
	},
	{
		"an exporter of the SDK brings its transport with it",
		[]string{"sink/otelexporter"},
		[]string{grpc, "google.golang.org/protobuf", "google.golang.org/genproto", "go.opentelemetry.io/proto", "go.opentelemetry.io/otel/exporters", "testing"},
	},
	{
		"only an HTTP destination speaks HTTP",
		[]string{"slogbridge", "stream", "sink", "mask", "buffer", "internal/otlpconfig"},
		[]string{"net/http"},
	},
	{
		"decoders that tests compare ours with stay in tests",
		[]string{"slogbridge", "stream", "sink", "mask", "buffer", "sink/otlpgrpc", "sink/otlphttp", "sink/otlptest", "sink/sinktest"},
		[]string{"go.opentelemetry.io/collector", "github.com/json-iterator/go"},
	},
	{
		"test helpers for users add no test flags to a program",
		[]string{"slogbridge", "stream", "sink", "mask", "buffer", "sink/otlpgrpc", "sink/otlphttp", "sink/otlptest"},
		[]string{"testing"},
	},
}

func TestProgramsLinkNothingBehindAFence(t *testing.T) {
	links := linked(t)
	for _, f := range fences {
		t.Run(f.why, func(t *testing.T) {
			found := 0
			for _, p := range f.pkgs {
				deps, ok := links[module+"/"+p]
				if !ok {
					continue // planned
				}
				found++
				for _, d := range deps {
					if slices.ContainsFunc(f.bad, func(b string) bool { return d == b || strings.HasPrefix(d, b+"/") }) {
						t.Errorf("a program with %s links %s", p, d)
					}
				}
			}
			if found == 0 {
				t.Errorf("got none of the packages %q in the tree, want one", f.pkgs)
			}
		})
	}
}

// unsafeFiles lists the files that may import unsafe, and why.
var unsafeFiles = map[string]string{
	"buffer/frame.go":          "shards are []uint64, so that positions are aligned on 32-bit machines, and payloads are bytes",
	"buffer/shard.go":          "the control words of a shard lie in its memory, which may be a mapped file",
	"internal/crash/layout.go": "a file is mapped as bytes, and is words",
	"internal/otlp/pen.go":     "an attribute is written in words, without a look at the bounds of each",
}

var noUnsafe rule = func(s *source, bad report) {
	if at, ok := s.imports()["unsafe"]; ok && unsafeFiles[s.path] == "" {
		bad(at, "unsafe is for %q only", slices.Sorted(maps.Keys(unsafeFiles)))
	}
}

func TestUnsafeIsUsedWhereItIsArguedOnly(t *testing.T) {
	noUnsafe.hold(t, (*source).isLibrary)
	noUnsafe.prove(t, []sample{{"a new file", "stream/x.go", "package stream\n\nimport \"unsafe\"", 3}})
	for p := range unsafeFiles {
		if !slices.ContainsFunc(tree(t), func(s *source) bool { return s.path == p && s.imports()["unsafe"] != token.NoPos }) {
			t.Errorf("%s does not import unsafe any more: strike it off the list", p)
		}
	}
}

// testOnly says whether a directory holds helpers of tests.
func testOnly(dir string) bool { return path.Base(dir) == "sinktest" || path.Base(dir) == "otlptest" }
