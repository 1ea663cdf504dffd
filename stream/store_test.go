package stream

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logstream-go/logstream/sink"
)

// A stuck store says that it will make room, and never does, like a disk that hangs.
type stuck struct {
	done chan struct{}
	asks int // guarded by Stream.mu
}

func (k *stuck) check(*config) error        { return nil }
func (k *stuck) open(*Stream) error         { return nil }
func (k *stuck) begun()                     {}
func (k *stuck) run() error                 { <-k.done; return nil }
func (k *stuck) kick()                      {}
func (k *stuck) save(context.Context) error { return errors.New("stuck") }
func (k *stuck) helps() bool                { k.asks++; return true }
func (k *stuck) takes() bool                { return true }
func (k *stuck) moves() uint64              { return 0 }
func (k *stuck) giveBack() bool             { return false }
func (k *stuck) settled(*page)              {}
func (k *stuck) lost(*page)                 {}
func (k *stuck) register(*waiter)           {}
func (k *stuck) pledge(*page, int)          {}
func (k *stuck) secureFor(*group)           {}

// A disk that hangs makes the worker wait once. Then the stream sheds as it would without.
func TestAStoreThatHangsIsWaitedForOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &stuck{done: make(chan struct{})}
		out := new(recorder)
		out.answer = func(int, *sink.Batch) error { return errors.New("down") }
		s := open(t, out, append(stored("unused"), optionFunc(func(c *config) { c.store = k }), WithRetry(time.Hour, time.Hour))...)
		p := newProducer(s)
		begun := time.Now()
		for i := range 30_000 {
			p.put(infoSeverity, numbered(i))
			if i%500 == 0 {
				synctest.Wait()
			}
		}
		advance(time.Second)
		synctest.Wait()
		st := check(t, s)
		full := uint64(0)
		for _, d := range st.Dropped {
			if d.Reason == QueueFull {
				full += d.Records
			}
		}
		if full == 0 || st.Held.Ring > 0 {
			t.Errorf("got %v after %v, want records shed for the queue and none in the ring", st, time.Since(begun))
		}
		s.mu.Lock()
		if k.asks == 0 {
			t.Error("nobody asked the store")
		}
		s.mu.Unlock()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) || errors.Is(err, ErrStored) {
			t.Errorf("Shutdown: got %v, want that the context was cancelled", err)
		}
		out.mu.Lock()
		out.answer = nil
		out.mu.Unlock()
		close(k.done)
		advance(2 * time.Hour)
		<-s.done
		check(t, s)
	})
}
