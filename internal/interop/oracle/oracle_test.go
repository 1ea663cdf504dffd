package oracle

import (
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/logstream-go/logstream/internal/interop/workload"
	"github.com/logstream-go/logstream/sink/otlptest"
)

// size is how many records are compared.
const size = 10_000

// seed makes the records.
const seed = 3

// maxExamples bounds how many differences are told.
const maxExamples = 10

func TestMain(m *testing.M) {
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "OTEL_") {
			os.Unsetenv(name)
		}
	}
	os.Exit(m.Run())
}

// One log call makes a record of the SDK and one of ours. A batch of ours goes
// out three times: as it is, and through two exporters of the SDK.
func TestTheSameRecordsArriveOnAllWays(t *testing.T) {
	official, direct, overGRPC, overHTTP := newServer(t), newServer(t), newServer(t), newServer(t)
	rival := newSDK(grpcExporter(t, official), size)
	ours := newStream(t, tee{
		newOTLP(t, direct),
		newExporterSink(t, grpcExporter(t, overGRPC)),
		newExporterSink(t, httpExporter(t, overHTTP)),
	})
	bridged := bridge(ours)
	var replaced []string // scopes whose records the SDK does not get
	w := workload.New(seed, size, func(o workload.Options) slog.Handler {
		if o.ReplaceAttr != nil {
			replaced = append(replaced, o.ScopeName)
			return bridged(o)
		}
		return slog.NewMultiHandler(rival.handler(o), bridged(o))
	})
	logAll(t, w)
	shutdown(t, ours)
	shutdown(t, rival.provider)
	if rival.filter.failed != nil {
		t.Fatalf("the SDK: %v", rival.filter.failed)
	}

	mine := arrivals(t, direct)
	if len(mine) != size {
		t.Fatalf("got %d records, want %d", len(mine), size)
	}
	t.Run("through exporters of the SDK exactly", func(t *testing.T) {
		for name, srv := range map[string]*otlptest.Server{"otlploggrpc": overGRPC, "otlploghttp": overHTTP} {
			equal(t, name, mine, arrivals(t, srv))
		}
	})
	t.Run("through the SDK but for what DESIGN.md lists", func(t *testing.T) {
		c := comparison{t: t, workload: w, used: map[string]int{}}
		for id, sdk := range arrivals(t, official) {
			c.record(id, pair{sdk, mine[id]})
			delete(mine, id)
		}
		// What is left has not arrived through the SDK.
		for id, r := range mine {
			switch {
			case rival.filter.poison[id]:
				c.used[poisonRule]++
			case slices.Contains(replaced, r.Scope.Name):
				c.used[replaceRule]++
			default:
				c.unexplained("record %d did not arrive through the SDK: %v", id, r.Attributes)
			}
		}
		c.finish()
	})
}

// equal checks that both ways have the same records, to the last bit.
func equal(t *testing.T, name string, want, got map[int64]otlptest.Record) {
	t.Helper()
	examples := 0
	for id, w := range want {
		g, ok := got[id]
		if !ok {
			t.Fatalf("%s: record %d is missing", name, id)
		}
		d := compare(g, w)
		d.maps([]string{"resource"}, g.Resource.Attributes, w.Resource.Attributes)
		d.values([]string{"resource schema"}, g.Resource.SchemaURL, w.Resource.SchemaURL)
		for i := range min(len(g.Ordered), len(w.Ordered)) {
			if g.Ordered[i].Key != w.Ordered[i].Key {
				d.add([]string{"order"}, g.Ordered[i].Key, w.Ordered[i].Key)
			}
		}
		for _, diff := range d {
			if examples++; examples <= maxExamples {
				t.Errorf("%s: record %d: %v", name, id, diff)
			}
		}
	}
	if len(got) != len(want) || examples > 0 {
		t.Errorf("%s: got %d records and %d differences, want %d and 0", name, len(got), examples, len(want))
	}
}

// Differences that are not one of a field: the record does not arrive, or is
// not sent.
const (
	poisonRule   = "text that is not UTF-8"
	replaceRule  = "ReplaceAttr"
	resourceRule = "resource"
	unnamedRule  = "Handler.WithGroup without a name"
)

// A comparison explains the differences of many records.
type comparison struct {
	t        *testing.T
	workload *workload.Workload
	used     map[string]int // rules, by name
	values   int            // compared, fields among them
	differ   int            // values that differ, the observed times aside
	equal    int            // records in which none does
	strange  int            // differences without a rule
}

// record compares one record.
func (c *comparison) record(id int64, p pair) {
	want := c.workload.Want(int(id))
	same := true
	c.values += fields + leaves(p.ours.Attributes)
	for _, d := range compare(p.sdk, p.ours) {
		name := explain(p, d)
		if name == "" {
			c.unexplained("record %d: %v", id, d)
		}
		if c.used[name]++; d.last() != "observed time" {
			c.differ++
			same = false
		}
	}
	if same {
		c.equal++
	}
	// The observed times differ, and both lie within the call.
	for _, at := range []time.Time{p.sdk.ObservedTime, p.ours.ObservedTime} {
		if ns := at.UnixNano(); ns < want.ObservedMin || ns > want.ObservedMax {
			c.unexplained("record %d: observed at %v, which is not when it was logged", id, at)
		}
	}
	c.resource(p)
}

// fields is how many fields of a record are compared, its attributes aside.
const fields = 14

// leaves returns how many values v holds.
func leaves(v any) int {
	n := 0
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			n += leaves(e)
		}
	case []any:
		for _, e := range v {
			n += leaves(e)
		}
	default:
		return 1
	}
	return n
}

// resource compares what the user has said of it. The rest differs.
func (c *comparison) resource(p pair) {
	sdk, ours := maps.Clone(p.sdk.Resource.Attributes), maps.Clone(p.ours.Resource.Attributes)
	for _, m := range []map[string]any{sdk, ours} {
		for k := range m {
			if k != "service.name" && k != "build" {
				delete(m, k)
			}
		}
	}
	var d differences
	d.maps([]string{"resource"}, sdk, ours)
	if len(sdk) != 2 || len(d) > 0 {
		c.unexplained("resource: %v in %v", d, p.sdk.Resource)
	}
	if len(p.ours.Resource.Attributes) > len(sdk) {
		c.used[resourceRule]++
	}
}

// unexplained tells of a difference that is not meant.
func (c *comparison) unexplained(format string, args ...any) {
	c.t.Helper()
	if c.strange++; c.strange <= maxExamples {
		c.t.Errorf(format, args...)
	}
}

// finish checks that every rule was needed, and that DESIGN.md has them all.
func (c *comparison) finish() {
	delete(c.used, "")
	c.used[unnamedRule]++ // has a test of its own
	c.t.Logf("of %d values %d differ, %d of them without an explanation; %d records are equal in every field",
		c.values, c.differ, c.strange, c.equal)
	for _, name := range slices.Sorted(maps.Keys(c.used)) {
		c.t.Logf("%6d %s", c.used[name], name)
	}
	names := []string{poisonRule, replaceRule, resourceRule, unnamedRule}
	for _, r := range rules {
		names = append(names, r.name)
	}
	for _, name := range names {
		if c.used[name] == 0 {
			c.t.Errorf("no record differs by %q any more: strike it off the list", name)
		}
	}
	listed := listed(c.t)
	slices.Sort(names)
	slices.Sort(listed)
	if !slices.Equal(names, listed) {
		c.t.Errorf("DESIGN.md lists\n\t%q, want\n\t%q", listed, names)
	}
}

// listed returns the first column of the table in DESIGN.md.
func listed(t *testing.T) []string {
	t.Helper()
	const heading = "\n## Where we differ from otelslog\n"
	design, err := os.ReadFile("../../../DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(design), heading)
	if !ok {
		t.Fatalf("DESIGN.md has no heading %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var names []string
	for line := range strings.Lines(section) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || strings.HasPrefix(cells[1], "---") {
			continue
		}
		names = append(names, strings.TrimSpace(cells[1]))
	}
	if len(names) == 0 {
		t.Fatal("DESIGN.md lists no differences")
	}
	return names[1:] // without the head of the table
}
