package slogbridge

import (
	"context"
	"log/slog"
	"slices"

	"github.com/logstream-go/logstream/internal/attrs"
	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/stream"
)

// A Handler is a [slog.Handler] that puts records into a [stream.Stream]. It is
// immutable, and all its methods may be called concurrently.
type Handler struct {
	// All fields are immutable, and shared with the handlers derived from it.
	src       *stream.Source // nil if there is no stream
	cfg       *config
	maxRecord int                        // bytes that src takes
	fit       func(record []byte) []byte // of src: masks a larger one, and cuts it
	types     attrs.TypeMask

	levels    []level         // the record itself, then the open groups
	groups    []string        // names of the open groups
	exception attrs.Exception // of the attributes of WithAttrs
	flags     uint8           // stream.FlagNormalize if keys repeat in levels
	dropped   uint32          // attributes that did not fit
}

// A level is the attributes that WithAttrs gave to the record or to a group.
type level struct {
	name    string
	encoded []byte
	keys    attrs.Level // Start is 0
}

// NewHandler returns a handler that puts records into s. The handlers of one
// stream may differ in their options. If s is nil, no level is enabled and
// records are discarded.
func NewHandler(s *stream.Stream, opts ...Option) *Handler {
	cfg := newConfig(opts)
	h := &Handler{cfg: cfg, levels: make([]level, 1)}
	if h.levels[0].keys.Tag = otlp.TagRecordAttribute; cfg.source {
		h.levels[0].keys = sourceLevel
	}
	if s != nil {
		h.src = s.Source(otlp.AppendScope(nil, cfg.scopeName, cfg.scopeVersion), "")
		h.maxRecord, h.fit = h.src.MaxRecord(), h.src.Fit
		h.types = h.src.TypeMask()
	}
	return h
}

// Enabled reports whether a record of this level is handled: the level is at
// least that of [WithLevel], and Shutdown of the stream has not been called.
func (h *Handler) Enabled(_ context.Context, l slog.Level) bool {
	return l >= h.cfg.minimum() && h.src != nil && h.src.Enabled()
}

// Handle encodes r, which settles every value in it, and puts it into the stream.
// Of ctx only the span context is used; it may be nil. Handle takes no lock, does
// no I/O, and does not block unless the stream was made with [stream.Block] or [stream.WithDurable]. A
// panic in a value's methods becomes the value. The result is always nil: what
// becomes of the record is in the stream's Stats.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	if h.src == nil {
		return nil
	}
	s := scratches.Get().(*scratch)
	m := s.encode(ctx, h, &r)
	h.src.Put(&s.hint, m, s.buf)
	s.release()
	return nil
}

// WithAttrs returns a handler that adds as to every record, inside the groups
// that are open. They are encoded, and their LogValuers asked, here and not again.
func (h *Handler) WithAttrs(as []slog.Attr) slog.Handler {
	if len(as) == 0 {
		return h
	}
	h2 := h.clone()
	last := &h2.levels[len(h2.levels)-1]
	e := attrs.Encoder{Replace: h.cfg.replace, Groups: slices.Clone(h.groups), Level: last.keys, Types: h.types}
	e.Reset(len(last.encoded)+h.maxEncoded(), len(h.groups))
	last.encoded = slices.Clip(last.encoded)
	for _, a := range as {
		last.encoded = e.Append(last.encoded, a)
	}
	last.keys = e.Level
	if e.Repeated || h.cfg.source && hasSource(h2.levels[0].encoded) {
		h2.flags |= stream.FlagNormalize
	}
	if e.Exception.Found {
		h2.exception = e.Exception
	}
	h2.dropped += e.Dropped
	return h2
}

// WithGroup returns a handler that puts the attributes that follow, of WithAttrs
// and of records, into a group. The group is left out of records where it would be
// empty. If name is empty, the result is h. Groups nest to depth 64; what would be
// deeper joins the innermost.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" || len(h.groups) == otlp.MaxDepth {
		return h
	}
	h2 := h.clone()
	outer := &h2.levels[len(h2.levels)-1]
	e := attrs.Encoder{Level: outer.keys}
	if e.Note(outer.encoded, name); e.Repeated || isSource(name) {
		h2.flags |= stream.FlagNormalize
	}
	outer.keys = e.Level
	h2.levels = append(h2.levels, level{name: name, keys: attrs.Level{Tag: otlp.TagMapEntry}})
	h2.groups = append(slices.Clip(h2.groups), name)
	return h2
}

// clone returns a copy of h whose levels can be changed.
func (h *Handler) clone() *Handler {
	h2 := *h
	h2.levels = slices.Clone(h.levels)
	return &h2
}

// maxEncoded is how large the attributes of a record may become before the record
// is cut to what the stream takes. It leaves the choice of what to cut, which is
// the largest values, to the one who sees the whole.
func (h *Handler) maxEncoded() int { return 4 * h.maxRecord }
