package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"math/rand/v2"
	"time"
)

// maxScratch is the largest buffer that is kept from one Append to the next.
const maxScratch = 1 << 20

// Append stores b behind the last block of its class, and returns the numbers that
// its records got. Room is made by dropping what is older and not more severe; if
// that is not enough, the error is ErrFull.
//
// After an error b is not part of the spool: it is not read, and its numbers go to
// the next block. The spool stays usable, and the next call tries anew, so that a
// disk with room again needs no other attention. After nil, b survives the end of
// the process; whether it survives the end of the machine is up to SyncPolicy, or
// Commit.
//
// The slices of b are not retained.
func (s *Spool) Append(b *Block) (Span, error) {
	if err := b.check(); err != nil {
		return Span{}, err
	}
	s.appending.Lock()
	defer s.appending.Unlock()
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	if closed {
		return Span{}, ErrClosed
	}

	now := s.cfg.now()
	need := segmentHeader + align(frameHeader+4*int64(len(b.Origins))+int64(len(b.Meta)+len(b.Data)))
	for _, o := range b.Origins {
		need += align(frameHeader + int64(len(o.Blob)))
	}
	s.expire(now)
	if err := s.makeRoom(b.Class, need); err != nil {
		return Span{}, err
	}
	seg, err := s.activate(b.Class, need, now)
	if err == nil {
		err = s.write(seg, b, now)
	}
	if err != nil {
		s.mu.Lock()
		s.counts.writeErrors++
		s.mu.Unlock()
		return Span{}, fmt.Errorf("spool: %w", err)
	}
	span := Span{b.Class, b.First, b.First + uint64(b.Records)}
	s.wake()
	return span, nil
}

// activate returns the segment that a block of class goes to, and makes one where
// the last one is full, old, or not to be trusted.
//
// REQUIRES: appending is held.
func (s *Spool) activate(class Class, need int64, now time.Time) (*segment, error) {
	s.mu.Lock()
	ch := &s.chains[class]
	if a := ch.active; a != nil {
		full := a.size+need > s.cfg.segmentBytes
		old := s.cfg.age > 0 && now.Sub(a.created) > s.cfg.age/4
		if a.end == a.first || !full && !old {
			s.mu.Unlock()
			return a, nil
		}
		ch.active = nil
	}
	seg := &segment{
		class:   class,
		number:  ch.next,
		first:   ch.end,
		end:     ch.end,
		synced:  ch.end,
		salt:    rand.Uint64(),
		print:   s.cfg.print,
		size:    segmentHeader,
		disk:    segmentHeader,
		created: now,
		newest:  now,
		origins: make(map[uint32]int64),
	}
	ch.next++ // a name is tried once
	s.mu.Unlock()

	seg.name = segmentName(class, seg.number)
	f, err := s.fs.open(seg.name, openCreate)
	if err != nil {
		return nil, err
	}
	// What a crash leaves of it before the first block is an empty segment, or one
	// whose header is cut off. Recovery removes both.
	if _, err := f.WriteAt(appendSegmentHeader(nil, seg), 0); err != nil {
		err = errors.Join(err, f.Close())
		if err := s.fs.remove(seg.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.setAside(seg.name, segmentHeader)
		}
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	seg.f, seg.mine = f, true
	ch.segments = append(ch.segments, seg)
	ch.active = seg
	s.bytes += seg.disk
	s.names = true
	return seg, nil
}

// write puts b at the end of seg, and then into the chain.
//
// REQUIRES: appending is held.
func (s *Spool) write(seg *segment, b *Block, now time.Time) error {
	s.mu.Lock()
	size, start, f := seg.size, align(seg.size), seg.f
	seg.readers++ // keeps it open, and in its chain, should a sync give it up
	defer s.unpin(seg)
	b.First = s.chains[seg.class].end
	buf := s.scratch[:0]
	var fresh []uint32
	var places []int64
	for _, o := range b.Origins {
		if _, ok := seg.origins[o.ID]; ok {
			continue
		}
		fresh, places = append(fresh, o.ID), append(places, start+int64(len(buf)))
		buf = appendFrame(buf, seg.salt, &frame{
			kind: kindOrigin, first: uint64(o.ID), data: uint32(len(o.Blob)),
			time: now.UnixNano(), crc: crc32.Checksum(o.Blob, castagnoli),
		})
		buf = append(buf, o.Blob...)
		buf = append(buf, make([]byte, align(int64(len(buf)))-int64(len(buf)))...)
	}
	s.mu.Unlock()

	// The content first, for the checksum; then the header in front of it.
	at := len(buf)
	buf = append(buf, make([]byte, frameHeader)...)
	for _, o := range b.Origins {
		buf = binary.LittleEndian.AppendUint32(buf, o.ID)
	}
	buf = append(buf, b.Meta...)
	fr := frame{
		kind: kindBlock, first: b.First, records: uint32(b.Records), origins: uint32(len(b.Origins)),
		meta: uint32(len(b.Meta)), data: uint32(len(b.Data)), time: now.UnixNano(),
	}
	fr.crc = crc32.Update(crc32.Checksum(buf[at+frameHeader:], castagnoli), castagnoli, b.Data)
	appendFrame(buf[:at], seg.salt, &fr)
	if cap(buf) <= maxScratch {
		s.scratch = buf
	}

	err := writeParts(f, start, buf, b.Data)
	if err == nil && s.cfg.sync.always {
		err = s.force(seg, f)
	}
	if err != nil {
		s.rollBack(seg, f, size)
		return err
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	ch := &s.chains[seg.class]
	seg.size = start + int64(len(buf)+len(b.Data))
	s.bytes += seg.size - seg.disk
	seg.disk = seg.size
	seg.end = fr.end()
	seg.newest = now
	if s.cfg.sync.always {
		seg.synced = seg.end
	}
	for i, id := range fresh {
		seg.origins[id] = places[i]
	}
	ch.end = seg.end
	ch.appended += uint64(b.Records)
	return nil
}

// writeParts writes a, then b, at off. The data of a block is not copied for it.
func writeParts(f file, off int64, a, b []byte) error {
	if _, err := f.WriteAt(a, off); err != nil {
		return err
	}
	if len(b) == 0 {
		return nil
	}
	_, err := f.WriteAt(b, off+int64(len(a)))
	return err
}

// force brings what was written to seg to the disk, its name included.
//
// REQUIRES: appending is held.
func (s *Spool) force(seg *segment, f file) error {
	err := f.Sync()
	s.mu.Lock()
	linked := seg.linked
	s.mu.Unlock()
	if err == nil && !linked {
		err = s.fs.syncDir()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.counts.syncErrors++
		s.distrustLocked(seg)
		return err
	}
	seg.linked = true
	return nil
}

// rollBack takes what a failed Append has written off the end of seg. Where even
// that fails, nothing more goes into seg, and the next segment begins with the same
// record number, by which a reader knows that the rest of this one is void.
func (s *Spool) rollBack(seg *segment, f file, size int64) {
	if err := f.Truncate(size); err == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ch := &s.chains[seg.class]; ch.active == seg {
		ch.active = nil
	}
}

// unpin says that a use of seg's file without the lock is over.
func (s *Spool) unpin(seg *segment) {
	s.mu.Lock()
	seg.readers--
	files := s.idleLocked(seg)
	s.mu.Unlock()
	closeAll(files)
}

// distrustLocked ends the use of a segment whose fsync failed: the kernel may have
// thrown the data away and call the next fsync a success.
func (s *Spool) distrustLocked(seg *segment) {
	seg.suspect = true
	if ch := &s.chains[seg.class]; ch.active == seg {
		ch.active = nil
	}
}
