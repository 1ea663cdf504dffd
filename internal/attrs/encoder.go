package attrs

import (
	"log/slog"
	"reflect"
	"slices"

	"github.com/logstream-go/logstream/internal/otlp"
)

// MaxElements is how many values below the top level a record may hold. A larger
// record would exceed 64 KiB, the usual limit, in any case; what counts here is
// that a log call ends soon however large the value is.
const MaxElements = 16 << 10

// A TypeMask says for a value whether it is masked for its type, or for the struct tag mask
// of its field, "" for none, and what stands in its place.
type TypeMask = func(v reflect.Value, tag string) (text string, masked bool)

// An Encoder appends the attributes of one record after another. Its zero value
// is ready after Reset. It is used by one goroutine at a time.
type Encoder struct {
	// Replace, if not nil, is called with every attribute that is not a group,
	// as slog.HandlerOptions.ReplaceAttr. The owner sets it.
	Replace func(groups []string, a slog.Attr) slog.Attr

	// Groups are the names of the open groups, for Replace. The owner sets those
	// that it opened before Append.
	Groups []string

	// Types, if not nil, says for a value whether its type is masked, or the struct
	// tag mask of its field, and what stands in its place. The owner sets it.
	Types TypeMask

	// Level tells where the attributes appended next belong. The owner sets it.
	Level Level

	// What the attributes since Reset had in them.
	Repeated  bool      // a key may stand twice at the same level, or there are too many to tell
	Dropped   uint32    // attributes left out because the size limit was reached
	Exception Exception // the first error

	limit int // of len(dst)
	left  int // elements that may follow
	depth int // of open maps and arrays
	path  []visit
}

// Reset prepares e for a record, whose encoding may grow to about limit bytes:
// what is beyond is left out, and marked. depth is the number of groups that the
// owner keeps open around the attributes, at most otlp.MaxDepth.
func (e *Encoder) Reset(limit, depth int) {
	e.Repeated, e.Dropped = false, 0
	if e.Exception.Found {
		e.Exception = Exception{}
	}
	e.limit, e.left, e.depth = limit, MaxElements, depth
	e.path = e.path[:0]
}

// Append appends a to the level and returns the result. What slog leaves out adds
// nothing.
//
// This is the hot path of a log call, so it deals with named scalars itself and
// leaves all others to appendAny. Receiver, slice and attribute are nine words,
// which is what fits into registers; that is why the tag is in the level.
func (e *Encoder) Append(dst []byte, a slog.Attr) []byte {
	kind := a.Value.Kind()
	if a.Key == "" || !isScalar(kind) || e.Replace != nil {
		return e.appendAny(dst, a)
	}
	room := e.room(dst) - len(a.Key)
	if room <= 0 {
		e.Dropped++
		return dst
	}
	if e.note(KeyBits(a.Key)) {
		e.compare(dst, a.Key)
	}
	tag := e.Level.Tag
	switch kind {
	case slog.KindString:
		return otlp.AppendString(dst, tag, a.Key, Shorten(a.Value.String(), room))
	case slog.KindInt64:
		return otlp.AppendInt(dst, tag, a.Key, a.Value.Int64())
	case slog.KindBool:
		return otlp.AppendBool(dst, tag, a.Key, a.Value.Bool())
	case slog.KindDuration:
		return otlp.AppendInt(dst, tag, a.Key, int64(a.Value.Duration()))
	case slog.KindFloat64:
		return otlp.AppendDouble(dst, tag, a.Key, a.Value.Float64())
	}
	return e.value(dst, place{key: a.Key, tag: tag}, a.Value)
}

// isScalar reports whether a value of kind k is neither Any, nor a group, nor a
// LogValuer: the first and the last two of the kinds.
func isScalar(k slog.Kind) bool { return uint(k)-1 < uint(slog.KindGroup)-1 }

// appendAny is Append for every attribute. The order is slog's: resolve, replace,
// resolve what that returned, and only then look at what is left out.
func (e *Encoder) appendAny(dst []byte, a slog.Attr) []byte {
	if e.Replace != nil {
		a = e.replaced(a)
	}
	a.Value = Resolve(a.Value)
	kind := a.Value.Kind()
	if kind == slog.KindGroup {
		return e.group(dst, a.Key, a.Value.Group())
	}
	if a.Key == "" {
		if kind == slog.KindAny && a.Value.Any() == nil {
			return dst
		}
		a.Key = emptyKey
	}
	if e.room(dst) <= len(a.Key) {
		e.Dropped++
		return dst
	}
	e.Note(dst, a.Key)
	p := place{key: a.Key, tag: e.Level.Tag}
	if kind == slog.KindAny {
		// Only here is an error an exception of the record: one in a list or in
		// a struct is data.
		if err, ok := a.Value.Any().(error); ok && !isNil(err) {
			if e.Types != nil {
				if text, masked := e.Types(reflect.ValueOf(err), ""); masked {
					return p.string(dst, e.fit(dst, text))
				}
			}
			if !e.hides(err) {
				return p.string(dst, e.fit(dst, e.failed(err)))
			}
		}
	}
	return e.guarded(dst, p, a.Value)
}

// guarded is value, with a recovery from what goes wrong outside the user's
// methods, such as a slice that another goroutine makes shorter meanwhile. It
// leaves half of what the record may still hold to the attributes that follow.
func (e *Encoder) guarded(dst []byte, p place, v slog.Value) (out []byte) {
	level, groups, depth, path := e.Level, e.Groups, e.depth, len(e.path)
	limit, reserve := e.limit, e.left/2
	e.limit = len(dst) + e.room(dst)
	e.left -= reserve
	defer func() {
		if r := recover(); r != nil {
			// What was appended lies behind dst, and is given up; whatever was
			// open is closed.
			e.Level, e.Groups, e.depth, e.path = level, groups, depth, e.path[:path]
			out = p.string(dst, e.fit(dst, panicText(r)))
		}
		e.limit = limit
		e.left = reserve + max(e.left, 0)
	}()
	return e.value(dst, p, v)
}

// AppendValue appends v as an AnyValue that is field tag of the message around
// it. Errors in v do not count as Exception.
func (e *Encoder) AppendValue(dst []byte, tag byte, v slog.Value) []byte {
	return e.guarded(dst, place{tag: tag, bare: true}, v)
}

// value appends v at p. Unlike Append it has no way to leave v out, so that an
// array keeps its length and a map its keys.
func (e *Encoder) value(dst []byte, p place, v slog.Value) []byte {
	v = Resolve(v)
	switch v.Kind() {
	case slog.KindString:
		return p.string(dst, e.fit(dst, v.String()))
	case slog.KindInt64:
		return p.int(dst, v.Int64())
	case slog.KindBool:
		return p.bool(dst, v.Bool())
	case slog.KindDuration:
		return p.int(dst, int64(v.Duration()))
	case slog.KindFloat64:
		return p.double(dst, v.Float64())
	case slog.KindUint64:
		return p.uint(dst, v.Uint64())
	case slog.KindTime:
		return p.time(dst, v.Time())
	case slog.KindGroup:
		return e.groupValue(dst, p, v.Group())
	}
	return e.any(dst, p, v.Any())
}

// room returns how many bytes the next value may take: half of what is left, so
// that a large value never keeps out the small ones behind it.
func (e *Encoder) room(dst []byte) int { return (e.limit - len(dst)) >> 1 }

// fit shortens s to the room that is left behind dst.
func (e *Encoder) fit(dst []byte, s string) string {
	return Shorten(s, max(e.room(dst), 0))
}

// more counts an element or entry, and reports whether it may follow dst. It is
// asked before each one at every depth, and so bounds the time that even a value
// which branches without end takes.
func (e *Encoder) more(dst []byte) bool {
	e.left--
	return e.left >= 0 && len(dst) < e.limit
}

// replaced applies Replace as slog does: to the resolved value, and not to
// groups, whose attributes come here one by one.
func (e *Encoder) replaced(a slog.Attr) slog.Attr {
	a.Value = Resolve(a.Value)
	if a.Value.Kind() == slog.KindGroup {
		return a
	}
	return e.ReplaceIn(e.Groups, a)
}

// ReplaceIn returns what Replace makes of a inside groups. A panic becomes the
// value, so that neither the log call nor the attribute is lost. It requires Replace
// to be set.
func (e *Encoder) ReplaceIn(groups []string, a slog.Attr) (out slog.Attr) {
	defer func() {
		if r := recover(); r != nil {
			out = slog.String(a.Key, panicText(r))
		}
	}()
	// The function must not change groups; should it append, it gets a copy.
	return e.Replace(slices.Clip(groups), a)
}
