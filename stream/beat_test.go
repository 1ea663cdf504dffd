package stream

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/logstream-go/logstream/buffer"
)

// TestNoLogCallOfASteadyFlowWakesTheWorker counts the log calls after which the worker has taken
// records without any time having gone by: those that woke it.
func TestNoLogCallOfASteadyFlowWakesTheWorker(t *testing.T) {
	const (
		calls = 20_000
		size  = 1 << 10
	)
	synctest.Test(t, func(t *testing.T) {
		var k recorder
		s := newStream(t, &k, WithLinger(time.Second))
		p := newProducer(s)
		body := string(make([]byte, size))
		passes, woken, last := 0, 0, uint64(0)
		drained := func() bool {
			synctest.Wait()
			s.mu.Lock()
			defer s.mu.Unlock()
			some := s.drained != last
			last = s.drained
			return some
		}
		for range calls {
			p.put(infoSeverity, body)
			if drained() {
				passes++
				woken++
			}
			advance(time.Millisecond)
			if drained() {
				passes++
			}
		}
		t.Logf("of %d passes over the ring %d were called by one of %d log calls", passes, woken, calls)
		if least := calls * size / (s.cfg.shardSize() / 4); passes < least {
			t.Errorf("%d passes, want %d at least: a shard fills up to a quarter so often", passes, least)
		}
		if woken > passes/10 {
			t.Errorf("log calls woke the worker %d times in %d passes, want a tenth at most", woken, passes)
		}
	})
}

func TestABeatFollowsTheFlow(t *testing.T) {
	const linger = 100 * time.Millisecond
	c := &config{linger: linger, ringSize: 4 << 20, shards: 8}
	full := c.shardSize() / 4
	type sleep struct {
		slept  time.Duration
		came   int
		called bool
		next   time.Duration
	}
	for name, sleeps := range map[string][]sleep{
		"nothing comes":                {{linger, 0, false, linger}},
		"little comes":                 {{linger, full / 4, false, linger}},
		"much, with no call":           {{linger, 2 * full, false, linger}},
		"an old token":                 {{time.Millisecond, 100, true, linger}},
		"faster than can be slept":     {{100 * time.Microsecond, full, true, shortestBeat}},
		"called, in time, and called":  {{64e6, full, true, 48e6}, {48e6, full * 3 / 4, false, 48.75e6}, {40e6, full, true, 30e6}},
		"another's call cuts it short": {{64e6, full, true, 48e6}, {10e6, full / 6, false, 48.75e6}},
		"a burst":                      {{30e6, full, true, 22.5e6}, {22.5e6, 0, false, 45e6}, {45e6, 0, false, 90e6}, {90e6, 0, false, linger}},
	} {
		b := newBeat(c)
		for i, s := range sleeps {
			b.came = s.came
			b.learn(s.slept, s.called)
			if b.next != s.next {
				t.Errorf("%s, sleep %d: the next may last %v, want %v", name, i+1, b.next, s.next)
			}
		}
	}
}

func TestAPassTakesWhatComesMeanwhile(t *testing.T) {
	for _, tt := range []struct {
		name  string
		every int // so many taken records bring another
		want  int
	}{
		{"one for five", 5, 0},
		{"one for one, which would have no end", 1, 100},
	} {
		ring, err := buffer.New(buffer.Config{Shards: 1, ShardSize: 64 << 10, MaxRecord: 1 << 10})
		if err != nil {
			t.Fatal(err)
		}
		var hint uint32
		put := func() {
			if r := ring.Put(&hint, buffer.Header{}, []byte("x")); r != buffer.OK {
				t.Fatal(r)
			}
		}
		for range 100 {
			put()
		}
		s := &Stream{}
		s.ring.Store(ring)
		taken := 0
		w := &worker{s: s, from: ring, take: func(*buffer.Frame) bool {
			if taken++; taken%tt.every == 0 {
				put()
			}
			return true
		}}
		w.drain()
		if left := int(ring.Published()) - taken; left != tt.want {
			t.Errorf("%s: %d records are left, want %d", tt.name, left, tt.want)
		}
	}
}
