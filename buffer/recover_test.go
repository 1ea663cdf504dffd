package buffer

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// over returns a ring over memory that the test keeps.
func over(t testing.TB, c Config) (*Ring, []uint64) {
	t.Helper()
	mem := make([]uint64, c.Words())
	r, err := Over(c, mem)
	if err != nil {
		t.Fatal(err)
	}
	return r, mem
}

// id tells a record of a ring.
type id struct {
	shard uint16
	seq   uint64
}

// recovered returns what Recover finds in mem, and fails if a record is not what
// payload made for its time.
func recovered(t testing.TB, c Config, mem []uint64) (found []id, err error) {
	t.Helper()
	err = Recover(c, mem, func(f *Frame) {
		found = append(found, id{f.Shard, f.Seq})
		if want := payload(nil, uint64(f.Time), len(f.Data)); !bytes.Equal(f.Data, want) {
			t.Errorf("record %d of shard %d: got %x, want %x", f.Seq, f.Shard, f.Data, want)
		}
	})
	return found, err
}

func TestRecoverFindsWhatWasPublishedAndNotFreed(t *testing.T) {
	rng := random(t)
	for range 200 {
		c := small
		c.Held = rng.IntN(2) == 0
		r, mem := over(t, c)
		startAt(r, rng.Uint64()&posMask, rng.Uint64N(1<<40))
		want := map[id]bool{}
		for i := range 300 {
			switch {
			case rng.IntN(20) == 0:
				stop := rng.IntN(30)
				r.Drain(func(f *Frame) bool {
					if stop--; stop == 0 {
						r.Release()
						return false
					}
					if !c.Held {
						delete(want, id{f.Shard, f.Seq})
					}
					return true
				})
			case c.Held && rng.IntN(20) == 0:
				r.Release()
			default:
				hint := rng.Uint32()
				n := rng.IntN(c.MaxRecord)
				r.Put(&hint, Header{Time: int64(i), Severity: erro}, payload(nil, uint64(i), n))
			}
		}
		// What is in the ring is what its own counters say.
		var all []id
		for i := range r.shards {
			s := &r.shards[i]
			for n := s.drained.Load(); n < published(s.head.Load(), s.drained.Load()); n++ {
				all = append(all, id{s.id, n})
			}
		}
		found, err := recovered(t, c, mem)
		if err != nil || !slices.Equal(found, all) {
			t.Fatalf("got %v and %v, want %v", found, err, all)
		}
	}
}

// A writer that is stopped between claim and publish is one that the process's end
// caught there.
func TestRecoverLeavesOutWhatWasBeingWritten(t *testing.T) {
	r, mem := over(t, one)
	put(t, r, 0, Header{Time: 1}, 100)
	g := stopFirst(r)
	done := make(chan struct{})
	go func() {
		defer close(done)
		var hint uint32
		r.Put(&hint, Header{Time: 2}, payload(nil, 2, 100))
	}()
	recv(t, "the writer", g.entered)
	found, err := recovered(t, one, mem)
	if err != nil || !slices.Equal(found, []id{{0, 0}}) {
		t.Errorf("got %v and %v, want the first record", found, err)
	}
	if n := Claimed(one, mem); n != 1 {
		t.Errorf("%d writers are in the middle of a Put, want 1", n)
	}
	close(g.open)
	recv(t, "the end of the writer", done)
	if found, err := recovered(t, one, mem); err != nil || len(found) != 2 {
		t.Errorf("got %v and %v, want both records", found, err)
	}
}

func TestAHeldRingFreesOnRelease(t *testing.T) {
	c := one
	c.Held = true
	r, mem := over(t, c)
	n := 0
	for hint := uint32(0); r.Put(&hint, Header{Time: int64(n), Severity: info}, payload(nil, uint64(n), 100)) == OK; n++ {
	}
	if got := r.Drain(yes); got != n {
		t.Fatalf("drained %d, want %d", got, n)
	}
	if found, _ := recovered(t, c, mem); len(found) != n {
		t.Errorf("recovered %d before Release, want %d", len(found), n)
	}
	if got := r.Drain(yes); got != 0 {
		t.Errorf("drained %d of them twice", got)
	}
	var hint uint32
	if res := r.Put(&hint, Header{Severity: info}, make([]byte, 100)); res != Full {
		t.Errorf("Put before Release: got %v, want Full", res)
	}
	r.Release()
	if found, _ := recovered(t, c, mem); len(found) != 0 {
		t.Errorf("recovered %d after Release, want 0", len(found))
	}
	put(t, r, 0, Header{Time: 9}, 100)
	r.Close()
	for !r.Finished() {
		r.Drain(yes)
		r.Release()
	}
}

func TestReleaseInTheMiddleKeepsTheRecordAtHand(t *testing.T) {
	c := one
	c.Held = true
	r, mem := over(t, c)
	for i := range 5 {
		put(t, r, 0, Header{Time: int64(i)}, 10)
	}
	r.Drain(func(f *Frame) bool {
		r.Release()
		if found, err := recovered(t, c, mem); err != nil || len(found) == 0 || found[0].seq != f.Seq {
			t.Errorf("at record %d: recovered %v and %v, want it and the later ones", f.Seq, found, err)
		}
		return true
	})
}

func TestRecoverBelievesNothing(t *testing.T) {
	tests := []struct {
		name, want string
		spoil      func(s *shard)
		found      int
	}{
		{"nothing wrong", "", func(*shard) {}, 3},
		{"owned by a writer", "", func(s *shard) { s.head.Store(s.head.Load() | ownedBit) }, 3},
		{"tail behind every position", "from", func(s *shard) { s.tail.Store(1 << 50) }, 0},
		{"more than the shard", "holds", func(s *shard) { s.tail.Store(posMask - s.size) }, 0},
		{"a record beyond the head", "last", func(s *shard) { s.head.Store(advance(0, 6)) }, 0},
		{"a record beyond the limit", "bytes", func(s *shard) { s.mem[packedWord] = 1 << 31 }, 0},
		{"a record of another shard", "shard 7", func(s *shard) { s.mem[frameWords(100)] |= 7 << shardShift }, 1},
		{"a hole in the sequence", "after", func(s *shard) { s.mem[2*frameWords(100)+seqWord]++ }, 2},
	}
	for _, test := range tests {
		r, mem := over(t, one)
		for i := range 3 {
			put(t, r, 0, Header{Time: int64(i)}, 100)
		}
		test.spoil(&r.shards[0])
		found, err := recovered(t, one, mem)
		if len(found) != test.found {
			t.Errorf("%s: found %d records, want %d", test.name, len(found), test.found)
		}
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
	if err := Recover(one, make([]uint64, 3), nil); err == nil {
		t.Error("memory that is too small is no error")
	}
	if _, err := Over(one, nil); err == nil {
		t.Error("Over too little memory is no error")
	}
}

// FuzzRecover reads memory of any content.
func FuzzRecover(f *testing.F) {
	r, mem := over(f, one)
	for i := range 5 {
		put(f, r, 0, Header{Time: int64(i)}, 50*i)
	}
	f.Add(bytes.Clone(bytesOf(mem)))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, content []byte) {
		mem := make([]uint64, one.Words())
		copy(bytesOf(mem), content)
		total := 0
		Recover(one, mem, func(f *Frame) { total += len(f.Data) })
		if total > one.ShardSize {
			t.Errorf("%d bytes out of a shard of %d", total, one.ShardSize)
		}
	})
}
