package stream

import (
	"time"

	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/internal/otlp"
)

const (
	// gapPause is how long nothing may be lost for a gap to count as over, so
	// that a destination that takes a little at a time makes one gap.
	gapPause = 3 * time.Second

	// gapLimit is the longest that a gap is kept to itself while records arrive.
	gapLimit = 10 * time.Second
)

// A gap is what a route has lost and not told of yet. It is guarded by Stream.mu.
type gap struct {
	lost        [reasons][levels]uint64
	n           uint64    // sum of lost
	first, last int64     // when these were logged, nanoseconds since 1970
	opened      time.Time // when the first was lost
	touched     time.Time // when the herald last saw it grow
	seen        uint64    // n at that time
	delivered   uint64    // of the route at that time
}

// add counts n records logged at a time.
func (g *gap) add(reason Reason, l Level, n uint64, at int64) {
	if n == 0 {
		return
	}
	if g.n == 0 {
		g.first, g.last = at, at
	}
	g.first, g.last = min(g.first, at), max(g.last, at)
	g.lost[reason][l] += n
	g.n += n
}

// merge adds what an earlier gap holds, which could not be told.
func (g *gap) merge(old *gap) {
	for reason := range old.lost {
		for l, n := range old.lost[reason] {
			g.add(Reason(reason), Level(l), n, old.first)
		}
	}
	g.last = max(g.last, old.last)
	g.opened = old.opened
}

// isOver reports whether it is time to tell of g: records arrive again, or nothing
// is left to arrive, and g does not grow any more or has grown for long.
func (g *gap) isOver(r *route, now time.Time) bool {
	if g.opened.IsZero() {
		g.opened = now
	}
	long := now.Sub(g.opened) >= gapLimit
	if g.n != g.seen {
		g.seen, g.touched = g.n, now
		if !long {
			g.delivered = r.ledger.delivered
			return false
		}
	}
	if r.state != Sending && r.state != FailedOver {
		return false
	}
	arrives := r.ledger.delivered > g.delivered || r.pending+r.flying == 0
	return arrives && (long || now.Sub(g.touched) >= gapPause)
}

// loseLocked counts records that r gives up.
func (r *route) loseLocked(reason Reason, l Level, n uint64, at int64) {
	r.ledger.dropped[reason][l] += n
	r.gap.add(reason, l, n, at)
	r.s.drops.Add(n)
}

// dropLocked counts the i-th record of b, which was shed from the queue.
func (r *route) dropLocked(b *block.Block, i int, reason Reason) {
	slot := b.Slot(i)
	r.loseLocked(reason, levelOf(slot.Severity), 1, slot.Time)
	r.pending--
	r.pendingBytes -= b.Size(i)
	r.due = min(r.due, r.pending)
}

// appendGap appends the fields of the record that tells of g, which former processes may
// have left.
func appendGap(dst []byte, g *gap, former bool) []byte {
	by := ""
	if former {
		by = " by processes that have ended"
	}
	dst = otlp.AppendStringValue(dst, otlp.TagRecordBody, "logstream: "+records(int(g.n))+" lost"+by+" before they were delivered")
	if former {
		dst = otlp.AppendBool(dst, otlp.TagRecordAttribute, attrFormer, true)
	}
	dst = otlp.AppendInt(dst, otlp.TagRecordAttribute, attrLost, int64(g.n))
	dst = appendMoment(dst, attrFrom, g.first)
	dst = appendMoment(dst, attrTo, g.last)
	dst, m := otlp.OpenMap(dst, otlp.TagRecordAttribute, attrReasons)
	for reason := range g.lost {
		if g.lost[reason] == ([levels]uint64{}) {
			continue
		}
		var inner otlp.MapMark
		dst, inner = otlp.OpenMap(dst, otlp.TagMapEntry, Reason(reason).String())
		for l, n := range g.lost[reason] {
			if n > 0 {
				dst = otlp.AppendInt(dst, otlp.TagMapEntry, Level(l).String(), int64(n))
			}
		}
		dst = otlp.CloseMap(dst, inner)
	}
	return otlp.CloseMap(dst, m)
}

// appendMoment appends a time as log/slog's handlers write it.
func appendMoment(dst []byte, key string, at int64) []byte {
	return otlp.AppendString(dst, otlp.TagRecordAttribute, key, time.Unix(0, at).UTC().Format(time.RFC3339Nano))
}
