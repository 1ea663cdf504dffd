package workload

import (
	"context"
	"encoding/hex"
	"log/slog"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/logstream-go/logstream/internal/interop/otlpjson"
)

// IDKey is the key of the attribute that holds a record's number. It stands in
// the innermost group of its record.
const IDKey = "interop.id"

// A Workload is a number of records. Different records may be logged at the same
// time.
type Workload struct {
	seed    uint64
	loggers []logger

	// Clock readings around the logging of each record, in nanoseconds.
	began, ended []int64
}

// New returns a workload of n records for handlers made by handler, which is
// called for each scope.
func New(seed uint64, n int, handler func(Options) slog.Handler) *Workload {
	return &Workload{
		seed:    seed,
		loggers: loggers(rand.New(rand.NewPCG(seed, 1<<63)), handler),
		began:   make([]int64, n),
		ended:   make([]int64, n),
	}
}

// Len returns the number of records.
func (w *Workload) Len() int { return len(w.began) }

// A Want is what must arrive of one record.
type Want struct {
	ScopeName, ScopeVersion string

	// Bounds, inclusive, of two times in nanoseconds.
	TimeMin, TimeMax         int64
	ObservedMin, ObservedMax int64

	SeverityNumber  int
	SeverityText    string
	Body            otlpjson.Value
	Attributes      []otlpjson.KeyValue // in no order
	Flags           uint32
	TraceID, SpanID string
}

// A plan is everything about a record but when it is logged.
type plan struct {
	logger  *logger
	attrs   []sampled
	level   slog.Level
	message sample
	span    trace.SpanContext
	when    time.Time // what Handle is called with
	direct  bool      // through Handle, not through a slog.Logger
}

// levels are all that have a name, some between and some beyond. Errors are as
// rare as in real logs, because they are sent without delay.
var levels = []slog.Level{
	-20, -9, -8, -7, -5, -4, -4, -4, -3, -1, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 4, 4, 5, 7, 0, 0, 0, 4, 0, -4, 8, 9, 11, 12, 13, 15, 16, 40,
}

// plan returns the plan of record id.
func (w *Workload) plan(id int) plan {
	r := rand.New(rand.NewPCG(w.seed, uint64(id)))
	p := plan{logger: &w.loggers[r.IntN(len(w.loggers))], level: pick(r, levels)}

	p.attrs = append(p.attrs, sampled{IDKey, intSample(int64(id))})
	for i := range r.IntN(7) {
		k := pick(r, kinds)
		if i == 0 {
			k = kinds[id%len(kinds)]
		}
		p.attrs = append(p.attrs, draw(r, attrKey(i), k))
	}
	if p.logger.opts.ReplaceAttr != nil {
		p.attrs = append(p.attrs, sampled{renamedFrom, asciiString(r)}, sampled{removed, asciiString(r)})
	}

	p.message = pick(r, []maker{
		asciiString, asciiString, asciiString, unicodeString, edgeString, emptyString,
		invalidString,
	})(r)
	if r.IntN(2) == 0 {
		p.span = spanContext(r)
	}
	// Some records have no time of their own; the others' times differ and are in no order.
	p.when = time.Unix(1_700_000_000+int64(id), r.Int64N(1e9)).In(pick(r, zones))
	if r.IntN(16) == 0 {
		p.when = time.Time{}
	}
	p.direct = r.IntN(3) > 0
	return p
}

// attrKey is the key of the attribute number i of a record.
func attrKey(i int) string {
	return [...]string{"item", "http.request.method", "größe", "日本", "with space", "A", "UPPER_case-9"}[i]
}

// spanContext returns a context with ids and any flags.
func spanContext(r *rand.Rand) trace.SpanContext {
	c := trace.SpanContextConfig{TraceFlags: trace.TraceFlags(pick(r, []byte{0, 1, 2, 3, 0xff})), Remote: r.IntN(2) == 0}
	for i := range c.TraceID {
		c.TraceID[i] = byte(r.Uint32())
	}
	for i := range c.SpanID {
		c.SpanID[i] = byte(r.Uint32())
	}
	// Half-set contexts are invalid and must leave no trace.
	switch r.IntN(16) {
	case 0:
		c.TraceID = trace.TraceID{}
	case 1:
		c.SpanID = trace.SpanID{}
	}
	return trace.NewSpanContext(c)
}

// Log logs record id. Each record may be logged once.
func (w *Workload) Log(ctx context.Context, id int) error {
	p := w.plan(id)
	if p.span.HasTraceID() || p.span.HasSpanID() {
		ctx = trace.ContextWithSpanContext(ctx, p.span)
	}
	attrs := make([]slog.Attr, len(p.attrs))
	for i, a := range p.attrs {
		attrs[i] = a.attr()
	}
	message := p.message.value.String()

	if !p.direct {
		l := slog.New(p.logger.handler)
		w.began[id] = time.Now().UnixNano()
		logAttrs(ctx, l, p.level, message, attrs)
		w.ended[id] = time.Now().UnixNano()
		return nil
	}
	rec := slog.NewRecord(p.when, p.level, message, viaHandle.pc)
	rec.AddAttrs(attrs...)
	w.began[id] = time.Now().UnixNano()
	err := p.logger.handler.Handle(ctx, rec)
	w.ended[id] = time.Now().UnixNano()
	return err
}

// Want returns what must arrive of record id, which has been logged.
func (w *Workload) Want(id int) Want {
	p := w.plan(id)
	want := Want{
		ScopeName:    p.logger.opts.ScopeName,
		ScopeVersion: p.logger.opts.ScopeVersion,
		TimeMin:      w.began[id], TimeMax: w.ended[id],
		ObservedMin: w.began[id], ObservedMax: w.ended[id],
		SeverityNumber: min(max(int(p.level)+9, 1), 24),
		SeverityText:   levelText(p.level),
		Body:           p.message.want,
	}
	if p.direct {
		n := int64(0) // unknown
		if !p.when.IsZero() {
			n = p.when.UnixNano()
		}
		want.TimeMin, want.TimeMax = n, n
	}
	if p.span.IsValid() {
		traceID, spanID := p.span.TraceID(), p.span.SpanID()
		want.TraceID, want.SpanID = hex.EncodeToString(traceID[:]), hex.EncodeToString(spanID[:])
		want.Flags = uint32(p.span.TraceFlags())
	}
	attrs, raised := p.logger.arrive(p.attrs)
	if raised != nil {
		attrs = setNew(attrs, entry("exception.type", str(raised.typ)), entry("exception.message", str(raised.message)))
	}
	if p.logger.opts.Source {
		at := viaLogger
		if p.direct {
			at = viaHandle
		}
		attrs = append(attrs, at.entries()...)
	}
	want.Attributes = attrs
	return want
}

// levelText is the name of a level.
func levelText(l slog.Level) string {
	if l == 12 {
		return "FATAL"
	}
	return l.String()
}
