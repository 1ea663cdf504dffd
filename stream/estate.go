package stream

import (
	"errors"
	"slices"
	"time"
)

// An accountLine is a route's line of a ledger, as a keeper has it.
type accountLine struct {
	least                         uint64 // severity number that the route takes
	filtered, delivered, rejected uint64
	ring, queue, flying, stored   uint64 // held
	dropped                       [reasons][levels]uint64
	told                          [reasons][levels]uint64 // of dropped, what gap records have told of
}

// An account is the ledger of a process as a keeper has it, or of several processes that
// took over from each other: their estate. The lines are those of the routes, in order.
// As words it is the format; what follows it; and each line, field by field.
type account struct {
	accepted  uint64 // of a process: without what its ring took or refused, which others count
	own       uint64
	recovered uint64
	since     int64  // when the first of an estate's processes started, nanoseconds since 1970
	id        uint64 // of the file whose account an estate has got last
	lines     []accountLine
}

const (
	// counters is how many words count what has no account: records that the ring refused,
	// by reason and level, and then the stream's own that it took.
	counters = reasons*levels + 1

	accountHead = 6 // words
	lineWords   = 8 + 2*reasons*levels
	// accountFormat tells whether words mean what they mean here: a version, and how
	// many reasons and levels there are.
	accountFormat = 1<<32 | reasons<<8 | levels
)

// accountSize returns the number of words of an account with so many lines.
func accountSize(routes int) int { return accountHead + routes*lineWords }

// appendTo appends the words of a, without the lines.
func (a *account) appendTo(dst []uint64) []uint64 {
	return append(dst, accountFormat, a.accepted, a.own, a.recovered, uint64(a.since), a.id)
}

// appendTo appends the words of t.
func (t *accountLine) appendTo(dst []uint64) []uint64 {
	dst = append(dst, t.least, t.filtered, t.delivered, t.rejected, t.ring, t.queue, t.flying, t.stored)
	return appendCounts(appendCounts(dst, &t.dropped), &t.told)
}

func appendCounts(dst []uint64, c *[reasons][levels]uint64) []uint64 {
	for i := range c {
		dst = append(dst, c[i][:]...)
	}
	return dst
}

// errAccount says that a ledger means something else to us.
var errAccount = errors.New("its ledger is damaged or of another version; what it had lost is not known")

// readAccount returns the account in words, with so many lines.
func readAccount(words []uint64, routes int) (*account, error) {
	if len(words) < accountSize(routes) || words[0] != accountFormat {
		return nil, errAccount
	}
	a := &account{accepted: words[1], own: words[2], recovered: words[3], since: int64(words[4]), id: words[5], lines: make([]accountLine, routes)}
	words = words[accountHead:]
	next := func() uint64 {
		n := words[0]
		words = words[1:]
		return n
	}
	for i := range a.lines {
		t := &a.lines[i]
		for _, n := range []*uint64{&t.least, &t.filtered, &t.delivered, &t.rejected, &t.ring, &t.queue, &t.flying, &t.stored} {
			*n = next()
		}
		for _, c := range []*[reasons][levels]uint64{&t.dropped, &t.told} {
			for i := range c {
				for l := range c[i] {
					c[i][l] = next()
				}
			}
		}
	}
	return a, nil
}

// count enters what the counters of a process say.
func (a *account) count(words []uint64) {
	for i, n := range words[:counters-1] {
		a.accepted += n
		for k := range a.lines {
			t := &a.lines[k]
			if f := (filter{least: uint8(t.least)}); f.takesAt(Level(i % levels)) {
				t.dropped[i/levels][i%levels] += n
			} else {
				t.filtered += n
			}
		}
	}
	a.own += words[counters-1]
}

// inheritLocked adds the account of a former process, whose routes had names, to the
// estate. A route that it did not have counts as one that filtered all it accepted. What
// no gap record has told of is told to our routes.
func (s *Stream) inheritLocked(names []string, a *account, id uint64) {
	e := s.estate
	if e == nil {
		e = &account{since: a.since, lines: make([]accountLine, len(s.routes))}
		s.estate = e
	}
	e.accepted += a.accepted
	e.own += a.own
	e.recovered += a.recovered
	e.since = min(e.since, a.since)
	e.id = id
	now := time.Now().UnixNano()
	for i, r := range s.routes {
		to, k := &e.lines[i], slices.Index(names, r.cfg.name)
		if k < 0 || k >= len(a.lines) {
			to.filtered += a.accepted
			continue
		}
		from := &a.lines[k]
		to.filtered += from.filtered
		to.delivered += from.delivered
		to.rejected += from.rejected
		to.ring += from.ring
		to.queue += from.queue
		to.flying += from.flying
		to.stored += from.stored
		for reason := range from.dropped {
			for l, n := range from.dropped[reason] {
				told := min(n, from.told[reason][l])
				to.dropped[reason][l] += n
				to.told[reason][l] += told
				r.inherited.add(Reason(reason), Level(l), n-told, a.since)
			}
		}
		r.inherited.last = max(r.inherited.last, now) // that is all that is known
	}
}

// stats returns what is made public of an estate.
func (a *account) stats(routes []*route) *Stats {
	if a == nil {
		return nil
	}
	out := &Stats{Accepted: a.accepted, Own: a.own, Recovered: a.recovered}
	for i, r := range routes {
		t := &a.lines[i]
		line := RouteStats{
			Name: r.cfg.name, Filtered: t.filtered, Delivered: t.delivered, Rejected: t.rejected,
			Held: Held{Ring: t.ring, Queue: t.queue, InFlight: t.flying, Spool: t.stored},
		}
		for reason := range t.dropped {
			for l, n := range t.dropped[reason] {
				if n > 0 {
					line.Dropped = append(line.Dropped, Dropped{Reason(reason), Level(l), n})
				}
			}
		}
		out.Routes = append(out.Routes, line)
	}
	return out
}
