package stream

import (
	"log/slog"
	"time"

	"github.com/logstream-go/logstream/mask"
)

// An Option configures [New].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// WithRingSize sets the size of the whole ring in bytes, at least 256 KiB for
// each of its shards, of which there is one per GOMAXPROCS (a power of two, at
// most 16). It is rounded up to a power of two per shard. Default: 512 KiB a
// shard, and 4 MiB at least.
func WithRingSize(bytes int) Option {
	return optionFunc(func(c *config) { c.ringSize = bytes })
}

// WithQueueSize sets how many bytes the records that left the ring, and the
// requests in flight, may occupy. It should be larger than the ring, all of which
// may come at once. At least 1 MiB, 4 times the batch size, and about
// 8 times the largest record. Default: 32 MiB.
// What happens beyond it is set by [WithOverflow].
func WithQueueSize(bytes int) Option {
	return optionFunc(func(c *config) { c.queueSize = bytes })
}

// WithMaxRecordSize sets the size in bytes, from 1 KiB to a quarter of a ring
// shard, beyond which an encoded record is cut. What is cut is marked, and counted
// in the record's dropped_attributes_count; the record itself is never lost for
// its size. Default: 64 KiB.
func WithMaxRecordSize(bytes int) Option {
	return optionFunc(func(c *config) { c.maxRecord = bytes })
}

// WithLinger sets how long a record waits for others before a batch that is not
// full is sent, from 0 to a minute. 0 sends at once, in batches of whatever has
// come while the one before was being made. A record of ERROR or above never
// waits. Default: 100 ms.
func WithLinger(d time.Duration) Option {
	return optionFunc(func(c *config) { c.linger = d })
}

// WithOverflow sets what gives when the destinations do not keep up: [DropOldest],
// [DropNewest] or [Block]. Default: DropOldest.
func WithOverflow(o Overflow) Option {
	return optionFunc(func(c *config) { c.overflow = o })
}

// WithMask sets the masker that every record passes before it can reach a sink.
// [mask.None] turns masking off. Default: mask.New().
func WithMask(m *mask.Masker) Option {
	return optionFunc(func(c *config) { c.mask, c.maskSet = m, true })
}

// WithResource adds attributes to the resource that all records share. They win
// over OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, which win over what the
// stream knows by itself. Default: service.name, service.instance.id (a random
// UUID), host.name, process.pid and telemetry.sdk.name, language and version.
func WithResource(attrs ...slog.Attr) Option {
	return optionFunc(func(c *config) { c.resource = append(c.resource, attrs...) })
}

// WithErrorHandler sets what is told about trouble: a destination that fails or
// recovers, records rejected or dropped. The same message comes at most once in
// ten seconds. The handler runs in a goroutine of its own and may take its time;
// while it does, further messages are dropped. Messages hold no credential and
// nothing of a record but what a destination answered about it. Default: a line
// to standard error.
func WithErrorHandler(f func(error)) Option {
	return optionFunc(func(c *config) { c.onError = f })
}

// A RouteOption configures a route. As an Option of [New] it applies to the
// primary route.
type RouteOption interface {
	Option
	applyRoute(*routeConfig)
}

type routeOptionFunc func(*routeConfig)

func (f routeOptionFunc) apply(c *config)           { f(&c.route) }
func (f routeOptionFunc) applyRoute(c *routeConfig) { f(c) }

// WithBatchBytes sets the largest uncompressed size of an export in bytes, from
// 1 KiB to 64 MiB. The limits of the sink apply as well. A single record that is
// larger is sent on its own. Default: 1,000,000.
func WithBatchBytes(n int) RouteOption {
	return routeOptionFunc(func(c *routeConfig) { c.batchBytes = n })
}

// WithInFlight sets how many exports may run at once, from 1 to 256. Default: 4.
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
