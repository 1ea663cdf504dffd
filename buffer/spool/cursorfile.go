package spool

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"net/url"
	"strings"
)

// Constants of the format; see the package doc. They must not change within a
// version.
const (
	cursorMagic = "logplace"
	slotSize    = 512 // a sector: what a disk writes as a whole
	cursorSize  = 2 * slotSize
)

// maxName bounds the name of a cursor, so that it fits into a file name.
const maxName = 64

// cursorFile returns the file name for a cursor. Only what is the same in every
// file system stays as it is.
func cursorFile(name string) string {
	var b strings.Builder
	b.WriteString(filePrefix)
	for i := range len(name) {
		c := name[i]
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_':
			b.WriteByte(c)
		default:
			const hex = "0123456789abcdef"
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	b.WriteString(cursorSuffix)
	return b.String()
}

// parseCursorFile is the inverse of cursorFile.
func parseCursorFile(file string) (name string, ok bool) {
	s, ok := strings.CutPrefix(file, filePrefix)
	if !ok {
		return "", false
	}
	if s, ok = strings.CutSuffix(s, cursorSuffix); !ok {
		return "", false
	}
	name, err := url.PathUnescape(s)
	return name, err == nil && name != "" && len(name) <= maxName && cursorFile(name) == file
}

// appendSlot appends a slot of a cursor file to dst.
func appendSlot(dst []byte, gen uint64, places *[Classes]placed) []byte {
	start := len(dst)
	dst = append(dst, cursorMagic...)
	dst = binary.LittleEndian.AppendUint16(dst, version)
	dst = append(dst, Classes, 0, 0, 0, 0, 0)
	dst = binary.LittleEndian.AppendUint64(dst, gen)
	for i := range places {
		p := &places[i]
		for _, n := range [...]uint64{p.next, p.cut, p.settled, p.shed, p.expired, p.damaged} {
			dst = binary.LittleEndian.AppendUint64(dst, n)
		}
	}
	dst = append(dst, make([]byte, start+slotSize-4-len(dst))...)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

// parseSlot reads a slot, or returns false if it is not whole.
func parseSlot(b []byte) (gen uint64, places [Classes]placed, ok bool) {
	_ = b[slotSize-1]
	if string(b[:8]) != cursorMagic || binary.LittleEndian.Uint16(b[8:]) != version || b[10] != Classes ||
		crc32.Checksum(b[:slotSize-4], castagnoli) != binary.LittleEndian.Uint32(b[slotSize-4:]) {
		return 0, places, false
	}
	gen = binary.LittleEndian.Uint64(b[16:])
	b = b[24:]
	for i := range places {
		p := &places[i]
		for _, n := range [...]*uint64{&p.next, &p.cut, &p.settled, &p.shed, &p.expired, &p.damaged} {
			*n = binary.LittleEndian.Uint64(b)
			b = b[8:]
			if *n > maxNumber {
				return 0, places, false
			}
		}
	}
	return gen, places, gen < 1<<63
}

// parseCursor returns the newer valid slot of a cursor file's content, or false if
// there is none.
func parseCursor(b []byte) (gen uint64, places [Classes]placed, ok bool) {
	for len(b) >= slotSize {
		if g, p, valid := parseSlot(b); valid && (!ok || g > gen) {
			gen, places, ok = g, p, true
		}
		b = b[slotSize:]
	}
	return gen, places, ok
}

// save writes the marks into the slot that does not hold the newest ones, if they
// have changed.
//
// REQUIRES: c.writing is held, Spool.mu is not.
func (c *Cursor) save() error {
	s := c.s
	s.mu.Lock()
	if !c.stale || c.removed {
		s.mu.Unlock()
		return nil
	}
	var places [Classes]placed
	for i := range c.marks {
		places[i] = c.marks[i].placed
	}
	c.stale = false
	s.mu.Unlock()

	// A write that fails may leave half a slot. The generation stays, so that
	// the next one goes to the same slot and the good one is never at risk.
	err := c.store(&places)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		c.stale = true
		s.counts.writeErrors++
		return err
	}
	c.dirty = true
	for i := range places {
		c.wrote[i] = places[i].next
	}
	return nil
}

// store brings a slot into the file. A file that is not open is made.
func (c *Cursor) store(places *[Classes]placed) error {
	if c.f == nil || c.broken {
		return c.remake(places)
	}
	gen := c.gen + 1
	c.slot = appendSlot(c.slot[:0], gen, places)
	if _, err := c.f.WriteAt(c.slot, int64(gen%2)*slotSize); err != nil {
		return err
	}
	c.gen = gen
	return nil
}

// remake puts a new file in the place of the cursor's: at its first write, and
// after an fsync of the old one failed. A crash leaves the old file or the new one.
func (c *Cursor) remake(places *[Classes]placed) error {
	fsys, temp := c.s.fs, c.file+tempSuffix
	if err := fsys.remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := fsys.open(temp, openCreate)
	if err != nil {
		return err
	}
	content := make([]byte, cursorSize)
	gen := c.gen + 1
	copy(content[gen%2*slotSize:], appendSlot(nil, gen, places))
	_, err = f.WriteAt(content, 0)
	if err == nil && !c.s.cfg.sync.never() {
		err = f.Sync() // before the rename: a name must not stand for an empty file
	}
	if err == nil {
		err = fsys.rename(temp, c.file)
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	if c.f != nil {
		_ = c.f.Close() // nobody will trust it any more
	}
	c.f, c.gen, c.broken = f, gen, false
	c.s.namesChanged()
	return nil
}
