package interop

import (
	"fmt"
	"math"

	"github.com/logstream-go/logstream/internal/interop/otlpjson"
	"github.com/logstream-go/logstream/internal/interop/workload"
)

// A differ collects how a record differs from what was logged.
type differ []string

// report adds a difference at path.
func (d *differ) report(path, format string, args ...any) {
	*d = append(*d, path+": "+fmt.Sprintf(format, args...))
}

// record compares a record and the scope that it stands in.
func (d *differ) record(in *otlpjson.ScopeLogs, got *otlpjson.Record, want *workload.Want) {
	equal(d, "scope name", in.Scope.Name, want.ScopeName)
	equal(d, "scope version", in.Scope.Version, want.ScopeVersion)
	d.entries("scope", in.Scope.Attributes, nil)
	equal(d, "dropped scope attributes", in.Scope.DroppedAttributesCount, 0)
	equal(d, "scope schema URL", in.SchemaURL, "")

	d.within("time", got.TimeUnixNano, want.TimeMin, want.TimeMax)
	d.within("observed time", got.ObservedTimeUnixNano, want.ObservedMin, want.ObservedMax)
	equal(d, "severity number", got.SeverityNumber, want.SeverityNumber)
	equal(d, "severity text", got.SeverityText, want.SeverityText)
	if got.Body == nil {
		d.report("body", "got none, want %s", want.Body.Text())
	} else {
		d.value("body", got.Body, &want.Body)
	}
	d.entries("attributes", got.Attributes, want.Attributes)
	equal(d, "dropped attributes", got.DroppedAttributesCount, 0)
	equal(d, "flags", got.Flags, want.Flags)
	equal(d, "trace id", got.TraceID, want.TraceID)
	equal(d, "span id", got.SpanID, want.SpanID)
	equal(d, "event name", got.EventName, "")
}

// equal compares two scalars.
func equal[T comparable](d *differ, path string, got, want T) {
	if got != want {
		d.report(path, "got %#v, want %#v", got, want)
	}
}

// within checks that a time lies between two others, both included.
func (d *differ) within(path string, got uint64, lo, hi int64) {
	if got < uint64(lo) || got > uint64(hi) {
		d.report(path, "got %d, want %d to %d", got, lo, hi)
	}
}

// entries compares maps: each key once, in any order.
func (d *differ) entries(path string, got, want []otlpjson.KeyValue) {
	wanted := make(map[string]*otlpjson.Value, len(want))
	for i := range want {
		if wanted[want[i].Key] != nil {
			d.report(path, "the model has %q twice", want[i].Key)
		}
		wanted[want[i].Key] = &want[i].Value
	}
	seen := make(map[string]bool, len(got))
	for i := range got {
		key, value := got[i].Key, &got[i].Value
		if seen[key] {
			d.report(path, "got %q twice", key)
		}
		seen[key] = true
		if w := wanted[key]; w != nil {
			d.value(path+"."+key, value, w)
		} else {
			d.report(path, "got %q: %s, want none", key, value.Text())
		}
	}
	for i := range want {
		if !seen[want[i].Key] {
			d.report(path, "got no %q, want %s", want[i].Key, want[i].Value.Text())
		}
	}
}

// value compares values of any kind. Doubles are equal if their bits are, or if
// both are not a number; JSON does not say which one.
func (d *differ) value(path string, got, want *otlpjson.Value) {
	switch {
	case want.String != nil && got.String != nil:
		equal(d, path, *got.String, *want.String)
	case want.Bool != nil && got.Bool != nil:
		equal(d, path, *got.Bool, *want.Bool)
	case want.Int != nil && got.Int != nil:
		equal(d, path, *got.Int, *want.Int)
	case want.Double != nil && got.Double != nil:
		g, w := float64(*got.Double), float64(*want.Double)
		if math.Float64bits(g) != math.Float64bits(w) && !(math.IsNaN(g) && math.IsNaN(w)) {
			d.report(path, "got double %v, want %v", g, w)
		}
	case want.Bytes != nil && got.Bytes != nil:
		equal(d, path, string(*got.Bytes), string(*want.Bytes))
	case want.Array != nil && got.Array != nil:
		if g, w := len(got.Array.Values), len(want.Array.Values); g != w {
			d.report(path, "got %d elements, want %d", g, w)
			return
		}
		for i := range want.Array.Values {
			d.value(fmt.Sprintf("%s[%d]", path, i), &got.Array.Values[i], &want.Array.Values[i])
		}
	case want.Map != nil && got.Map != nil:
		d.entries(path, got.Map.Values, want.Map.Values)
	case *want == otlpjson.Value{} && *got == otlpjson.Value{}:
	default:
		d.report(path, "got %s, want %s", got.Text(), want.Text())
	}
}
