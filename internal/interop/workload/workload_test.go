package workload

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/logstream-go/logstream/internal/interop/otlpjson"
)

// A catcher keeps the records that it handles.
type catcher struct {
	mu      sync.Mutex
	records []slog.Record
	spans   []trace.SpanContext
}

func (c *catcher) Enabled(context.Context, slog.Level) bool { return true }

func (c *catcher) Handle(ctx context.Context, r slog.Record) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.records = append(c.records, r)
	c.spans = append(c.spans, trace.SpanContextFromContext(ctx))
	return nil
}

func (c *catcher) WithAttrs([]slog.Attr) slog.Handler { return c }
func (c *catcher) WithGroup(string) slog.Handler      { return c }

// catch logs n records to a catcher.
func catch(t *testing.T, n int) (*Workload, *catcher) {
	t.Helper()
	c := new(catcher)
	w := New(7, n, func(Options) slog.Handler { return c })
	for i := range n {
		if err := w.Log(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	return w, c
}

func TestTheSameNumberIsTheSameRecord(t *testing.T) {
	w, first := catch(t, 500)
	_, second := catch(t, 500)
	for i, r := range first.records {
		s := second.records[i]
		if r.Message != s.Message || r.Level != s.Level || r.NumAttrs() != s.NumAttrs() {
			t.Errorf("record %d: got %v and %v", i, r, s)
		}
		one, two := w.Want(i), w.Want(i)
		a, b := otlpjson.MapOf(one.Attributes...), otlpjson.MapOf(two.Attributes...)
		if a.Text() != b.Text() || one.Body.Text() != two.Body.Text() {
			t.Errorf("record %d: got %s and %s", i, a.Text(), b.Text())
		}
	}
}

func TestWhatIsLoggedIsWhatIsWanted(t *testing.T) {
	w, c := catch(t, 2000)
	for i, r := range c.records {
		want := w.Want(i)
		if want.SeverityNumber < 1 || want.SeverityNumber > 24 {
			t.Errorf("record %d: got severity %d", i, want.SeverityNumber)
		}
		when := int64(0)
		if !r.Time.IsZero() {
			when = r.Time.UnixNano()
		}
		if when < want.TimeMin || when > want.TimeMax {
			t.Errorf("record %d: logged at %d, want %d to %d", i, when, want.TimeMin, want.TimeMax)
		}
		if span := c.spans[i]; span.IsValid() && span.TraceID().String() != want.TraceID {
			t.Errorf("record %d: logged with trace id %s, want %s", i, span.TraceID(), want.TraceID)
		}
		switch body := want.Body; {
		case body.String != nil && *body.String == r.Message:
		case body.Bytes != nil && string(*body.Bytes) == r.Message:
		default:
			t.Errorf("record %d: logged message %q, want %s", i, r.Message, body.Text())
		}
	}
}

func TestEverythingOccurs(t *testing.T) {
	c := new(catcher)
	w := New(7, 0, func(Options) slog.Handler { return c })
	const n = 20_000 // the short form
	loggers, levels := map[*logger]int{}, map[slog.Level]int{}
	var zeroTime, direct, spans, halfSpans int
	for i := range n {
		p := w.plan(i)
		loggers[p.logger]++
		levels[p.level]++
		if p.direct {
			direct++
		}
		if p.when.IsZero() {
			zeroTime++
		}
		if p.span.IsValid() {
			spans++
		} else if p.span.HasTraceID() || p.span.HasSpanID() {
			halfSpans++
		}
	}
	for i := range w.loggers {
		if got := loggers[&w.loggers[i]]; got < 500 {
			t.Errorf("logger %d: got %d records", i, got)
		}
	}
	for level, got := range levels {
		if got < 300 {
			t.Errorf("level %v: got %d records", level, got)
		}
	}
	for _, c := range []struct {
		name string
		got  int
	}{
		{"through Handle", direct},
		{"through a Logger", n - direct},
		{"without a time", zeroTime},
		{"with a span", spans},
		{"with half a span", halfSpans},
		{"without a span", n - spans - halfSpans},
	} {
		if c.got < 500 {
			t.Errorf("%s: got %d records", c.name, c.got)
		}
	}
}

func TestAKindTakesEachOfItsForms(t *testing.T) {
	for _, k := range kinds {
		r := rand.New(rand.NewPCG(1, 2))
		forms := map[string]bool{}
		for range 300 {
			s := k.make(r)
			inline := otlpjson.MapOf(s.inline...)
			forms[s.want.Text()+inline.Text()] = true
		}
		constant := slices.Contains([]string{"empty string", "nil", "empty group", "empty attribute"}, k.name)
		if single := len(forms) == 1; single != constant {
			t.Errorf("%s: got %d forms", k.name, len(forms))
		}
	}
}

func TestAttributesArriveAsSlogCombinesThem(t *testing.T) {
	number := func(key string, n int64) sampled { return sampled{key, intSample(n)} }
	failed := func(key, text string) sampled {
		s := of(badInput(text), str("bad input: "+text))
		s.raised = &exception{packagePath + ".badInput", "bad input: " + text}
		return sampled{key, s}
	}
	plain := newLogger(func(Options) slog.Handler { return slog.DiscardHandler }, Options{})
	replacing := newLogger(func(Options) slog.Handler { return slog.DiscardHandler }, Options{ReplaceAttr: replaceAttr})
	inline := sampled{"", sample{keyless: true, inline: []otlpjson.KeyValue{entry("i", num(1)), entry("j", num(2))}}}
	gone := sampled{"", sample{gone: true}}
	for _, c := range []struct {
		name   string
		logger logger
		attrs  []sampled
		want   string
		raised string
	}{
		{"nothing", plain, nil, `{}`, ""},
		{"attributes of both", plain.with(number("a", 1)), []sampled{number("b", 2)}, `{"a": int 1, "b": int 2}`, ""},
		{"group", plain.with(number("a", 1)).group("g"), []sampled{number("b", 2)}, `{"a": int 1, "g": map {"b": int 2}}`, ""},
		{
			"groups", plain.group("g").with(number("a", 1)).group("h"),
			[]sampled{number("b", 2)},
			`{"g": map {"a": int 1, "h": map {"b": int 2}}}`, "",
		},
		{"empty group", plain.with(number("a", 1)).group("g").group("h"), []sampled{gone}, `{"a": int 1}`, ""},
		{"nameless group", plain.group("").with(number("a", 1)), nil, `{"a": int 1}`, ""},
		{"inlined", plain.group("g"), []sampled{inline}, `{"g": map {"i": int 1, "j": int 2}}`, ""},
		{
			"the last of a key", plain.with(number("i", 5), number("b", 3)),
			[]sampled{inline, number("b", 4)},
			`{"i": int 1, "j": int 2, "b": int 4}`, "",
		},
		{
			"group after attribute", plain.with(number("g", 1)).group("g"),
			[]sampled{number("a", 2)},
			`{"g": map {"a": int 2}}`, "",
		},
		{
			"error of the logger", plain.with(failed("e", "x")).group("g").with(failed("f", "y")), nil,
			`{"e": string "bad input: x", "g": map {"f": string "bad input: y"}}`, "bad input: y",
		},
		{
			"error of the record", plain.with(failed("e", "x")).group("g"),
			[]sampled{failed("f", "y"), failed("h", "z")},
			`{"e": string "bad input: x", "g": map {"f": string "bad input: y", "h": string "bad input: z"}}`, "bad input: y",
		},
		{
			"replaced", replacing.group("g").group("h"),
			[]sampled{number(renamedFrom, 1), number(removed, 2), number("a", 3)},
			`{"g": map {"h": map {"renamed in g/h": int 1, "a": int 3}}}`, "",
		},
	} {
		got, raised := c.logger.arrive(c.attrs)
		m := otlpjson.MapOf(got...)
		if text := strings.TrimPrefix(m.Text(), "map "); text != c.want {
			t.Errorf("%s: got %s, want %s", c.name, text, c.want)
		}
		message := ""
		if raised != nil {
			message = raised.message
		}
		if message != c.raised {
			t.Errorf("%s: got exception %q, want %q", c.name, message, c.raised)
		}
	}
}

func TestSitesAreWhereRecordsComeFrom(t *testing.T) {
	c := new(catcher)
	logAttrs(t.Context(), slog.New(c), slog.LevelInfo, "", nil)
	r := slog.NewRecord(time.Time{}, 0, "", viaHandle.pc)
	for i, want := range []site{viaLogger, viaHandle} {
		got := []slog.Record{c.records[0], r}[i].Source()
		if got.Function != want.function || got.File != want.file || got.Line != want.line {
			t.Errorf("got %+v, want %+v", *got, want)
		}
	}
}

func TestLoggersShareNothing(t *testing.T) {
	base := newLogger(func(Options) slog.Handler { return slog.DiscardHandler }, Options{})
	base = base.with(sampled{"a", intSample(1)})
	one, two := base.with(sampled{"b", intSample(2)}), base.with(sampled{"c", intSample(3)})
	first, _ := one.arrive(nil)
	second, _ := two.arrive(nil)
	if reflect.DeepEqual(first, second) || slices.ContainsFunc(first, func(kv otlpjson.KeyValue) bool { return kv.Key == "c" }) {
		t.Errorf("got %v and %v", first, second)
	}
}
