package stream

import (
	"fmt"
	"slices"
	"time"

	"github.com/logstream-go/logstream/buffer"
	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/internal/crash"
)

// A chunk is records of a former process on their way to the worker: all of them have
// the same routes behind them.
type chunk struct {
	frames []buffer.Frame
	done   uint64        // a bit for each route that needs them no more
	bytes  []byte        // what Data of the frames points into
	taken  chan struct{} // closed when they are published
}

// feed implements keeper.
func (k *crashKeeper) feed(stop <-chan struct{}) error {
	for len(k.orphans) > 0 {
		o := k.orphans[0]
		n, whole, err := k.feedOne(o, stop)
		if !whole {
			return nil // the stream ends: what is left belongs to the next start
		}
		k.orphans = k.orphans[1:]
		k.inherit(o)
		if n > 0 || err != nil {
			k.s.diag.say("adopted", fmt.Errorf("stream: WithCrashRing: took over %s of a process that started at %s and did not shut down, %d log calls of which were under way",
				records(n), started(o), o.Claimed))
		}
		if err != nil {
			k.s.diag.say("damaged", fmt.Errorf("stream: WithCrashRing: some of them cannot be read: %w", err))
		}
		// They are in our own file now.
		if k.failed.Load() {
			err = o.Leave()
		} else {
			err = o.Remove()
		}
		if err != nil {
			k.s.diag.say("crash", fmt.Errorf("stream: WithCrashRing: %w", err))
		}
	}
	return nil
}

// feedOne hands over the records of an orphan, and reports how many, and whether all
// of them were.
func (k *crashKeeper) feedOne(o *crash.Orphan, stop <-chan struct{}) (n int, whole bool, err error) {
	origins, damaged := o.Origins()
	ids := make(map[uint32]uint32)
	originOf := func(id uint32) uint32 {
		to, ok := ids[id]
		if !ok {
			from := origins[id]
			own := block.Origin{
				Resource:          k.s.cfg.mask.AppendResource(nil, from.Resource),
				ResourceSchemaURL: from.ResourceSchemaURL,
				Scope:             k.s.cfg.mask.AppendScope(nil, from.Scope),
				ScopeSchemaURL:    from.ScopeSchemaURL,
				Instance:          from.Instance,
			}
			if own.Instance == "" {
				own.Instance = o.Layout.Instance
			}
			to = k.s.addOrigin(own)
			ids[id] = to
		}
		return to
	}
	routes := k.routesOf(o.Layout.Routes)
	whole = true
	var c chunk
	var last crash.Record // of the chunk
	send := func() {
		if len(c.frames) == 0 || !whole {
			return
		}
		c.taken = make(chan struct{})
		select {
		case k.s.adopted <- c:
			<-c.taken
			n += len(c.frames)
			if !k.failed.Load() {
				_ = o.Forget(&last) // or it is repeated, should we end here
			}
		case <-stop:
			whole = false
		}
		c = chunk{}
	}
	err = o.Records(func(r *crash.Record) {
		done := routes.translate(r.Done)
		if done == routes.all {
			return
		}
		if r.Page != last.Page || done != c.done || len(c.bytes)+len(r.Data) > chunkSize {
			send()
		}
		c.done, last = done, *r
		from := len(c.bytes)
		c.bytes = append(c.bytes, r.Data...)
		c.frames = append(c.frames, buffer.Frame{
			Header: buffer.Header{Time: r.Time, Origin: originOf(r.Origin), Severity: r.Severity, Flags: r.Flags & FlagNormalize, Shard: r.Shard, Seq: r.Seq},
			Data:   c.bytes[from:len(c.bytes):len(c.bytes)],
		})
	})
	send()
	if err == nil {
		err = damaged
	}
	return n, whole, err
}

// inherit takes over the ledger of a process whose records we have, and of those that it
// had taken over.
func (k *crashKeeper) inherit(o *crash.Orphan) {
	s, id := k.s, o.ID()
	if k.failed.Load() || k.estates[id] {
		return // we cannot keep it, or another process had taken it over
	}
	routes := o.Layout.Routes
	a, err := readAccount(o.Sums, len(routes))
	if err == nil && len(o.Counters) != counters {
		err = errAccount
	}
	if err != nil {
		s.diag.say("damaged", fmt.Errorf("stream: WithCrashRing: a process that started at %s: %w", started(o), err))
		return
	}
	for _, n := range o.Left {
		a.accepted += n
	}
	a.accepted += uint64(o.InRing)
	for i := range a.lines {
		a.lines[i].ring = uint64(o.InRing)
	}
	a.count(o.Counters)
	lost := ""
	for i, t := range a.lines {
		dropped := uint64(0)
		for _, c := range t.dropped {
			for _, n := range c {
				dropped += n
			}
		}
		if dropped+t.rejected > 0 {
			lost += fmt.Sprintf("; route %q: %d dropped, %d rejected", routes[i], dropped, t.rejected)
		}
	}
	if lost != "" {
		s.diag.say("former", fmt.Errorf("stream: WithCrashRing: losses of a process that started at %s and did not shut down%s", started(o), lost))
	}
	s.mu.Lock()
	if e, err := readAccount(o.Estate, len(routes)); err == nil {
		s.inheritLocked(routes, e, id)
	}
	s.inheritLocked(routes, a, id)
	s.keeper.commitEstate()
	s.mu.Unlock()
	k.at(bequeathed)
	s.herald.kick()
}

// started returns when the process of o started.
func started(o *crash.Orphan) string {
	return time.Unix(0, o.Layout.Created).UTC().Format(time.RFC3339)
}

// routeMap says which of our routes are those of another process, by name.
type routeMap struct {
	to     []int  // our index for each of theirs, or -1
	all    uint64 // every route of ours
	theirs uint64 // every route of theirs
}

func (k *crashKeeper) routesOf(names []string) (m routeMap) {
	for i := range k.s.routes {
		m.all |= 1 << i
	}
	for i, name := range names {
		m.theirs |= 1 << i
		m.to = append(m.to, slices.IndexFunc(k.s.routes, func(r *route) bool { return r.cfg.name == name }))
	}
	return m
}

// translate returns our bits for theirs. A record that a route of theirs still needs
// goes to that route, and to those that they had not.
func (m *routeMap) translate(done uint64) (ours uint64) {
	if done&m.theirs == m.theirs {
		return m.all
	}
	for i, at := range m.to {
		if at >= 0 && done&(1<<i) != 0 {
			ours |= 1 << at
		}
	}
	return ours
}

// roomForMore returns the channel of chunks if there is room for one that sheds
// nothing; otherwise the worker will be told when there is.
func (w *worker) roomForMore() <-chan chunk {
	if w.s.keeper == nil {
		return nil
	}
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	q := w.s.queue
	if q.bytes+(classes+1)*q.pageSize > q.budget/4*3 && !w.nearlyEmptyLocked() {
		q.starved = true
		return nil
	}
	return w.s.adopted
}

// nearlyEmptyLocked reports whether the queue holds nothing but pages that are being filled,
// and has room for one more of each class, should a chunk not fit into them. In a small
// queue these pages alone are so much that nothing would ever be taken over.
func (w *worker) nearlyEmptyLocked() bool {
	q := w.s.queue
	open := 0
	for c, p := range w.open {
		switch {
		case p == nil:
		case p.unsettled == 0 && p.published == p.block.Len():
			w.sealLocked(class(c)) // which frees it, or a queue of four pages would never have room
		default:
			open++
		}
	}
	return len(q.pages) <= open && q.bytes+classes*q.pageSize <= q.budget
}

// adopt takes the chunk that came, or waits at the door, if there is one.
func (w *worker) adopt() {
	if w.chunk.taken == nil {
		select {
		case w.chunk = <-w.roomForMore():
		default:
			return
		}
	}
	w.publish(false) // what the chunk's done bits are not for
	w.done = w.chunk.done
	came := w.nap.came
	for i := range w.chunk.frames {
		w.takeFrame(&w.chunk.frames[i])
		w.given++
	}
	w.nap.came = came // these come from no ring
	w.publish(false)
	if w.deadline.IsZero() {
		w.deadline = time.Now().Add(w.linger)
	}
	w.done = 0
	close(w.chunk.taken)
	w.chunk = chunk{}
}
