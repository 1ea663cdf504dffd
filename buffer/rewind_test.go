package buffer

import "testing"

// A shard whose records are drained soon stays in the first part of its memory, however
// many there are, and numbers them as ever.
func TestAnEmptyShardBeginsAnew(t *testing.T) {
	for _, c := range []Config{
		{Shards: 1, ShardSize: 1 << 20, MaxRecord: 1 << 10},
		{Shards: 1, ShardSize: minShardSize, MaxRecord: 100},
	} {
		r := newForTest(t, c)
		startAt(r, posMask-1<<20, countMask-1000)
		var hint uint32
		var farthest, seq uint64
		const records, together, size = 100_000, 10, 80
		for range records / together {
			for range together {
				if res := r.Put(&hint, Header{}, make([]byte, size)); res != OK {
					t.Fatalf("Put: got %v, want %v", res, OK)
				}
			}
			farthest = max(farthest, headPos(r.shards[0].head.Load())&(r.shards[0].size-1))
			r.Drain(func(f *Frame) bool {
				if seq++; f.Seq != countMask-1000+seq-1 {
					t.Fatalf("record %d: got sequence number %d", seq-1, f.Seq)
				}
				return true
			})
		}
		if want := min(rewindFrom, r.shards[0].size/4) + together*frameWords(size); farthest > want {
			t.Errorf("shard of %d: got %d words in use, want at most %d", c.ShardSize, farthest, want)
		}
		if got := r.Published() - (countMask - 1000); got != records || seq != records {
			t.Errorf("shard of %d: got %d published and %d drained, want %d", c.ShardSize, got, seq, records)
		}
	}
}

// Memory that is looked at after a crash is used all round, so that no moment leaves a
// tail ahead of its head.
func TestAHeldRingDoesNotBeginAnew(t *testing.T) {
	r := newForTest(t, Config{Shards: 1, ShardSize: minShardSize, MaxRecord: 100, Held: true})
	if r.rewinds {
		t.Error("a ring that is held: got one that rewinds, want one that does not")
	}
	c := Config{Shards: 1, ShardSize: minShardSize, MaxRecord: 100}
	over, err := Over(c, make([]uint64, c.Words()))
	if err != nil {
		t.Fatal(err)
	}
	if over.rewinds {
		t.Error("a ring over memory of its owner: got one that rewinds, want one that does not")
	}
}
