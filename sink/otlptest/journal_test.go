package otlptest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
)

func newJournal(keep bool) *journal[int] { return &journal[int]{noun: "numbers", keep: keep} }

// result is what a wait returned.
type result struct {
	got []int
	err error
}

// waiting starts j.wait and returns when it blocks.
func waiting(ctx context.Context, j *journal[int], n int) <-chan result {
	c := make(chan result, 1)
	go func() {
		got, err := j.wait(ctx, n)
		c <- result{got, err}
	}()
	synctest.Wait()
	return c
}

func TestJournalWaitsForEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal(true)
		two, three := waiting(t.Context(), j, 2), waiting(t.Context(), j, 3)
		j.add([]int{1}, 1)
		synctest.Wait()
		if len(two) != 0 || len(three) != 0 {
			t.Fatal("after one: a wait for two or three returned")
		}
		j.add([]int{2}, 1)
		if r := <-two; !slices.Equal(r.got, []int{1, 2}) || r.err != nil {
			t.Errorf("two: got %v, %v, want 1 and 2", r.got, r.err)
		}
		j.add([]int{3, 4}, 2)
		if r := <-three; !slices.Equal(r.got, []int{1, 2, 3, 4}) || r.err != nil {
			t.Errorf("three: got %v, %v, want 1 to 4", r.got, r.err)
		}
		if len(j.waiters) != 0 {
			t.Errorf("waiters: got %d, want 0", len(j.waiters))
		}
	})
}

func TestJournalDoesNotWaitForWhatIsThere(t *testing.T) {
	j := newJournal(true)
	for _, n := range []int{-1, 0} {
		if got, err := j.wait(t.Context(), n); got != nil || err != nil {
			t.Errorf("%d: got %v, %v, want nothing", n, got, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	j.add([]int{1, 2}, 2)
	if got, err := j.wait(ended, 2); len(got) != 2 || err != nil {
		t.Errorf("got %v, %v, want both although the context is done", got, err)
	}
}

func TestJournalWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal(true)
		why := errors.New("why")
		ctx, cancel := context.WithCancelCause(t.Context())
		c := waiting(ctx, j, 2)
		j.add([]int{1}, 1)
		cancel(why)
		if r := <-c; !slices.Equal(r.got, []int{1}) || !errors.Is(r.err, why) || r.err.Error() != "otlptest: 1 of 2 numbers came: why" {
			t.Errorf("got %v, %v, want 1 and the cause", r.got, r.err)
		}
		if len(j.waiters) != 0 {
			t.Errorf("waiters: got %d, want 0", len(j.waiters))
		}
	})
}

func TestJournalAnswersThatCameWithTheEndOfTheContextCount(t *testing.T) {
	// Both are ready before wait runs again; whichever it sees first, the
	// numbers are there.
	for range 100 {
		synctest.Test(t, func(t *testing.T) {
			j := newJournal(true)
			ctx, cancel := context.WithCancel(t.Context())
			c := waiting(ctx, j, 1)
			j.mu.Lock()
			cancel()
			w := j.waiters[0]
			j.waiters = nil
			w.reply <- []int{1}
			j.mu.Unlock()
			if r := <-c; len(r.got) != 1 || r.err != nil {
				t.Fatalf("got %v, %v, want the number", r.got, r.err)
			}
		})
	}
}

func TestJournalCloseReleasesEveryone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal(true)
		j.add([]int{1}, 1)
		a, b := waiting(t.Context(), j, 2), waiting(t.Context(), j, 3)
		j.close()
		j.close()
		for _, c := range []<-chan result{a, b, waiting(t.Context(), j, 2)} {
			if r := <-c; !slices.Equal(r.got, []int{1}) || !errors.Is(r.err, ErrClosed) {
				t.Errorf("got %v, %v, want 1 and ErrClosed", r.got, r.err)
			}
		}
	})
}

func TestJournalResetLetsWaitersWaitOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal(true)
		j.add([]int{1}, 1)
		old := j.snapshot()
		c := waiting(t.Context(), j, 2)
		j.reset()
		j.add([]int{7}, 1)
		synctest.Wait()
		if len(c) != 0 {
			t.Fatal("the wait counted what was reset")
		}
		j.add([]int{8}, 1)
		if r := <-c; !slices.Equal(r.got, []int{7, 8}) {
			t.Errorf("got %v, want 7 and 8", r.got)
		}
		if !slices.Equal(old, []int{1}) {
			t.Errorf("snapshot from before: got %v, want 1", old)
		}
	})
}

func TestJournalSnapshotsAreNotOverwritten(t *testing.T) {
	j := newJournal(true)
	for n := range 3 { // one at a time, so that append leaves room
		j.add([]int{n + 1}, 1)
	}
	mine := append(j.snapshot(), 99)
	j.add([]int{4}, 1)
	if got := j.snapshot(); !slices.Equal(got, []int{1, 2, 3, 4}) || mine[3] != 99 {
		t.Errorf("got %v and %v, want 1 to 4 and the caller's own 99", got, mine)
	}
}

func TestJournalThatOnlyCountsKeepsNothing(t *testing.T) {
	j := newJournal(false)
	j.add(nil, 5)
	got, err := j.wait(t.Context(), 5)
	if got != nil || err != nil || j.len() != 5 {
		t.Errorf("got %v, %v, %d, want nil, nil, 5", got, err, j.len())
	}
}
