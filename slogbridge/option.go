package slogbridge

import (
	"log/slog"
	"reflect"

	"github.com/logstream-go/logstream/stream"
)

// An Option configures [NewHandler].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// defaultScope is the name of the instrumentation scope: OpenTelemetry wants the
// name of the logger, which slog's loggers do not have, or of the library that
// makes the records, which this is.
const defaultScope = "github.com/logstream-go/logstream/slogbridge"

// config is what the options set. It is immutable once NewHandler has returned.
type config struct {
	leveler slog.Leveler // nil: level is fixed
	level   slog.Level
	source  bool
	replace func(groups []string, a slog.Attr) slog.Attr
	// begin applies replace to the beginning of a record. It is nil where replace is.
	begin func(*scratch, []byte, *Handler, slog.Record, stream.Meta) ([]byte, int, stream.Meta)

	scopeName, scopeVersion string
}

func newConfig(opts []Option) *config {
	c := &config{level: slog.LevelInfo, scopeName: defaultScope}
	for _, o := range opts {
		if o != nil {
			o.apply(c)
		}
	}
	return c
}

// minimum returns the level from which records are handled.
func (c *config) minimum() slog.Level {
	if c.leveler != nil {
		return c.leveler.Level()
	}
	return c.level
}

// WithLevel sets the lowest level that is handled. l is asked for every record,
// so that a [slog.LevelVar] can change it while the program runs. nil stands for
// the default. Default: [slog.LevelInfo].
func WithLevel(l slog.Leveler) Option {
	return optionFunc(func(c *config) {
		c.leveler, c.level = nil, slog.LevelInfo
		if fixed, ok := l.(slog.Level); ok {
			c.level = fixed
		} else if v := reflect.ValueOf(l); v.IsValid() && (v.Kind() != reflect.Pointer || !v.IsNil()) {
			c.leveler = l
		}
	})
}

// WithSource sets whether records say which line of code they come from, in the
// attributes code.function.name, code.file.path and code.line.number. A record
// without a program counter has none. Default: false.
func WithSource(on bool) Option {
	return optionFunc(func(c *config) { c.source = on })
}

// WithReplaceAttr sets a function that is called with every attribute that is not
// a group, as the field ReplaceAttr of [slog.HandlerOptions]: the value is
// resolved, groups are the names of the groups around it, and the zero Attr
// removes the attribute. Attributes of WithAttrs pass it once, in WithAttrs. If
// f panics, the message becomes the attribute's value.
//
// The built-in attributes pass f too, without groups. OTLP has fields for them
// instead of keys, so the key that f returns makes no difference as long as the
// value fits the field:
//
//   - [slog.TimeKey] sets the time, if its value is a time. A record without a
//     time has no such attribute, and so after f returned the zero Attr.
//   - [slog.LevelKey] sets severity number and text if its value is a
//     [slog.Leveler]; a string sets the text and leaves the number. Removed, the
//     record has neither.
//   - [slog.MessageKey] sets the body, which may be of any kind. Removed, the
//     record has no body.
//   - [slog.SourceKey], with [WithSource], sets the attributes code.*, if its value
//     is a [*slog.Source].
//
// A value that does not fit, such as a time formatted as text, leaves the field as
// it was and becomes an attribute of its own, with the key that f returned.
//
// Default: nil, which changes nothing.
func WithReplaceAttr(f func(groups []string, a slog.Attr) slog.Attr) Option {
	return optionFunc(func(c *config) {
		if c.replace, c.begin = f, nil; f != nil {
			c.begin = (*scratch).appendReplaced
		}
	})
}

// WithScope sets name and version of the instrumentation scope that the records
// belong to; OpenTelemetry recommends the import path of the package that logs.
// Either may be empty. Default: the import path of this package, without version.
func WithScope(name, version string) Option {
	return optionFunc(func(c *config) { c.scopeName, c.scopeVersion = name, version })
}
