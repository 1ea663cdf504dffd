package spool

import (
	"errors"
	"io/fs"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Spool is a log of blocks in a directory; see the package doc. Its methods may
// be called concurrently.
//
// Locks are taken in this order: Cursor.reading, appending, syncing,
// Cursor.writing, mu. No call to the file system is made under mu, but for opening
// a segment.
type Spool struct {
	// Immutable.
	fs   fsys
	cfg  config
	kick chan struct{} // tells the background that there is something to sync; capacity 1
	stop chan struct{} // closed by Close
	done chan struct{} // closed when the background has ended
	born time.Time     // when it was opened

	appending sync.Mutex // held by Append; guards the following, and what is active
	scratch   []byte

	syncing  sync.Mutex // held by whoever syncs; guards the following
	released bool       // Close has closed the files

	mu      sync.Mutex // guards the following
	chains  [Classes]chain
	cursors []*Cursor // in the order of their names
	aside   []entry   // files that nobody can read any more: the first to go for room
	bytes   int64     // of the segments and what is aside
	names   bool      // the directory has names that were not synced
	counts  counts
	closed  bool

	closing  sync.Once
	closeErr error
}

// counts are what happened since Open.
type counts struct {
	writeErrors, syncErrors, removeErrors, corruptions uint64
}

// Open opens the spool in dir, and makes the directory if it is not there. It
// must belong to the user of the process, with mode 0700, and must not be a symbolic
// link; only one Spool can have it open at a time. What an earlier process left is
// looked through, however it ended, and Recovery says what was found. Only a
// directory that cannot be used, or options that are out of their bounds, are errors.
func Open(dir string, opts ...Option) (*Spool, Recovery, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, Recovery{}, err
	}
	d, err := openDir(dir)
	if err != nil {
		return nil, Recovery{}, err
	}
	s, rec, err := open(d, cfg)
	if err != nil {
		return nil, rec, errors.Join(err, d.close())
	}
	return s, rec, nil
}

// open opens the spool in a directory that is locked already.
func open(f fsys, cfg config) (*Spool, Recovery, error) {
	s := &Spool{
		fs:   f,
		cfg:  cfg,
		kick: make(chan struct{}, 1),
		stop: make(chan struct{}),
		done: make(chan struct{}),
	}
	rec, err := s.recover()
	if err != nil {
		return nil, rec, err
	}
	if cfg.sync.never() {
		_ = s.saveAll(s.cursors, false) // reported
		s.reap(false)
	} else if err := s.flush(); err != nil {
		s.report(err) // what cannot be synced is still there to be delivered
	}
	if cfg.sync.every > 0 || cfg.age > 0 {
		go s.background()
	} else {
		close(s.done)
	}
	return s, rec, nil
}

// background syncs at most one interval after something was written, and drops what
// is too old. It owns nothing: all it does is what Sync and Append do as well.
func (s *Spool) background() {
	defer close(s.done)
	t := time.NewTimer(s.cfg.sync.every)
	defer t.Stop()
	kick, old := s.kick, (<-chan time.Time)(nil)
	if s.cfg.sync.every == 0 {
		kick = nil
	}
	if s.cfg.age > 0 {
		tick := time.NewTicker(s.cfg.age / 4)
		defer tick.Stop()
		old = tick.C
	}
	for {
		select {
		case <-kick:
		case <-old:
			s.appending.Lock()
			s.expire(s.cfg.now())
			s.appending.Unlock()
			continue
		case <-s.stop:
			return
		}
		t.Reset(s.cfg.sync.every)
		select {
		case <-t.C:
		case <-s.stop:
			return
		}
		if err := s.flush(); err != nil {
			s.report(err)
		}
	}
}

// wake tells the background that something waits to be synced.
func (s *Spool) wake() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// report hands an error to the handler.
func (s *Spool) report(err error) {
	if s.cfg.handler != nil {
		s.cfg.handler(err)
	}
}

// namesChanged notes that the directory has to be synced.
func (s *Spool) namesChanged() {
	s.mu.Lock()
	s.names = true
	s.mu.Unlock()
}

// Cursor returns the cursor of that name, 1 to 64 bytes. One that is not there yet
// is made, and begins at the oldest record that is held: a cursor whose file was lost
// repeats records rather than losing them. For every name there is one Cursor.
func (s *Spool) Cursor(name string) (*Cursor, error) {
	if len(name) < 1 || len(name) > maxName {
		return nil, errors.New("spool: name of a cursor: want 1 to 64 bytes")
	}
	s.mu.Lock()
	c := s.cursorLocked(name)
	closed := s.closed
	s.mu.Unlock()
	if closed {
		return nil, ErrClosed
	}
	if c != nil {
		return c, nil
	}

	// A block that is appended meanwhile is not missed: a new cursor begins at
	// the oldest record, and removal waits for every cursor in the map.
	c = &Cursor{s: s, name: name, file: cursorFile(name)}
	c.writing.Lock()
	defer c.writing.Unlock()
	s.mu.Lock()
	if old := s.cursorLocked(name); old != nil || s.closed {
		s.mu.Unlock()
		if old == nil {
			return nil, ErrClosed
		}
		return old, nil
	}
	for i := range c.marks {
		c.marks[i].next = s.chains[i].start()
		c.marks[i].taken = c.marks[i].next
		c.opened[i] = math.MaxUint64
	}
	c.adoptLocked()
	s.addLocked(c)
	s.mu.Unlock()
	if err := c.save(); err != nil {
		s.mu.Lock()
		s.dropLocked(c)
		s.mu.Unlock()
		return nil, err
	}
	s.wake()
	return c, nil
}

// Remove forgets the cursor of that name, so that nothing is held for it any more.
// Its Cursor returns ErrClosed from then on. A name that is not there is no error.
func (s *Spool) Remove(name string) error {
	s.mu.Lock()
	c := s.cursorLocked(name)
	closed := s.closed
	s.mu.Unlock()
	switch {
	case closed:
		return ErrClosed
	case c == nil:
		return nil
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := s.fs.remove(c.file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.mu.Lock()
	s.dropLocked(c)
	s.names = true
	s.mu.Unlock()
	if c.f != nil {
		_ = c.f.Close() // it is gone
		c.f = nil
	}
	// A cursor that a failure of power brings back would hold everything again.
	if !s.cfg.sync.never() {
		if err := s.fs.syncDir(); err != nil {
			s.report(err) // the next sync tries it again
		}
	}
	return nil
}

// Close syncs what is there to sync, unless the policy is SyncNever, removes what
// every cursor has passed, and gives the directory back. It waits for calls that are
// in progress. Everything returns ErrClosed afterwards; Close itself returns what it
// returned first. After an error, records may be repeated by the next Open, and what
// was not synced is in the hands of the operating system.
func (s *Spool) Close() error {
	s.closing.Do(func() { s.closeErr = s.close() })
	return s.closeErr
}

func (s *Spool) close() error {
	close(s.stop)
	<-s.done
	s.mu.Lock()
	s.closed = true
	cursors := slices.Clone(s.cursors)
	s.mu.Unlock()

	s.appending.Lock() // the last Append has returned
	s.scratch = nil
	s.appending.Unlock()
	var errs []error
	for _, c := range cursors {
		c.writing.Lock()
		errs = append(errs, c.save())
		c.writing.Unlock()
	}
	if s.cfg.sync.never() {
		s.reap(true)
	} else {
		errs = append(errs, s.flush())
		s.reap(true)
	}

	for _, c := range cursors {
		c.reading.Lock() // the last Next has returned
		defer c.reading.Unlock()
	}
	s.syncing.Lock()
	defer s.syncing.Unlock()
	s.released = true
	for _, c := range cursors {
		c.writing.Lock()
		if c.f != nil {
			errs = append(errs, c.f.Close())
			c.f = nil
		}
		c.writing.Unlock()
	}
	s.mu.Lock()
	for i := range s.chains {
		for _, seg := range s.chains[i].segments {
			if seg.f != nil {
				errs = append(errs, seg.f.Close())
				seg.f = nil
			}
		}
	}
	s.mu.Unlock()
	return errors.Join(append(errs, s.fs.close())...)
}

// cursorLocked returns the cursor of a name, or nil.
func (s *Spool) cursorLocked(name string) *Cursor {
	if i, ok := s.searchLocked(name); ok {
		return s.cursors[i]
	}
	return nil
}

func (s *Spool) searchLocked(name string) (int, bool) {
	return slices.BinarySearchFunc(s.cursors, name, func(c *Cursor, name string) int { return strings.Compare(c.name, name) })
}

func (s *Spool) addLocked(c *Cursor) {
	i, _ := s.searchLocked(c.name)
	s.cursors = slices.Insert(s.cursors, i, c)
}

func (s *Spool) dropLocked(c *Cursor) {
	c.removed = true
	if i, ok := s.searchLocked(c.name); ok && s.cursors[i] == c {
		s.cursors = slices.Delete(s.cursors, i, i+1)
	}
}
