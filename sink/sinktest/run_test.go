package sinktest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logstream-go/logstream/sink"
)

func TestAModelSinkConforms(t *testing.T) {
	Run(t, func(*testing.T) Harness {
		d := new(destination)
		h := d.harness(&model{d: d, limits: sink.Limits{MaxBatchBytes: 1 << 20, MaxRecordBytes: 1 << 10}})
		h.Secrets = []string{"hunter2"}
		return h
	})
}

func TestAFuncConforms(t *testing.T) {
	Run(t, func(*testing.T) Harness {
		d := new(destination)
		h := d.harness(sink.Func(func(ctx context.Context, b *sink.Batch) error {
			if err := d.enter(ctx); err != nil {
				return err
			}
			d.add(messages(b)...)
			return nil
		}))
		h.Stateless = true
		return h
	})
}

func TestAHarnessWithoutFaultsIsEnough(t *testing.T) {
	Run(t, func(*testing.T) Harness {
		d := new(destination)
		return Harness{Sink: &model{d: d}, Received: d.received}
	})
}

// retained is what a mutant keeps for longer than it may.
type retained struct {
	batches []*sink.Batch
}

// Sinks with one mistake each, and the check that finds it.
func TestMistakesAreFound(t *testing.T) {
	for _, tt := range []struct {
		name  string
		check string
		want  string // in a problem
		spoil func(*model, *Harness)
	}{
		{"loses the last record", "delivers each record once", "have not arrived", func(m *model, _ *Harness) {
			m.export = func(_ context.Context, b *sink.Batch) error {
				all := messages(b)
				m.d.add(all[:len(all)-1]...)
				return errOwn
			}
		}},
		{"delivers twice", "delivers each record once", "more than once", func(m *model, _ *Harness) {
			m.export = func(_ context.Context, b *sink.Batch) error {
				m.d.add(messages(b)...)
				return nil
			}
		}},
		{"invents a record", "delivers each record once", "nobody has sent", func(m *model, _ *Harness) {
			m.export = func(context.Context, *sink.Batch) error {
				m.d.add("hello")
				return nil
			}
		}},
		{"does one export only at a time", "exports several batches at once", "healthy destination", func(m *model, _ *Harness) {
			busy := make(chan struct{}, 1)
			m.export = func(context.Context, *sink.Batch) error {
				select {
				case busy <- struct{}{}:
					return nil
				default:
					return errors.New("busy")
				}
			}
		}},
		{"does fewer exports at once than it says", "exports several batches at once", "healthy destination", func(m *model, _ *Harness) {
			m.limits.MaxInFlight = 3
			busy := make(chan struct{}, 2)
			m.export = func(context.Context, *sink.Batch) error {
				select {
				case busy <- struct{}{}:
					return nil
				default:
					return errors.New("busy")
				}
			}
		}},
		{"panics without records", "takes an empty batch", "Export panicked: no records", func(m *model, _ *Harness) {
			m.export = func(_ context.Context, b *sink.Batch) error {
				if b.Len() == 0 {
					panic("no records")
				}
				return nil
			}
		}},
		{"sends empty batches", "takes an empty batch", "nobody has sent", func(m *model, _ *Harness) {
			m.export = func(_ context.Context, b *sink.Batch) error {
				m.d.add("an empty envelope")
				return nil
			}
		}},
		{"has the stream repeat a huge batch", "takes a huge batch or says that it is too large", "want nil or the kind too large", func(m *model, _ *Harness) {
			m.export = func(_ context.Context, b *sink.Batch) error {
				if b.Size() > 4<<20 {
					return errors.New("413")
				}
				return nil
			}
		}},
		{"breaks on a huge record", "takes a huge record or says what is wrong", "healthy destination", func(m *model, _ *Harness) {
			broken := false
			m.export = func(_ context.Context, b *sink.Batch) error {
				broken = broken || b.Size() > 4<<20
				if broken {
					return &sink.Error{Err: errors.New("413"), Kind: sink.TooLarge}
				}
				return nil
			}
		}},
		{"panics at an odd record", "survives records that are none", "Export panicked", func(m *model, _ *Harness) {
			m.export = func(_ context.Context, b *sink.Batch) error {
				for r := range b.Records() {
					_ = r.Encoded()[0]
				}
				return nil
			}
		}},
		{"has the stream repeat an odd record", "survives records that are none", "try them again for ever", func(m *model, _ *Harness) {
			m.export = func(_ context.Context, b *sink.Batch) error {
				for r := range b.Records() {
					if len(r.Body().Str()) == 0 {
						return errors.New("no body")
					}
				}
				return nil
			}
		}},
		{"delivers later", "does not keep a batch", "have not arrived", func(m *model, _ *Harness) {
			var kept retained
			m.export = func(_ context.Context, b *sink.Batch) error {
				for _, old := range kept.batches {
					m.d.add(messages(old)...)
				}
				kept.batches = []*sink.Batch{b}
				return errOwn
			}
		}},
		{"sends later what was cancelled", "does not keep a batch whose export was cancelled", "nobody has sent", func(m *model, _ *Harness) {
			var kept retained
			m.export = func(_ context.Context, b *sink.Batch) error {
				for _, old := range kept.batches {
					m.d.add(messages(old)...)
				}
				kept.batches = []*sink.Batch{b}
				if b.Len() == 1 {
					return nil
				}
				return context.DeadlineExceeded
			}
		}},
		{"keeps a payload", "gives back the payloads it took", "not given back", func(m *model, _ *Harness) {
			m.after = func(_ context.Context, b *sink.Batch, err error) error {
				if err != nil {
					return err
				}
				_, err = b.Payload("model", nil)
				return err
			}
		}},
		{"releases a payload twice", "gives back the payloads it took", "too often", func(m *model, _ *Harness) {
			m.after = func(_ context.Context, b *sink.Batch, err error) error {
				if err == nil {
					p, _ := b.Payload("model", nil)
					p.Release()
					p.Release()
				}
				return err
			}
		}},
		{"gives a retry of another kind at a deadline", "ends with a deadline", "want the kind retry", func(m *model, _ *Harness) {
			m.after = func(_ context.Context, _ *sink.Batch, err error) error {
				if err != nil {
					err = &sink.Error{Err: err, Kind: sink.Invalid}
				}
				return err
			}
		}},
		{"gives up too early", "ends with a cancellation", "before its context had ended", func(m *model, _ *Harness) {
			m.export = func(_ context.Context, b *sink.Batch) error {
				if m.d.hangs {
					m.d.hangs = false
					return errors.New("tired")
				}
				return nil
			}
		}},
		{"takes no answer for yes", "ends with a cancellation", "does not answer: got nil", func(m *model, _ *Harness) {
			m.after = func(context.Context, *sink.Batch, error) error { return nil }
		}},
		{"says that a batch is bad when there was no time", "ends when the context has ended before", "want nil or the kind retry", func(m *model, _ *Harness) {
			m.after = func(_ context.Context, _ *sink.Batch, err error) error {
				if err != nil {
					err = &sink.Error{Err: err, Kind: sink.TooLarge}
				}
				return err
			}
		}},
		{"has one kind for all", "says what a failure is about", "a failure of kind refused: got retry", func(m *model, _ *Harness) {
			m.after = func(_ context.Context, _ *sink.Batch, err error) error {
				if err != nil {
					err = &sink.Error{Err: err}
				}
				return err
			}
		}},
		{"hides failures", "says what a failure is about", "Export returned nil", func(m *model, _ *Harness) {
			m.after = func(context.Context, *sink.Batch, error) error { return nil }
		}},
		{"says more than it knows", "says what a failure is about", "want the whole batch to have failed", func(m *model, _ *Harness) {
			m.after = func(_ context.Context, _ *sink.Batch, err error) error {
				if e, ok := errors.AsType[*sink.Error](err); ok {
					e.Taken = 1
				}
				return err
			}
		}},
		{"never recovers", "delivers a batch after it has failed", "healthy destination", func(m *model, _ *Harness) {
			var failed error
			m.export = func(context.Context, *sink.Batch) error { return failed }
			m.after = func(_ context.Context, _ *sink.Batch, err error) error {
				failed = err
				return err
			}
		}},
		{"gives up a destination that is away", "says that a destination is away", "want the kind retry", func(m *model, _ *Harness) {
			m.after = func(_ context.Context, _ *sink.Batch, err error) error {
				if err != nil {
					err = &sink.Error{Err: err, Kind: sink.Refused}
				}
				return err
			}
		}},
		{"has limits below zero", "has limits that are none or positive", "below zero", func(m *model, _ *Harness) {
			m.limits.Timeout = -1
		}},
		{"allows less than no export", "has limits that are none or positive", "below zero", func(m *model, _ *Harness) {
			m.limits.MaxInFlight = -1
		}},
		{"takes larger records than batches", "has limits that are none or positive", "larger than a batch", func(m *model, _ *Harness) {
			m.limits = sink.Limits{MaxBatchBytes: 1, MaxRecordBytes: 2}
		}},
		{"exports after Shutdown", "shuts down and does nothing more", "Export after Shutdown: got nil", func(m *model, _ *Harness) {
			m.stop = func(context.Context) error {
				m.closed = false
				return nil
			}
		}},
		{"cannot be shut down", "shuts down and does nothing more", "Shutdown: got no", func(m *model, _ *Harness) {
			m.stop = func(context.Context) error { return errors.New("no") }
		}},
		{"panics at the second Shutdown", "shuts down and does nothing more", "Shutdown panicked: close of closed channel", func(m *model, _ *Harness) {
			done := make(chan struct{})
			m.stop = func(context.Context) error {
				close(done)
				return nil
			}
		}},
		{"does not wait for a destination that hangs", "shuts down in time while an export hangs", "want it to wait", func(m *model, _ *Harness) {
			m.export = func(context.Context, *sink.Batch) error { return errors.New("tired") }
		}},
		{"tells a secret", "says what a failure is about", "secret 0 stands in an error", func(m *model, h *Harness) {
			h.Secrets = []string{"hunter2"}
			m.after = func(_ context.Context, _ *sink.Batch, err error) error {
				if err != nil {
					err = fmt.Errorf("token hunter2: %w", err)
				}
				return err
			}
		}},
		{"hides a secret in a field", "says what a failure is about", "printed with %+v", func(m *model, h *Harness) {
			h.Secrets = []string{"hunter2"}
			m.after = func(_ context.Context, _ *sink.Batch, err error) error {
				if e, ok := errors.AsType[*sink.Error](err); ok {
					e.Err = errors.Join(e.Err, quiet{"hunter2"})
				}
				return err
			}
		}},
		{"tells a secret of a single record", "delivers a batch after it has failed", "secret 0 stands in an error", func(m *model, h *Harness) {
			h.Secrets = []string{"hunter2"}
			m.after = func(_ context.Context, _ *sink.Batch, err error) error {
				if e, ok := errors.AsType[*sink.Error](err); ok {
					e.Failed = []sink.Failure{{Index: 0, Reason: "hunter2 is no record"}}
				}
				return err
			}
		}},
	} {
		sentence := func(t *testing.T) {
			d := new(destination)
			m := &model{d: d}
			h := d.harness(m)
			tt.spoil(m, &h)
			problems, leftOut := find(t, tt.check).on(t.Context(), h)
			if leftOut != "" {
				t.Errorf("left out for want of %s", leftOut)
			}
			if !strings.Contains(strings.Join(problems, "\n"), tt.want) {
				t.Errorf("got the problems %q, want one with %q", problems, tt.want)
			}
		}
		// In a bubble the suite's patience costs no time.
		t.Run(tt.name, func(t *testing.T) { synctest.Test(t, sentence) })
	}
}

// quiet is an error whose field is printed by some verbs only.
type quiet struct{ token string }

func (quiet) Error() string { return "quiet" }

func (q quiet) Format(f fmt.State, verb rune) {
	text := q.Error()
	if f.Flag('+') {
		text += " " + q.token
	}
	fmt.Fprint(f, text)
}

// find returns the check called name.
func find(t *testing.T, name string) check {
	t.Helper()
	for _, c := range checks {
		if c.name == name {
			return c
		}
	}
	t.Fatalf("no check is called %q", name)
	return check{}
}

func TestNumbersInErrorsAreBounded(t *testing.T) {
	for _, tt := range []struct {
		err  *sink.Error
		want string // "" is no problem
	}{
		{&sink.Error{Err: errAway}, ""},
		{&sink.Error{Err: errAway, Kind: sink.Invalid, RetryAfter: time.Hour, Taken: 5}, ""},
		{&sink.Error{Rejected: 5}, ""},
		{&sink.Error{Failed: []sink.Failure{{Index: 0}, {Index: 4}}}, ""},
		{&sink.Error{}, "does not say what went wrong"},
		{&sink.Error{Err: errAway, Kind: 4}, "does not exist"},
		{&sink.Error{Err: errAway, RetryAfter: -1}, "RetryAfter"},
		{&sink.Error{Err: errAway, Taken: 6}, "Taken 6"},
		{&sink.Error{Err: errAway, Taken: -1}, "Taken -1"},
		{&sink.Error{Err: errAway, Rejected: 6}, "Rejected 6"},
		{&sink.Error{Err: errAway, Rejected: -1}, "Rejected -1"},
		{&sink.Error{Err: errAway, Failed: []sink.Failure{{Index: 5}}}, "record 5"},
		{&sink.Error{Err: errAway, Failed: []sink.Failure{{Index: -1}}}, "record -1"},
		{&sink.Error{Err: errAway, Failed: []sink.Failure{{Index: 2}, {Index: 2}}}, "twice"},
	} {
		l := &lab{ctx: t.Context()}
		l.judge(fmt.Errorf("wrapped: %w", tt.err), 5)
		got := strings.Join(l.problems, "\n")
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%+v: got the problems %q, want %q", *tt.err, got, tt.want)
		}
	}
}

func TestAnExportThatNeverEndsIsFound(t *testing.T) { synctest.Test(t, neverEnding) }

func neverEnding(t *testing.T) {
	l := &lab{ctx: t.Context()}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	release := make(chan struct{})
	ended := make(chan struct{})
	start := time.Now()
	err := l.watch(ctx, "Export", func() error {
		defer close(ended)
		<-release
		return nil
	})
	if err != errStuck || len(l.problems) != 1 || time.Since(start) < patience {
		t.Errorf("got %v and %q after %v", err, l.problems, time.Since(start))
	}
	close(release)
	<-ended
}

func TestGoroutinesThatAreLeftAreFound(t *testing.T) {
	before := goroutines()
	release := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		<-release
	}()
	if got := leaked(before, time.Millisecond); !strings.Contains(got, "TestGoroutinesThatAreLeftAreFound") {
		t.Errorf("got %q, want the stack of this test's goroutine", got)
	}
	close(release)
	<-ended
	if got := leaked(before, patience); got != "" {
		t.Errorf("got %q, want none", got)
	}
}
