package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/mask"
	"github.com/logstream-go/logstream/sink"
)

// line returns the ledger of a route by name, and fails the test if the whole
// ledger does not add up.
func line(t *testing.T, s *Stream, name string) RouteStats {
	t.Helper()
	check(t, s)
	for _, r := range s.Stats().Routes {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("there is no route %q", name)
	return RouteStats{}
}

// A hung sink returns from Export only when it is released, whatever its context
// says.
type hung struct {
	recorder
	release chan struct{}
}

func newHung() *hung {
	h := &hung{release: make(chan struct{})}
	h.answer = func(int, *sink.Batch) error {
		<-h.release
		return nil
	}
	return h
}

func TestEveryRouteGetsWhatItsFilterTakes(t *testing.T) {
	for _, tt := range []struct {
		name string
		opts []RouteOption
		want string
	}{
		{"no filter", nil, "debug info warn error none"},
		{"a level between classes", []RouteOption{WithRouteLevel(slog.LevelWarn)}, "warn error"},
		{"a level within a class", []RouteOption{WithRouteLevel(slog.LevelError)}, "error"},
		{"the lowest level", []RouteOption{WithRouteLevel(-100)}, "debug info warn error none"},
		{"INFO is what has no level", []RouteOption{WithRouteLevel(slog.LevelInfo)}, "info warn error none"},
		{"a function", []RouteOption{WithFilter(func(r sink.Record) bool { return strings.Contains(r.Body().String(), "o") })}, "info error none"},
		{"both", []RouteOption{WithRouteLevel(slog.LevelWarn), WithFilter(func(r sink.Record) bool { return r.SeverityNumber() != 17 })}, "warn"},
		{"a function that panics", []RouteOption{WithFilter(func(r sink.Record) bool { panic("boom") })}, "debug info warn error none"},
		{"nothing", []RouteOption{WithFilter(func(sink.Record) bool { return false })}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var all, some recorder
				s := newStream(t, &all, WithRoute("some", &some, tt.opts...))
				p := newProducer(s)
				const rounds = 50
				for range rounds {
					p.put(debugSeverity, "debug")
					p.put(infoSeverity, "info")
					p.put(warnSeverity, "warn")
					p.put(errorSeverity, "error")
					p.put(0, "none")
				}
				flush(t, s)
				var want []string
				for w := range strings.FieldsSeq(tt.want) {
					want = append(want, slices.Repeat([]string{w}, rounds)...)
				}
				got := some.received()
				slices.Sort(got)
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Errorf("got %q, want each of %q %d times", got, tt.want, rounds)
				}
				if n := len(all.received()); n != 5*rounds {
					t.Errorf("the primary route got %d records, want %d", n, 5*rounds)
				}
				if st := line(t, s, "some"); st.Delivered != uint64(len(want)) || st.Filtered != uint64(5*rounds-len(want)) {
					t.Errorf("got %v, want %d delivered and the others filtered", st, len(want))
				}
			})
		})
	}
}

func TestAFilterOfThePrimaryRouteIsTheDefaultOfTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a, b, c recorder
		s := newStream(t, &a,
			WithRoute("same", &b),
			WithRouteLevel(slog.LevelWarn),
			WithRoute("own", &c, WithRouteLevel(slog.LevelInfo)))
		p := newProducer(s)
		p.put(debugSeverity, "debug")
		p.put(infoSeverity, "info")
		p.put(warnSeverity, "warn")
		flush(t, s)
		for _, x := range []struct {
			k    *recorder
			want int
		}{{&a, 1}, {&b, 1}, {&c, 2}} {
			if n := len(x.k.received()); n != x.want {
				t.Errorf("got %d records, want %d", n, x.want)
			}
		}
	})
}

// collect keeps the attributes of every record and resource as text.
func collect(k *recorder, into *[]string) {
	k.answer = func(_ int, b *sink.Batch) error {
		k.mu.Lock()
		defer k.mu.Unlock()
		for r := range b.Records() {
			for key, v := range r.Attributes() {
				*into = append(*into, key+"="+v.String())
			}
			for key, v := range r.Origin().Resource() {
				if key == "tenant" {
					*into = append(*into, key+"="+v.String())
				}
			}
		}
		return nil
	}
}

func TestARouteCanMaskMoreAndNeverLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		more, err := mask.New(mask.WithKeys("customer", "tenant"))
		if err != nil {
			t.Fatal(err)
		}
		var plain, masked, none recorder
		var plainText, maskedText, noneText []string
		collect(&plain, &plainText)
		collect(&masked, &maskedText)
		collect(&none, &noneText)
		s := newStream(t, &plain, WithResource(slog.String("tenant", "acme")),
			WithRoute("masked", &masked, WithRouteMask(more)),
			WithRoute("none", &none, WithRouteMask(mask.None())))
		p := newProducer(s)
		rec := encode(infoSeverity, "x")
		rec = otlp.AppendString(rec, otlp.TagRecordAttribute, "customer", "Ada")
		rec = otlp.AppendString(rec, otlp.TagRecordAttribute, "password", "hunter2")
		p.src.Put(&p.hint, Meta{Observed: 1, Severity: infoSeverity}, rec)
		flush(t, s)
		for _, x := range []struct {
			name      string
			got, want []string
		}{
			{"plain", plainText, []string{"customer=Ada", "password=" + mask.MarkerKey, "tenant=acme"}},
			{"masked", maskedText, []string{"customer=" + mask.MarkerKey, "password=" + mask.MarkerKey, "tenant=" + mask.MarkerKey}},
			{"none", noneText, []string{"customer=Ada", "password=" + mask.MarkerKey, "tenant=acme"}},
		} {
			if !slices.Equal(x.got, x.want) {
				t.Errorf("%s: got %q, want %q", x.name, x.got, x.want)
			}
		}
	})
}

func TestAnEditedBatchKeepsEveryRecordAlsoWhenItGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hide, err := mask.New(mask.WithKeys("k"))
		if err != nil {
			t.Fatal(err)
		}
		var a, b recorder
		b.answer = poison(sink.Invalid)
		s := newStream(t, &a, WithRoute("edited", &b, WithRouteMask(hide), WithRecordUID()))
		p := newProducer(s)
		const n = 5000
		for i := range n {
			body := fmt.Sprint("good ", i)
			if i == 777 {
				body = "bad"
			}
			rec := otlp.AppendStringValue(nil, otlp.TagRecordBody, body)
			for range 20 {
				rec = otlp.AppendString(rec, otlp.TagRecordAttribute, "k", "")
			}
			p.src.Put(&p.hint, Meta{Severity: infoSeverity}, rec)
			if i%500 == 0 {
				settleIn()
			}
		}
		flush(t, s)
		got := b.received()
		slices.Sort(got)
		if got = slices.Compact(got); len(got) != n-1 {
			t.Errorf("got %d different records, want %d", len(got), n-1)
		}
		if st := line(t, s, "edited"); st.Rejected != 1 || st.Delivered != n-1 {
			t.Errorf("got %v, want 1 rejected", st)
		}
	})
}

func TestARecordThatArrivesTwiceHasOneIdentity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var uids []string
		var twice []string
		k := &recorder{}
		k.answer = func(call int, b *sink.Batch) error {
			for r := range b.Records() {
				n := 0
				for key, v := range r.Attributes() {
					if key != attrUID {
						continue
					}
					n++
					if call == 0 {
						uids = append(uids, v.String())
					} else {
						twice = append(twice, v.String())
					}
				}
				if n != 1 {
					t.Errorf("got %d identities, want 1", n)
				}
			}
			if call == 0 {
				return errors.New("the answer got lost")
			}
			return nil
		}
		s := newStream(t, k, WithRecordUID())
		p := newProducer(s)
		for range 100 {
			p.put(infoSeverity, "x")
		}
		rec := otlp.AppendString(encode(infoSeverity, "own"), otlp.TagRecordAttribute, attrUID, "mine")
		p.src.Put(&p.hint, Meta{Severity: infoSeverity}, rec)
		flush(t, s)
		if !slices.Equal(uids, twice) || !slices.Contains(uids, "mine") {
			t.Errorf("got %q and then %q, want the same", uids, twice)
		}
		slices.Sort(uids)
		if n := len(slices.Compact(uids)); n != 101 {
			t.Errorf("got %d different identities, want 101", n)
		}
	})
}

// flow logs so many records a second for a while and returns the latencies that k
// saw, in order.
func flow(t *testing.T, s *Stream, perSecond int, d time.Duration, body string) {
	t.Helper()
	p := newProducer(s)
	const tick = 10 * time.Millisecond
	each := perSecond / int(time.Second/tick)
	for i := range int(d / tick) {
		for j := range each {
			severity := uint8(infoSeverity)
			switch n := i*each + j; {
			case n%100 == 0:
				severity = errorSeverity
			case n%50 == 1:
				severity = warnSeverity
			case n%2 == 1:
				severity = debugSeverity
			}
			p.put(severity, body)
		}
		advance(tick)
	}
}

// A latency is a sink that takes a while, and notes how old records are when they
// have been delivered.
type latency struct {
	mu   sync.Mutex
	ages []time.Duration
}

func (l *latency) Export(_ context.Context, b *sink.Batch) error {
	advance(20 * time.Millisecond)
	l.mu.Lock()
	defer l.mu.Unlock()
	for r := range b.Records() {
		l.ages = append(l.ages, time.Since(r.ObservedTime()))
	}
	return nil
}

func (l *latency) Shutdown(context.Context) error { return nil }

func (l *latency) p99() time.Duration {
	slices.Sort(l.ages)
	return l.ages[len(l.ages)*99/100]
}

// The proof that a route that hangs costs the others nothing: a minute at 2,000
// records a second, which is several times the queue.
func TestAHungRouteNeitherDelaysNorStarvesAHealthyOne(t *testing.T) {
	const rate, length = 2000, time.Minute
	body := strings.Repeat("x", 150)
	run := func(t *testing.T, others func() ([]Option, func())) (p99 time.Duration, healthy RouteStats) {
		synctest.Test(t, func(t *testing.T) {
			var l latency
			opts, release := others()
			s := newStream(t, &l, append(opts, WithQueueSize(12<<20))...)
			flow(t, s, rate, length, body)
			advance(time.Second)
			healthy = line(t, s, "primary")
			for _, r := range s.Stats().Routes[1:] {
				if r.DroppedTotal() == 0 && r.Held.Total() < 3000 {
					t.Errorf("got %v, want it to lag behind", r)
				}
			}
			p99 = l.p99()
			s.mu.Lock()
			if s.queue.bytes > s.cfg.queueSize {
				t.Errorf("the queue has %d bytes, want at most %d", s.queue.bytes, s.cfg.queueSize)
			}
			s.mu.Unlock()
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			if err := s.Flush(ctx); len(s.routes) > 1 && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Flush beside a route that hangs: got %v", err)
			}
			release()
			flush(t, s)
		})
		return p99, healthy
	}
	alone, _ := run(t, func() ([]Option, func()) { return nil, func() {} })
	for _, tt := range []struct {
		name   string
		others func() (opts []Option, release func())
	}{
		{"one that never returns", func() ([]Option, func()) {
			h := newHung()
			return []Option{WithRoute("hung", h)}, func() { close(h.release) }
		}},
		{"one that is down", func() ([]Option, func()) {
			var g gate
			return []Option{WithRoute("down", &recorder{answer: g.answer})}, func() { g.up.Store(true) }
		}},
		{"one that takes severe records only", func() ([]Option, func()) {
			h := newHung()
			return []Option{WithRoute("hung", h, WithRouteLevel(slog.LevelWarn))}, func() { close(h.release) }
		}},
		{"two with different filters", func() ([]Option, func()) {
			a, b := newHung(), newHung()
			return []Option{
				WithRoute("a", a, WithFilter(func(r sink.Record) bool { return r.SeverityNumber() <= infoSeverity })),
				WithRoute("b", b, WithRouteLevel(slog.LevelWarn)),
			}, func() { close(a.release); close(b.release) }
		}},
		{"one under Block", func() ([]Option, func()) {
			h := newHung()
			return []Option{WithOverflow(Block(time.Second)), WithRoute("hung", h)}, func() { close(h.release) }
		}},
		{"one under DropNewest", func() ([]Option, func()) {
			h := newHung()
			return []Option{WithOverflow(DropNewest), WithRoute("hung", h)}, func() { close(h.release) }
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p99, st := run(t, tt.others)
			if st.Delivered != rate*60 || st.DroppedTotal() != 0 {
				t.Errorf("got %v, want all of %d delivered", st, rate*60)
			}
			if p99 > 2*alone {
				t.Errorf("p99 is %v, want at most twice the %v of the route alone", p99, alone)
			}
			t.Logf("p99 %v, alone %v", p99, alone)
		})
	}
}
