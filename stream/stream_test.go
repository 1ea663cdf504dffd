package stream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logstream-go/logstream/sink"
)

func TestDeliversEveryRecordOfManyGoroutinesConcurrentSafe(t *testing.T) {
	const goroutines, each = 8, 2000
	var k recorder
	s := newStream(t, &k)
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			p := newProducer(s)
			for i := range each {
				p.put(infoSeverity, fmt.Sprintf("%d/%d", g, i))
			}
		})
	}
	wg.Wait()
	flush(t, s)

	got := k.received()
	st := check(t, s)
	if dropped := int(st.DroppedTotal()); len(got)+dropped != goroutines*each {
		t.Errorf("got %d records and %d dropped, want %d together", len(got), dropped, goroutines*each)
	}
	slices.Sort(got)
	if n := len(slices.Compact(got)); n != len(k.received()) {
		t.Errorf("%d of %d records are different", n, len(k.received()))
	}
	if st.Delivered != uint64(len(got)) {
		t.Errorf("ledger says %d delivered, sink has %d", st.Delivered, len(got))
	}
}

func TestARecordWaitsForTheLingerAndNoLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k recorder
		s := newStream(t, &k, WithLinger(time.Second))
		p := newProducer(s)
		start := time.Now()
		p.put(infoSeverity, "a")
		synctest.Wait()
		if n := len(k.received()); n != 0 {
			t.Fatalf("got %d records at once, want none", n)
		}
		advance(900 * time.Millisecond)
		p.put(infoSeverity, "b")
		advance(200 * time.Millisecond)
		synctest.Wait()
		if got := k.received(); !slices.Equal(got, []string{"a", "b"}) {
			t.Fatalf("got %q, want a and b together", got)
		}
		if d := k.times[0].Sub(start); d != time.Second {
			t.Errorf("sent after %v, want 1s", d)
		}
	})
}

// While records come in each linger, they are sent on a beat, so that none has to wake the worker.
// The beat ends when nothing came, and the next record waits for the whole linger again.
func TestASteadyFlowIsSentOnABeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k recorder
		s := newStream(t, &k, WithLinger(time.Second))
		p := newProducer(s)
		start := time.Now()
		for _, at := range []time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond, 2900 * time.Millisecond, 6500 * time.Millisecond} {
			advance(at - time.Since(start))
			p.put(infoSeverity, "x")
		}
		advance(5 * time.Second)
		synctest.Wait()
		var got []time.Duration
		for _, at := range k.times {
			got = append(got, at.Sub(start))
		}
		if want := []time.Duration{1e9, 2e9, 3e9, 7.5e9}; !slices.Equal(got, want) {
			t.Errorf("sent after %v, want %v", got, want)
		}
	})
}

func TestSevereRecordsFlushesAndLingerZeroDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			name   string
			linger time.Duration
			do     func(*Stream, *producer)
		}{
			{"an ERROR record", time.Minute, func(_ *Stream, p *producer) { p.put(errorSeverity, "x") }},
			{"a flush", time.Minute, func(s *Stream, p *producer) { p.put(infoSeverity, "x"); _ = s.Flush(context.Background()) }},
			{"linger 0", 0, func(_ *Stream, p *producer) { p.put(infoSeverity, "x") }},
		} {
			var k recorder
			s := newStream(t, &k, WithLinger(tt.linger))
			start := time.Now()
			p := newProducer(s)
			tt.do(s, p)
			synctest.Wait()
			if n, d := len(k.received()), time.Since(start); n != 1 || d != 0 {
				t.Errorf("%s: got %d records after %v, want 1 at once", tt.name, n, d)
			}
			// The same again while the worker sleeps on its timer.
			p.put(infoSeverity, "y")
			synctest.Wait()
			tt.do(s, p)
			synctest.Wait()
			if n, d := len(k.received()), time.Since(start); n != 3 || d != 0 {
				t.Errorf("%s, again: got %d records after %v, want 3 at once", tt.name, n, d)
			}
		}
	})
}

func TestBatchesAreBoundedByCountAndBytes(t *testing.T) {
	t.Run("count", func(t *testing.T) {
		var k recorder
		s := newStream(t, &k, WithLinger(time.Minute))
		p := newProducer(s)
		for range DefaultBatchRecords + 1 {
			p.put(infoSeverity, "x")
		}
		flush(t, s)
		if m := slices.Max(k.batches); m > DefaultBatchRecords {
			t.Errorf("got a batch of %d, want at most %d", m, DefaultBatchRecords)
		}
	})
	t.Run("bytes", func(t *testing.T) {
		const limit = 10_000
		var k recorder
		largest, requests := 0, 0
		k.answer = func(_ int, b *sink.Batch) error {
			k.mu.Lock()
			defer k.mu.Unlock()
			requests++
			n := len(b.AppendRequest(nil))
			if n > b.Size() {
				t.Errorf("request has %d bytes, Size says at most %d", n, b.Size())
			}
			largest = max(largest, n)
			return nil
		}
		s := newStream(t, &k, WithBatchBytes(limit), WithLinger(time.Minute))
		p := newProducer(s)
		for range 1000 {
			p.put(infoSeverity, strings.Repeat("x", 200))
		}
		flush(t, s)
		if largest > limit || largest < limit*8/10 {
			t.Errorf("largest request has %d bytes, want just below %d", largest, limit)
		}
	})
}

func TestExportsRunSideBySideUpToTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k recorder
		k.answer = func(int, *sink.Batch) error { advance(time.Second); return nil }
		s := newStream(t, &k, WithInFlight(3), WithBatchBytes(1<<10), WithLinger(0))
		p := newProducer(s)
		for range 100 {
			p.put(infoSeverity, strings.Repeat("x", 400))
		}
		flush(t, s)
		if k.parallel != 3 {
			t.Errorf("got %d exports at once, want 3", k.parallel)
		}
	})
}

func TestTheMostSevereClassGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k recorder
		s := newStream(t, &k, WithLinger(time.Second))
		p := newProducer(s)
		p.put(debugSeverity, "debug")
		p.put(infoSeverity, "info")
		p.put(warnSeverity, "warn")
		flush(t, s)
		if got, want := k.received(), []string{"warn", "info", "debug"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestNewReturnsAllProblemsAtOnce(t *testing.T) {
	_, err := New(nil, WithRingSize(1), WithQueueSize(1), WithMaxRecordSize(1), WithLinger(-1), WithOverflow(Block(0)),
		WithMask(nil), WithBatchBytes(1), WithInFlight(0), WithRetry(0, 2*time.Hour))
	if err == nil {
		t.Fatal("got no error")
	}
	for _, want := range []string{
		"the sink is nil", "WithRingSize(1)", "WithMaxRecordSize(1)", "WithQueueSize(1)", "WithLinger(-1ns)", "WithOverflow(Block(",
		"WithMask", "WithBatchBytes(1)", "WithInFlight(0)", "initial 0s", "limit 2h0m0s",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error does not mention %q:\n%v", want, err)
		}
	}
	if _, err := New(new(recorder), WithMaxRecordSize(1)); err == nil || !strings.Contains(err.Error(), "WithMaxRecordSize(1) is not from 1024 to") {
		t.Errorf("got %v", err)
	}
}

func TestFlushReportsWhatIsLeftWhenTheContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k recorder
		var up atomic.Bool
		k.answer = func(int, *sink.Batch) error {
			if !up.Load() {
				return errors.New("down")
			}
			return nil
		}
		s := newStream(t, &k)
		newProducer(s).put(infoSeverity, "x")
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		err := s.Flush(ctx)
		inc, ok := errors.AsType[*Incomplete](err)
		if !ok || inc.Op != "flush" || inc.Held() != 1 || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v, want an Incomplete with 1 record held", err)
		}
		up.Store(true)
		flush(t, s)
		if got := len(k.received()); got != 1 {
			t.Errorf("got %d records, want 1", got)
		}
	})
}

func TestShutdownCanBeCutOffAndCalledAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k recorder
		var up atomic.Bool
		k.answer = func(int, *sink.Batch) error {
			if !up.Load() {
				return errors.New("down")
			}
			return nil
		}
		s := newStream(t, &k)
		src := s.Source(nil, "")
		p := newProducer(s)
		p.put(infoSeverity, "before")

		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		err := s.Shutdown(cancelled)
		if inc, ok := errors.AsType[*Incomplete](err); !ok || inc.Held() != 1 {
			t.Fatalf("got %v, want an Incomplete with 1 record held", err)
		}
		if src.Enabled() {
			t.Error("the source is enabled after Shutdown")
		}
		<-s.drainedAll // or the last record tells of the next
		p.put(infoSeverity, "after")
		if k.shutdown != 0 {
			t.Error("the sink was shut down with records held")
		}

		up.Store(true)
		if err := s.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := k.received(); !slices.Equal(got, []string{"before"}) {
			t.Errorf("got %q, want the record from before Shutdown", got)
		}
		st := check(t, s)
		if st.DroppedTotal() != 1 || st.Dropped[0].Reason != Closed || st.Dropped[0].Level.String() != "INFO" {
			t.Errorf("got drops %v, want 1 INFO record, closed", st.Dropped)
		}
		if k.shutdown != 1 {
			t.Errorf("sink was shut down %d times, want once", k.shutdown)
		}
		if err := s.Flush(t.Context()); err != nil {
			t.Errorf("Flush after Shutdown: %v", err)
		}
	})
}

func TestFlushWaitsForItsOwnRecordsOnly(t *testing.T) {
	var mu sync.Mutex
	arrived := make(map[string]bool)
	s := newStream(t, sink.Func(func(_ context.Context, b *sink.Batch) error {
		mu.Lock()
		defer mu.Unlock()
		for r := range b.Records() {
			if r.SeverityNumber() == warnSeverity {
				arrived[string(r.Body().Str())] = true
			}
		}
		return nil
	}))
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		p := newProducer(s)
		for {
			select {
			case <-stop:
				return
			default:
				p.put(infoSeverity, "noise")
			}
		}
	})
	p := newProducer(s)
	for i := range 50 {
		want := fmt.Sprintf("mine %d", i)
		p.put(warnSeverity, want)
		flush(t, s)
		mu.Lock()
		if !arrived[want] {
			t.Errorf("%q has not arrived after Flush", want)
		}
		mu.Unlock()
	}
	close(stop)
	wg.Wait()
}

func TestNilsAreErrors(t *testing.T) {
	var pointer *recorder
	for _, c := range []struct {
		sink sink.Sink
		opts []Option
		want string
	}{
		{nil, nil, "the sink is nil"},
		{pointer, nil, "the sink is nil"},
		{sink.Func(nil), nil, "the sink is nil"},
		{&recorder{}, []Option{WithLinger(0), nil}, "option 2 is nil"},
	} {
		if _, err := New(c.sink, c.opts...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("New(%T, %d options): got %v, want %q", c.sink, len(c.opts), err, c.want)
		}
	}
}

// What a program asks for holds on every machine.
func TestShardsFollowTheRing(t *testing.T) {
	for _, test := range []struct {
		ring, record, processors  int
		shards, shardSize, frames int
	}{
		{DefaultRingSize, DefaultMaxRecordSize, 2, 2, 2 << 20, 128 << 10},
		{8 << 20, DefaultMaxRecordSize, 64, 16, 512 << 10, 128 << 10},
		{1 << 20, DefaultMaxRecordSize, 64, 2, 512 << 10, 128 << 10},
		{minRingSize, DefaultMaxRecordSize, 64, 1, 256 << 10, 64 << 10},
		{8 << 20, 256 << 10, 64, 4, 2 << 20, 512 << 10},
		{8 << 20, 2 << 20, 64, 1, 8 << 20, 2 << 20},
		{maxRingSize, DefaultMaxRecordSize, 1, 4, maxShard, 128 << 10},
		{maxRingSize, maxShard / 4, 64, 4, maxShard, maxShard / 4},
	} {
		c := config{ringSize: test.ring, maxRecord: test.record, shards: shards(test.processors)}
		c.fitShards()
		if c.shards != test.shards || c.shardSize() != test.shardSize || c.maxFrame() != test.frames {
			t.Errorf("a ring of %d for records of %d on %d processors: got %d shards of %d for frames of %d, want %d, %d, %d", test.ring, test.record, test.processors,
				c.shards, c.shardSize(), c.maxFrame(), test.shards, test.shardSize, test.frames)
		}
	}
}

// Where the default ring is larger, for more processors, it takes no larger records.
func TestLargeRecordsNeedALargeRingEverywhere(t *testing.T) {
	for _, processors := range []int{1, 64} {
		c := config{shards: shards(processors), maxRecord: 2 << 20}
		c.ringSize = max(DefaultRingSize, c.shards*DefaultShardSize)
		if err := c.validate(); err == nil || !strings.Contains(err.Error(), "WithMaxRecordSize(2097152) is not from 1024 to 1048576,") {
			t.Errorf("%d processors: got %v, want the bound of a ring of 4 MiB", processors, err)
		}
		c.maxRecord = 1 << 20
		if _ = c.validate(); c.maxFrame() != 1<<20 {
			t.Errorf("%d processors: got frames of %d, want %d", processors, c.maxFrame(), 1<<20)
		}
		c.ringSize, c.ringSet, c.maxRecord = 16<<20, true, 2<<20
		if err := c.validate(); err != nil && strings.Contains(err.Error(), "WithMaxRecordSize") {
			t.Errorf("%d processors, a ring of 16 MiB: got %v, want that it takes the record", processors, err)
		}
	}
}

func TestAQueueTooSmallForItsBlocksIsAnError(t *testing.T) {
	for _, opts := range [][]Option{
		{WithQueueSize(64 << 10), WithBatchBytes(16 << 10)},
		{WithRingSize(256 << 20), WithMaxRecordSize(8 << 20)},
	} {
		if _, err := New(&recorder{}, opts...); err == nil || !strings.Contains(err.Error(), "WithQueueSize") {
			t.Errorf("got %v, want an error about WithQueueSize", err)
		}
	}
}

func TestShutdownWithoutADeadlineEndsAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		k := recorder{answer: g.answer}
		s := newStream(t, &k)
		newProducer(s).put(infoSeverity, "x")
		start := time.Now()
		err := s.Shutdown(context.Background())
		if _, ok := errors.AsType[*Incomplete](err); !ok || time.Since(start) != DefaultShutdownTimeout {
			t.Errorf("got %v after %v, want an Incomplete after %v", err, time.Since(start), DefaultShutdownTimeout)
		}
		g.up.Store(true)
	})
}
