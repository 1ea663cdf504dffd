package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/sink"
)

// A reader keeps what the stream says itself, and counts the other records by
// level. It answers as it is told.
type reader struct {
	mu     sync.Mutex
	answer func() error // nil accepts everything
	own    []note
	levels [levels]uint64
}

// A note is a record of the stream itself.
type note struct {
	event, body, level, route string
	at                        time.Time
	ints                      map[string]int64
	texts                     map[string]string
	lost                      map[string]int64 // by reason and level
}

func (k *reader) Export(_ context.Context, b *sink.Batch) error {
	if k.answer != nil {
		if err := k.answer(); err != nil {
			return err
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for r := range b.Records() {
		if r.Origin().ScopeName() != OwnScope {
			k.levels[levelOf(uint8(r.SeverityNumber()))]++
			continue
		}
		n := note{
			event: r.EventName(), body: r.Body().String(), level: r.SeverityText(), at: r.Time(),
			ints: map[string]int64{}, texts: map[string]string{}, lost: map[string]int64{},
		}
		for key, v := range r.Origin().ScopeAttributes() {
			if key == attrRoute {
				n.route = v.String()
			}
		}
		for key, v := range r.Attributes() {
			switch v.Kind() {
			case sink.KindInt:
				n.ints[key] = v.Int()
			case sink.KindMap:
				for reason, levels := range v.Entries() {
					for l, v := range levels.Entries() {
						n.lost[reason+" "+l] = v.Int()
					}
				}
			default:
				n.texts[key] = v.String()
			}
		}
		k.own = append(k.own, n)
	}
	return nil
}

func (k *reader) Shutdown(context.Context) error { return nil }

// notes returns what the stream said of one kind.
func (k *reader) notes(event string) []note {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []note
	for _, n := range k.own {
		if n.event == event {
			out = append(out, n)
		}
	}
	return out
}

// lost sums the gaps by reason and level.
func (k *reader) lost() map[string]int64 {
	sum := map[string]int64{}
	for _, n := range k.notes(eventGap) {
		total := int64(0)
		for key, v := range n.lost {
			sum[key] += v
			total += v
		}
		if n.ints[attrLost] != total {
			sum["wrong sum"]++
		}
	}
	return sum
}

// dropped returns the same of the ledger.
func dropped(r RouteStats) map[string]int64 {
	out := map[string]int64{}
	for _, d := range r.Dropped {
		out[d.Reason.String()+" "+d.Level.String()] = int64(d.Records)
	}
	return out
}

// The proof of shedding: a minute without the destination at 20,000 records a
// second, of which 2 % are WARN and 1 % ERROR.
func TestAnOutageShedsTheLeastSevereRecordsAndTellsOfEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		const begin, end = 5 * time.Second, 65 * time.Second
		k := &reader{answer: func() error {
			if at := time.Since(start); at >= begin && at < end {
				return errors.New("down")
			}
			return nil
		}}
		s := newStream(t, k, WithQueueSize(16<<20))
		const rate, length = 20_000, 120
		flow(t, s, rate, length*time.Second, strings.Repeat("x", 150))
		flush(t, s)
		advance(2 * gapPause)
		flush(t, s)

		st := line(t, s, "primary")
		if st.DroppedTotal() == 0 {
			t.Fatalf("got %v, want the queue to be too small", st)
		}
		for _, d := range st.Dropped {
			if d.Level >= 4 {
				t.Errorf("got %v, want none of WARN and above", d)
			}
		}
		if want := uint64(rate * length / 100); k.levels[5] != want || k.levels[4] != 2*want {
			t.Errorf("got %d ERROR and %d WARN, want %d and %d", k.levels[5], k.levels[4], want, 2*want)
		}
		if got, want := k.lost(), dropped(st); !maps.Equal(got, want) {
			t.Errorf("gap records tell of %v, the ledger of %v", got, want)
		}
		gaps := k.notes(eventGap)
		if len(gaps) != 1 {
			t.Errorf("got %d gap records, want 1", len(gaps))
		}
		for _, g := range gaps {
			from, _ := time.Parse(time.RFC3339, g.texts[attrFrom])
			to, _ := time.Parse(time.RFC3339, g.texts[attrTo])
			if g.level != "WARN" || g.route != "primary" || from.Before(start) || to.Before(from) || to.After(start.Add(end+DefaultRetryMax)) {
				t.Errorf("got %+v, want WARN, within the outage", g)
			}
		}
		t.Logf("shed %d of %d: %v", st.DroppedTotal(), s.Stats().Accepted, st.Dropped)
	})
}

func TestOnlyTheRouteThatLostSomethingIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		down := &reader{answer: func() error { return g.answer(0, nil) }}
		severe := &reader{answer: down.answer}
		well := &reader{}
		s := newStream(t, well, WithRoute("down", down), WithRoute("severe", severe, WithRouteLevel(slog.LevelWarn)),
			WithQueueSize(16<<20))
		flow(t, s, 5000, 30*time.Second, strings.Repeat("x", 150))
		g.up.Store(true)
		flush(t, s)
		advance(2 * gapPause)
		flush(t, s)
		if n := len(down.notes(eventGap)); n != 1 {
			t.Errorf("the route that lost records got %d gap records, want 1", n)
		}
		if got, want := down.lost(), dropped(line(t, s, "down")); !maps.Equal(got, want) || len(got) == 0 {
			t.Errorf("gap records tell of %v, the ledger of %v", got, want)
		}
		if n := len(well.own) + len(severe.own); n != 0 {
			t.Errorf("the others got %d records of the stream, want none", n)
		}
		if st := s.Stats(); st.Own != 1 {
			t.Errorf("got %d own records, want 1", st.Own)
		}
	})
}

func TestWhatTheRingDidNotTakeIsAGapToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		k := &reader{answer: func() error { <-release; return nil }}
		severe := &reader{}
		s := newStream(t, k, small(WithOverflow(DropNewest), WithQueueSize(12*pageSize),
			WithRoute("severe", severe, WithRouteLevel(slog.LevelError)))...)
		p := newProducer(s)
		for range 20_000 {
			p.put(infoSeverity, strings.Repeat("x", 1000))
		}
		settleIn()
		close(release)
		flush(t, s)
		advance(2 * gapPause)
		flush(t, s)
		st := line(t, s, "primary")
		if got, want := k.lost(), dropped(st); !maps.Equal(got, want) || got["ring full INFO"] == 0 {
			t.Errorf("gap records tell of %v, the ledger of %v", got, want)
		}
		if st := line(t, s, "severe"); st.DroppedTotal() != 0 || len(severe.own) != 0 {
			t.Errorf("got %v and %d notes, want nothing lost by a route that takes no such records", st, len(severe.own))
		}
	})
}

func TestAShutdownTellsOfTheLastGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		k := &reader{answer: func() error { return g.answer(0, nil) }}
		s := newStream(t, k, small()...)
		flow(t, s, 5000, 10*time.Second, strings.Repeat("x", 150))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err == nil {
			t.Error("got no error from a Shutdown that left records")
		}
		g.up.Store(true)
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if got, want := k.lost(), dropped(line(t, s, "primary")); !maps.Equal(got, want) || len(got) == 0 {
			t.Errorf("gap records tell of %v, the ledger of %v", got, want)
		}
	})
}

// What is lost while Shutdown sends what is left is told of by the last record, and so is
// what comes after it has begun.
func TestLossesAfterShutdownHasBegunAreTold(t *testing.T) {
	for _, o := range []Overflow{DropNewest, DropOldest} {
		synctest.Test(t, func(t *testing.T) {
			var g gate
			k := &reader{answer: func() error { return g.answer(0, nil) }}
			s := newStream(t, k, small(WithOverflow(o))...)
			p := newProducer(s)
			for range 30_000 { // fills queue and ring
				p.put(infoSeverity, strings.Repeat("x", 150))
			}
			ended := make(chan error)
			go func() { ended <- s.Shutdown(t.Context()) }()
			synctest.Wait()
			late := uint64(0)
			if o == DropNewest { // the worker waits for room, with records in the ring
				for late < 7 {
					p.put(warnSeverity, "late")
					late++
				}
			}
			g.up.Store(true)
			if err := <-ended; err != nil {
				t.Error(err)
			}
			st := line(t, s, "primary")
			got, want := k.lost(), dropped(st)
			if !maps.Equal(got, want) || len(got) == 0 || uint64(got["closed WARN"]) != late {
				t.Errorf("%v: gap records tell of %v, the ledger of %v, of which %d came late", o, got, want, late)
			}
			own := s.Stats().Own
			if n := uint64(len(k.notes(eventGap))); own != n {
				t.Errorf("%v: %d own records, %d of them arrived", o, own, n)
			}
		})
	}
}

func TestALongOverloadIsToldNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &reader{answer: func() error { advance(900 * time.Millisecond); return nil }}
		s := newStream(t, k, small(WithInFlight(1))...)
		flow(t, s, 2000, time.Minute, strings.Repeat("x", 150))
		flush(t, s)
		advance(2 * gapPause)
		flush(t, s)
		if n := len(k.notes(eventGap)); n < 4 || n > 8 {
			t.Errorf("got %d gap records in a minute, want one each ten seconds", n)
		}
		if got, want := k.lost(), dropped(line(t, s, "primary")); !maps.Equal(got, want) {
			t.Errorf("gap records tell of %v, the ledger of %v", got, want)
		}
	})
}

func TestHeartbeatsSayWhatTheLedgerSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := &reader{}, &reader{}
		s := newStream(t, a, WithHeartbeat(time.Minute),
			WithRoute("severe", b, WithRouteLevel(slog.LevelError), WithFilter(func(sink.Record) bool { return false })))
		p := newProducer(s)
		for range 10 {
			p.put(infoSeverity, "x")
		}
		advance(3*time.Minute + 30*time.Second)
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		check(t, s)
		for name, k := range map[string]*reader{"primary": a, "severe": b} {
			var events []string
			for i, n := range k.own {
				events = append(events, n.event)
				if n.ints[attrBeat] != int64(i) || n.route != name || n.level != "INFO" || n.texts[attrState] != "sending" {
					t.Errorf("%s: got %+v as the note %d", name, n, i)
				}
			}
			if want := []string{eventStart, eventBeat, eventBeat, eventBeat, eventStop}; !slices.Equal(events, want) {
				t.Errorf("%s: got %q, want %q", name, events, want)
			}
		}
		last, severe := a.own[len(a.own)-1].ints, b.own[len(b.own)-1].ints
		if last[attrDelivered] != 10+4 || last[attrUptime] != 210 || last[attrAccepted] != 10+8+1 && last[attrAccepted] != 10+8 {
			t.Errorf("got %v, want 10 records and 4 beats delivered", last)
		}
		if severe[attrDelivered] != 4 || severe[attrFiltered] < 10+4 {
			t.Errorf("got %v, want 4 beats delivered and the rest filtered", severe)
		}
		if st := s.Stats(); st.Own != 10 {
			t.Errorf("got %d own records, want 10", st.Own)
		}
	})
}

func TestNoOtherRecordHasTheScopeOfTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &reader{}
		s := newStream(t, k)
		own := otlp.AppendScope(nil, OwnScope, Version)
		for _, scope := range [][]byte{
			own,
			otlp.AppendString(own, otlp.TagScopeAttribute, attrRoute, "primary"),
			otlp.AppendString(nil, otlp.TagScopeAttribute, attrRoute, "primary"),
			append(otlp.AppendScope(nil, "x", ""), own...),
		} {
			p := producer{src: s.Source(scope, "")}
			p.put(infoSeverity, "forged")
		}
		flush(t, s)
		if len(k.own) != 0 || k.levels[3] != 4 {
			t.Errorf("got %d own and %d other records, want 0 and 4", len(k.own), k.levels[3])
		}
	})
}

func TestAnIdleStreamHasNoHeartbeatUnlessAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &reader{}
		newStream(t, k)
		advance(24 * time.Hour)
		if len(k.own) != 0 {
			t.Errorf("got %v, want nothing", k.own)
		}
	})
	for _, d := range []time.Duration{-1, 0, time.Second - 1, 25 * time.Hour} {
		if _, err := New(&reader{}, WithHeartbeat(d)); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("WithHeartbeat(%v)", d)) {
			t.Errorf("WithHeartbeat(%v): got %v", d, err)
		}
	}
}
