package slogbridge

import (
	"bytes"
	"context"
	"log/slog"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/stream"
)

func TestAttributesGoIntoTheirGroups(t *testing.T) {
	for _, test := range []struct {
		name string
		log  func(*slog.Logger)
		want fields
	}{
		{"none", func(l *slog.Logger) { l.Info("m") }, fields{}},
		{"of the record", func(l *slog.Logger) { l.Info("m", "a", 1) }, fields{"a": int64(1)}},
		{"of With", func(l *slog.Logger) { l.With("a", 1).With("b", 2).Info("m", "c", 3) }, fields{"a": int64(1), "b": int64(2), "c": int64(3)}},
		{"of a group", func(l *slog.Logger) { l.WithGroup("g").Info("m", "a", 1) }, fields{"g": fields{"a": int64(1)}}},
		{"of groups", func(l *slog.Logger) {
			l.With("a", 1).WithGroup("g").With("b", 2).WithGroup("h").With("c", 3).Info("m", "d", 4)
		}, fields{"a": int64(1), "g": fields{"b": int64(2), "h": fields{"c": int64(3), "d": int64(4)}}}},
		{"of groups that stay empty at the end", func(l *slog.Logger) {
			l.WithGroup("g").With("a", 1).WithGroup("h").WithGroup("i").Info("m")
		}, fields{"g": fields{"a": int64(1)}}},
		{
			"of groups that are empty in the middle", func(l *slog.Logger) { l.WithGroup("g").WithGroup("h").Info("m", "a", 1) },
			fields{"g": fields{"h": fields{"a": int64(1)}}},
		},
		{"that turn out to be nothing", func(l *slog.Logger) {
			l.WithGroup("g").WithGroup("h").Info("m", slog.Attr{}, slog.Group("i", slog.Group("j")))
		}, fields{}},
		{"of With that are nothing", func(l *slog.Logger) { l.With(slog.Attr{}, slog.Group("i")).Info("m") }, fields{}},
		{"behind long ones", func(l *slog.Logger) {
			l.WithGroup("g").With("a", strings.Repeat("x", 1000)).WithGroup("h").Info("m", "b", strings.Repeat("y", 20_000), "c", 1)
		}, fields{"g": fields{"a": strings.Repeat("x", 1000), "h": fields{"b": strings.Repeat("y", 20_000), "c": int64(1)}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire(t)
			test.log(w.logger())
			if got := w.one(t).attrs(); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestDerivedHandlersAreIndependent(t *testing.T) {
	var last []byte
	var base slog.Handler = encodeOnly{newHandler(), &last}
	with := func(h slog.Handler, key string) slog.Handler {
		return h.WithAttrs([]slog.Attr{slog.Int(key, 1)})
	}
	// Each of these pairs shares what came before it.
	a := with(base, "a")
	ab, ac := with(a, "b"), with(a, "c")
	ag, ah := a.WithGroup("g"), a.WithGroup("h")
	agb, agc := with(ag, "b"), with(ag, "c")
	for _, test := range []struct {
		h    slog.Handler
		want fields
	}{
		{base, fields{"x": int64(1)}},
		{a, fields{"a": int64(1), "x": int64(1)}},
		{ab, fields{"a": int64(1), "b": int64(1), "x": int64(1)}},
		{ac, fields{"a": int64(1), "c": int64(1), "x": int64(1)}},
		{ah, fields{"a": int64(1), "h": fields{"x": int64(1)}}},
		{agb, fields{"a": int64(1), "g": fields{"b": int64(1), "x": int64(1)}}},
		{agc, fields{"a": int64(1), "g": fields{"c": int64(1), "x": int64(1)}}},
	} {
		slog.New(test.h).Info("m", "x", 1)
		if got := decode(t, last).attrs(); !reflect.DeepEqual(got, test.want) {
			t.Errorf("got %v, want %v", got, test.want)
		}
	}
}

func TestWithNothingIsTheSameHandler(t *testing.T) {
	h := newHandler()
	if got := h.WithAttrs(nil); got != slog.Handler(h) {
		t.Error("WithAttrs(nil): got another handler, want the receiver")
	}
	if got := h.WithGroup(""); got != slog.Handler(h) {
		t.Error(`WithGroup(""): got another handler, want the receiver`)
	}
}

func TestGroupsNestToTheLimit(t *testing.T) {
	var last []byte
	var h slog.Handler = encodeOnly{newHandler(), &last}
	for range 2 * otlp.MaxDepth {
		h = h.WithGroup("g")
	}
	slog.New(h).Info("m", "a", 1, "list", []int{1})
	got, depth := decode(t, last).attrs(), 0
	for {
		inner, ok := got["g"].(fields)
		if !ok {
			break
		}
		got, depth = inner, depth+1
	}
	if want := (fields{"a": int64(1), "list": "...[too deep]"}); depth != otlp.MaxDepth || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v at depth %d, want %v at %d", got, depth, want, otlp.MaxDepth)
	}
}

func TestLogValuersOfWithAreAskedOnce(t *testing.T) {
	w := newWire(t)
	calls := 0
	l := w.logger().With("k", countingValuer{&calls})
	l.Info("m")
	l.Info("m")
	if calls != 1 {
		t.Errorf("got %d calls of LogValue, want 1", calls)
	}
}

type countingValuer struct{ n *int }

func (v countingValuer) LogValue() slog.Value { *v.n++; return slog.IntValue(*v.n) }

func TestValuesAreSettledWhenHandleReturns(t *testing.T) {
	w := newWire(t)
	list := []string{"before"}
	w.logger().Info("m", "list", list)
	list[0] = "after"
	if got, want := w.one(t).attrs(), (fields{"list": []any{"before"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTimes(t *testing.T) {
	past := time.Date(2020, 1, 2, 3, 4, 5, 678, time.UTC)
	for _, test := range []struct {
		name string
		time time.Time
		want uint64
	}{
		{"of the past", past, uint64(past.UnixNano())},
		{"in another zone", past.In(time.FixedZone("", 3600)), uint64(past.UnixNano())},
		{"zero", time.Time{}, 0},
		{"before 1970", time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC), 0},
		{"beyond OTLP", time.Date(2263, 1, 1, 0, 0, 0, 0, time.UTC), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire(t)
			before := time.Now()
			if err := NewHandler(w.s).Handle(t.Context(), slog.NewRecord(test.time, 0, "m", 0)); err != nil {
				t.Errorf("got %v, want nil", err)
			}
			r := w.one(t)
			if r.TimeUnixNano != test.want {
				t.Errorf("got time %d, want %d", r.TimeUnixNano, test.want)
			}
			if got := time.Unix(0, int64(r.ObservedTimeUnixNano)); got.Before(before.Round(0)) || got.After(time.Now()) {
				t.Errorf("got observed at %v, want now", got)
			}
		})
	}
}

func TestTimeOfTheCallIsTheObservedTime(t *testing.T) {
	w := newWire(t)
	w.logger().Info("m")
	r := w.one(t)
	if r.TimeUnixNano == 0 || r.TimeUnixNano != r.ObservedTimeUnixNano {
		t.Errorf("got %d and observed %d, want the same", r.TimeUnixNano, r.ObservedTimeUnixNano)
	}
}

func TestTraceContext(t *testing.T) {
	traceID, spanID := trace.TraceID{1, 2, 15: 3}, trace.SpanID{4, 7: 5}
	in := func(c trace.SpanContextConfig) context.Context {
		return trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(c))
	}
	for _, test := range []struct {
		name  string
		ctx   context.Context
		ids   bool
		flags uint32
	}{
		{"sampled", in(trace.SpanContextConfig{TraceID: traceID, SpanID: spanID, TraceFlags: trace.FlagsSampled}), true, 1},
		{"not sampled", in(trace.SpanContextConfig{TraceID: traceID, SpanID: spanID}), true, 0},
		{"without span", context.WithValue(context.Background(), &traceID, 1), false, 0},
		{"of a span that is not valid", in(trace.SpanContextConfig{TraceID: traceID, TraceFlags: trace.FlagsSampled}), false, 0},
		{"cancelled", cancelled(in(trace.SpanContextConfig{TraceID: traceID, SpanID: spanID})), true, 0},
		{"background", context.Background(), false, 0},
		{"nil", nil, false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire(t)
			if err := NewHandler(w.s).Handle(test.ctx, slog.NewRecord(time.Now(), 0, "m", 0)); err != nil {
				t.Errorf("got %v, want nil", err)
			}
			r := w.one(t)
			var wantTrace, wantSpan []byte
			if test.ids {
				wantTrace, wantSpan = traceID[:], spanID[:]
			}
			if !bytes.Equal(r.TraceId, wantTrace) || !bytes.Equal(r.SpanId, wantSpan) || r.Flags != test.flags {
				t.Errorf("got %x, %x, %x, want %x, %x, %x", r.TraceId, r.SpanId, r.Flags, wantTrace, wantSpan, test.flags)
			}
		})
	}
}

func cancelled(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}

func TestEnabled(t *testing.T) {
	s, err := stream.New(discard)
	if err != nil {
		t.Fatal(err)
	}
	var v slog.LevelVar
	byDefault, fixed, variable := NewHandler(s), NewHandler(s, WithLevel(slog.LevelWarn)), NewHandler(s, WithLevel(&v))
	check := func(name string, h *Handler, l slog.Level, want bool) {
		t.Helper()
		if got := h.Enabled(t.Context(), l); got != want {
			t.Errorf("%s at %v: got %v, want %v", name, l, got, want)
		}
	}
	check("default", byDefault, slog.LevelInfo, true)
	check("default", byDefault, slog.LevelInfo-1, false)
	check("fixed", fixed, slog.LevelWarn, true)
	check("fixed", fixed, slog.LevelWarn-1, false)
	check("variable", variable, slog.LevelInfo, true)
	v.Set(slog.LevelError)
	check("variable", variable, slog.LevelWarn, false)
	check("nil level", NewHandler(s, WithLevel(nil)), slog.LevelInfo, true)
	check("nil variable", NewHandler(s, WithLevel((*slog.LevelVar)(nil))), slog.LevelInfo, true)
	check("no stream", NewHandler(nil), slog.LevelError, false)
	if err := s.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	check("after Shutdown", byDefault, slog.LevelError, false)
}

func TestRecordsAfterShutdownAreCounted(t *testing.T) {
	s, err := stream.New(discard)
	if err != nil {
		t.Fatal(err)
	}
	h := NewHandler(s)
	if err := s.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := h.Handle(t.Context(), slog.NewRecord(time.Now(), slog.LevelError, "late", 0)); err != nil {
		t.Errorf("got %v, want nil", err)
	}
}

func TestHandlerWithoutStream(t *testing.T) {
	h := NewHandler(nil, nil).WithGroup("g").WithAttrs([]slog.Attr{slog.Int("a", 1)})
	if err := h.Handle(t.Context(), slog.NewRecord(time.Now(), 0, "m", 0)); err != nil {
		t.Errorf("got %v, want nil", err)
	}
}

func TestScope(t *testing.T) {
	w := newWire(t)
	w.logger().Info("default")
	w.logger(WithScope("shop/http", "v1.2.3")).Info("named")
	w.logger(WithScope("", "")).Info("none")
	want := map[any][2]string{
		"default": {"github.com/logstream-go/logstream/slogbridge", ""},
		"named":   {"shop/http", "v1.2.3"},
		"none":    {"", ""},
	}
	got := map[any][2]string{}
	for _, r := range w.records(t) {
		got[r.body()] = [2]string{r.scope.GetName(), r.scope.GetVersion()}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestBody(t *testing.T) {
	for _, test := range []struct {
		name, in string
		want     any
	}{
		{"text", "hello", "hello"},
		{"empty", "", ""},
		{"not UTF-8", "a\xff", []byte("a\xff")},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire(t)
			w.logger().Info(test.in)
			if got := w.one(t).body(); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestLargeRecordsAreCutNotLost(t *testing.T) {
	const huge = 10 << 20
	long := strings.Repeat("x", huge)
	for _, test := range []struct {
		name string
		log  func(*slog.Logger)
	}{
		{"the message", func(l *slog.Logger) { l.Info(long, "small", 1) }},
		{"a string", func(l *slog.Logger) { l.Info("m", "long", long, "small", 1) }},
		{"many strings", func(l *slog.Logger) { l.Info("m", "a", long, "b", long, "c", long, "d", long, "small", 1) }},
		{"bytes", func(l *slog.Logger) { l.Info("m", "long", []byte(long), "small", 1) }},
		{"a list", func(l *slog.Logger) { l.Info("m", "long", make([]int, huge), "small", 1) }},
		{"of With", func(l *slog.Logger) { l.With("long", long).Info("m", "small", 1) }},
		{"in a group", func(l *slog.Logger) { l.Info("m", slog.Group("g", "long", long), "small", 1) }},
		{"an error", func(l *slog.Logger) { l.Info("m", "err", longError(long), "small", 1) }},
		{"a message and a list by a function", func(l *slog.Logger) { l.Info(long, "small", 1) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire(t)
			test.log(w.logger(WithSource(true)))
			r := w.one(t)
			if got := r.attrs()["small"]; got != int64(1) {
				t.Errorf("got %v, want the small attribute to survive", got)
			}
			if r.attrs()[keyLine] == nil {
				t.Error("got no line number, want it to survive")
			}
		})
	}
}

type longError string

func (e longError) Error() string { return string(e) }

func TestLargeBuffersAreNotKept(t *testing.T) {
	s := newScratch()
	h := newHandler()
	r := slog.NewRecord(time.Now(), 0, strings.Repeat("x", 2*maxPooled), 0)
	s.encode(t.Context(), h, &r)
	if len(s.buf) > h.maxRecord {
		t.Errorf("got %d bytes, want at most %d", len(s.buf), h.maxRecord)
	}
	s.buf = slices.Grow(s.buf, maxPooled)
	s.release()
	for range 10 {
		if x := scratches.Get().(*scratch); cap(x.buf) > maxPooled {
			t.Errorf("got a buffer of %d from the pool, want at most %d", cap(x.buf), maxPooled)
		}
	}
}

func TestLogValuerThatLogs(t *testing.T) {
	w := newWire(t)
	l := w.logger()
	l.Info("outer", "before", 1, "k", loggingValuer{l}, "after", 2)
	got := map[any]fields{}
	for _, r := range w.records(t) {
		got[r.body()] = r.attrs()
	}
	want := map[any]fields{
		"inner": {"x": int64(1)},
		"outer": {"before": int64(1), "k": "done", "after": int64(2)},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

type loggingValuer struct{ l *slog.Logger }

func (v loggingValuer) LogValue() slog.Value {
	v.l.Info("inner", "x", 1)
	return slog.StringValue("done")
}

// badContext panics when it is asked for a span.
type badContext struct{ context.Context }

func (badContext) Value(any) any { panic("no values") }

func TestPanicThatWasNotForeseen(t *testing.T) {
	w := newWire(t)
	l := w.logger()
	l.ErrorContext(badContext{t.Context()}, "m", "a", 1)
	l.Info("next", "b", 2)
	got := map[any]fields{}
	for _, r := range w.records(t) {
		got[r.body()] = r.attrs()
		if want := (map[any]string{"m": "ERROR", "next": "INFO"})[r.body()]; r.SeverityText != want {
			t.Errorf("got %s, want %s", r.SeverityText, want)
		}
	}
	if want := (map[any]fields{"m": {"!PANIC": "no values"}, "next": {"b": int64(2)}}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestOptionsAreNamedInOrder(t *testing.T) {
	// A later option wins over an earlier one.
	h := NewHandler(nil, WithLevel(slog.LevelError), WithLevel(slog.LevelDebug), WithScope("a", "b"), WithScope("c", "d"))
	if got := h.cfg.minimum(); got != slog.LevelDebug {
		t.Errorf("got %v, want DEBUG", got)
	}
	if h.cfg.scopeName != "c" || h.cfg.scopeVersion != "d" {
		t.Errorf("got %s %s, want c d", h.cfg.scopeName, h.cfg.scopeVersion)
	}
}

func TestNumbersOutsideOfTime(t *testing.T) {
	if got := unixNano(time.Unix(math.MaxInt64/int64(time.Second)-1, 999_999_999)); got == 0 {
		t.Error("got 0 for the last second that OTLP can tell")
	}
	if got := unixNano(time.Unix(0, 1)); got != 1 {
		t.Errorf("got %d, want 1", got)
	}
}
