package stream

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/logstream-go/logstream/buffer"
	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/sink"
)

// A Stream takes records from any number of goroutines and delivers them to its
// sinks. See the package doc.
type Stream struct {
	// Immutable after New.
	cfg      *config
	ring     atomic.Pointer[buffer.Ring] // replaced if a keeper's memory fails
	keeper   keeper                      // nil for none
	store    store                       // likewise
	origins  *block.Origins
	resource []byte // masked body of the OTLP Resource
	instance string // random, in identities of records
	own      ownOrigins
	routes   []*route
	diag     *diag
	herald   *herald
	dead     deadLetters
	durable  *durability
	flushes  chan *waiter // to the worker
	adopted  chan chunk   // likewise, from the keeper

	exports       context.Context // of attempts; ends when the store has what is in flight
	cancelExports func()
	parted        chan struct{} // closed when the store has all that is left

	// Life cycle.
	group      errgroup.Group // owns the worker, the routes and their exports
	closing    atomic.Bool    // Shutdown was called
	shutdown   sync.Once      // starts finish
	ending     chan struct{}  // closed by the first Shutdown
	drainedAll chan struct{}  // closed when the worker has ended
	idle       chan struct{}  // closed when the routes have ended as well
	done       chan struct{}  // closed when the sinks are shut down
	sinkErr    error          // set before done is closed

	// Counted by producers.
	ringDrops  [reasons][levels]atomic.Uint64
	ownRecords atomic.Uint64 // by the herald

	drops    atomic.Uint64 // of any reason, on any route
	reported uint64        // drops that the error handler knows of; the worker's, then finish's
	heralded uint64        // drops that the herald knows of; likewise

	mu       sync.Mutex // guards the following, and what the fields of route say
	queue    *queue
	current  *buffer.Ring // the one that the worker drains
	kept     bool         // it is the keeper's
	drained  uint64       // records that left the rings, or were adopted
	former   uint64       // of these, those of rings that were replaced, and adopted
	adoptees uint64       // records of former processes
	estate   *account     // of former processes; nil for none
	finished bool         // no record will be published any more
}

// New returns a running stream to a sink, and to those that opts add. It checks all options and returns
// every problem at once. New does no I/O but what [WithCrashRing] and [WithStorage] say; the sink is
// first called when there is something to export.
//
// The stream owns the sinks from then on and shuts them down with itself.
func New(primary sink.Sink, opts ...Option) (*Stream, error) {
	c, err := newConfig(primary, opts)
	if err != nil {
		return nil, err
	}
	resource, err := c.encodeResource()
	if err != nil {
		return nil, err
	}
	s := &Stream{
		cfg:        c,
		keeper:     c.keeper,
		store:      c.store,
		origins:    new(block.Origins),
		resource:   c.mask.AppendResource(nil, resource),
		instance:   uuid(),
		diag:       newDiag(c.onError, c.mask),
		durable:    newDurability(c.durable),
		flushes:    make(chan *waiter),
		adopted:    make(chan chunk),
		ending:     make(chan struct{}),
		drainedAll: make(chan struct{}),
		idle:       make(chan struct{}),
		done:       make(chan struct{}),
		parted:     make(chan struct{}),
	}
	s.exports, s.cancelExports = context.WithCancel(context.Background())
	s.dead.budget = c.deadLetters
	s.queue = newQueue(c.queueSize, c.pageSize(), 1+len(c.routes), s.origins)
	c.eachRoute(func(rc *routeConfig) { s.routes = append(s.routes, newRoute(s, len(s.routes), *rc)) })
	if err := s.openRing(); err != nil {
		s.diag.close()
		return nil, err
	}
	s.registerOwn()
	if s.store != nil {
		if err := s.store.open(s); err != nil {
			if s.keeper != nil {
				s.keeper.close()
			}
			s.cancelExports()
			s.diag.close()
			return nil, err
		}
		s.queue.store = s.store
	}
	s.mu.Lock()
	s.keepLocked()
	s.mu.Unlock()
	s.queue.choosy = len(s.routes) > 1 || c.route.level > 0 || c.route.filter != nil

	s.herald = newHerald(s, c.heartbeat, c.beat)
	go s.herald.run()
	w := newWorker(s, sealer{
		s:      s,
		limits: c.limits(),
		always: c.maxAttributes < DefaultMaxAttributes || c.maxValueLength > 0,
	})
	s.group.Go(w.run)
	if s.keeper != nil {
		s.group.Go(func() error { return s.keeper.feed(s.ending) })
	}
	if s.store != nil {
		s.group.Go(s.store.run)
	}
	for _, r := range s.routes {
		s.group.Go(r.run)
	}
	if s.store != nil {
		s.store.begun()
	}
	return s, nil
}

// reportDrops tells the error handler about records dropped since it was told,
// unless that was just now. The last report, of the end, is always made.
func (s *Stream) reportDrops(last bool) {
	total := s.drops.Load()
	if total != s.heralded {
		s.heralded = total
		s.herald.kick()
	}
	if total == s.reported || !last && !s.diag.ready("drop") {
		return
	}
	s.reported = total
	s.diag.say("drop", fmt.Errorf("stream: %s dropped so far: %v", records(int(total)), s.Stats()))
}
