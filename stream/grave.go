package stream

import (
	"errors"
	"fmt"
	"time"

	"github.com/logstream-go/logstream/internal/letters"
)

// A letterFile is where dead letters are on disk; see internal/letters.
type letterFile interface {
	Size() int64
	Append([]letters.Letter) error
	Rewrite([]letters.Letter) error
	Sync() error
	Remove() error
	Close() error
}

// A graveyard brings dead letters to the disk. It belongs to the goroutine of the store. The list in
// memory is what counts; the file is a log of it, and is written anew where it has become too
// large, holds what is too old, or lacks something because the disk did not take it.
type graveyard struct {
	d        *diskStore
	file     letterFile // nil if letters stay in memory
	dead     *deadLetters
	stale    bool      // the file is to be written anew
	oldest   time.Time // of the letters in the file
	unsynced time.Time // since when something in it is not forced to the disk
	pause    time.Duration
	after    time.Time // nothing is written before, since the disk has failed
}

// openGraves reads what former processes have left. What cannot be read stays, and new letters are
// kept in memory then.
func (d *diskStore) openGraves() {
	g := &d.graves
	g.d, g.dead = d, &d.s.dead
	g.dead.age = d.letterAge
	file, damaged, err := letters.Open(d.dir, func(l letters.Letter) {
		request, ok := remask(d.s.cfg.mask, l.Request)
		if !ok {
			g.dead.stats.Damaged++
			return
		}
		at := time.Unix(0, l.Time)
		if g.oldest.IsZero() {
			g.oldest = at
		}
		g.dead.recover(DeadLetter{Route: l.Route, Sink: l.Sink, Time: at, Reason: maskWords(d.s.cfg.mask, l.Reason), Request: request})
	})
	if err != nil {
		d.say("dead letters", fmt.Errorf("dead letters stay in memory: %w", err))
		return
	}
	g.dead.stats.Damaged += uint64(damaged)
	g.file, g.stale = file, damaged > 0
	file.Hook = func() { d.at(buried) }
	if g.dead.budget > 0 {
		return
	}
	if err := errors.Join(file.Remove(), file.Close()); err != nil {
		d.say("dead letters", err)
	}
	g.file = nil
}

// bury brings to the disk what it has not got.
func (g *graveyard) bury(now time.Time) {
	if g.file == nil || now.Before(g.after) {
		return
	}
	fresh, upto := g.dead.unstored(false, now)
	if age := g.dead.age; age > 0 && !g.oldest.IsZero() && now.Sub(g.oldest) > age+age/8 {
		g.stale = true
	}
	list := lettersOf(fresh)
	if len(fresh) > 0 && (g.file.Size() == 0 || g.file.Size()+sizeOf(list) > 2*int64(g.dead.budget)) {
		g.stale = true
	}
	var all []DeadLetter
	if g.stale {
		all, upto = g.dead.unstored(true, now)
	}
	var err error
	switch {
	case g.stale && len(all) == 0:
		err = g.file.Remove()
		g.oldest, g.unsynced = time.Time{}, time.Time{}
	case g.stale:
		err = g.file.Rewrite(lettersOf(all))
		g.oldest, g.unsynced = all[0].Time, time.Time{}
	case len(fresh) > 0:
		err = g.file.Append(list)
		if g.unsynced.IsZero() {
			g.unsynced = now
		}
	}
	if err == nil {
		g.stale = false
		err = g.force(now)
	}
	if len(fresh) > 0 {
		g.d.at(buried)
	}
	if err != nil {
		g.fail(now, err)
		return
	}
	g.dead.stored(upto)
	if g.pause > 0 {
		g.pause = 0
		g.d.s.diag.resolved("storage dead letters", fmt.Errorf("stream: WithStorage(%q): the disk takes dead letters again", g.d.dir))
	}
}

// force syncs the file when it is time to. After an error nobody knows what the disk has.
func (g *graveyard) force(now time.Time) error {
	if g.unsynced.IsZero() || now.Sub(g.unsynced) < g.d.every {
		return nil
	}
	g.unsynced = time.Time{}
	return g.file.Sync()
}

// fail notes that the disk did not take letters, which are in memory until it does.
func (g *graveyard) fail(now time.Time, err error) {
	g.stale = true
	g.pause = min(max(storePause, 2*g.pause), storePauseMax)
	g.after = now.Add(g.pause)
	g.d.say("dead letters", fmt.Errorf("dead letters kept in memory: %w", err))
}

// next returns when bury has something to do if no letter comes.
func (g *graveyard) next() []time.Time {
	if g.file == nil {
		return nil
	}
	list := []time.Time{g.after}
	if !g.unsynced.IsZero() {
		list = append(list, g.unsynced.Add(g.d.every))
	}
	if age := g.dead.age; age > 0 && !g.oldest.IsZero() {
		list = append(list, g.oldest.Add(age+age/8))
	}
	return list
}

// close brings the last ones to the disk.
func (g *graveyard) close() {
	if g.file == nil {
		return
	}
	g.after = time.Time{}
	g.bury(time.Now())
	if err := errors.Join(g.file.Sync(), g.file.Close()); err != nil {
		g.d.say("dead letters", err)
	}
	g.file = nil
}

// lettersOf returns list as it is stored.
func lettersOf(list []DeadLetter) []letters.Letter {
	out := make([]letters.Letter, 0, len(list))
	for _, l := range list {
		out = append(out, letters.Letter{Route: l.Route, Sink: l.Sink, Reason: l.Reason, Time: l.Time.UnixNano(), Request: l.Request})
	}
	return out
}

// sizeOf returns about how large list is in the file.
func sizeOf(list []letters.Letter) (n int64) {
	const frame = 40 // with its lengths
	for _, l := range list {
		n += int64(frame + len(l.Route) + len(l.Sink) + len(l.Reason) + len(l.Request))
	}
	return n
}

// ReadDeadLetters returns the dead letters in the directory of a storage, the oldest first, as they
// were stored. It changes nothing, and a stream may be using the directory. If a part
// of the file cannot be read, the rest is returned with the error.
func ReadDeadLetters(dir string) ([]DeadLetter, error) {
	var out []DeadLetter
	damaged, err := letters.Read(dir, func(l letters.Letter) {
		out = append(out, DeadLetter{Route: l.Route, Sink: l.Sink, Time: time.Unix(0, l.Time), Reason: l.Reason, Request: l.Request})
	})
	if err == nil && damaged > 0 {
		err = fmt.Errorf("stream: %d places in the dead letters of %q cannot be read", damaged, dir)
	}
	return out, err
}
