package otlpgrpc

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/logstream-go/logstream/sink/otlptest"
)

func TestExportAfterShutdownFails(t *testing.T) {
	srv := receiver(t)
	s := to(t, srv)
	if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Shutdown(t.Context()); err != nil {
			t.Fatalf("Shutdown: %v", err)
		}
		if err := s.Export(t.Context(), some(t, 1).Batch); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v, want ErrClosed", err)
		}
	}
	if got := srv.Count(); got != 1 {
		t.Errorf("got %d records, want 1", got)
	}
}

func TestShutdownWaitsForExports(t *testing.T) {
	srv := receiver(t)
	srv.Script(otlptest.Delay(100 * time.Millisecond))
	s := to(t, srv)
	exported := make(chan error, 1)
	go func() { exported <- s.Export(t.Context(), some(t, 1).Batch) }()
	if _, err := srv.WaitRequests(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-exported; err != nil {
		t.Errorf("the export in flight: %v", err)
	}
}

func TestShutdownEndsExportsWhenItsTimeIsUp(t *testing.T) {
	srv := receiver(t)
	srv.Script(otlptest.Hang())
	s := to(t, srv, WithTimeout(0))
	exported := make(chan error, 1)
	go func() { exported <- s.Export(t.Context(), some(t, 1).Batch) }()
	if _, err := srv.WaitRequests(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want context.DeadlineExceeded", err)
	}
	if err := <-exported; err == nil {
		t.Error("the export in flight succeeded")
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Errorf("once more: %v", err)
	}
}

func TestShutdownWithAContextThatHasEnded(t *testing.T) {
	srv := receiver(t)
	s := to(t, srv)
	if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Shutdown(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want nothing but context.Canceled", err)
	}
	if err := s.Export(t.Context(), some(t, 1).Batch); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

func TestExportsDuringShutdownAreDeliveredOrRefusedConcurrentSafe(t *testing.T) {
	srv := receiver(t, otlptest.WithDiscard())
	s := to(t, srv)
	const workers = 8
	delivered := make(chan int, workers)
	var started sync.WaitGroup
	started.Add(workers)
	for range workers {
		go func() {
			n := 0
			defer func() { delivered <- n }()
			for i := 0; ; i++ {
				err := s.Export(t.Context(), some(t, 1).Batch)
				if i == 0 {
					started.Done()
				}
				switch {
				case errors.Is(err, ErrClosed):
					return
				case err != nil:
					t.Error(err)
					return
				}
				n++
			}
		}()
	}
	started.Wait()
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	total := 0
	for range workers {
		total += <-delivered
	}
	if got := srv.Count(); got != total {
		t.Errorf("got %d records at the receiver, want the %d that were exported", got, total)
	}
}

func TestShutdownOfASinkThatNeverExported(t *testing.T) {
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// Connections are replaced and closed while others export and the sink is shut
// down.
func TestLinksMayBeUsedAtOnceConcurrentSafe(t *testing.T) {
	s := open(t)
	const workers, rounds = 8, 50
	done := make(chan struct{})
	for i := range workers {
		go func() {
			defer func() { done <- struct{}{} }()
			for range rounds {
				l, err := s.lane.links.acquire()
				if err != nil {
					return
				}
				if i%2 == 0 {
					s.lane.links.retire(l)
				}
				s.lane.links.release(l)
			}
		}()
	}
	for range workers / 2 {
		<-done
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	for range workers / 2 {
		<-done
	}
	if n := len(s.lane.links.old); n != 0 || s.lane.links.current != nil || s.lane.links.users != 0 {
		t.Errorf("got %d old links, current %v, %d users; want none", n, s.lane.links.current, s.lane.links.users)
	}
}

// onceDone is a context that has ended, of which the connections' end is told first.
type onceDone struct {
	context.Context
	asked bool
}

func (c *onceDone) Done() <-chan struct{} {
	if c.asked {
		return nil
	}
	c.asked = true
	return c.Context.Done()
}

// However soon the connections are closed, the exports that were cut off are told of.
func TestAShutdownThatCutsExportsOffSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ls := &links{users: 1}
	if err := ls.close(&onceDone{Context: ctx}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
