package interop

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/logstream-go/logstream/internal/interop/otlpjson"
	"github.com/logstream-go/logstream/internal/interop/workload"
)

// maxExamples bounds how many differences a report describes.
const maxExamples = 10

// A Report is the result of a comparison.
type Report struct {
	Records     int      // logged
	Differences int      // arrived records that are not what was logged
	Missing     int      // logged and not arrived
	Duplicates  int      // copies beyond the first
	Unknown     int      // arrived and never logged
	Examples    []string // some of the differences, in words
}

// String returns the counts in a line, and the examples below it.
func (r Report) String() string {
	s := fmt.Sprintf("compared %d records: %d differences, %d missing, %d duplicates",
		r.Records, r.Differences, r.Missing, r.Duplicates)
	if r.Unknown > 0 {
		s += fmt.Sprintf(", %d unknown", r.Unknown)
	}
	for _, e := range r.Examples {
		s += "\n  " + e
	}
	return s
}

// Compare reads what a Collector wrote to files and compares every record with
// what w has logged, and every resource with resource. Its error is about files
// that cannot be read; what the records are is in the report.
func Compare(w *workload.Workload, resource []otlpjson.KeyValue, files ...string) (Report, error) {
	c := newComparison(w, resource)
	for _, f := range files {
		if err := otlpjson.ReadFile(f, c.data); err != nil {
			return Report{}, err
		}
	}
	return c.result(), nil
}

// A comparison is the state of one Compare.
type comparison struct {
	workload *workload.Workload
	resource []otlpjson.KeyValue
	arrived  []atomic.Uint32 // how often each record did

	mu     sync.Mutex // guards report
	report Report
}

func newComparison(w *workload.Workload, resource []otlpjson.KeyValue) *comparison {
	return &comparison{
		workload: w,
		resource: resource,
		arrived:  make([]atomic.Uint32, w.Len()),
		report:   Report{Records: w.Len()},
	}
}

// result returns the report once all data is compared.
func (c *comparison) result() Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.arrived {
		if n := int(c.arrived[i].Load()); n > 0 {
			c.report.Duplicates += n - 1
			continue
		}
		c.report.Missing++
		c.exampleLocked(fmt.Sprintf("record %d is missing", i))
	}
	return c.report
}

// data compares one line of a file. Several run at once.
func (c *comparison) data(data *otlpjson.Data) {
	for i := range data.ResourceLogs {
		rl := &data.ResourceLogs[i]
		var d differ
		d.entries("resource", rl.Resource.Attributes, c.resource)
		equal(&d, "dropped resource attributes", rl.Resource.DroppedAttributesCount, 0)
		equal(&d, "resource schema URL", rl.SchemaURL, "")
		for j := range rl.ScopeLogs {
			sl := &rl.ScopeLogs[j]
			for k := range sl.LogRecords {
				c.record(d, sl, &sl.LogRecords[k])
			}
		}
	}
}

// record compares one record, whose resource differs as shared says.
func (c *comparison) record(shared differ, scope *otlpjson.ScopeLogs, got *otlpjson.Record) {
	id, ok := find(got.Attributes)
	if !ok || id < 0 || id >= int64(c.workload.Len()) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.report.Unknown++
		c.exampleLocked(fmt.Sprintf("unknown record, attributes %s", textOf(got.Attributes)))
		return
	}
	c.arrived[id].Add(1)
	want := c.workload.Want(int(id))
	d := slices.Clip(shared)
	d.record(scope, got, &want)
	if len(d) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report.Differences++
	for _, diff := range d {
		c.exampleLocked(fmt.Sprintf("record %d: %s", id, diff))
	}
}

// exampleLocked adds an example unless there are enough.
func (c *comparison) exampleLocked(text string) {
	if len(c.report.Examples) < maxExamples {
		c.report.Examples = append(c.report.Examples, text)
	}
}

// find returns the number of a record, which stands in its innermost group.
func find(attrs []otlpjson.KeyValue) (int64, bool) {
	for i := range attrs {
		v := &attrs[i].Value
		if attrs[i].Key == workload.IDKey && v.Int != nil {
			return int64(*v.Int), true
		}
	}
	for i := range attrs {
		if m := attrs[i].Value.Map; m != nil {
			if id, ok := find(m.Values); ok {
				return id, true
			}
		}
	}
	return 0, false
}

// textOf returns attributes in words.
func textOf(attrs []otlpjson.KeyValue) string {
	v := otlpjson.MapOf(attrs...)
	return v.Text()
}
