package stream

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logstream-go/logstream/mask"
	"github.com/logstream-go/logstream/sink"
)

// A log is an error handler that keeps what it is told.
type errorLog struct {
	mu   sync.Mutex
	errs []string
}

func (l *errorLog) handle(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.errs = append(l.errs, err.Error())
}

func (l *errorLog) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.errs...)
}

func TestTheSameTroubleIsToldOnceInAWhileAndItsEndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l errorLog
		var g gate
		k := recorder{answer: g.answer}
		s := newStream(t, &k, WithErrorHandler(l.handle), WithLinger(0), WithRetry(time.Second, time.Second))
		s.routes[0].rand = func() float64 { return 1 }
		newProducer(s).put(infoSeverity, "secret body")
		advance(35*time.Second + time.Millisecond)
		synctest.Wait()
		if got := l.all(); len(got) != 4 || k.attempts() != 36 {
			t.Errorf("got %d messages after %d failures in 35 s, want 4 and 36:\n%s", len(got), k.attempts(), strings.Join(got, "\n"))
		}
		g.up.Store(true)
		advance(time.Minute)
		got := l.all()
		if last := got[len(got)-1]; len(got) != 5 || last != `stream: route "primary" delivers again` {
			t.Errorf("got %d messages, the last %q", len(got), last)
		}
		for _, m := range got {
			if strings.Contains(m, "secret body") {
				t.Errorf("a message shows a record: %s", m)
			}
			if !strings.HasPrefix(m, "stream: ") {
				t.Errorf("message %q does not say who speaks", m)
			}
		}
	})
}

func TestAWarningIsToldAndCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l errorLog
		k := recorder{answer: func(_ int, b *sink.Batch) error {
			return &sink.Error{Err: errors.New("it speaks gzip only"), Taken: b.Len()}
		}}
		s := newStream(t, &k, WithErrorHandler(l.handle))
		newProducer(s).put(infoSeverity, "x")
		flush(t, s)
		synctest.Wait()
		want := `stream: route "primary": 1 record delivered, with a warning: it speaks gzip only`
		if got := l.all(); len(got) != 1 || got[0] != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := s.Stats().Routes[0]; got.Delivered != 1 || got.Failures != 0 || got.Rejected != 0 || got.State != Sending {
			t.Errorf("got %+v, want 1 delivered and nothing else", got)
		}
	})
}

func TestRejectionsAndDropsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l errorLog
		k := recorder{answer: func(int, *sink.Batch) error {
			return &sink.Error{Err: errors.New("the server's words"), Kind: sink.Invalid}
		}}
		s := newStream(t, &k, WithErrorHandler(l.handle))
		p := newProducer(s)
		p.put(infoSeverity, "x")
		p.src.Put(&p.hint, Meta{}, make([]byte, p.src.MaxRecord()+1))
		flush(t, s)
		synctest.Wait()
		all := strings.Join(l.all(), "\n")
		for _, want := range []string{"was rejected", "the server's words", "1 record dropped", "too large 1"} {
			if !strings.Contains(all, want) {
				t.Errorf("messages lack %q:\n%s", want, all)
			}
		}
	})
}

func TestAHandlerThatHangsOrPanicsHarmsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			name    string
			handler func(chan struct{}) func(error)
		}{
			{"hangs", func(free chan struct{}) func(error) { return func(error) { <-free } }},
			{"panics", func(chan struct{}) func(error) { return func(error) { panic("boom") } }},
		} {
			free := make(chan struct{})
			k := recorder{answer: failFirst(40, errors.New("down"))}
			s := newStream(t, &k, WithErrorHandler(tt.handler(free)))
			newProducer(s).put(infoSeverity, "x")
			advance(24 * time.Hour)
			if got := len(k.received()); got != 1 {
				t.Errorf("%s: got %d records, want 1", tt.name, got)
			}
			if err := s.Shutdown(t.Context()); err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			close(free)
		}
	})
}

func TestDiagForgetsNothingThatMatters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l errorLog
		d := newDiag(l.handle, mask.None())
		for i := range 5 {
			d.report(fmt.Sprint("subject ", i), errors.New("trouble"))
		}
		d.resolved("subject 0", errors.New("over"))
		d.resolved("subject 0", errors.New("over again"))
		d.resolved("never reported", errors.New("over"))
		d.close()
		d.close()
		d.report("late", errors.New("late"))
		<-d.done
		if got := l.all(); len(got) != 6 || got[5] != "over" {
			t.Errorf("got %q, want 5 troubles and the end of one", got)
		}
	})
}

func TestTheLastReportOfDropsHasAllOfThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := recorder{answer: func(int, *sink.Batch) error { return errors.New("down") }}
		var mu sync.Mutex
		var last string
		s, err := New(&k, small(WithErrorHandler(func(err error) {
			mu.Lock()
			defer mu.Unlock()
			if strings.Contains(err.Error(), "dropped so far") {
				last = err.Error()
			}
		}))...)
		if err != nil {
			t.Fatal(err)
		}
		p := newProducer(s)
		for range 4000 {
			p.put(infoSeverity, strings.Repeat("x", 1000))
			settleIn()
		}
		k.mu.Lock()
		k.answer = nil
		k.mu.Unlock()
		if err := s.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		settleIn()
		mu.Lock()
		defer mu.Unlock()
		want := fmt.Sprintf("stream: %s dropped so far", records(int(check(t, s).DroppedTotal())))
		if !strings.HasPrefix(last, want) {
			t.Errorf("the last report is %q, want %q", last, want)
		}
	})
}
