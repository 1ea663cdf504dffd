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

// errNilSink is what New says of a primary sink that is missing.
var errNilSink = errors.New("stream: the sink is nil")

type config struct {
	shards         int
	ringSize       int
	ringSet        bool
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
	beat           func(*herald, string)
	deadLetters    int     // budget in bytes
	checker        checker // nil without options
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
	if c.checker != nil {
		errs = append(errs, c.checker.check(c))
	} else if c.route.share = 100; isNil(primary) {
		errs = append(errs, errNilSink)
	}
	if err := errors.Join(errs...); err != nil {
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

// fitShards makes the shards of the ring fewer where they would be too small for the records, and
// more where they would be too large. So what a program asks for holds on every machine.
func (c *config) fitShards() {
	for c.shards > 1 && c.shardSize()/4 < c.idealFrame() {
		c.shards /= 2
	}
	for c.shardSize() > maxShard {
		c.shards *= 2
	}
}

// shardSize returns the size of one shard, a power of two.
func (c *config) shardSize() int {
	return 1 << bits.Len(uint((c.ringSize+c.shards-1)/c.shards-1))
}

// maxFrame returns the size of the largest record that the ring takes.
func (c *config) maxFrame() int { return min(c.shardSize()/4, c.idealFrame()) }

// idealFrame is twice what is kept after masking, since a handler cuts what does not fit before
// it is masked.
func (c *config) idealFrame() int { return max(2*c.maxRecord, 128<<10) }

// pageSize returns the size of a block of the queue, which holds the largest record.
func (c *config) pageSize() int { return max(pageSize, block.Room(c.maxFrame())) }
