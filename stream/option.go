package stream

import (
	"log/slog"
	"time"

	"github.com/logstream-go/logstream/mask"
)

// An Option configures [New].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) {
	c.checker = checks{}
	f(c)
}

// WithRingSize sets the size of the whole ring in bytes, from 256 KiB to 1 GiB. The
// ring has a shard per GOMAXPROCS, a power of two, at most 16. It has fewer if it is
// too small for them, so that each has 512 KiB, and room for eight of the largest
// records; and more if each were larger than 256 MiB. It is rounded up to a power of two
// per shard. A quarter of it is in memory from the start, the rest once it has been used.
// Default: 512 KiB a shard, and 4 MiB at least; 4 MiB if that has no room for eight of the
// largest records.
func WithRingSize(bytes int) Option {
	return optionFunc(func(c *config) { c.ringSize, c.ringSet = bytes, true })
}

// WithQueueSize sets how many bytes the records that left the ring, and the
// requests in flight, may occupy. It should be larger than the ring, all of which
// may come at once. At least 1 MiB, 4 times the batch size, and about
// 8 times the largest record. Default: 32 MiB.
// What happens beyond it is set by [WithOverflow].
func WithQueueSize(bytes int) Option {
	return optionFunc(func(c *config) { c.queueSize = bytes })
}

// WithMaxRecordSize sets the size in bytes, from 1 KiB to a quarter of [WithRingSize] and
// 64 MiB at most, beyond which an encoded record is cut. What is cut is marked, and counted
// in the record's dropped_attributes_count; the record itself is never lost for
// its size. Default: 64 KiB.
func WithMaxRecordSize(bytes int) Option {
	return optionFunc(func(c *config) { c.maxRecord = bytes })
}

// WithLinger sets how long a record waits at most for others before a batch that is not
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

// WithDeadLetters sets how many bytes of the records that destinations refuse for
// good are kept for [Stream.DeadLetters], from 0 to 64 MiB. Beyond it the oldest ones
// are forgotten. With [WithStorage] they are kept on disk too. 0 keeps none, and removes those of
// former processes. Default: 1 MiB.
func WithDeadLetters(bytes int) Option {
	return optionFunc(func(c *config) { c.deadLetters = bytes })
}

// WithHeartbeat makes the stream log to each of its routes when it starts, when it
// is shut down, and in between once in an interval from 1 s to 24 h, so that silence
// can be told from a failure where the logs are read. Each of these records has
// level INFO, a number that counts them, and the route's line of the ledger, in
// attributes that begin with "logstream.". They pass every filter, and have the scope
// [OwnScope]. Default: none.
func WithHeartbeat(interval time.Duration) Option {
	return optionFunc(func(c *config) { c.heartbeat, c.heartbeatSet, c.beat = interval, true, (*herald).tellLedger })
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
