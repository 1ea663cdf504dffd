package buffer

import (
	"math"
	"slices"
	"testing"
)

func TestDrainMergesShardsByTime(t *testing.T) {
	const end = math.MaxInt64
	for _, test := range []struct {
		name   string
		shards [][]int64 // times
		want   []int64
	}{
		{"nothing", [][]int64{{}, {}, {}, {}}, []int64{}},
		{"one shard", [][]int64{{}, {3, 4, 5}, {}, {}}, []int64{3, 4, 5}},
		{"one after the other", [][]int64{{7, 8}, {5, 6}, {3, 4}, {1, 2}}, []int64{1, 2, 3, 4, 5, 6, 7, 8}},
		{"in turns", [][]int64{{1, 5}, {2, 6}, {3, 7}, {4, 8}}, []int64{1, 2, 3, 4, 5, 6, 7, 8}},
		{"equal times", [][]int64{{1, 1}, {1, 1}, {1}, {}}, []int64{1, 1, 1, 1, 1}},
		{"before 1970 and the end of time", [][]int64{{-5, end}, {end}, {-6, 0}, {1}}, []int64{-6, -5, 0, 1, end, end}},
		{"a shard that is not in order keeps its order", [][]int64{{1, 9, 2}, {3, 4, 10}, {}, {}}, []int64{1, 3, 4, 9, 2, 10}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newForTest(t, Config{Shards: 4, ShardSize: 4 << 10, MaxRecord: 64})
			n := 0
			for i, times := range test.shards {
				for _, tm := range times {
					put(t, r, uint32(i), Header{Time: tm}, 10)
					n++
				}
			}
			if got := drainTimes(r); !slices.Equal(got, test.want) {
				t.Errorf("times: got %v, want %v", got, test.want)
			}
			if got := r.Published(); got != uint64(n) {
				t.Errorf("Published: got %d, want %d", got, n)
			}
			if got := drainTimes(r); len(got) > 0 {
				t.Errorf("second pass: got %v, want nothing", got)
			}
		})
	}
}

func TestDrainStopsBeforeARecordThatIsRefused(t *testing.T) {
	for _, panics := range []bool{false, true} {
		r := newForTest(t, small)
		for i := range int64(6) {
			put(t, r, uint32(i), Header{Time: i}, 10)
		}
		n := int64(0)
		var got int
		func() {
			defer func() {
				if err := recover(); (err != nil) != panics {
					t.Errorf("recovered: got %v, want a panic to go on: %v", err, panics)
				}
			}()
			got = r.Drain(func(f *Frame) bool {
				if n == 4 && panics {
					panic("refused")
				}
				n++
				return n < 5
			})
		}()
		if want := 4; !panics && got != want {
			t.Errorf("Drain: got %d, want %d", got, want)
		}
		if got, want := drainTimes(r), []int64{4, 5}; !slices.Equal(got, want) {
			t.Errorf("next pass, panics %v: got %v, want %v", panics, got, want)
		}
	}
}

func TestDrainFreesWhatWasPassedOnBeforeAStop(t *testing.T) {
	r := newForTest(t, one)
	full := fill(t, r, erro, 32)
	n := 0
	r.Drain(func(*Frame) bool { n++; return n <= 10 })
	if got := fill(t, r, erro, 32); got != 10 {
		t.Errorf("room after 10 of %d frames were passed on: got %d frames, want 10", full, got)
	}
}

func TestDrainFreesALongPassInParts(t *testing.T) {
	r := newForTest(t, Config{Shards: 1, ShardSize: 256 << 10, MaxRecord: 1 << 10})
	full := fill(t, r, info, 224) // frames of 32 words
	every := freeEvery / 32
	n := 0
	r.Drain(func(*Frame) bool {
		n++
		if got, want := fill(t, r, info, 224), 0; n%every != 1 && got != want {
			t.Fatalf("room while record %d of %d is passed on: got %d frames, want %d", n, full, got, want)
		} else if n > 1 && n%every == 1 && got != every {
			t.Fatalf("room while record %d of %d is passed on: got %d frames, want %d", n, full, got, every)
		}
		return true
	})
	if n != full {
		t.Errorf("records of the pass: got %d, want those before it, %d", n, full)
	}
}

func TestDrainLeavesWhatIsPutDuringThePass(t *testing.T) {
	r := newForTest(t, small)
	put(t, r, 0, Header{Time: 1}, 10)
	put(t, r, 1, Header{Time: 2}, 10)
	var got []int64
	n := r.Drain(func(f *Frame) bool {
		got = append(got, f.Time)
		put(t, r, uint32(f.Time), Header{Time: f.Time + 10}, 10)
		return true
	})
	if want := []int64{1, 2}; n != 2 || !slices.Equal(got, want) {
		t.Errorf("first pass: got %v, want %v", got, want)
	}
	if got, want := drainTimes(r), []int64{11, 12}; !slices.Equal(got, want) {
		t.Errorf("second pass: got %v, want %v", got, want)
	}
}
