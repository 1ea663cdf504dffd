package stream

import (
	"errors"
	"fmt"
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
	share         int // of the queue, in percent
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

// addRoutes completes the routes besides the primary one, and shares out the queue.
func (c *config) addRoutes() error {
	var errs []error
	for _, x := range c.extra {
		r := c.route
		r.name, r.sink = x.name, x.sink
		r.fallbacks, r.share, r.shareSet = nil, 0, false
		for i, o := range x.opts {
			if o == nil {
				errs = append(errs, fmt.Errorf("stream: WithRoute(%q): option %d is nil", x.name, i+1))
				continue
			}
			o.applyRoute(&r)
		}
		c.routes = append(c.routes, r)
	}
	rest, equal := 100, 0
	c.eachRoute(func(r *routeConfig) {
		if r.shareSet {
			rest -= r.share
		} else {
			equal++
		}
	})
	c.eachRoute(func(r *routeConfig) {
		if !r.shareSet {
			r.share = rest / equal
		}
	})
	return errors.Join(errs...)
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

// validateRoutes returns every problem of the routes.
func (c *config) validateRoutes() error {
	var errs []error
	names, sinks := make(map[string]bool), make(map[uintptr]bool)
	total := 0
	c.eachRoute(func(r *routeConfig) {
		total += r.share
		where := ""
		if len(c.routes) > 0 {
			where = fmt.Sprintf("route %q: ", r.name)
		}
		check := func(ok bool, format string, args ...any) {
			if !ok {
				errs = append(errs, fmt.Errorf("stream: "+where+format, args...))
			}
		}
		check(r.name != "", "WithRoute: the name is empty")
		check(!names[r.name], "WithRoute: the name is taken")
		names[r.name] = true
		for i, k := range r.sinks() {
			what := "the sink"
			if i > 0 {
				what = fmt.Sprintf("fallback %d", i)
			}
			check(!isNil(k), "%s is nil", what)
			if v := reflect.ValueOf(k); v.Kind() == reflect.Pointer && !v.IsNil() {
				check(v.Type().Elem().Size() == 0 || !sinks[v.Pointer()], "%s serves already", what)
				sinks[v.Pointer()] = true
			}
		}
		r.validate(check)
		c.validateShare(r, check)
	})
	if total > 100 {
		errs = append(errs, fmt.Errorf("stream: WithQueueShare: all shares together are %d, more than 100", total))
	}
	return errors.Join(errs...)
}

func (c *routeConfig) validate(check func(ok bool, format string, args ...any)) {
	check(!c.maskSet || c.mask != nil, "WithRouteMask: the masker is nil")
	check(c.share >= 1 && c.share <= 100, "WithQueueShare(%d) is not from 1 to 100", c.share)
	check(c.batchBytes >= 1<<10 && c.batchBytes <= 64<<20,
		"WithBatchBytes(%d) is not from %d to %d", c.batchBytes, 1<<10, 64<<20)
	check(c.inFlight >= 1 && c.inFlight <= 256, "WithInFlight(%d) is not from 1 to 256", c.inFlight)
	check(c.retryInitial >= time.Millisecond, "WithRetry: initial %v is less than 1ms", c.retryInitial)
	check(c.retryMax >= c.retryInitial && c.retryMax <= time.Hour,
		"WithRetry: limit %v is not from initial %v to 1h0m0s", c.retryMax, c.retryInitial)
	check(c.failoverAfter >= time.Second && c.failoverAfter <= time.Hour,
		"WithFailoverAfter(%v) is not from 1s to 1h0m0s", c.failoverAfter)
}

// validateShare checks that what r may keep of the queue is enough to work with.
func (c *config) validateShare(r *routeConfig, check func(ok bool, format string, args ...any)) {
	if len(c.routes) == 0 {
		check(c.queueSize >= 4*r.batchBytes, "WithQueueSize(%d) is less than 4 times the batch size, %d", c.queueSize, 4*r.batchBytes)
		return
	}
	need := max(3*r.batchBytes, minSharePages*c.pageSize())
	check(c.shareOf(r) >= need, "WithQueueSize(%d): the share of %d percent is %d, less than %d, which are 3 batches and %d blocks",
		c.queueSize, r.share, c.shareOf(r), need, minSharePages)
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
