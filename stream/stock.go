package stream

import (
	"errors"
	"fmt"
	"slices"
	"sort"

	"github.com/logstream-go/logstream/buffer/spool"
)

// takeStock enters what former processes have left into the index and the ledger: what a
// route still needs is held, and counts as recovered; what is known to have been there and
// cannot be found counts as damaged. It is called before anything runs.
func (d *diskStore) takeStock(rec spool.Recovery) error {
	s := d.s
	st := d.spool.Stats()
	var at [classes]uint64 // number of the next record
	for c := range d.logs {
		at[c] = st.Classes[c].Start
	}
	places := make([][classes]uint64, len(s.routes))
	for i := range s.routes {
		for c := range d.logs {
			places[i][c] = d.cursors[i].Place(spool.Class(c))
			at[c] = min(at[c], d.cursors[i].Opened(spool.Class(c))) // the oldest files may be gone
		}
	}
	missing := func(c class, upto uint64) {
		if at[c] < upto {
			d.enterMissing(c, at[c], upto)
		}
		at[c] = max(at[c], upto)
	}
	var found [classes][]*entry
	var done [classes][]settling
	err := d.spool.Survey(func(b spool.BlockInfo) error {
		c := class(b.Records.Class)
		needs, err := unpackMeta(b.Meta, int(b.Records.Len()))
		if err != nil {
			return nil // it is as good as missing
		}
		e := &entry{first: b.Records.From, end: b.Records.To, time: b.Time.UnixNano(), needs: make([]need, len(s.routes))}
		found[c] = append(found[c], e)
		for i, r := range s.routes {
			j := slices.IndexFunc(needs, func(x storedNeed) bool { return x.route == r.cfg.name })
			if j < 0 {
				continue
			}
			for _, x := range needs[j].done {
				done[c] = append(done[c], settling{i, x})
			}
			if places[i][c] < e.end && needs[j].n > 0 {
				e.needs[i] = need{where: inStore, n: needs[j].n, levels: needs[j].levels}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for c := range found {
		settleFound(found[c], done[c])
		for _, e := range found[c] {
			missing(class(c), e.first)
			at[c] = e.end
			d.recover(class(c), e)
		}
	}
	for c := range d.logs {
		missing(class(c), st.Classes[c].End)
		d.logs[c].end = st.Classes[c].End
	}
	d.report(rec)
	return nil
}

// A settling is what a block tells of others: a route needs these records no more.
type settling struct {
	route int
	numbers
}

// settleFound takes what is told to be settled out of the needs. Only whole blocks are told of.
func settleFound(found []*entry, done []settling) {
	for _, x := range done {
		i := sort.Search(len(found), func(i int) bool { return found[i].first >= x.from })
		for ; i < len(found) && found[i].end <= x.to; i++ {
			found[i].needs[x.route] = need{}
		}
	}
}

// recover enters a block of a former process.
func (d *diskStore) recover(c class, e *entry) {
	s := d.s
	d.enterLocked(c, e)
	if !slices.ContainsFunc(e.needs, func(x need) bool { return x.where == inStore }) {
		return
	}
	count := e.end - e.first
	s.recovered(count)
	for i, r := range s.routes {
		r.shelf.held += e.needs[i].n
		r.ledger.filtered += count - uint64(e.needs[i].n)
	}
}

// recovered counts records of former processes.
func (s *Stream) recovered(n uint64) {
	s.former += n
	s.drained += n
	s.adoptees += n
}

// enterMissing counts the records from..upto-1 of a class, which cannot be found.
func (d *diskStore) enterMissing(c class, from, upto uint64) {
	s := d.s
	e := &entry{first: from, end: upto, needs: make([]need, len(s.routes))}
	d.enterLocked(c, e)
	most := uint64(0)
	lost := make([]uint64, len(s.routes))
	for i, cursor := range d.cursors {
		if place := cursor.Opened(spool.Class(c)); place < upto {
			lost[i] = upto - max(from, place)
			most = max(most, lost[i])
		}
	}
	s.recovered(most)
	for i, r := range s.routes {
		if lost[i] > 0 {
			r.loseLocked(StorageDamaged, 0, lost[i], 0)
		}
		r.ledger.filtered += most - lost[i]
	}
}

// report says what was found.
func (d *diskStore) report(rec spool.Recovery) {
	held := 0
	for _, r := range d.s.routes {
		held = max(held, r.shelf.held)
	}
	if held > 0 {
		d.say("recovered", fmt.Errorf("%s of former processes will be sent", records(held)))
	}
	if n := len(rec.Torn) + len(rec.Damaged); n > 0 {
		first := append(rec.Damaged, rec.Torn...)[0]
		d.say("damaged", fmt.Errorf("%d damaged places, the first: %w", n, &first))
	}
	if n := len(rec.Foreign); n > 0 {
		d.say("foreign", fmt.Errorf("%d files of another version, or of somebody else, are left alone, the first: %q", n, rec.Foreign[0]))
	}
	for _, name := range rec.Cursors {
		if !slices.ContainsFunc(d.s.routes, func(r *route) bool { return r.cfg.name == name }) {
			d.say("route "+name, errors.New("records are kept for the route \""+name+"\", which is not there, until there is no room for them"))
		}
	}
}
