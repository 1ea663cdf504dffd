package sinktest

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/logstream-go/logstream/sink"
)

const (
	// patience is how long a sink may take beyond what it was given. It is
	// long because machines that run tests are busy.
	patience = 5 * time.Second

	// enough is the deadline of an export that should succeed.
	enough = 30 * time.Second

	// soon is the deadline of an export that cannot succeed.
	soon = 100 * time.Millisecond
)

// A lab is one check at work on a sink.
type lab struct {
	Harness
	ctx context.Context // of the test

	mu       sync.Mutex // guards the following
	problems []string
	batches  []*Batch
	serial   int
	shut     bool
	panics   bool // one was noted
}

// on runs c on h and returns what is wrong with the sink, or what h lacks for it.
func (c check) on(ctx context.Context, h Harness) (problems []string, leftOut string) {
	l := &lab{Harness: h, ctx: ctx}
	if c.needs != nil {
		leftOut = c.needs(h)
	}
	if leftOut == "" {
		c.run(l)
	}
	l.finish()
	return l.problems, leftOut
}

// errorf notes a problem.
func (l *lab) errorf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.problems = append(l.problems, fmt.Sprintf(format, args...))
}

// batch returns a batch of n records with size bytes of filling each, and their
// messages.
func (l *lab) batch(n, size int) (*Batch, []string) {
	l.mu.Lock()
	l.serial++
	serial := l.serial
	l.mu.Unlock()
	recs := records(serial, n, size)
	b, err := fromRequest(request(recs))
	if err != nil {
		l.errorf("%v", err)
		b, _ = fromEncoded(nil)
	}
	messages := make([]string, n)
	for i, r := range recs {
		messages[i] = r.GetBody().GetStringValue()
	}
	l.track(b)
	return b, messages
}

// track has b looked at and released at the end.
func (l *lab) track(b *Batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.batches = append(l.batches, b)
}

// errPanic and errStuck stand for what Export did instead of returning. They
// are noted as problems already.
var (
	errPanic = errors.New("it panicked")
	errStuck = errors.New("it did not return")
)

// export exports b with a deadline and returns what Export returned. A panic, or
// an Export that does not return in time, is a problem.
func (l *lab) export(b *Batch, deadline time.Duration) error {
	ctx, cancel := context.WithTimeout(l.ctx, deadline)
	defer cancel()
	return l.exportWith(ctx, b)
}

// exportWith is export with a context, which ends.
func (l *lab) exportWith(ctx context.Context, b *Batch) error {
	n := b.Len()
	err := l.watch(ctx, "Export", func() error { return l.Sink.Export(ctx, b.Batch) })
	if err != nil && !errors.Is(err, errPanic) && !errors.Is(err, errStuck) {
		l.judge(err, n)
	}
	return err
}

// watch calls f and waits for it until ctx has ended and for patience more.
func (l *lab) watch(ctx context.Context, name string, f func() error) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				l.panicked(name, p)
				done <- errPanic
			}
		}()
		done <- f()
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case err := <-done:
		return err
	case <-late.C:
		l.errorf("%s has not returned %v after its context had ended", name, patience)
		return errStuck
	}
}

// panicked notes a panic, once for a check: the others are mostly the same one.
func (l *lab) panicked(name string, p any) {
	l.mu.Lock()
	first := !l.panics
	l.panics = true
	l.mu.Unlock()
	if first {
		l.errorf("%s panicked: %v\n%s", name, p, debug.Stack())
	}
}

// must exports b to a healthy destination.
func (l *lab) must(b *Batch) bool {
	err := l.export(b, enough)
	if err != nil && !errors.Is(err, errPanic) && !errors.Is(err, errStuck) {
		l.errorf("Export of %d records to a healthy destination: got %v, want nil", b.Len(), err)
	}
	return err == nil
}

// judge looks at an error of an export of n records.
func (l *lab) judge(err error, n int) {
	l.keepsSecrets(err)
	e := sink.AsError(err)
	if e.Err == nil && e.Rejected == 0 && len(e.Failed) == 0 {
		l.errorf("got a *sink.Error that does not say what went wrong: %+v", *e)
	}
	if e.Kind > sink.Invalid {
		l.errorf("got the kind %v, which does not exist", e.Kind)
	}
	if e.RetryAfter < 0 {
		l.errorf("got RetryAfter %v, want none or a positive duration", e.RetryAfter)
	}
	if e.Taken < 0 || e.Taken > n {
		l.errorf("got Taken %d of a batch of %d records", e.Taken, n)
	}
	if e.Rejected < 0 || e.Rejected > n {
		l.errorf("got Rejected %d of a batch of %d records", e.Rejected, n)
	}
	seen := make(map[int]bool)
	for _, f := range e.Failed {
		if f.Index < 0 || f.Index >= n || seen[f.Index] {
			l.errorf("got a Failure of record %d, of a batch of %d records, twice or beyond it", f.Index, n)
		}
		seen[f.Index] = true
	}
}

// keepsSecrets looks for credentials in err, in each of the ways to print it and
// in each error of its chain.
func (l *lab) keepsSecrets(err error) {
	if err == nil {
		return
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%q"} {
		printed := fmt.Sprintf(verb, err)
		for i, s := range l.Secrets {
			if s != "" && strings.Contains(printed, s) {
				l.errorf("secret %d stands in an error of type %T printed with %s", i, err, verb)
			}
		}
	}
	switch e := err.(type) { //nolint:errorlint // it walks the chain
	case interface{ Unwrap() error }:
		l.keepsSecrets(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			l.keepsSecrets(err)
		}
	}
	if e, ok := err.(*sink.Error); ok { //nolint:errorlint // it walks the chain
		for _, f := range e.Failed {
			l.keepsSecrets(errors.New(f.Reason))
		}
	}
}

// shutdown shuts the sink down within the deadline.
func (l *lab) shutdown(deadline time.Duration) error {
	l.mu.Lock()
	l.shut = true
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(l.ctx, deadline)
	defer cancel()
	err := l.watch(ctx, "Shutdown", func() error { return l.Sink.Shutdown(ctx) })
	l.keepsSecrets(err)
	return err
}

// finish ends what the check has begun.
func (l *lab) finish() {
	l.mu.Lock()
	shut, batches := l.shut, l.batches
	l.mu.Unlock()
	if !shut {
		if err := l.shutdown(enough); err != nil && !errors.Is(err, errPanic) && !errors.Is(err, errStuck) {
			l.errorf("Shutdown: got %v, want nil", err)
		}
	}
	l.awaitLeases(batches)
	for _, b := range batches {
		b.Release()
	}
}

// awaitLeases waits for the sink to give back all payloads: a transport may
// need a moment after Shutdown to let go of them.
func (l *lab) awaitLeases(batches []*Batch) {
	late := time.NewTimer(patience)
	defer late.Stop()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for _, b := range batches {
		for b.Leases() > 0 {
			select {
			case <-look.C:
				continue
			case <-late.C:
			}
			l.errorf("%d references to payloads are not given back after Shutdown: Release is missing", b.Leases())
			return
		}
		if n := b.Leases(); n < 0 {
			l.errorf("payloads were released %d times too often", -n)
		}
	}
}

// received compares what has arrived with what should have: all of want once,
// and of perhaps each at most once.
func (l *lab) received(want, perhaps []string) {
	got := make(map[string]int)
	for _, m := range l.Received() {
		got[m]++
	}
	var missing, twice []string
	for _, m := range want {
		switch n := got[m]; {
		case n == 0:
			missing = append(missing, m)
		case n > 1:
			twice = append(twice, m)
		}
		delete(got, m)
	}
	for _, m := range perhaps {
		if got[m] > 1 {
			twice = append(twice, m)
		}
		delete(got, m)
	}
	var foreign []string
	for m := range got {
		foreign = append(foreign, m)
	}
	l.listed(missing, len(want), "have not arrived")
	l.listed(twice, len(want)+len(perhaps), "have arrived more than once")
	l.listed(foreign, len(want)+len(perhaps), "have arrived that nobody has sent")
}

// listed notes that something is wrong with some of n messages.
func (l *lab) listed(messages []string, n int, what string) {
	if len(messages) == 0 {
		return
	}
	const most = 80
	first := messages[0]
	if len(first) > most {
		first = first[:most] + "..."
	}
	l.errorf("%d records %s, of %d that were sent: %q", len(messages), what, n, first)
}
