package interop

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/logstream-go/logstream/internal/interop/collector"
	"github.com/logstream-go/logstream/internal/interop/workload"
	"github.com/logstream-go/logstream/stream"
)

// outageRecords is how many records a test with an outage logs: a tenth of a
// comparison's, but enough for some to be left whenever the Collector goes away.
func outageRecords(t *testing.T) int {
	t.Helper()
	return max(records(t)/10, 10_000)
}

func TestRecordsLoggedBeforeTheCollectorStartsArrive(t *testing.T) {
	col := newCollector(t)
	failed := make(chan struct{})
	var once sync.Once
	p := newPipe(t, plainText.sink(t, col),
		stream.WithRetry(10*time.Millisecond, 200*time.Millisecond),
		stream.WithErrorHandler(func(err error) {
			t.Log(err)
			once.Do(func() { close(failed) })
		}))
	w := workload.New(seed, outageRecords(t), p.handler)
	p.log(t, w)
	await(t, failed, "first failure")
	if s := p.stream.Stats(); s.Routes[0].Delivered != 0 || s.Routes[0].Held.Total() != uint64(w.Len()) {
		t.Errorf("got ledger %v before the Collector runs, want %d held", s, w.Len())
	}
	start(t, col)
	p.shutdown(t)
	p.delivered(t, w.Len())
	stop(t, col)
	check(t, "", w, col.Files())
}

// The Collector goes away three times while records flow. A record that it had
// taken and not yet acknowledged is sent again and arrives twice.
//
// SIGKILL loses nothing either, but that is as much the Collector's merit: it
// writes to its file before it acknowledges, without a buffer of its own (package
// collector says how). One with a sending queue or a batch processor would lose
// what it had acknowledged, and nobody in front of it could know.
func TestRecordsLoggedWhileTheCollectorRestartsArrive(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(*testing.T, *collector.Collector)
	}{
		{"SIGTERM", stop},
		{"SIGKILL", func(_ *testing.T, c *collector.Collector) { c.Kill() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			col := newCollector(t)
			start(t, col)
			// A small queue, so that logging cannot run ahead, and small batches,
			// so that some are in flight whenever the Collector ends.
			p := newPipe(t, path{"grpc", "none", "plain"}.sink(t, col),
				stream.WithBatchBytes(32<<10), stream.WithQueueSize(2<<20),
				stream.WithRetry(10*time.Millisecond, 200*time.Millisecond))
			w := workload.New(seed, outageRecords(t), p.handler)
			var marks []<-chan struct{}
			for i := range 3 {
				marks = append(marks, p.meter.after(w.Len()*(i+1)/4))
			}
			logged := make(chan struct{})
			go func() {
				defer close(logged)
				p.log(t, w)
			}()
			for i, reached := range marks {
				await(t, reached, fmt.Sprintf("mark %d", i+1))
				c.end(t, col)
				start(t, col)
			}
			await(t, logged, "logging")
			p.shutdown(t)
			p.delivered(t, w.Len())
			stop(t, col)
			check(t, "", w, col.Files())
			if got := p.stream.Stats().Routes[0].Failures; got == 0 {
				t.Error("got no failed export, want some: the Collector was away")
			}
		})
	}
}
