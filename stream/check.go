package stream

import (
	"errors"
	"fmt"
	"reflect"
	"time"
)

// A checker completes a config from the options and returns every problem of it.
// It is an interface, which every Option sets, so that a program without options
// links no check of them.
type checker interface{ check(c *config) error }

// checks is the checker of all options.
type checks struct{}

func (checks) check(c *config) error { return errors.Join(c.addRoutes(), c.validate()) }

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

// validate returns every problem, each with the option, its value and the bound.
func (c *config) validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("stream: "+format, args...))
		}
	}
	check(!c.maskSet || c.mask != nil, "WithMask: the masker is nil; mask.None() turns masking off")
	if !c.ringSet && c.maxRecord > DefaultRingSize/8 {
		c.ringSize = DefaultRingSize // where it is larger, more would fit than elsewhere
	}
	most := min(c.ringSize, maxShard) / 4
	if c.ringSize < minRingSize || c.ringSize > maxRingSize {
		check(false, "WithRingSize(%d) is not from %d to %d", c.ringSize, minRingSize, maxRingSize)
		c.ringSize, most = DefaultRingSize, maxShard/4 // for what depends on them
	}
	check(c.maxRecord >= 1<<10 && c.maxRecord <= most,
		"WithMaxRecordSize(%d) is not from %d to %d, a quarter of the ring and at most %d", c.maxRecord, 1<<10, most, maxShard/4)
	c.maxRecord = min(c.maxRecord, most)
	c.fitShards()
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
		check(r.mask == nil || r.mask.TypeMask() == nil || c.mask != nil && c.mask.TypeMask() != nil,
			"WithRouteMask: types and struct tags are gone when a record reaches a route; WithType and WithTag belong to WithMask")
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
