package stream

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/sink"
)

var outage = flag.Duration("outage", 2*time.Second, "how long the destination of TestAnOutageAtFullSpeed is down")

// A tally is a sink that counts what it accepts by number and keeps nothing else.
type tally struct {
	down   atomic.Bool
	seen   []atomic.Uint32
	others atomic.Int64
}

func (k *tally) Export(_ context.Context, b *sink.Batch) error {
	if k.down.Load() {
		return errors.New("down")
	}
	for r := range b.Records() {
		var i int
		if _, err := fmt.Sscanf(string(r.Body().Str()), "request %d", &i); err != nil || i >= len(k.seen) {
			k.others.Add(1)
			continue
		}
		k.seen[i].Add(1)
	}
	return nil
}

func (k *tally) Shutdown(context.Context) error { return nil }

// outageRecord appends record i of an ordinary service, and returns its severity.
func outageRecord(dst []byte, i int, now int64) ([]byte, uint8) {
	severity := uint8(infoSeverity)
	switch {
	case i%100 == 50:
		severity = errorSeverity
	case i%50 == 1:
		severity = warnSeverity
	case i%5 == 0:
		severity = debugSeverity
	}
	dst = otlp.AppendTime(dst, uint64(now))
	dst = otlp.AppendSeverity(dst, severity, levelOf(severity).String())
	dst = otlp.AppendStringValue(dst, otlp.TagRecordBody, fmt.Sprintf("request %d completed", i))
	dst = otlp.AppendString(dst, otlp.TagRecordAttribute, "http.request.method", "GET")
	dst = otlp.AppendString(dst, otlp.TagRecordAttribute, "url.path", "/v1/orders/12345")
	dst = otlp.AppendInt(dst, otlp.TagRecordAttribute, "http.response.status_code", 200)
	dst = otlp.AppendInt(dst, otlp.TagRecordAttribute, "duration", int64(i)*1234)
	dst = otlp.AppendString(dst, otlp.TagRecordAttribute, "user.id", "u-8412")
	return otlp.AppendObservedTime(dst, uint64(now)), severity
}

// 20,000 records a second, 2 % WARN and 1 % ERROR, an outage, a queue of 16 MiB and a storage:
// nothing is lost, memory stays within the budget and 32 MiB, and the storage is drained while
// the program goes on. With -outage=60s it is the full proof.
func TestAnOutageAtFullSpeed(t *testing.T) {
	const rate, queueSize = 20_000, 16 << 20
	n := rate * int(*outage/time.Millisecond) / 1000
	total := n + n/4 // the rest comes while it recovers
	out := &tally{seen: make([]atomic.Uint32, total)}
	out.down.Store(true)
	dir := storeDir(t)
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := newStream(t, out, WithStorage(dir), WithQueueSize(queueSize), WithRetry(50*time.Millisecond, time.Second))
	p := newProducer(s)

	most, spooled := uint64(0), uint64(0)
	var buf []byte
	start := time.Now()
	for i := range total {
		if i == n {
			out.down.Store(false)
		}
		if i%200 == 0 { // a hundredth of a second
			if wait := time.Until(start.Add(time.Duration(i) * time.Second / rate)); wait > 0 {
				<-time.After(wait)
			}
		}
		if i%rate == 0 {
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapInuse+now.StackInuse)
			spooled = max(spooled, s.Stats().Routes[0].Held.Spool)
		}
		now := time.Now().UnixNano()
		var severity uint8
		buf, severity = outageRecord(buf[:0], i, now)
		p.src.Put(&p.hint, Meta{Observed: now, Severity: severity}, buf)
	}
	logged := time.Since(start)
	spooled = max(spooled, s.Stats().Routes[0].Held.Spool)
	flush(t, s)
	drained := time.Since(start) - logged

	st := check(t, s)
	missing, repeated := 0, 0
	for i := range out.seen {
		switch out.seen[i].Load() {
		case 0:
			missing++
		case 1:
		default:
			repeated++
		}
	}
	if missing+repeated > 0 || st.DroppedTotal() > 0 {
		t.Errorf("of %d records %d are missing and %d repeated: %v", total, missing, repeated, st)
	}
	grown := int64(most) - int64(before.HeapInuse+before.StackInuse)
	if limit := int64(queueSize + 32<<20); grown > limit {
		t.Errorf("memory grew by %d bytes, want at most %d", grown, limit)
	}
	t.Logf("%v of outage: %d records in %v, at most %d on the disk, memory grew by %.1f MiB at most, drained %v after the last",
		*outage, total, logged.Round(time.Millisecond), spooled, float64(grown)/(1<<20), drained.Round(time.Millisecond))
	if *outage >= 5*time.Second && spooled == 0 {
		t.Error("the storage was never used")
	}
	eventually(t, "the removal of what is done", func() bool {
		files, _ := filepath.Glob(filepath.Join(dir, "*.seg"))
		left := 0
		for _, f := range files {
			if !strings.HasSuffix(f, "LOCK") {
				left++
			}
		}
		return left <= classes
	})
}
