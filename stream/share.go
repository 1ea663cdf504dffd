package stream

import "slices"

// A weight is what a route keeps in the queue: the full pages that hold records of it,
// and its requests in flight. Pages that are being filled do not count, since a few
// records of each class are enough to have all of them.
type weight struct {
	route *route
	bytes int
}

// over reports whether the route has more than its share.
func (w weight) over() bool { return w.bytes > w.route.share }

// weighLocked returns the weights of all routes, the heaviest first.
func (s *Stream) weighLocked() []weight {
	list := make([]weight, len(s.routes))
	for i, r := range s.routes {
		list[i] = weight{r, r.reserved}
		for _, p := range s.queue.pages {
			if p.sealed && p.left[i] > 0 {
				list[i].bytes += p.block.Cap()
			}
		}
	}
	for i := range list { // there are few
		for k := i; k > 0 && list[k-1].bytes < list[k].bytes; k-- {
			list[k-1], list[k] = list[k], list[k-1]
		}
	}
	return list
}

// shedLocked makes room for a record of class c: it drops a page of the route that
// weighs most, and returns that page, or nil if there is nothing to drop. With
// DropOldest nothing is dropped that is more severe than c.
//
// A route that does well must not pay for one that does not. So while there is one
// that sends, keeps within its share and takes records of class c, those that keep
// more than their share give way, whatever the policy, and with records of any
// class if need be.
func (s *Stream) shedLocked(c class) *page {
	var heavy []weight
	if len(s.routes) == 1 {
		heavy = []weight{{route: s.routes[0]}} // no need to weigh it
	} else {
		heavy = s.weighLocked()
		well := slices.ContainsFunc(heavy, func(w weight) bool {
			return !w.over() && w.route.state == Sending && w.route.filter.takesIn(c)
		})
		for _, w := range heavy {
			if !well || !w.over() {
				continue
			}
			for _, limit := range []class{c, classes - 1} {
				if p := w.route.shedLocked(limit); p != nil {
					return p
				}
			}
		}
	}
	if s.cfg.overflow != DropOldest {
		return nil
	}
	for _, w := range heavy {
		if p := w.route.shedLocked(c); p != nil {
			return p
		}
	}
	return nil
}

// shedLocked drops what r has not sent of its oldest page of the lowest class, though
// not above limit, and returns that page, or nil if there is none.
func (r *route) shedLocked(limit class) *page {
	q := r.s.queue
	p := q.oldest(r, limit)
	if p == nil {
		return nil
	}
	r.shedPageLocked(p, QueueFull)
	return p
}

// shedPageLocked drops what r has not sent of its oldest page of a class, but for what the
// store has already.
func (r *route) shedPageLocked(p *page, reason Reason) {
	r.s.queue.leave(r, p, func(from, to int) {
		drop := func(from, to int) {
			for i := from; i < to; i++ {
				r.dropLocked(p.block, i, reason)
			}
			p.settle(r.index, from, to, true)
		}
		if p.promises != nil {
			p.promises.retreat(r, from, to, drop)
		} else {
			drop(from, to)
		}
	})
}
