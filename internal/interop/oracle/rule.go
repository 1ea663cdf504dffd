package oracle

import (
	"strconv"
	"strings"
	"time"

	"github.com/logstream-go/logstream/sink/otlptest"
)

// A rule is a difference that is meant. Its name is that in DESIGN.md, which
// says why.
type rule struct {
	name string
	fits func(p pair, d difference) bool
}

// A pair is a record as it arrived on both ways.
type pair struct{ sdk, ours otlptest.Record }

// rules are in the order in which they are asked: those that look at a key or a
// field first, then those that look at the kinds of the values.
var rules = []rule{
	{"observed time", func(_ pair, d difference) bool { return d.last() == "observed time" }},
	{"level outside of OTLP's range", func(_ pair, d difference) bool {
		return d.last() == "severity number" && d.sdk == 0 && (d.ours == 1 || d.ours == 24)
	}},
	{"level FATAL", func(_ pair, d difference) bool {
		return d.last() == "severity text" && d.sdk == "ERROR+4" && d.ours == "FATAL"
	}},
	{"half a span context", func(p pair, d difference) bool {
		half := (p.sdk.TraceID == "") != (p.sdk.SpanID == "") && p.ours.TraceID == "" && p.ours.SpanID == "" && p.ours.Flags == 0
		return half && (d.last() == "trace id" || d.last() == "span id" || d.last() == "flags")
	}},
	{"secret", func(_ pair, d difference) bool {
		return d.ours == "[REDACTED:key]" && strings.HasPrefix(text(d.sdk), "swordfish-") || isMasked(text(d.sdk), text(d.ours))
	}},
	{"error with a key", func(p pair, d difference) bool {
		gone := is[absent](d.sdk) || ofLogger(d, d.sdk)
		_, raised := p.sdk.Attributes["exception.message"]
		return gone && is[string](d.ours) && raised && !isException(d)
	}},
	{"error that makes the exception", func(p pair, d difference) bool {
		return isException(d) && !is[absent](d.ours)
	}},
	{"attribute without a key", func(_ pair, d difference) bool {
		return d.last() == "!EMPTYKEY" && is[absent](d.sdk) || d.last() == "" && is[absent](d.ours) && is[int64](d.sdk)
	}},
	{"LogValuer of a group without a key", func(_ pair, d difference) bool {
		// Where it is lost, another one in the same record shows.
		lost := is[absent](d.sdk) || is[int64](d.sdk) && is[int64](d.ours)
		return strings.HasPrefix(d.last(), "inlined.") && lost || d.last() == "" && is[absent](d.ours) && is[map[string]any](d.sdk)
	}},
	{"group of nothing", func(_ pair, d difference) bool {
		return isHollow(d.sdk) && (is[absent](d.ours) || ofLogger(d, d.ours))
	}},
	{"group around a group", func(p pair, d difference) bool {
		// Ours is at outer/inner, that of the SDK at inner.
		if outer, ok := d.ours.(map[string]any); ok && is[absent](d.sdk) && d.last() == "outer" && len(outer) == 1 {
			inner, ok := outer["inner"].(map[string]any)
			sdk, found := p.sdk.Attributes["inner"].(map[string]any)
			return ok && found && sdk != nil && inner != nil
		}
		return d.last() == "inner" && is[absent](d.ours) && p.ours.Attributes["outer"] != nil
	}},
	{"time", func(_ pair, d difference) bool {
		// A year of five digits is written in some zones, and not read.
		at, err := time.Parse(time.RFC3339Nano, text(d.ours))
		late := strings.HasPrefix(text(d.ours), "10000-01-01T")
		return is[int64](d.sdk) && (err == nil && at.UnixNano() == d.sdk || late)
	}},
	{"unsigned integer above the signed range", func(_ pair, d difference) bool {
		n, err := strconv.ParseUint(text(d.ours), 10, 64)
		return err == nil && is[float64](d.sdk) && float64(n) == d.sdk
	}},
	{"nil map or slice", func(_ pair, d difference) bool { return d.ours == nil && isEmpty(d.sdk) }},
	{"cycle", func(_ pair, d difference) bool { return d.sdk == "<max-depth-exceeded>" && is[map[string]any](d.ours) }},
	{"panic of a value's method", func(_ pair, d difference) bool {
		return strings.HasPrefix(text(d.ours), "!PANIC: ") &&
			(strings.Contains(text(d.sdk), "PANIC=") || strings.HasPrefix(text(d.sdk), "LogValue panicked"))
	}},
	{"complex number", func(_ pair, d difference) bool {
		m, ok := d.sdk.(map[string]any)
		return ok && len(m) == 2 && is[float64](m["r"]) && is[float64](m["i"]) && d.ours == "(1.5-2i)"
	}},
	{"type that otelslog does not handle", func(_ pair, d difference) bool {
		return strings.HasPrefix(text(d.sdk), "unhandled: (")
	}},
	{"array of bytes, or slice of them with a type", func(_ pair, d difference) bool { return isOctets(d.sdk) && !is[absent](d.ours) }},
	{"slog.Value in a list", func(_ pair, d difference) bool {
		n, isInt := d.ours.(int64)
		m, isMap := d.ours.(map[string]any)
		return isInt && d.sdk == strconv.FormatInt(n, 10) || isMap && d.sdk == "[s="+text(m["s"])+"]"
	}},
	{"struct", func(_ pair, d difference) bool {
		// "wrong" is the String of types that have a better form as well.
		s := text(d.sdk)
		return (strings.HasPrefix(s, "{") && strings.HasSuffix(s, "}") || s == "wrong") && !is[absent](d.ours)
	}},
}

// explain returns the rule that a difference is meant by, or "".
func explain(p pair, d difference) string {
	for _, r := range rules {
		if r.fits(p, d) {
			return r.name
		}
	}
	return ""
}

// is reports whether v holds a T.
func is[T any](v any) bool {
	_, ok := v.(T)
	return ok
}

// text returns a string, or "" for what is none.
func text(v any) string {
	s, _ := v.(string)
	return s
}

func isException(d difference) bool {
	return len(d.path) == 2 && (d.last() == "exception.type" || d.last() == "exception.message")
}

// ofLogger reports whether v is one of the attributes 1 and 2 of a logger, which
// show where an attribute of the record with the same key has not arrived.
func ofLogger(d difference, v any) bool {
	return len(d.path) == 2 && (v == int64(1) || v == int64(2))
}

// isEmpty reports whether v is a list, a map or bytes without anything in it.
func isEmpty(v any) bool {
	switch v := v.(type) {
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	case []byte:
		return len(v) == 0
	}
	return false
}

// isHollow reports whether v is a map of nothing but such maps.
func isHollow(v any) bool {
	m, ok := v.(map[string]any)
	for _, e := range m {
		ok = ok && isHollow(e)
	}
	return ok
}

// isOctets reports whether v is a list of integers that are bytes.
func isOctets(v any) bool {
	list, ok := v.([]any)
	for _, e := range list {
		n, isInt := e.(int64)
		ok = ok && isInt && n >= 0 && n <= 255
	}
	return ok && len(list) > 0
}

// isMasked reports whether ours is theirs with a piece of text masked, as a few of
// the long random texts are: they look like tokens.
func isMasked(theirs, ours string) bool {
	head, rest, ok := strings.Cut(ours, "[REDACTED:")
	_, tail, closed := strings.Cut(rest, "]")
	return ok && closed && len(head)+len(tail) < len(theirs) && strings.HasPrefix(theirs, head) && strings.HasSuffix(theirs, tail)
}
