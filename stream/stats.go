package stream

import (
	"fmt"
	"strings"

	"github.com/logstream-go/logstream/mask"
)

// A State says what a route is doing.
type State uint8

const (
	// Sending is the normal state.
	Sending State = iota

	// BackingOff means that the last attempt failed; one attempt at a time is
	// made, with growing pauses.
	BackingOff

	// Refused means that the destination does not accept this client: a
	// credential, a permission or an address is wrong. The records are held and
	// one batch at a time is tried.
	Refused

	// FailedOver means that the route's sink does not answer and a fallback
	// serves in its place.
	FailedOver
)

// String returns the name of s, such as "backing off".
func (s State) String() string {
	switch s {
	case Sending:
		return "sending"
	case BackingOff:
		return "backing off"
	case Refused:
		return "refused"
	case FailedOver:
		return "failed over"
	}
	return "unknown"
}

// Stats is a snapshot of a stream's ledger. Its counts are exact at one moment:
// for each route,
//
//	Accepted = Filtered + Delivered + Rejected + dropped + held
//
// and [Stats.Check] says whether that is so.
type Stats struct {
	// Accepted is the number of records that were handed to the stream, and
	// those of its own.
	Accepted uint64

	// Own is how many of these the stream has made itself: heartbeats, and one
	// for each gap, each for one route and filtered by the others; and one for each
	// crash of a former process ([WithCrashReport]).
	Own uint64

	// Recovered is how many of these a former process had accepted, which ended
	// before they were delivered: see [WithCrashRing] and [WithStorage].
	Recovered uint64

	// Former is the sum of the ledgers of the processes before this one, as they were when
	// each ended without a Shutdown: those whose crash rings this stream has taken over
	// in full ([WithCrashRing]), and those that these had taken over. It is nil if there are none, and
	// has Accepted, Own, Recovered and Routes, of which State says nothing. Held
	// tells what they had not settled, which the next one got: a record that was passed
	// on counts for each process that accepted it. For a route that a process did not have,
	// all that it accepted is Filtered; a route that this stream has not got is left out.
	Former *Stats

	// Masked is the number of values that masking has replaced.
	Masked uint64

	// MaskedBy tells how many of them each detector and pattern has found, those
	// that have found nothing left out.
	MaskedBy []mask.Count

	// Malformed is the number of records that could not be read and were
	// replaced as a whole. A bridge of this module makes none.
	Malformed uint64

	// Durable tells how the log calls fared that waited for the disk.
	Durable DurableStats

	// DeadLetters tells of the records that were refused for good.
	DeadLetters DeadLetterStats

	// Routes has an entry for each route, the primary one first.
	Routes []RouteStats
}

// RouteStats is the ledger of one route.
type RouteStats struct {
	Name  string // of the route; "primary" for the one that New was given
	State State  // what it is doing now

	Filtered  uint64 // records that the route does not take
	Delivered uint64 // records that the destination, or a fallback, has accepted
	Rejected  uint64 // records that the destination has refused for good

	// Dropped tells how many records were given up, by reason and level. Only
	// counts above 0 are listed. What is given up before the route's filter has
	// seen it counts here, unless the route's level says that it is Filtered.
	Dropped []Dropped

	// Held tells where the records are that are on their way.
	Held Held

	Requests uint64 // exports that delivered something
	Failures uint64 // exports that failed and were, or will be, repeated
	Bytes    uint64 // size of the delivered requests, uncompressed
	Sent     uint64 // size of the same on the wire, if the sink tells; 0 otherwise

	// Fallbacks tells which part of Delivered each fallback has accepted, in the
	// order of [WithFallback].
	Fallbacks []FallbackStats
}

// FallbackStats is what a fallback has done.
type FallbackStats struct {
	Name      string // "fallback 1" for the first one
	Active    bool   // it serves now
	Delivered uint64 // records that it has accepted
}

// Dropped is a number of records that were given up for one reason.
type Dropped struct {
	Reason  Reason // why
	Level   Level  // the range of their severity
	Records uint64 // how many
}

// Held is the number of records on their way, by place.
type Held struct {
	Ring     uint64 // not yet masked
	Queue    uint64 // waiting to be sent
	InFlight uint64 // sent and not yet answered, or waiting to be sent again
	Spool    uint64 // in the storage alone: see [WithStorage]
}

// Total returns the sum over all places.
func (h Held) Total() uint64 { return h.Ring + h.Queue + h.InFlight + h.Spool }

// DroppedTotal returns the number of records dropped for any reason.
func (r RouteStats) DroppedTotal() uint64 {
	var n uint64
	for _, d := range r.Dropped {
		n += d.Records
	}
	return n
}

// Check returns an error if the ledger does not add up. It never should.
func (s Stats) Check() error {
	if s.Former != nil {
		if err := s.Former.Check(); err != nil {
			return fmt.Errorf("former processes: %w", err)
		}
	}
	for _, r := range s.Routes {
		if sum := r.Filtered + r.Delivered + r.Rejected + r.DroppedTotal() + r.Held.Total(); sum != s.Accepted {
			return fmt.Errorf("stream: route %q accounts for %d of %d records: %v", r.Name, sum, s.Accepted, r)
		}
	}
	return nil
}

// String returns the ledger in a line for each route.
func (s Stats) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "accepted %d", s.Accepted)
	for _, r := range s.Routes {
		b.WriteString("\n")
		b.WriteString(r.String())
	}
	if s.Durable != (DurableStats{}) {
		b.WriteString("\n")
		b.WriteString(s.Durable.String())
	}
	if s.Former != nil {
		b.WriteString("\nformer processes: ")
		b.WriteString(s.Former.String())
	}
	return b.String()
}

// String returns the ledger of r in a line.
func (r RouteStats) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%v): delivered %d, rejected %d, dropped %d", r.Name, r.State, r.Delivered, r.Rejected, r.DroppedTotal())
	for i, d := range r.Dropped {
		sep := ", "
		if i == 0 {
			sep = " ("
		}
		fmt.Fprintf(&b, "%s%v %v %d", sep, d.Level, d.Reason, d.Records)
	}
	if len(r.Dropped) > 0 {
		b.WriteString(")")
	}
	if r.Filtered > 0 {
		fmt.Fprintf(&b, ", filtered %d", r.Filtered)
	}
	for _, f := range r.Fallbacks {
		if f.Delivered > 0 {
			fmt.Fprintf(&b, ", by %s %d", f.Name, f.Delivered)
		}
	}
	fmt.Fprintf(&b, ", held %d (ring %d, queue %d, in flight %d", r.Held.Total(), r.Held.Ring, r.Held.Queue, r.Held.InFlight)
	if r.Held.Spool > 0 {
		fmt.Fprintf(&b, ", storage %d", r.Held.Spool)
	}
	b.WriteString(")")
	return b.String()
}

// Stats returns a snapshot of the ledger. It may be called at any time by anyone,
// also after Shutdown.
func (s *Stream) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	var dropped [reasons][levels]uint64 // before the ring's door, the same for all routes
	published := s.publishedLocked()
	out := Stats{Accepted: published, Own: s.ownRecords.Load(), Recovered: s.adoptees, Masked: s.cfg.mask.Masked(), MaskedBy: s.cfg.mask.Counts(), Malformed: s.cfg.mask.Malformed()}
	out.Durable, out.DeadLetters = s.durable.stats(), s.dead.snapshot()
	out.Former = s.estate.stats(s.routes)
	for reason := range s.ringDrops {
		for l := range s.ringDrops[reason] {
			n := s.ringDrops[reason][l].Load()
			dropped[reason][l] = n
			out.Accepted += n
		}
	}
	for _, r := range s.routes {
		out.Routes = append(out.Routes, r.statsLocked(published-s.drained, &dropped))
	}
	return out
}

// statsLocked returns the line of r, given how many records are in the ring and how
// many the ring did not take.
func (r *route) statsLocked(ring uint64, dropped *[reasons][levels]uint64) RouteStats {
	l := &r.ledger
	out := RouteStats{
		Name:      r.cfg.name,
		State:     r.state,
		Filtered:  l.filtered,
		Delivered: l.delivered,
		Rejected:  l.rejected,
		Held:      Held{Ring: ring, Queue: uint64(r.pending), InFlight: uint64(r.flying), Spool: uint64(r.shelf.held)},
		Requests:  l.requests,
		Failures:  l.failures,
		Bytes:     l.bytes,
		Sent:      l.sent,
	}
	for reason := range dropped {
		for level, n := range dropped[reason] {
			if !r.filter.takesAt(Level(level)) {
				out.Filtered += n
				n = 0
			}
			if n += l.dropped[reason][level]; n > 0 {
				out.Dropped = append(out.Dropped, Dropped{Reason(reason), Level(level), n})
			}
		}
	}
	for _, t := range r.targets[1:] {
		out.Fallbacks = append(out.Fallbacks, FallbackStats{t.name(), t.serves, t.delivered})
	}
	return out
}
