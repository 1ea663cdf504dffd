package stream

import (
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logstream-go/logstream/buffer"
	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/sink"
)

// TestNoLogCallOfASteadyFlowWakesTheWorker counts the log calls after which the worker has taken
// records without any time having gone by: those that woke it.
func TestNoLogCallOfASteadyFlowWakesTheWorker(t *testing.T) {
	const (
		calls     = 20_000
		size      = 1 << 10
		shardSize = 512 << 10
		least     = calls * size / (shardSize / 4) // a shard is a quarter full so often
	)
	body := strings.Repeat("x", size)
	slow := func(int, *sink.Batch) error { advance(time.Second); return nil }
	for _, tt := range []struct {
		name   string
		secret bool
		answer func(int, *sink.Batch) error
		opts   []Option
	}{
		{"as they come", false, nil, nil},
		{"of which masking leaves little", true, nil, nil},
		{"of which the queue sheds half", false, slow, []Option{WithQueueSize(2 << 20), WithBatchBytes(64 << 10)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				opts := append([]Option{WithLinger(time.Second), WithRingSize(shards(runtime.GOMAXPROCS(0)) * shardSize)}, tt.opts...)
				k := recorder{answer: tt.answer}
				s := newStream(t, &k, opts...)
				p := newProducer(s)
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
					if tt.secret {
						p.src.Put(&p.hint, Meta{Severity: infoSeverity}, otlp.AppendString(nil, otlp.TagRecordAttribute, "password", body))
					} else {
						p.put(infoSeverity, body)
					}
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
				if passes < least {
					t.Errorf("%d passes, want %d at least", passes, least)
				}
				if woken > passes/10 {
					t.Errorf("log calls woke the worker %d times in %d passes, want a tenth at most", woken, passes)
				}
			})
		})
	}
}

// Only a call for a shard that is full shortens a nap: not an urgent record, nor a timer after a call.
func TestErrorsDoNotShortenNaps(t *testing.T) {
	const shardSize = 512 << 10
	synctest.Test(t, func(t *testing.T) {
		var k recorder
		s := newStream(t, &k, WithLinger(time.Second), WithRingSize(shards(runtime.GOMAXPROCS(0))*shardSize))
		p := newProducer(s)
		body := strings.Repeat("x", 1<<10)
		start, last := time.Now(), uint64(0)
		var gaps []time.Duration // between passes
		synctest.Wait()          // until the worker sleeps
		for i := range 1000 {
			severity := uint8(infoSeverity)
			if i == 80 { // more than half of what would call the worker has come
				severity = errorSeverity
			}
			p.put(severity, body)
			advance(time.Millisecond)
			synctest.Wait()
			s.mu.Lock()
			if s.drained != last {
				last = s.drained
				gaps = append(gaps, time.Since(start))
				start = time.Now()
			}
			s.mu.Unlock()
		}
		// The first record wakes an idle worker, which naps; the 81st is the error, which takes them all, and
		// then a shard is a quarter full.
		full := shardSize / 4 / (frameHead + len(encode(infoSeverity, body)) + 7&^7) * int(time.Millisecond)
		if len(gaps) < 8 || gaps[1] < time.Duration(full) || !slices.IsSorted(gaps[2:]) {
			t.Errorf("between passes went by %v; want %v after the error, and from then on more each time", gaps, time.Duration(full))
		}
	})
}

func TestANapFollowsTheFlow(t *testing.T) {
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
		"faster than can be slept":     {{100 * time.Microsecond, full, true, shortestNap}},
		"called, in time, and called":  {{64e6, full, true, 48e6}, {48e6, full * 3 / 4, false, 48.75e6}, {40e6, full, true, 30e6}},
		"a processor comes late":       {{64e6, full, true, 48e6}, {100e6, full, true, 36e6}},
		"another's call cuts it short": {{64e6, full, true, 48e6}, {10e6, full / 6, false, 48.75e6}},
		"a burst":                      {{30e6, full, true, 22.5e6}, {22.5e6, 0, false, 45e6}, {45e6, 0, false, 90e6}, {90e6, 0, false, linger}},
	} {
		n := newNap(c)
		for i, s := range sleeps {
			n.came = s.came
			n.learn(s.slept, s.called)
			if n.next != s.next {
				t.Errorf("%s, sleep %d: the next may last %v, want %v", name, i+1, n.next, s.next)
			}
		}
	}
}

func TestAPassTakesWhatComesMeanwhile(t *testing.T) {
	for _, tt := range []struct {
		name        string
		every       int // so many taken records bring another
		hurry       bool
		taken, left int
	}{
		{"one for five", 5, false, 124, 0},
		{"one for one, which would have no end", 1, false, 200, 100},
		{"somebody waits", 5, true, 100, 20},
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
		w.drain(tt.hurry)
		if left := int(ring.Published()) - taken; taken != tt.taken || left != tt.left {
			t.Errorf("%s: %d records were taken and %d are left, want %d and %d", tt.name, taken, left, tt.taken, tt.left)
		}
	}
}
