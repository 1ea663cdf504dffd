package workload

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/logstream-go/logstream/internal/interop/otlpjson"
)

// Options are what a handler under test is made with.
type Options struct {
	ScopeName    string
	ScopeVersion string
	Level        slog.Level // what is below is not logged
	Source       bool
	ReplaceAttr  func(groups []string, a slog.Attr) slog.Attr
}

// lowest is below every level that occurs.
const lowest slog.Level = -1000

// A logger is a handler derived from another, and what its steps add.
type logger struct {
	handler slog.Handler
	opts    Options
	frames  []frame // outermost first
}

// A frame is an open group and the attributes that were added while it was the
// innermost. The first one is the record itself and has no name.
type frame struct {
	group string
	attrs []sampled
}

// A sampled is a sample under its key.
type sampled struct {
	key string
	sample
}

// attr returns what is given to slog.
func (s sampled) attr() slog.Attr { return slog.Attr{Key: s.key, Value: s.value} }

// newLogger returns a logger without attributes and groups.
func newLogger(handler func(Options) slog.Handler, opts Options) logger {
	opts.Level = lowest
	return logger{handler: handler(opts), opts: opts, frames: []frame{{}}}
}

// with is WithAttrs.
func (l logger) with(attrs ...sampled) logger {
	plain := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		plain[i] = a.attr()
	}
	l.handler = l.handler.WithAttrs(plain)
	l.frames = append([]frame(nil), l.frames...)
	last := &l.frames[len(l.frames)-1]
	last.attrs = append(slices.Clip(last.attrs), attrs...)
	return l
}

// group is WithGroup. An empty name changes nothing.
func (l logger) group(name string) logger {
	l.handler = l.handler.WithGroup(name)
	if name != "" {
		l.frames = append(slices.Clip(l.frames), frame{group: name})
	}
	return l
}

// arrive returns the attributes of a record with attrs, and the error that the
// record is about: the first of its own, or else of what was added last to its
// logger.
func (l *logger) arrive(attrs []sampled) ([]otlpjson.KeyValue, *exception) {
	raised := firstRaised(nil, attrs)
	for _, f := range slices.Backward(l.frames) {
		raised = firstRaised(raised, f.attrs)
	}

	// From the inside out: a group that holds something is the last entry of the
	// one around it.
	inner := attrs
	var within []otlpjson.KeyValue
	for i := len(l.frames) - 1; i >= 0; i-- {
		f := &l.frames[i]
		var all []otlpjson.KeyValue
		all = l.enter(all, i, f.attrs)
		all = l.enter(all, i, inner)
		all = set(all, within...)
		inner, within = nil, nil
		if i == 0 {
			return all, raised
		}
		if len(all) > 0 {
			within = []otlpjson.KeyValue{entry(f.group, kvs(all...))}
		}
	}
	return nil, raised
}

// enter adds to dst what arrives of attrs, which stand in frame number depth.
func (l *logger) enter(dst []otlpjson.KeyValue, depth int, attrs []sampled) []otlpjson.KeyValue {
	for _, a := range attrs {
		switch {
		case a.gone:
		case a.inline != nil:
			dst = set(dst, a.inline...)
		case l.opts.ReplaceAttr == nil:
			dst = set(dst, entry(a.key, a.want))
		case a.key == renamedFrom:
			dst = set(dst, entry(l.renamed(depth), a.want))
		case a.key != removed:
			dst = set(dst, entry(a.key, a.want))
		}
	}
	return dst
}

// firstRaised returns first, or else the first exception of attrs.
func firstRaised(first *exception, attrs []sampled) *exception {
	for _, a := range attrs {
		if first == nil {
			first = a.raised
		}
	}
	return first
}

// set adds entries to dst. Of entries with the same key the last one stays.
func set(dst []otlpjson.KeyValue, entries ...otlpjson.KeyValue) []otlpjson.KeyValue {
	for _, e := range entries {
		dst = slices.DeleteFunc(dst, func(d otlpjson.KeyValue) bool { return d.Key == e.Key })
		dst = append(dst, e)
	}
	return dst
}

// setNew adds those of entries whose keys dst does not hold.
func setNew(dst []otlpjson.KeyValue, entries ...otlpjson.KeyValue) []otlpjson.KeyValue {
	for _, e := range entries {
		if !slices.ContainsFunc(dst, func(d otlpjson.KeyValue) bool { return d.Key == e.Key }) {
			dst = append(dst, e)
		}
	}
	return dst
}

// Keys that the ReplaceAttr of one of the loggers acts on.
const (
	renamedFrom = "replace.rename"
	removed     = "replace.remove"
)

// replaceAttr renames one key after the groups that it is in, and removes
// another. It leaves what slog itself adds as it is.
func replaceAttr(groups []string, a slog.Attr) slog.Attr {
	switch a.Key {
	case renamedFrom:
		a.Key = "renamed in " + strings.Join(groups, "/")
	case removed:
		return slog.Attr{}
	}
	return a
}

// renamed is the key that replaceAttr gives in frame number depth.
func (l *logger) renamed(depth int) string {
	var groups []string
	for _, f := range l.frames[1 : depth+1] {
		groups = append(groups, f.group)
	}
	return "renamed in " + strings.Join(groups, "/")
}

// loggers derives all the loggers. Their own attributes are drawn from r.
func loggers(r *rand.Rand, handler func(Options) slog.Handler) []logger {
	shop := newLogger(handler, Options{ScopeName: "example.com/shop", ScopeVersion: "1.4.2"})
	billing := newLogger(handler, Options{ScopeName: "example.com/billing"})
	located := newLogger(handler, Options{ScopeName: "example.com/źródło", ScopeVersion: "ü", Source: true})
	replaced := newLogger(handler, Options{ScopeName: "example.com/replace", ReplaceAttr: replaceAttr})

	some := func(prefix string) []sampled {
		var out []sampled
		for i := range 3 {
			out = append(out, draw(r, fmt.Sprintf("%s.%d", prefix, i), pick(r, kinds)))
		}
		return out
	}
	number := func(key string, n int64) sampled { return sampled{key, intSample(n)} }
	return []logger{
		shop,
		billing,
		located,
		shop.with(some("own")...),
		shop.group("request"),
		billing.group("outer").group("inner"),
		billing.with(some("a")...).group("g").with(some("b")...).group("größe").with(some("c")...),
		located.with(some("a")...).group("g"),
		shop.group("").with().with(some("own")...).group(""),
		// Each kind once among the attributes of a logger.
		shop.with(all(r)...),
		// An error of the logger, unless the record has one of its own.
		billing.with(draw(r, "err", kind{"error", failure})),
		// What the user says of an exception stays.
		shop.with(sampled{"exception.message", stringSample("as the user says")}),
		// The group comes after the attribute of its name, and stays.
		shop.with(number("same", 1)).group("same"),
		// The attribute of the record comes after that of the logger, and stays.
		shop.with(number(attrKey(0), 1), number(attrKey(1), 2)),
		replaced.with(number(renamedFrom, 1), number(removed, 2)),
		replaced.with(some("a")...).group("g").group("h").with(number(renamedFrom, 3)),
	}
}

// all returns an attribute of every kind.
func all(r *rand.Rand) []sampled {
	var out []sampled
	for i, k := range kinds {
		out = append(out, draw(r, fmt.Sprintf("all.%d", i), k))
	}
	return out
}

// draw makes a sample of kind k under key, unless the sample has a key of its own.
func draw(r *rand.Rand, key string, k kind) sampled {
	s := k.make(r)
	switch {
	case s.keyless:
		key = ""
	case s.key != "":
		key = s.key
	}
	return sampled{key, s}
}
