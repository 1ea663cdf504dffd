package slogbridge

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/logstream-go/logstream/internal/attrs"
	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/stream"
)

// A scratch is the memory in which one record is encoded. It is pooled, and owned
// by one Handle at a time; a LogValuer that logs gets one of its own.
type scratch struct {
	buf  []byte
	enc  attrs.Encoder
	open []openGroup
	hint uint32 // the ring's shard that this scratch put into last

	groups []string // memory for the names of open groups
}

// An openGroup is a group whose length is not yet known.
type openGroup struct {
	mark           otlp.MapMark
	start, content int // positions of the group and of its first attribute
}

// maxPooled is the capacity in bytes up to which a scratch returns to the pool:
// the usual limit of a record. Rare larger ones are left to the garbage collector.
const maxPooled = 64 << 10

// maxAttributes is the number of attributes from which the stream has to look
// whether there are too many: its usual limit of 128, less those that Handle adds.
const maxAttributes = 128 - 5

var (
	scratches = sync.Pool{New: func() any { return newScratch() }}
	hints     atomic.Uint32
)

func newScratch() *scratch {
	return &scratch{buf: make([]byte, 0, 1024), hint: hints.Add(1)}
}

// release returns s to the pool.
func (s *scratch) release() {
	if cap(s.buf) > maxPooled {
		return
	}
	if s.enc.Exception.Found {
		s.enc.Exception = attrs.Exception{}
	}
	if s.enc.Replace != nil {
		s.enc.Replace, s.enc.Groups = nil, nil
		clear(s.groups[:cap(s.groups)])
	}
	scratches.Put(s)
}

// encode writes r as an OTLP LogRecord into s.buf, fields in ascending order.
func (s *scratch) encode(ctx context.Context, h *Handler, r *slog.Record) (m stream.Meta) {
	defer s.rescue(h, r, &m)
	var unix uint64
	unix, m.Observed = times(r.Time)
	b := s.buf[:0]
	var start int // of the attributes
	if h.cfg.begin != nil {
		b, start, m = h.cfg.begin(s, b, h, *r, m) // by value: through a pointer r and m would live on the heap
	} else {
		b = otlp.AppendTime(b, unix)
		b, m.Severity = appendSeverity(b, r.Level)
		b = otlp.AppendStringValue(b, otlp.TagRecordBody, attrs.Shorten(r.Message, h.maxEncoded()))
		start = len(b)
		if h.cfg.source {
			b = appendSource(b, r.PC)
		}
	}
	b = s.openGroups(b, h, start)

	s.enc.Types = h.types
	s.enc.Reset(len(b)+h.maxEncoded(), len(h.groups))
	r.Attrs(func(a slog.Attr) bool {
		b = s.enc.Append(b, a)
		return true
	})

	count := s.enc.Level.Count
	for i := len(s.open) - 1; i >= 0; i-- {
		if g := s.open[i]; len(b) == g.content {
			b = b[:g.start]
		} else {
			b = otlp.CloseMap(b, g.mark)
		}
		count = h.levels[i].keys.Count
	}
	if s.enc.Exception.Found {
		b = s.enc.Exception.AppendException(b, otlp.TagRecordAttribute, start)
	} else if h.exception.Found {
		b = h.exception.AppendException(b, otlp.TagRecordAttribute, start)
	}
	m.Flags |= h.flags
	if s.enc.Repeated || count > maxAttributes {
		m.Flags |= stream.FlagNormalize
	}
	b = otlp.AppendDroppedAttributes(b, h.dropped+s.enc.Dropped)
	if ctx != background {
		b = appendSpan(b, ctx)
	}
	s.buf = otlp.AppendObservedTime(b, uint64(m.Observed))
	if len(s.buf) > h.maxRecord {
		s.buf = h.fit(s.buf)
	}
	return m
}

// rescue is the last resort of encode: should anything panic that was not foreseen,
// such as the user's context, the record keeps its message and says so.
func (s *scratch) rescue(h *Handler, r *slog.Record, m *stream.Meta) {
	p := recover()
	if p == nil {
		return
	}
	s.enc = attrs.Encoder{}
	*m = stream.Meta{Observed: time.Now().UnixNano()}
	b := otlp.AppendTime(s.buf[:0], unixNano(r.Time))
	b, m.Severity = appendSeverity(b, r.Level)
	b = otlp.AppendStringValue(b, otlp.TagRecordBody, attrs.Shorten(r.Message, h.maxRecord/2))
	b = otlp.AppendString(b, otlp.TagRecordAttribute, "!PANIC", attrs.Shorten(fmt.Sprint(p), h.maxRecord/4))
	s.buf = otlp.AppendObservedTime(b, uint64(m.Observed))
}

// openGroups appends what WithAttrs and WithGroup asked for, leaves the groups
// open, and prepares the encoder for the attributes of the record. start is where
// the attributes of the record start.
func (s *scratch) openGroups(b []byte, h *Handler, start int) []byte {
	s.open = s.open[:0]
	s.enc.Level = h.levels[0].keys
	s.enc.Level.Start = start
	if top := h.levels[0].encoded; len(top) > 0 {
		b = append(b, top...)
	}
	for i := 1; i < len(h.levels); i++ {
		l := &h.levels[i]
		g := openGroup{start: len(b)}
		b, g.mark = otlp.OpenMap(b, s.enc.Level.Tag, l.name)
		g.content = len(b)
		s.open = append(s.open, g)
		s.enc.Level = l.keys
		s.enc.Level.Start = g.content
		b = append(b, l.encoded...)
	}
	return b
}

// times returns the time of a record for OTLP, and when the record was observed.
// A time with a monotonic reading is from time.Now in this process: it is when the
// record was observed, and spares a look at the clock.
func times(t time.Time) (unix uint64, observed int64) {
	unix = unixNano(t)
	if unix != 0 && t != t.Round(0) {
		return unix, int64(unix)
	}
	return unix, time.Now().UnixNano()
}

// unixNano returns t in nanoseconds since 1970, or 0, which is unknown, if t is the
// zero time or OTLP's clock, from 1970 to 2262, cannot tell it.
func unixNano(t time.Time) uint64 {
	const last = math.MaxInt64 / int64(time.Second)
	if s := t.Unix(); s < 0 || s >= last {
		return 0
	}
	return uint64(t.UnixNano())
}

// background is the context of log calls without one. It has no span, and to know
// that is cheaper than to ask.
var background = context.Background()

// appendSpan appends the ids of the span in ctx.
func appendSpan(b []byte, ctx context.Context) []byte {
	sc := trace.SpanContextFromContext(ctx)
	if !sc.IsValid() {
		return b
	}
	traceID, spanID := [16]byte(sc.TraceID()), [8]byte(sc.SpanID())
	return otlp.AppendTrace(b, byte(sc.TraceFlags()), &traceID, &spanID)
}
