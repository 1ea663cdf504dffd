package stream

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/logstream-go/logstream/buffer/spool"
)

// errOrigins says that a block cannot name so many origins.
var errOrigins = errors.New("records of too many scopes at once")

// secureFor implements store.
func (d *diskStore) secureFor(g *group) {
	d.groups = append(d.groups, g)
	d.kick()
}

// secure brings what was pledged to the disk, with one fsync for all, and then tells the
// groups that wait. It reports whether there were some.
func (d *diskStore) secure() bool {
	s := d.s
	s.mu.Lock()
	groups, list := d.groups, d.pledges
	if len(groups) == 0 {
		s.mu.Unlock()
		return false
	}
	d.groups, d.pledges = nil, nil
	now := time.Now()
	sound := (!d.failing || !now.Before(d.after)) && !now.Before(d.doubt)
	due := list[:0]
	for _, v := range list {
		v.taken = true
		switch {
		case v.over():
			d.resolveLocked(v, nil)
		case !sound:
			d.resolveLocked(v, errUnsound)
		default:
			v.page.pins++
			due = append(due, v)
		}
	}
	s.mu.Unlock()
	d.at(pledged)
	d.secureAll(due)
	for _, g := range groups {
		close(g.done)
	}
	d.at(told)
	return true
}

var errUnsound = errors.New("the disk has failed just now")

// secureAll writes pledges, syncs once, and unpins their pages.
func (d *diskStore) secureAll(list []*pledge) {
	if len(list) == 0 {
		return
	}
	s := d.s
	errs := make([]error, len(list))
	var spans []spool.Span
	for i, v := range list {
		var span spool.Span
		if span, errs[i] = d.copyPledge(v); span.Len() > 0 {
			spans = append(spans, span)
		}
	}
	d.at(appended)
	lack := d.commit(spans)
	d.at(synced)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, v := range list {
		d.resolveLocked(v, errors.Join(errs[i], lack))
		s.queue.unpin(v.page)
	}
	s.keepLocked()
}

// copyPledge writes what v pledges to the spool and enters it into the log. There is nothing to
// write if it is settled meanwhile.
func (d *diskStore) copyPledge(v *pledge) (spool.Span, error) {
	s, x := d.s, &d.bale
	s.mu.Lock()
	x.page, x.routes, x.ranges = v.page, x.routes[:0], x.ranges[:0]
	for i := range s.routes {
		if v.entry.needs[i].left == 0 {
			continue
		}
		var list choice
		for k := range v.records(i, 0) {
			list = list.add(k, k+1)
		}
		x.routes, x.ranges = append(x.routes, i), append(x.ranges, list)
	}
	s.mu.Unlock()
	if len(x.routes) == 0 {
		return spool.Span{}, nil
	}
	if err := d.write(x); err != nil {
		return spool.Span{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !x.whole {
		d.disownLocked(x)
		return spool.Span{}, errOrigins
	}
	e := v.entry
	e.first, e.end, e.time = x.stored.From, x.stored.To, time.Now().UnixNano()
	v.stored, v.index = true, slices.Clone(x.index)
	d.enterLocked(v.page.class, e)
	return x.stored, nil
}

// commit forces spans to the disk.
func (d *diskStore) commit(spans []spool.Span) error {
	if len(spans) == 0 {
		return nil
	}
	var errs []error
	for _, span := range spans { // the first one syncs for all
		errs = append(errs, d.sync(span))
	}
	d.s.durable.syncs.Add(1)
	err := errors.Join(errs...)
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	switch {
	case err != nil:
		d.doubt = time.Now().Add(storePause)
		d.say("sync", fmt.Errorf("calls that waited for the disk were told so: %w", err))
	case !d.doubt.IsZero():
		d.doubt = time.Time{}
		d.s.diag.resolved("storage sync", fmt.Errorf("stream: WithStorage(%q): the disk can be relied on again", d.dir))
	}
	return err
}

// resolveLocked ends a pledge: the disk has it, or err says why it has not. Records that are not
// stored are as any others from here on.
func (d *diskStore) resolveLocked(v *pledge, err error) {
	if err != nil || v.lost {
		d.s.durable.broken.Add(1)
	}
	p := v.page
	switch {
	case !v.stored:
		listOf(p).remove(v)
	case err == nil && p.kept != nil:
		for _, r := range d.s.routes {
			for i := range v.records(r.index, 0) {
				p.kept.done(r.index, i, i+1) // or the next process would have it twice
			}
		}
	}
}
