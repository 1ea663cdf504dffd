//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"

	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/stream"
)

// An oracle knows what a receiver has seen of the records of a run.
type oracle struct {
	server *otlptest.Server
	seen   int // of the server's records

	arrived  map[id]int
	own      int      // records of the streams themselves
	wrong    []string // what is wrong with records that arrived
	poisoned int      // missing, because refused alone
	refused  int      // missing, because refused in a partial success
	halved   int      // missing, and refused together with others only
	missing  int      // and nobody has refused it
	repeated int
}

func newOracle(s *otlptest.Server) *oracle {
	return &oracle{server: s, arrived: map[id]int{}}
}

// look counts what has arrived since the last look.
func (o *oracle) look() {
	records := o.server.Records()
	for i := range records[o.seen:] {
		r := &records[o.seen+i]
		if r.Scope.Name == stream.OwnScope {
			o.own++
			continue
		}
		n, err := read(r)
		if err != nil {
			o.wrong = append(o.wrong, err.Error())
			continue
		}
		o.arrived[n]++
	}
	o.seen = len(records)
}

// absent returns how many of the records of the processes have not arrived, those
// included that the receiver has refused.
func (o *oracle) absent(ps []*process) int {
	o.look()
	n := 0
	for _, p := range ps {
		for g := range producers {
			for i := 1; i <= p.board.taken(g); i++ {
				if o.arrived[id{p.spec.Process, g, i}] == 0 {
					n++
				}
			}
		}
	}
	return n
}

// settle waits until those become no fewer for a while: what is absent then was
// refused, or is lost.
func (o *oracle) settle(ctx context.Context, ps []*process) {
	const while = 3 * time.Second
	for least, since := o.absent(ps), time.Now(); time.Since(since) < while; {
		if !pause(ctx, 100*time.Millisecond) {
			return
		}
		if n := o.absent(ps); n < least {
			least, since = n, time.Now()
		}
	}
}

// refusals says which records the receiver has refused, and how.
type refusals struct{ alone, partly, together map[id]bool }

func (o *oracle) refusals() refusals {
	r := refusals{map[id]bool{}, map[id]bool{}, map[id]bool{}}
	for _, q := range o.server.Requests() {
		if q.Message == nil {
			continue
		}
		var n int
		_, partial := strings.CutPrefix(q.Fault, "partial success ")
		if partial {
			_, _ = fmt.Sscanf(q.Fault, "partial success %d", &n)
		}
		into := r.together
		switch {
		case partial:
			into = r.partly
		case q.Code == codes.OK, q.Code != codes.InvalidArgument && q.Code != codes.ResourceExhausted:
			continue
		default:
			n = q.Records
			if n == 1 {
				into = r.alone
			}
		}
		bodies := texts(q.Message)
		for _, text := range bodies[max(0, len(bodies)-n):] {
			var x id
			if _, err := fmt.Sscanf(text, "%d/%d/%d/", &x.process, &x.producer, &x.i); err == nil {
				into[x] = true
			}
		}
	}
	return r
}

// texts returns the bodies of a request in order.
func texts(m *collogspb.ExportLogsServiceRequest) []string {
	var out []string
	for _, rl := range m.GetResourceLogs() {
		for _, sl := range rl.GetScopeLogs() {
			for _, lr := range sl.GetLogRecords() {
				out = append(out, lr.GetBody().GetStringValue())
			}
		}
	}
	return out
}

// judge compares everything that the processes have logged with what arrived, and
// returns what is wrong. dropped is how many records the ledger counts as dropped;
// kills and cuts are how often a process or connections were ended.
func (o *oracle) judge(ps []*process, dropped uint64, kills, cuts int) error {
	o.look()
	refused := o.refusals()
	errs := make([]error, 0, len(o.wrong))
	for _, w := range o.wrong[:min(len(o.wrong), 10)] {
		errs = append(errs, errors.New(w))
	}
	var examples []id
	last := map[[2]int]int{}
	for _, p := range ps {
		for g := range producers {
			taken := p.board.taken(g)
			last[[2]int{p.spec.Process, g}] = taken
			for i := 1; i <= taken; i++ {
				n := id{p.spec.Process, g, i}
				switch {
				case o.arrived[n] > 0:
				case refused.partly[n]:
					o.refused++
				case refused.alone[n]:
					o.poisoned++
				case refused.together[n]:
					o.halved++
				default:
					o.missing++
					examples = append(examples, n)
				}
			}
		}
	}
	if uint64(o.missing+o.halved) > dropped {
		errs = append(errs, fmt.Errorf("%d records are lost, and %d that were refused with others; the ledger has %d dropped; the first of them: %v",
			o.missing, o.halved, dropped, examples[:min(len(examples), 5)]))
	}
	for n, times := range o.arrived {
		o.repeated += times - 1
		// A log call that a kill interrupts may have stored its record.
		if most, ok := last[[2]int{n.process, n.producer}]; !ok || n.i < 1 || n.i > most+1 {
			errs = append(errs, fmt.Errorf("nobody logged %v", n))
		}
	}
	if most := o.mostRepeated(kills, cuts); o.repeated > most {
		errs = append(errs, fmt.Errorf("%d records arrived again, want at most %d", o.repeated, most))
	}
	return errors.Join(errs...)
}

// mostRepeated is how many records may arrive twice: all that were in flight when a
// process or its connections were ended, a batch that was being taken over, and
// what was accepted with an answer that was lost, came late or said otherwise.
func (o *oracle) mostRepeated(kills, cuts int) int {
	largest, unsure := 0, 0
	for _, q := range o.server.Requests() {
		largest = max(largest, q.Records)
		if strings.HasPrefix(q.Fault, "accept") || strings.HasPrefix(q.Fault, "delay") || strings.HasPrefix(q.Fault, "read") {
			unsure += q.Records
		}
	}
	return (kills+cuts)*(stream.DefaultInFlight+1)*largest + unsure
}
