package buffer

import (
	"bytes"
	"math"
	"slices"
	"testing"
	"unsafe"
)

func TestFrameIsLaidOutAsTheDocDrawsIt(t *testing.T) {
	w := make([]uint64, 6)
	h := Header{Time: 0x1112131415161718, Origin: 0x21222324, Severity: 0x31, Flags: 0x41}
	encode(w, &h, 0x5152, 0x6162636465666768, []byte("logstream"))
	want := []uint64{0x5152_41_31_00000009, 0x21222324, 0x6162636465666768, 0x1112131415161718}
	if got := w[:headerWords]; !slices.Equal(got, want) {
		t.Errorf("header: got %x, want %x", got, want)
	}
	if got, want := bytesOf(w[headerWords:]), []byte("logstream\x00\x00\x00\x00\x00\x00\x00"); !bytes.Equal(got, want) {
		t.Errorf("record: got %q, want %q", got, want)
	}
}

func TestFrameComesBackAsItWasWritten(t *testing.T) {
	for _, h := range []Header{
		{},
		{Time: 1, Origin: 2, Severity: 3, Flags: 4, Shard: 5, Seq: 6},
		{
			Time: math.MaxInt64, Origin: math.MaxUint32, Severity: math.MaxUint8,
			Flags: math.MaxUint8, Shard: math.MaxUint16, Seq: math.MaxUint64,
		},
		{Time: math.MinInt64},
	} {
		for n := range 40 {
			record := payload(nil, 7, n)
			size := frameWords(n)
			w := slices.Repeat([]uint64{math.MaxUint64}, int(size)+1)
			encode(w[:size], &h, h.Shard, h.Seq, record)
			var f Frame
			if got := decode(w, &f); got != size {
				t.Errorf("size of a frame of %d bytes: got %d, want %d", n, got, size)
			}
			if f.Header != h {
				t.Errorf("header: got %+v, want %+v", f.Header, h)
			}
			if !bytes.Equal(f.Data, record) || cap(f.Data) != n {
				t.Errorf("record: got %x with capacity %d, want %x", f.Data, cap(f.Data), record)
			}
			if w[size] != math.MaxUint64 {
				t.Errorf("the word behind a frame of %d bytes was written", n)
			}
		}
	}
}

func TestFrameWordsRoundsUp(t *testing.T) {
	for _, test := range []struct {
		n    int
		want uint64
	}{{0, 4}, {1, 5}, {7, 5}, {8, 5}, {9, 6}, {16, 6}, {218, 32}, {math.MaxInt32, 4 + 1<<28}} {
		if got := frameWords(test.n); got != test.want {
			t.Errorf("frameWords(%d): got %d, want %d", test.n, got, test.want)
		}
	}
}

// Producers and the consumer must not write to one cache line, nor two shards.
func TestMemoryKeepsWritersOnLinesOfTheirOwn(t *testing.T) {
	line := func(p unsafe.Pointer) uintptr { return uintptr(p) / cacheLine }
	for _, c := range []Config{small, {Shards: 16, ShardSize: 512 << 10, MaxRecord: 64<<10 + 1}} {
		r := newForTest(t, c)
		last := uintptr(0)
		for i := range r.shards {
			s := &r.shards[i]
			head, tail, circle := line(unsafe.Pointer(&s.head)), line(unsafe.Pointer(&s.tail)), line(unsafe.Pointer(&s.mem[0]))
			if head <= last || tail <= head || circle <= tail {
				t.Errorf("shard %d: got lines %x for head, %x for tail, %x for the circle, want all after %x and apart", i, head, tail, circle, last)
			}
			if drained := line(unsafe.Pointer(&s.drained)); drained != tail {
				t.Errorf("shard %d: got line %x for drained, want that of tail, %x", i, drained, tail)
			}
			last = line(unsafe.Pointer(&s.mem[s.size+frameWords(c.MaxRecord)-1]))
		}
	}
	var r Ring
	if got := unsafe.Offsetof(r.sleeping) - unsafe.Offsetof(r.hook); got < cacheLine {
		t.Errorf("from the immutable fields to sleeping: got %d bytes, want at least %d", got, cacheLine)
	}
	if got := unsafe.Offsetof(r.cursors) - unsafe.Offsetof(r.waiting); got < cacheLine {
		t.Errorf("from waiting to the consumer's fields: got %d bytes, want at least %d", got, cacheLine)
	}
}

func TestHeadIsAlignedForAtomicsOnEveryMachine(t *testing.T) {
	r := newForTest(t, Config{Shards: 4, ShardSize: 4 << 10, MaxRecord: 1})
	for i := range r.shards {
		s := &r.shards[i]
		for _, p := range []unsafe.Pointer{unsafe.Pointer(&s.head), unsafe.Pointer(&s.tail), unsafe.Pointer(&s.drained)} {
			if got := uintptr(p) % 8; got != 0 {
				t.Errorf("shard %d: address modulo 8: got %d, want 0", i, got)
			}
		}
	}
}
