package spool

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"time"
)

// maxReadErrors is how often the file system may refuse a read in a row before the
// records behind it are given up: a bad sector must not hold the log for ever.
const maxReadErrors = 3

// Next fills b with the next block of class that was not handed out yet, and
// returns false if there is none. Its records are in hand of the caller from then
// on: Advance says what became of them, and after a restart those above the place
// come again. Slices of b are valid until the next call with the same b.
//
// A *CorruptionError says that records were skipped because they cannot be read; the
// cursor has counted them, and the next call goes on behind them. Any other error is
// about the file system; the next call tries again, and after the third failure the
// place counts as damaged.
func (c *Cursor) Next(class Class, b *Block) (bool, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	for {
		r, ok, err := c.start(class)
		if err != nil || !ok {
			return false, c.damaged(class, err)
		}
		found, err := r.run(b)
		if again := c.finish(r, found, err); again {
			continue
		}
		if err != nil {
			return false, c.damaged(class, r.judge(err))
		}
		if found {
			return true, nil
		}
	}
}

// damaged writes the marks down after damage was found, so that it is counted once,
// and passes err on.
func (c *Cursor) damaged(class Class, err error) error {
	if _, ok := errors.AsType[*CorruptionError](err); !ok {
		return err
	}
	c.writing.Lock()
	if e := c.save(); e != nil {
		c.s.report(e) // the next Advance writes them
	}
	c.writing.Unlock()
	c.s.release(class)
	return err
}

// A read is one look into a segment, without the lock.
type read struct {
	c     *Cursor
	class Class
	from  uint64 // wanted record
	seg   *segment
	f     file
	limit int64  // bytes of the segment that count
	end   uint64 // number after its last record
	at    hint   // where to begin; afterwards, where to go on

	table map[uint32]int64 // origins; nil until they are looked for
	lost  Span             // what the error is about
	where int64            // offset of it

	load   bool // the origins have to be looked for first
	gaveUp bool // the error counts as damage
}

// start picks the segment that the next record is in, and opens it.
func (c *Cursor) start(class Class) (*read, bool, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return c.startLocked(class)
}

func (c *Cursor) startLocked(class Class) (*read, bool, error) {
	s := c.s
	if err := c.usableLocked(class); err != nil {
		return nil, false, err
	}
	m, ch := &c.marks[class], &s.chains[class]
	seg := ch.at(m.taken)
	at := ch.end
	if seg != nil {
		at = seg.first
	}
	if at > m.taken { // dropped while it was in hand, and asked for again
		m.loseGap(m.taken, at)
		m.taken = at
		m.normalize()
		c.stale = true
	}
	if seg == nil {
		c.leaveLocked(m, hint{})
		return nil, false, nil
	}
	if seg.f == nil {
		f, err := s.fs.open(seg.name, openRead)
		if errors.Is(err, fs.ErrNotExist) && seg.leaving {
			s.goneLocked(seg, seg.why) // cut has come to the same point
			return c.startLocked(class)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil, false, s.vanishedLocked(seg)
		}
		if err != nil {
			return nil, false, c.refusedLocked(seg, m, err)
		}
		seg.f = f
	}
	r := &read{
		c: c, class: class, from: m.taken, seg: seg, f: seg.f, limit: seg.size, end: seg.end,
		at: hint{seg, segmentHeader, seg.first}, load: seg.origins == nil,
	}
	if m.hint.seg == seg && m.hint.number <= m.taken {
		r.at = m.hint
	}
	c.leaveLocked(m, r.at)
	seg.readers++
	return r, true, nil
}

// leaveLocked moves the hint, and closes the file that it leaves.
func (c *Cursor) leaveLocked(m *mark, to hint) {
	old := m.hint.seg
	m.hint = to
	if old != nil && old != to.seg {
		closeAll(c.s.idleLocked(old))
	}
}

// vanishedLocked takes a segment out of its chain that somebody has removed.
func (s *Spool) vanishedLocked(seg *segment) error {
	s.counts.corruptions++
	s.goneLocked(seg, causeDamaged)
	return &CorruptionError{seg.name, 0, Span{seg.class, seg.first, seg.end}, errVanished}
}

// refusedLocked counts a segment that cannot be opened, and gives it up in the end.
func (c *Cursor) refusedLocked(seg *segment, m *mark, err error) error {
	if seg.failed++; seg.failed < maxReadErrors {
		return err
	}
	seg.failed = 0
	c.s.counts.corruptions++
	lost := Span{seg.class, m.taken, seg.end}
	m.giveUp(lost.From, lost.To)
	c.stale = true
	return &CorruptionError{seg.name, 0, lost, err}
}

// giveUp counts from..to-1 as damaged, and moves what is handed out behind it.
func (m *mark) giveUp(from, to uint64) {
	m.lose(from, to, causeDamaged)
	m.taken = max(m.taken, to)
	m.normalize()
}

// run goes to the wanted record and fills b. It returns false without an error at
// the end of the segment. An error is about r.lost, at r.where.
func (r *read) run(b *Block) (bool, error) {
	if r.load {
		table, err := r.seg.load(r.f, r.limit)
		if err != nil {
			r.lost, r.where = Span{r.class, r.from, r.end}, segmentHeader
			return false, err
		}
		r.table = table
	}
	sc := scanner{f: r.f, salt: r.seg.salt, off: r.at.off, limit: r.limit}
	for {
		fr, at, skipped, err := sc.next()
		where := at
		if skipped >= 0 {
			where = skipped
		}
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, errTorn) || err == nil && fr.kind == kindBlock && fr.first >= r.end:
			gap := r.missing(r.end, where)
			r.at = hint{r.seg, align(r.limit), r.end}
			return false, gap
		case err != nil:
			r.lost, r.where = Span{r.class, max(r.at.number, r.from), r.end}, where
			return false, err
		case fr.kind != kindBlock:
			continue
		case fr.first < r.at.number || fr.end() > r.end:
			continue // a number that cannot be here: what it stands for is missing
		case fr.first > r.at.number:
			gap := r.missing(fr.first, where)
			r.at = hint{r.seg, at, fr.first}
			if gap != nil {
				return false, gap
			}
		}
		if fr.end() > r.from {
			err := r.fill(b, &fr, at)
			if err == nil || isDamage(err) {
				r.at = hint{r.seg, at + fr.size(), fr.end()}
			}
			if err != nil {
				r.lost, r.where = Span{r.class, max(fr.first, r.from), fr.end()}, at
			}
			return err == nil, err
		}
		r.at = hint{r.seg, at + fr.size(), fr.end()}
	}
}

// missing returns an error if there are no frames for records below to that should
// be here.
func (r *read) missing(to uint64, where int64) error {
	from := max(r.at.number, r.from)
	if from >= to {
		return nil
	}
	r.lost, r.where = Span{r.class, from, to}, where
	return errMissing
}

// isDamage reports whether err is about the content of a file, so that reading it
// again will not help.
func isDamage(err error) bool {
	return errors.Is(err, errMissing) || errors.Is(err, errChecksum) || errors.Is(err, io.ErrUnexpectedEOF)
}

// fill reads the block of the frame fr, which begins at off, into b.
func (r *read) fill(b *Block, fr *frame, off int64) error {
	n := int(fr.content())
	if cap(b.buf) < n {
		b.buf = make([]byte, n)
	}
	buf := b.buf[:n]
	if err := readFull(r.f, buf, off+frameHeader); err != nil {
		return err
	}
	if crc32.Checksum(buf, castagnoli) != fr.crc {
		return errChecksum
	}
	ids, buf := buf[:4*fr.origins], buf[4*fr.origins:]
	b.Class = r.class
	b.Records = int(fr.records)
	b.Meta, b.Data = buf[:fr.meta:fr.meta], buf[fr.meta:]
	b.First = fr.first
	b.Skip = int(max(fr.first, r.from) - fr.first)
	b.Time = time.Unix(0, fr.time)
	b.Fingerprint = r.seg.print
	b.Origins = b.Origins[:0]
	find := r.origins()
	for ; len(ids) > 0; ids = ids[4:] {
		id := binary.LittleEndian.Uint32(ids)
		b.Origins = append(b.Origins, Origin{id, r.seg.blob(r.f, find, id)})
	}
	return nil
}

// origins returns a function that looks up where the frame of an origin is. The
// table of a segment that is being written grows under the lock.
func (r *read) origins() func(id uint32) (int64, bool) {
	if r.table != nil {
		return func(id uint32) (int64, bool) { at, ok := r.table[id]; return at, ok }
	}
	return func(id uint32) (int64, bool) {
		r.c.s.mu.Lock()
		defer r.c.s.mu.Unlock()
		at, ok := r.seg.origins[id]
		return at, ok
	}
}

// finish notes how a read ended. It returns true if what was wanted has changed
// meanwhile, because the segment was dropped or somebody called Seek or Advance: then
// the read does not count.
func (c *Cursor) finish(r *read, found bool, err error) (again bool) {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	seg, m := r.seg, &c.marks[r.class]
	seg.readers--
	if r.table != nil && seg.origins == nil {
		seg.origins = r.table
	}
	defer func() { closeAll(s.idleLocked(seg)) }()
	if m.taken != r.from {
		return true
	}
	if !seg.removed {
		m.hint = r.at
	} else {
		m.hint = hint{}
	}
	switch {
	case err != nil && !isDamage(err):
		if seg.failed++; seg.failed < maxReadErrors {
			return false
		}
		fallthrough
	case err != nil:
		seg.failed = 0
		s.counts.corruptions++
		m.giveUp(r.lost.From, r.lost.To)
		c.stale = true
		r.gaveUp = true
	case found:
		seg.failed = 0
		m.taken = max(m.taken, r.at.number)
		m.normalize()
	default: // the end of the segment
		m.taken = max(m.taken, r.end)
		m.normalize()
	}
	return false
}

// judge returns what the caller of Next is told of err.
func (r *read) judge(err error) error {
	if !r.gaveUp {
		return err
	}
	return &CorruptionError{r.seg.name, r.where, r.lost, err}
}
