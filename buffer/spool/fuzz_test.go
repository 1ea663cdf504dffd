package spool

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"testing"
)

// readAll reads what a cursor gets until there is no more, and returns the number
// of blocks. A hostile directory may cost as many calls as it has bytes.
func readAll(t *testing.T, c *Cursor, class Class, calls int) int {
	t.Helper()
	n := 0
	for range calls {
		var got Block
		ok, err := c.Next(class, &got)
		if _, damaged := errors.AsType[*CorruptionError](err); err != nil && !damaged {
			t.Fatalf("Next: got %v, want a *CorruptionError", err)
		}
		if ok {
			n++
			if len(got.Meta)+len(got.Data) > MaxBlock || got.Records > MaxRecords || got.Skip >= got.Records {
				t.Fatalf("got a block of %d bytes and %d records, %d of them to skip", len(got.Meta)+len(got.Data), got.Records, got.Skip)
			}
		}
		if !ok && err == nil {
			return n
		}
	}
	t.Fatalf("Next has no end after %d calls", calls)
	return n
}

// segmentFile returns the content of a segment with a few blocks.
func segmentFile(t testing.TB) (name string, content []byte) {
	t.Helper()
	m := newMemFS()
	s, _ := openMem(t, m, testConfig(t))
	for i := range 4 {
		mustAppend(t, s, testBlock(Info, 3, 100*i, uint64(i)))
	}
	mustClose(t, s)
	name = segmentName(Info, 0)
	return name, m.files[name].data
}

// reseal mends the checksums of a segment, so that the fuzzer comes behind them: a
// salt of zero and what a header says are enough to forge frames.
func reseal(content []byte) []byte {
	b := bytes.Clone(content)
	if len(b) < segmentHeader {
		return b
	}
	seg := &segment{class: Info}
	copy(b, appendSegmentHeader(nil, seg)[:40])
	copy(b[92:], sum(b[:92]))
	for at := segmentHeader; at+frameHeader <= len(b); at += frameAlign {
		if b[at] == 'F' && b[at+1] == 'R' {
			copy(b[at:], []byte{0x46, 0x52, 0x4d, 0x31})
			binary.LittleEndian.PutUint32(b[at+44:], headerSum(0, b[at:at+44]))
		}
	}
	return b
}

// sum returns the checksum of b as it stands in files.
func sum(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(nil, crc32.Checksum(b, castagnoli))
}

func FuzzSegment(f *testing.F) {
	_, content := segmentFile(f)
	f.Add(content, false)
	f.Add(content, true)
	f.Add(content[:len(content)/2], true)
	f.Add(reseal(content), true)
	f.Add([]byte{}, false)
	f.Fuzz(func(t *testing.T, content []byte, forge bool) {
		if forge {
			content = reseal(content)
		}
		m := newMemFS()
		name := segmentName(Info, 0)
		m.files[name] = &memFile{fs: m, name: name, data: content}
		s, _ := openMem(t, m, testConfig(t, WithSync(SyncNever())))
		c := mustCursor(t, s, "a")
		start := c.Place(Info)
		readAll(t, c, Info, len(content)+10)
		st := c.Stats()[Info]
		if end := s.Stats().Classes[Info].End; end < maxNumber && start+st.Settled+st.Damaged+st.Held != end {
			t.Errorf("got a sum of %+v from %d, want %d", st, start, end)
		}
		// What was there must not keep new blocks from being stored.
		if s.Stats().Classes[Info].End < maxNumber {
			mustAppend(t, s, testBlock(Info, 1, 10, 1))
			if n := readAll(t, c, Info, len(content)+10); n != 1 {
				t.Errorf("got %d new blocks, want 1", n)
			}
		}
		mustClose(t, s)
	})
}

func FuzzCursorFile(f *testing.F) {
	var p [Classes]placed
	slot := appendSlot(nil, 3, &p)
	p[1].next, p[1].settled = 7, 7
	f.Add(append(bytes.Clone(slot), appendSlot(nil, 4, &p)...), false)
	f.Add(slot, true)
	f.Add([]byte{}, false)
	f.Fuzz(func(t *testing.T, content []byte, forge bool) {
		if forge {
			content = bytes.Clone(content)
			for at := 0; at+slotSize <= len(content); at += slotSize {
				copy(content[at:], slot[:16])
				copy(content[at+slotSize-4:], sum(content[at:at+slotSize-4]))
			}
		}
		m := newMemFS()
		name := cursorFile("a")
		m.files[name] = &memFile{fs: m, name: name, data: content}
		s, rec := openMem(t, m, testConfig(t, WithSync(SyncNever())))
		c := mustCursor(t, s, "a")
		for class := range Class(Classes) {
			if place := c.Place(class); place > rec.Ends[class] {
				t.Errorf("%v: got place %d behind the end %d", class, place, rec.Ends[class])
			}
			b := testBlock(class, 2, 10, 1)
			span := mustAppend(t, s, b)
			if n := readAll(t, c, class, 10); n != 1 {
				t.Errorf("%v: got %d blocks, want 1", class, n)
			}
			if err := c.Advance(class, span.To); err != nil {
				t.Errorf("Advance: got %v, want nil", err)
			}
		}
		mustClose(t, s)
	})
}

func FuzzFileNames(f *testing.F) {
	f.Add("v1-low-0000000000000000.seg")
	f.Add("v1-b%2fc.cursor")
	f.Add("v1-.cursor")
	f.Fuzz(func(t *testing.T, name string) {
		if c, n, ok := parseSegmentName(name); ok && segmentName(c, n) != name {
			t.Errorf("got segment %v %d for %q, which is called %q", c, n, name, segmentName(c, n))
		}
		if n, ok := parseCursorFile(name); ok && cursorFile(n) != name {
			t.Errorf("got cursor %q for %q", n, name)
		}
		if len(name) >= 1 && len(name) <= maxName {
			if n, ok := parseCursorFile(cursorFile(name)); !ok || n != name {
				t.Errorf("got %q, %v for the file of cursor %q", n, ok, name)
			}
		}
	})
}
