package oracle

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/logstream-go/logstream/sink/otlptest"
)

// absent stands for a value that did not arrive.
type absent struct{}

// A difference is a place in which a record is not the same on both ways.
type difference struct {
	path      []string // of keys and indices; the first is the field of the record
	sdk, ours any      // as otlptest.Value has them, or absent
}

// String returns the difference in words.
func (d difference) String() string {
	return fmt.Sprintf("%s: the SDK %s, we %s", strings.Join(d.path, "/"), show(d.sdk), show(d.ours))
}

// show returns v in words, cut.
func show(v any) string {
	if _, ok := v.(absent); ok {
		return "nothing"
	}
	return fmt.Sprintf("%.80s", fmt.Sprintf("%T %#v", v, v))
}

// last returns the last key of the path.
func (d difference) last() string { return d.path[len(d.path)-1] }

// differences is what a comparison finds.
type differences []difference

func (d *differences) add(path []string, sdk, ours any) {
	*d = append(*d, difference{slices.Clone(path), sdk, ours})
}

// compare returns how two arrivals of one record differ, their resources aside.
func compare(sdk, ours otlptest.Record) differences {
	var d differences
	field := func(name string, a, b any) {
		if a != b {
			d.add([]string{name}, a, b)
		}
	}
	field("scope name", sdk.Scope.Name, ours.Scope.Name)
	field("scope version", sdk.Scope.Version, ours.Scope.Version)
	field("scope schema", sdk.Scope.SchemaURL, ours.Scope.SchemaURL)
	field("scope dropped", sdk.Scope.DroppedAttributes, ours.Scope.DroppedAttributes)
	d.maps([]string{"scope attributes"}, sdk.Scope.Attributes, ours.Scope.Attributes)
	field("time", sdk.Time, ours.Time)
	field("observed time", sdk.ObservedTime, ours.ObservedTime)
	field("severity number", sdk.SeverityNumber, ours.SeverityNumber)
	field("severity text", sdk.SeverityText, ours.SeverityText)
	field("dropped", sdk.DroppedAttributes, ours.DroppedAttributes)
	field("trace id", sdk.TraceID, ours.TraceID)
	field("span id", sdk.SpanID, ours.SpanID)
	field("flags", sdk.Flags, ours.Flags)
	field("event name", sdk.EventName, ours.EventName)
	d.values([]string{"body"}, sdk.Body, ours.Body)
	d.maps([]string{"attributes"}, sdk.Attributes, ours.Attributes)
	if a, b := len(sdk.Ordered), len(sdk.Attributes); a != b {
		d.add([]string{"a key twice"}, a, b)
	}
	if a, b := len(ours.Ordered), len(ours.Attributes); a != b {
		d.add([]string{"a key twice"}, b, a)
	}
	return d
}

// maps compares maps: each key once, in any order.
func (d *differences) maps(path []string, sdk, ours map[string]any) {
	path = slices.Clip(path)
	for k, a := range sdk {
		if b, ok := ours[k]; ok {
			d.values(append(path, k), a, b)
		} else {
			d.add(append(path, k), a, absent{})
		}
	}
	for k, b := range ours {
		if _, ok := sdk[k]; !ok {
			d.add(append(path, k), absent{}, b)
		}
	}
}

// values compares values of any kind, down to the smallest that differ.
func (d *differences) values(path []string, sdk, ours any) {
	path = slices.Clip(path)
	switch a := sdk.(type) {
	case map[string]any:
		if b, ok := ours.(map[string]any); ok {
			d.maps(path, a, b)
			return
		}
	case []any:
		if b, ok := ours.([]any); ok && len(a) == len(b) {
			for i := range a {
				d.values(append(path, fmt.Sprint("[", i, "]")), a[i], b[i])
			}
			return
		}
	case []byte:
		if b, ok := ours.([]byte); ok && bytes.Equal(a, b) {
			return
		}
	case float64:
		if b, ok := ours.(float64); ok && (math.Float64bits(a) == math.Float64bits(b) || math.IsNaN(a) && math.IsNaN(b)) {
			return
		}
	default:
		switch ours.(type) {
		case map[string]any, []any, []byte:
		default:
			if sdk == ours {
				return
			}
		}
	}
	d.add(path, sdk, ours)
}
