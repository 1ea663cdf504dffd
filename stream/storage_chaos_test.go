package stream

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/logstream-go/logstream/sink"
)

var storeRounds = flag.Int("storerounds", 3, "how many streams TestRoutesComeAndGoOverTheStorage makes one after the other")

// A fickle sink is up or down, takes parts, and remembers what it took.
type fickle struct {
	down atomic.Bool

	mu  sync.Mutex
	rng *rand.Rand
	got map[string]int
}

func (k *fickle) Export(ctx context.Context, b *sink.Batch) error {
	k.mu.Lock()
	dice := k.rng.IntN(20)
	k.mu.Unlock()
	if k.down.Load() {
		if dice < 3 { // it hangs
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return errors.New("down")
	}
	take := b.Len()
	var err error
	switch {
	case dice == 0:
		return errors.New("unavailable")
	case dice == 1 && take > 1:
		return &sink.Error{Err: errors.New("too large"), Kind: sink.TooLarge}
	case dice == 2:
		take /= 2
		err = &sink.Error{Err: errors.New("took a half"), Kind: sink.Retry, Taken: take}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for r := range b.Records() {
		if take == 0 {
			break
		}
		take--
		k.got[string(r.Body().Str())]++
	}
	return err
}

func (k *fickle) Shutdown(context.Context) error { return nil }

// Routes that go up and down on their own, streams that end in the middle of it and others that
// take over: no route loses a record, none gets one that is not for it, and every ledger adds up.
func TestRoutesComeAndGoOverTheStorage(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	dir := storeDir(t)
	sinks := make([]*fickle, 3)
	for i := range sinks {
		sinks[i] = &fickle{rng: rand.New(rand.NewPCG(seed, uint64(i))), got: make(map[string]int)}
	}
	opts := []Option{
		WithStorage(dir), WithQueueSize(8 << 20), WithRingSize(2 << 20), WithBatchBytes(64 << 10), WithLinger(time.Millisecond),
		WithRetry(time.Millisecond, 10*time.Millisecond), WithRoute("all", sinks[1]), WithRoute("severe", sinks[2], WithRouteLevel(slog.LevelWarn)),
	}
	const each = 15_000
	total, cuts := 0, 0
	for round := range *storeRounds {
		s := open(t, sinks[0], opts...)
		for range 5 {
			for _, k := range sinks {
				k.down.Store(rng.IntN(3) > 0)
			}
			fill(t, s, total, each/5)
			total += each / 5
			if err := s.Stats().Check(); err != nil {
				t.Fatal(err)
			}
		}
		if round%2 == 0 {
			cut(t, s)
			cuts++
		} else {
			for _, k := range sinks {
				k.down.Store(false)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			if err := s.Shutdown(ctx); err != nil {
				t.Error(err)
			}
			cancel()
		}
		st := s.Stats()
		if err := st.Check(); err != nil {
			t.Error(err)
		}
		wantNoLoss(t, s)
	}
	for _, k := range sinks {
		k.down.Store(false)
	}
	s := newStream(t, sinks[0], opts...)
	flush(t, s)
	wantNoLoss(t, s)
	for i, k := range sinks {
		missing, repeated := 0, 0
		for n := range total {
			if wanted := i < 2 || n%5 >= 3; wanted {
				switch k.got[numbered(n)] {
				case 0:
					missing++
				case 1:
				default:
					repeated++
				}
			} else if k.got[numbered(n)] > 0 {
				t.Fatalf("route %d got record %d, which is not for it", i, n)
			}
		}
		// At the end of a stream, what was in flight, and pages that were read back and not done.
		if most := cuts * ((DefaultInFlight+1)*(64<<10) + 2*classes*pageSize) / 450; missing > 0 || repeated > most {
			t.Errorf("route %d: of %d records %d are missing, %d repeated; want none, and at most %d", i, total, missing, repeated, most)
		}
		t.Logf("route %d: %d missing, %d repeated after %d cuts", i, missing, repeated, cuts)
	}
}
