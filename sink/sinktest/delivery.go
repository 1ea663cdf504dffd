package sinktest

import (
	"errors"
	"sync"

	"github.com/logstream-go/logstream/sink"
)

// deliversOnce: nil from Export means that every record has arrived.
func deliversOnce(l *lab) {
	var all []string
	for _, n := range []int{1, 2, 100, 1} {
		b, messages := l.batch(n, 0)
		if !l.must(b) {
			return
		}
		all = append(all, messages...)
		l.received(all, nil)
	}
}

// deliversAtOnce: Export may be called several times at once, as many as the
// sink's limits allow.
func deliversAtOnce(l *lab) {
	const each, n = 10, 20
	workers := 8
	if k, ok := l.Sink.(sink.Limiter); ok {
		if most := k.Limits().MaxInFlight; most > 0 {
			workers = min(workers, most)
		}
	}
	var mu sync.Mutex
	var all []string
	var done sync.WaitGroup
	for range workers {
		done.Go(func() {
			for range each {
				b, messages := l.batch(n, 100)
				if !l.must(b) {
					return
				}
				mu.Lock()
				all = append(all, messages...)
				mu.Unlock()
			}
		})
	}
	done.Wait()
	if len(all) == workers*each*n {
		l.received(all, nil)
	}
}

// takesEmpty: a batch without records is delivered by doing nothing.
func takesEmpty(l *lab) {
	b, _ := l.batch(0, 0)
	if l.must(b) {
		l.received(nil, nil)
	}
}

// takesHuge: the stream halves a batch that is too large, if it is told so.
func takesHuge(l *lab) {
	const n, size = 4000, 2000 // 8 MB, twice what most take
	b, messages := l.batch(n, size)
	l.sized(b, messages, "a batch of 8 MB")
}

// takesHugeRecord is the same for what cannot be halved: the record is rejected.
func takesHugeRecord(l *lab) {
	b, messages := l.batch(1, 5<<20)
	l.sized(b, messages, "a record of 5 MB", sink.Invalid)
}

// sized exports b, whose size is what may be wrong with it, and wants it to be
// delivered or refused as too large, or as one of other.
func (l *lab) sized(b *Batch, messages []string, name string, other ...sink.Kind) {
	err := l.export(b, enough)
	switch {
	case errors.Is(err, errPanic) || errors.Is(err, errStuck):
		return
	case err == nil:
		l.received(messages, nil)
		return
	}
	e := sink.AsError(err)
	ok := e.Kind == sink.TooLarge
	for _, k := range other {
		ok = ok || e.Kind == k
	}
	if e.Rejected > 0 {
		ok = e.Rejected == b.Len()
	}
	if !ok {
		l.errorf("%s: got %v, want nil or the kind %v", name, err, sink.TooLarge)
	}
	taken := min(max(e.Taken, 0), len(messages))
	l.received(messages[:taken], nil)
	// The sink must be as good as before.
	b, more := l.batch(1, 0)
	if l.must(b) {
		l.received(append(messages[:taken:taken], more...), nil)
	}
}

// survivesMalformed: no record is a reason to panic, or to fail for ever.
func survivesMalformed(l *lab) {
	all := malformed()
	for i := range all {
		l.exportRaw(all[i : i+1])
	}
	l.exportRaw(all)
	before := len(l.Received())
	b, messages := l.batch(3, 0)
	if !l.must(b) {
		return
	}
	got := make(map[string]int)
	for _, m := range l.Received() {
		got[m]++
	}
	for _, m := range messages {
		if got[m] != 1 {
			l.errorf("after them, %q has arrived %d times, want once (there were %d before)", m, got[m], before)
		}
	}
}

// exportRaw exports records that are none. The outcome is the sink's choice, but
// not a failure that the stream would repeat for ever.
func (l *lab) exportRaw(raw [][]byte) {
	b, err := fromEncoded(raw)
	if err != nil {
		l.errorf("%v", err)
		return
	}
	l.track(b)
	err = l.export(b, enough)
	if err == nil || errors.Is(err, errPanic) || errors.Is(err, errStuck) {
		return
	}
	if e := sink.AsError(err); e.Rejected == 0 && e.Kind == sink.Retry {
		l.errorf("records %.20x: got %v, want nil or an error about the data: the stream would try them again for ever", raw[0], err)
	}
}
