package stream

import (
	"fmt"
	"math/bits"

	"github.com/logstream-go/logstream/sink"
)

// A bisection isolates the records of a batch that the destination refuses. The
// batch is halved, and each half that is refused again. It is owned by the route.
type bisection struct {
	flying     int // parts in flight
	failures   int // parts refused since one was accepted
	limit      int
	batchBytes int // of the route before the batch was refused
}

// newBisection bounds the requests that are spent when no part is accepted, so
// that a destination that refuses everything is not asked about each record: with
// the parts that are in flight by then it comes to less than 2·log2 n + 8. To isolate a
// single culprit, or to find that a destination takes one record at a time, takes log2 n
// refusals, because mayFly goes down one branch before another.
func newBisection(n, batchBytes int) *bisection {
	return &bisection{limit: 2*bits.Len(uint(n)) + 4, batchBytes: batchBytes}
}

// mayFly reports whether f may be sent. Since a part of its batch was refused, and until
// another is accepted, one part is in flight at a time: of several that go down together
// each would count, and the bound would be reached before any is small enough.
func (f *flight) mayFly() bool {
	return f.culprit == nil || f.culprit.failures == 0 || f.culprit.flying == 0
}

// refuse deals with a batch that the destination does not take as it is.
func (r *route) refuse(f *flight, kind sink.Kind, e *sink.Error) {
	n := f.batch.Len()
	if f.culprit == nil {
		f.culprit = newBisection(n, r.batchBytes)
	}
	f.culprit.failures++
	if n == 1 {
		r.batchBytes = f.culprit.batchBytes // it was the record, not the size of the batch
		r.report("reject", fmt.Errorf("a record of %d bytes was rejected: %w", f.batch.FieldBytes(), causeOf(e)))
		r.bury(f, f.batch, saying(e.Err))
		r.settle(f, 0, 1)
		return
	}
	if f.culprit.failures > f.culprit.limit {
		r.rejectAll(f, e)
		return
	}
	if kind == sink.TooLarge {
		// Later batches start from what may fit.
		r.batchBytes = max(min(r.batchBytes, f.batch.Size()/2), 1<<10)
	}
	head, tail := r.split(f, n/2)
	r.again = append([]*flight{head, tail}, r.again...)
}

// rejectAll gives up on f and on the parts of the same batch that wait.
func (r *route) rejectAll(f *flight, e *sink.Error) {
	n := f.batch.Len()
	r.batchBytes = f.culprit.batchBytes // smaller ones were no better
	r.bury(f, f.batch, saying(e.Err))
	r.settle(f, 0, n)
	kept := r.again[:0]
	for _, g := range r.again {
		if g.culprit != f.culprit {
			kept = append(kept, g)
			continue
		}
		n += g.batch.Len()
		r.bury(g, g.batch, saying(e.Err))
		r.settle(g, 0, g.batch.Len())
	}
	clear(r.again[len(kept):])
	r.again = kept
	r.report("reject", fmt.Errorf("%s rejected, %w: %w", records(n), errRejectedWhole, causeOf(e)))
}
