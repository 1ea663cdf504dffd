package stream

import (
	"time"

	"github.com/logstream-go/logstream/buffer"
	"github.com/logstream-go/logstream/internal/otlp"
)

// Attributes of the records that the stream makes itself.
const (
	attrRoute     = "logstream.route"
	attrLost      = "logstream.lost.records"
	attrFrom      = "logstream.lost.from"
	attrTo        = "logstream.lost.to"
	attrReasons   = "logstream.lost.reasons"
	attrFormer    = "logstream.lost.former"
	attrBeat      = "logstream.heartbeat"
	attrUptime    = "logstream.uptime"
	attrState     = "logstream.state"
	attrAccepted  = "logstream.accepted"
	attrFiltered  = "logstream.filtered"
	attrDelivered = "logstream.delivered"
	attrRejected  = "logstream.rejected"
	attrDropped   = "logstream.dropped"
	attrHeld      = "logstream.held"
)

// Names of the events that these records are.
const (
	eventGap   = "logstream.gap"
	eventStart = "logstream.start"
	eventBeat  = "logstream.heartbeat"
	eventStop  = "logstream.stop"
	eventCrash = "logstream.crash"
)

// A herald puts the stream's own records into the ring, each for one route: what
// was lost, once the way is clear, and heartbeats if they are asked for. Its fields
// belong to run until that has returned, then to end, and then to the worker.
type herald struct {
	s     *Stream
	every time.Duration // between heartbeats; 0 for none
	wake  chan struct{} // something was lost; capacity 1
	stop  chan struct{} // closed by Shutdown
	done  chan struct{} // closed when run has returned

	beat    func(h *herald, event string) // what WithHeartbeat brings
	last    func(buffer.Header, []byte)   // takes records when the ring is closed; nil before
	hint    uint32
	scratch []byte
	seen    [reasons][levels]uint64 // of Stream.ringDrops, what is in the gaps
	started time.Time
	beats   int64
}

func newHerald(s *Stream, every time.Duration, beat func(*herald, string)) *herald {
	return &herald{
		s:       s,
		every:   every,
		beat:    beat,
		wake:    make(chan struct{}, 1),
		stop:    make(chan struct{}),
		done:    make(chan struct{}),
		started: time.Now(),
	}
}

// kick makes the herald look for gaps.
func (h *herald) kick() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// run tells of gaps and beats until end is called. It sleeps without a timer when
// there is neither.
func (h *herald) run() {
	defer close(h.done)
	var tick <-chan time.Time
	if h.every > 0 {
		h.beat(h, eventStart)
		t := time.NewTicker(h.every)
		defer t.Stop()
		tick = t.C
	}
	look := time.NewTimer(time.Hour)
	look.Stop()
	for {
		select {
		case <-h.wake:
		case <-look.C:
		case <-tick:
			h.beat(h, eventBeat)
			continue
		case <-h.stop:
			return
		}
		if h.tell(false) {
			look.Reset(gapPause)
		}
	}
}

// end makes the last records that go through the ring, which tell of every gap, and waits
// for run.
func (h *herald) end() {
	close(h.stop)
	<-h.done
	h.tell(true)
	if h.every > 0 {
		h.beat(h, eventStop)
	}
}

// tellLast tells of what was lost since end, or could not be told then. The worker calls
// it when the ring is empty, and put puts a record behind those that came from there.
func (h *herald) tellLast(put func(buffer.Header, []byte)) {
	<-h.s.ending // end has returned
	h.last = put
	h.tell(true)
}

// tell tells of the gaps that are over, or of all, and reports whether some are
// left.
func (h *herald) tell(all bool) (left bool) {
	now := time.Now()
	over := make([]gap, 2*len(h.s.routes)) // then those of former processes
	h.s.mu.Lock()
	h.collectLocked(now)
	for i := range over {
		r, g := h.gapLocked(i)
		switch {
		case g.n == 0:
		case all || g.isOver(r, now):
			over[i], *g = *g, gap{}
		default:
			left = true
		}
	}
	h.s.mu.Unlock()
	for i := range over {
		g := &over[i]
		if g.n == 0 {
			continue
		}
		former := i >= len(h.s.routes)
		told := h.put(i%len(h.s.routes), reservedSeverity, now, func(dst []byte) []byte { return appendGap(dst, g, former) }, eventGap)
		h.s.mu.Lock()
		if told {
			h.toldLocked(i, g)
		} else {
			left = true // the ring is full
			_, again := h.gapLocked(i)
			again.merge(g)
		}
		h.s.mu.Unlock()
	}
	return left
}

// gapLocked returns the gap of a route, or behind those of all routes, the gap that former
// processes have left it.
func (h *herald) gapLocked(i int) (*route, *gap) {
	if n := len(h.s.routes); i >= n {
		return h.s.routes[i-n], &h.s.routes[i-n].inherited
	}
	return h.s.routes[i], &h.s.routes[i].gap
}

// toldLocked notes that the ring has the record of a gap, so that no later process tells of
// it again.
func (h *herald) toldLocked(i int, g *gap) {
	if h.s.keeper == nil {
		return
	}
	to := &h.s.routes[i%len(h.s.routes)].ledger.told
	if i >= len(h.s.routes) {
		to = &h.s.estate.lines[i-len(h.s.routes)].told
		defer h.s.keeper.commitEstate()
	}
	for reason := range g.lost {
		for l, n := range g.lost[reason] {
			to[reason][l] += n
		}
	}
	h.s.keepLocked()
}

// collectLocked enters what the ring did not take into the gaps of the routes.
func (h *herald) collectLocked(now time.Time) {
	for reason := range h.seen {
		if Reason(reason) == Closed && h.last == nil {
			continue // it has only begun
		}
		for l := range h.seen[reason] {
			n := h.s.ringDrops[reason][l].Load()
			for _, r := range h.s.routes {
				if r.filter.takesAt(Level(l)) {
					r.gap.add(Reason(reason), Level(l), n-h.seen[reason][l], now.UnixNano())
				}
			}
			h.seen[reason][l] = n
		}
	}
}

// tellLedger tells each route its line of the ledger.
func (h *herald) tellLedger(event string) {
	now := time.Now()
	st := h.s.Stats()
	for i, r := range st.Routes {
		h.put(i, unspecified, now, func(dst []byte) []byte {
			dst = otlp.AppendStringValue(dst, otlp.TagRecordBody, "logstream: "+event[len("logstream."):])
			for _, a := range []struct {
				key string
				n   uint64
			}{
				{attrBeat, uint64(h.beats)},
				{attrUptime, uint64(now.Sub(h.started) / time.Second)},
				{attrAccepted, st.Accepted},
				{attrFiltered, r.Filtered},
				{attrDelivered, r.Delivered},
				{attrRejected, r.Rejected},
				{attrDropped, r.DroppedTotal()},
				{attrHeld, r.Held.Total()},
			} {
				dst = otlp.AppendInt(dst, otlp.TagRecordAttribute, a.key, int64(a.n))
			}
			return otlp.AppendString(dst, otlp.TagRecordAttribute, attrState, r.State.String())
		}, event)
	}
	h.beats++
}

// put puts a record for one route into the ring, and reports whether it has room.
func (h *herald) put(route int, severity uint8, now time.Time, fields func(dst []byte) []byte, event string) bool {
	ns := now.UnixNano()
	dst := otlp.AppendTime(h.scratch[:0], uint64(ns))
	dst = otlp.AppendSeverity(dst, severity, levelOf(severity).String())
	dst = fields(dst)
	dst = otlp.AppendObservedTime(dst, uint64(ns))
	dst = otlp.AppendEventName(dst, event)
	h.scratch = dst
	head := buffer.Header{Time: ns, Origin: h.s.own.first + uint32(route), Severity: severity}
	if h.last != nil {
		h.last(head, dst)
	} else if h.s.put(&h.hint, head, dst) != buffer.OK {
		return false
	}
	h.s.ownRecords.Add(1)
	if h.s.keeper != nil {
		h.s.keeper.own()
	}
	return true
}
