package stream

import (
	"reflect"
	"time"

	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/mask"
	"github.com/logstream-go/logstream/sink"
)

type routeConfig struct {
	name          string
	sink          sink.Sink
	fallbacks     []sink.Sink
	failoverAfter time.Duration
	level         uint8 // least severity number; 0 takes everything
	filter        func(sink.Record) bool
	mask          *mask.Masker
	maskSet       bool
	uid           bool
	newEditor     func(*Stream, *routeConfig) editor // set by what needs one, mask or uid
	share         int                                // of the queue, in percent
	shareSet      bool
	batchBytes    int
	batchRecords  int
	inFlight      int
	retryInitial  time.Duration
	retryMax      time.Duration
	timeout       time.Duration // of one attempt
}

// An extraRoute is what WithRoute said. It is only complete when all options are
// known, since the primary route's are its defaults.
type extraRoute struct {
	name string
	sink sink.Sink
	opts []RouteOption
}

func newRouteConfig(name string, k sink.Sink) routeConfig {
	return routeConfig{
		name:          name,
		sink:          k,
		failoverAfter: DefaultFailoverAfter,
		batchBytes:    DefaultBatchBytes,
		batchRecords:  DefaultBatchRecords,
		inFlight:      DefaultInFlight,
		retryInitial:  DefaultRetryInitial,
		retryMax:      DefaultRetryMax,
		timeout:       DefaultTimeout,
	}
}

// eachRoute calls f with every route, the primary one first.
func (c *config) eachRoute(f func(*routeConfig)) {
	f(&c.route)
	for i := range c.routes {
		f(&c.routes[i])
	}
}

// shareOf returns the share of r in bytes: of the queue without the pages that are
// being filled, of which there is one for each class.
func (c *config) shareOf(r *routeConfig) int {
	return max(0, c.queueSize-classes*c.pageSize()) / 100 * r.share
}

// sinks returns the sink of c and its fallbacks.
func (c *routeConfig) sinks() []sink.Sink { return append([]sink.Sink{c.sink}, c.fallbacks...) }

// keepLimits makes the stream respect what the destinations of r accept.
func (c *config) keepLimits(r *routeConfig) {
	for _, k := range r.sinks() {
		l, ok := k.(sink.Limiter)
		if !ok {
			continue
		}
		limits := l.Limits()
		if limits.MaxBatchBytes > 0 {
			r.batchBytes = min(r.batchBytes, limits.MaxBatchBytes)
		}
		if limits.MaxRecordBytes > 0 {
			c.maxRecord = min(c.maxRecord, max(limits.MaxRecordBytes, otlp.MinRecordBytes))
		}
	}
}

// isNil reports whether k is nil, or holds a nil pointer or function.
func isNil(k sink.Sink) bool {
	switch v := reflect.ValueOf(k); v.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Func:
		return v.IsNil()
	}
	return false
}
