package sinktest

import (
	"errors"
	"reflect"

	"github.com/logstream-go/logstream/sink"
)

// namesFailures: the stream does what Kind says, so Kind must be right. The first
// batch is delivered, because a sink may take the first failure of all as a sign
// to try something else, such as another encoding.
func namesFailures(l *lab) {
	first, delivered := l.batch(10, 0)
	if !l.must(first) {
		return
	}
	for _, kind := range []sink.Kind{sink.Retry, sink.Refused, sink.TooLarge, sink.Invalid} {
		if !l.Fail(kind) {
			continue
		}
		b, _ := l.batch(10, 0)
		err := l.export(b, enough)
		switch {
		case errors.Is(err, errPanic) || errors.Is(err, errStuck):
			return
		case err == nil:
			l.errorf("a failure of kind %v: Export returned nil", kind)
			continue
		}
		e := sink.AsError(err)
		if e.Kind != kind {
			l.errorf("a failure of kind %v: got %v", kind, err)
		}
		if e.Taken != 0 || e.Rejected != 0 || len(e.Failed) != 0 {
			l.errorf("a failure of kind %v: got %+v, want the whole batch to have failed", kind, *e)
		}
		if _, ok := errors.AsType[*sink.Error](err); !ok && kind != sink.Retry {
			l.errorf("a failure of kind %v: got a %T, want a *sink.Error", kind, err)
		}
	}
	l.received(delivered, nil)
}

// deliversAfterFailure: a batch can be exported again, and by then the sink is
// as good as new.
func deliversAfterFailure(l *lab) {
	first, all := l.batch(10, 0)
	if !l.must(first) {
		return
	}
	for _, kind := range []sink.Kind{sink.Retry, sink.Refused, sink.TooLarge, sink.Invalid} {
		b, messages := l.batch(10, 0)
		if !l.Fail(kind) {
			continue
		}
		if err := l.export(b, enough); err == nil {
			l.errorf("a failure of kind %v: Export returned nil", kind)
			return
		}
		if !l.must(b) {
			return
		}
		all = append(all, messages...)
		l.received(all, nil)
	}
}

// namesOutage: a destination that is away is a failure that passes.
func namesOutage(l *lab) {
	b, messages := l.batch(10, 0)
	if !l.must(b) {
		return
	}
	l.Down()
	for range 3 {
		b, _ := l.batch(10, 0)
		switch err := l.export(b, patience); {
		case errors.Is(err, errPanic) || errors.Is(err, errStuck):
			return
		case err == nil:
			l.errorf("Export to a destination that is away: got nil, want an error")
		case sink.AsError(err).Kind != sink.Retry:
			l.errorf("Export to a destination that is away: got %v, want the kind %v", err, sink.Retry)
		}
	}
	l.received(messages, nil)
}

// limitsAreSane: the stream obeys limits without asking whether they make sense.
func limitsAreSane(l *lab) {
	k, ok := l.Sink.(sink.Limiter)
	if !ok {
		return
	}
	limits := k.Limits()
	for name, v := range reflect.ValueOf(limits).Fields() { // numbers and durations, also those to come
		if v.CanInt() && v.Int() < 0 {
			l.errorf("got the limit %s below zero: %+v", name.Name, limits)
		}
	}
	if limits.MaxBatchBytes > 0 && limits.MaxRecordBytes > limits.MaxBatchBytes {
		l.errorf("a record may be larger than a batch: %+v", limits)
	}
}
