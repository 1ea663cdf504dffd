package stream

import (
	"errors"
	"fmt"
	"log/slog"
	"math/bits"
	"runtime"
	"time"

	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/mask"
	"github.com/logstream-go/logstream/sink"
)

type config struct {
	shards         int
	ringSize       int
	queueSize      int
	maxRecord      int
	maxAttributes  int
	maxValueLength int // of attributes; 0 is no limit
	linger         time.Duration
	overflow       Overflow
	keeper         keeper         // nil for none
	store          store          // likewise
	durable        *durableConfig // likewise
	heartbeat      time.Duration  // 0 for none
	heartbeatSet   bool
	deadLetters    int // budget in bytes
	mask           *mask.Masker
	maskSet        bool
	resource       []slog.Attr
	onError        func(error)
	route          routeConfig   // the primary one
	extra          []extraRoute  // what WithRoute said
	routes         []routeConfig // the others
}

func newConfig(primary sink.Sink, opts []Option) (*config, error) {
	c := &config{
		shards:        shards(runtime.GOMAXPROCS(0)),
		queueSize:     DefaultQueueSize,
		maxRecord:     DefaultMaxRecordSize,
		maxAttributes: DefaultMaxAttributes,
		linger:        DefaultLinger,
		deadLetters:   DefaultDeadLetters,
		route:         newRouteConfig("primary", primary),
	}
	c.ringSize = max(DefaultRingSize, c.shards*DefaultShardSize)
	envErr := c.fromEnv()
	errs := []error{envErr}
	for i, o := range opts {
		if o == nil {
			errs = append(errs, fmt.Errorf("stream: New: option %d is nil", i+1))
			continue
		}
		o.apply(c)
	}
	errs = append(errs, c.addRoutes())
	if err := errors.Join(append(errs, c.validate())...); err != nil {
		return nil, err
	}
	c.eachRoute(c.keepLimits)
	if !c.maskSet {
		m, err := mask.New()
		if err != nil {
			return nil, fmt.Errorf("stream: default masker: %w", err)
		}
		c.mask = m
	}
	return c, nil
}

// shards returns the number of ring shards for n processors.
func shards(n int) int {
	return min(maxRingShards, 1<<bits.Len(uint(n-1)))
}

// shardSize returns the size of one shard, a power of two.
func (c *config) shardSize() int {
	return 1 << bits.Len(uint((c.ringSize+c.shards-1)/c.shards-1))
}

// maxFrame returns the size of the largest record that the ring takes: twice what
// is kept after masking, since a handler cuts what does not fit before it is masked.
func (c *config) maxFrame() int {
	return min(c.shardSize()/4, max(2*c.maxRecord, 128<<10))
}

// pageSize returns the size of a block of the queue, which holds the largest record.
func (c *config) pageSize() int { return max(pageSize, block.Room(c.maxFrame())) }

// validate returns every problem, each with the option, its value and the bound.
func (c *config) validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("stream: "+format, args...))
		}
	}
	check(!c.maskSet || c.mask != nil, "WithMask: the masker is nil; mask.None() turns masking off")
	maxRing := min(c.shards*maxShard, maxRingSize)
	check(c.ringSize >= c.shards*minShard && c.ringSize <= maxRing,
		"WithRingSize(%d) is not from %d to %d, the bounds of %d shards", c.ringSize, c.shards*minShard, maxRing, c.shards)
	if c.ringSize >= c.shards*minShard && c.ringSize <= maxRing {
		quarter := c.shardSize() / 4
		check(c.maxRecord >= 1<<10 && c.maxRecord <= quarter,
			"WithMaxRecordSize(%d) is not from %d to %d, a quarter of a ring shard", c.maxRecord, 1<<10, quarter)
	}
	check(c.queueSize >= minPages*c.pageSize(), "WithQueueSize(%d) is less than %d, %d blocks that can hold the largest record",
		c.queueSize, minPages*c.pageSize(), minPages)
	check(c.linger >= 0 && c.linger <= time.Minute, "WithLinger(%v) is not from 0s to 1m0s", c.linger)
	check(c.overflow >= DropNewest && c.overflow <= Overflow(time.Minute),
		"WithOverflow(%v): the wait is not above 0s and at most 1m0s", c.overflow)
	check(c.deadLetters >= 0 && c.deadLetters <= maxDeadLetters,
		"WithDeadLetters(%d) is not from 0 to %d", c.deadLetters, maxDeadLetters)
	check(!c.heartbeatSet || c.heartbeat >= time.Second && c.heartbeat <= 24*time.Hour,
		"WithHeartbeat(%v) is not from 1s to 24h0m0s", c.heartbeat)
	c.durable.check(c, check)
	if c.keeper != nil {
		errs = append(errs, c.keeper.check())
	}
	if c.store != nil {
		errs = append(errs, c.store.check(c))
	}
	errs = append(errs, c.validateRoutes())
	return errors.Join(errs...)
}
