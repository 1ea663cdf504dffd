package stream

import (
	"log/slog"
	"time"

	"github.com/logstream-go/logstream/mask"
	"github.com/logstream-go/logstream/sink"
)

// WithRoute adds a route: a further destination of the same records, with its own
// place in the queue, its own retries and its own line in [Stats]. A name may stand
// once, and a sink may serve once. What opts do not set is as for the primary
// route, fallbacks excepted. Default: the primary route alone.
//
// Routes share the queue, and each record is stored once. A route that hangs keeps
// at most its share of the queue while others do well; beyond that it loses its own
// records, the least severe first, whatever [WithOverflow] says.
func WithRoute(name string, k sink.Sink, opts ...RouteOption) Option {
	return optionFunc(func(c *config) { c.extra = append(c.extra, extraRoute{name, k, opts}) })
}

// A RouteOption configures a route. As an Option of [New] it applies to the
// primary route, and is the default of the others.
type RouteOption interface {
	Option
	applyRoute(*routeConfig)
}

type routeOptionFunc func(*routeConfig)

func (f routeOptionFunc) apply(c *config) {
	c.checker = checks{}
	f(&c.route)
}

func (f routeOptionFunc) applyRoute(c *routeConfig) { f(c) }

// WithRouteLevel sets the least level of the records that a route takes. A record
// without a level counts as INFO. Default: every record.
func WithRouteLevel(l slog.Level) RouteOption {
	return routeOptionFunc(func(c *routeConfig) { c.level = uint8(min(max(int(l)+9, 1), 24)) })
}

// WithFilter sets which records a route takes, besides its level: those for which f
// returns true. f sees the masked record, which is valid until f returns. It runs in
// the one goroutine through which all records pass, so it must be fast and must not
// wait for anything. A record for which f panics is taken. Default, and nil: every
// record.
func WithFilter(f func(sink.Record) bool) RouteOption {
	return routeOptionFunc(func(c *routeConfig) { c.filter = f })
}

// WithRouteMask sets a masker that the records of a route pass in addition to the
// stream's: it can hide more and never less. mask.WithType and mask.WithTag have no effect
// in it, since types are gone by then; they are an error if the stream's masker has neither.
// Its batches are copied for it. Default: none.
func WithRouteMask(m *mask.Masker) RouteOption {
	return routeOptionFunc(func(c *routeConfig) { c.mask, c.maskSet, c.newEditor = m, true, newCopier })
}

// WithRecordUID adds the attribute log.record.uid to the records of a route, unless
// they have one. It consists of a random id of the stream, the number of a shard of
// its ring and that of the record in it. A record that arrives twice has it twice,
// so a destination can tell. Its batches are copied for it. Default: no attribute.
func WithRecordUID() RouteOption {
	return routeOptionFunc(func(c *routeConfig) { c.uid, c.newEditor = true, newCopier })
}

// WithQueueShare sets how much of the queue a route may keep, in percent of it,
// while another route does well; see [WithRoute]. It must have room for 3 batches and
// 4 blocks of 256 KiB or more, besides one block for each of three classes of
// records. All shares together are at most 100. Default: what the others leave, in
// equal parts.
func WithQueueShare(percent int) RouteOption {
	return routeOptionFunc(func(c *routeConfig) { c.share, c.shareSet = percent, true })
}

// WithBatchBytes sets the largest uncompressed size of an export in bytes, from
// 1 KiB to 64 MiB. The limits of the sink apply as well. A single record that is
// larger is sent on its own. Default: 1,000,000.
func WithBatchBytes(n int) RouteOption {
	return routeOptionFunc(func(c *routeConfig) { c.batchBytes = n })
}

// WithInFlight sets how many exports may run at once to a sink, from 1 to 256.
// With several routes it may be fewer, so that they take up no more than an eighth of
// the route's share of the queue and one batch. Default: 4.
func WithInFlight(n int) RouteOption {
	return routeOptionFunc(func(c *routeConfig) { c.inFlight = n })
}

// WithRetry sets the back-off: before the n-th attempt in a row a route waits a
// random time of up to initial·2^(n-1), and never more than limit ("full jitter",
// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
// initial must be at least 1 ms, limit at least initial and at most an hour. A
// destination that names a longer time itself is obeyed, up to five minutes.
// Retrying never ends; the queue's budget bounds what waits for it. Default:
// 500 ms and 30 s.
func WithRetry(initial, limit time.Duration) RouteOption {
	return routeOptionFunc(func(c *routeConfig) { c.retryInitial, c.retryMax = initial, limit })
}

// WithFallback gives a route further sinks, which serve while the first one does
// not: see [WithFailoverAfter]. What they deliver counts as delivered, and
// [RouteStats.Fallbacks] tells how much that is. The stream owns the sinks and
// shuts them down with itself. It holds for the one route that it is given to.
// Default: none.
func WithFallback(sinks ...sink.Sink) RouteOption {
	return routeOptionFunc(func(c *routeConfig) { c.fallbacks = sinks })
}

// WithFailoverAfter sets how long a sink may be without an answer about records
// that it was sent before the route moves on to its next sink, after the last one
// to the first again. From 1 s to an hour. While a fallback serves, a batch is sent to
// the first sink whenever its back-off is over; when one is accepted, the route
// returns to it. Without [WithFallback] it means nothing. Default: 15 s.
func WithFailoverAfter(d time.Duration) RouteOption {
	return routeOptionFunc(func(c *routeConfig) { c.failoverAfter = d })
}
