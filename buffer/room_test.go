package buffer

import (
	"runtime"
	"sync"
	"testing"
	"time"
)

// isClosed reports whether c is closed.
func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestRoomIsClosedWhenMemoryIsFreed(t *testing.T) {
	r := newForTest(t, one)
	fill(t, r, erro, 100)
	c := r.Room()
	if c != r.Room() {
		t.Error("two calls of Room: got two channels, want one")
	}
	r.Drain(func(*Frame) bool { return false })
	if isClosed(c) {
		t.Error("after a pass that freed nothing: got a closed channel, want an open one")
	}
	n := 0
	r.Drain(func(*Frame) bool { n++; return n < 2 })
	if !isClosed(c) {
		t.Error("after a pass that freed one record: got an open channel, want a closed one")
	}
	if c := r.Room(); isClosed(c) {
		t.Error("Room after that: got a closed channel, want a new one")
	}
}

// Who waits for room is woken in the middle of a pass, once much of it is free, and
// not for each part of it.
func TestRoomIsClosedOnceHalfOfAShardIsFree(t *testing.T) {
	r := newForTest(t, Config{Shards: 1, ShardSize: 256 << 10, MaxRecord: 1 << 10})
	n := fill(t, r, erro, 1000)
	c := r.Room()
	woken, passed := 0, 0
	r.Drain(func(*Frame) bool {
		if passed++; isClosed(c) {
			if woken == 0 && (passed < n/2 || passed > n/2+n/4) {
				t.Errorf("of %d records %d were passed on: got a closed channel, want it after half of them", n, passed)
			}
			woken++
			c = r.Room()
		}
		return true
	})
	if woken != 1 || !isClosed(c) {
		t.Errorf("wakes: got %d in the pass and %t at its end, want 1 and true", woken, isClosed(c))
	}
}

// Of a ring of many shards no more is freed before those who wait are woken.
func TestRoomOfManyShardsIsToldAsSoon(t *testing.T) {
	const shards = 8
	r := newForTest(t, Config{Shards: shards, ShardSize: 256 << 10, MaxRecord: 1 << 10})
	n, at := 0, int64(0)
	for hint := uint32(0); ; n++ {
		hint = uint32(n) // in turn
		at++
		if r.Put(&hint, Header{Severity: erro, Time: at}, make([]byte, 1000)) == Full {
			break
		}
	}
	c := r.Room()
	passed, first := 0, 0
	r.Drain(func(*Frame) bool {
		if passed++; first == 0 && isClosed(c) {
			first = passed
		}
		return true
	})
	// Each shard is freed 32 KiB at a time, so that the first 32 KiB of all come first.
	if first == 0 || first > n/shards*2 {
		t.Errorf("of %d records in %d shards: got a closed channel after %d, want it after those of one or two", n, shards, first)
	}
}

// A function of Drain that is going to wait lets go of what was passed on before.
func TestReleaseInAPassTellsOfRoom(t *testing.T) {
	r := newForTest(t, one)
	n := fill(t, r, erro, 100)
	c := r.Room()
	passed := 0
	r.Drain(func(*Frame) bool {
		switch passed++; passed {
		case 1:
			if r.Release(); isClosed(c) {
				t.Error("Release with the first record: got a closed channel, want an open one")
			}
		case 2:
			if r.Release(); !isClosed(c) {
				t.Error("Release with the second record: got an open channel, want a closed one")
			}
			if got := fill(t, r, erro, 100); got != 1 {
				t.Errorf("records that fit then: got %d, want 1", got)
			}
		}
		return true
	})
	if passed != n {
		t.Errorf("records of the pass: got %d, want %d", passed, n)
	}
}

func TestRoomStaysOpenAfterClose(t *testing.T) {
	r := newForTest(t, one)
	fill(t, r, erro, 100)
	before := r.Room()
	r.Close()
	r.Close()
	if !isClosed(before) {
		t.Error("Room from before Close: got an open channel, want a closed one")
	}
	if c := r.Room(); !isClosed(c) {
		t.Error("Room after Close: got an open channel, want a closed one")
	}
	r.Drain(yes)
	if c := r.Room(); !isClosed(c) {
		t.Error("Room after Close and Drain: got an open channel, want a closed one")
	}
}

// Producers wait for room, the consumer for records, over a ring that holds few.
// One lost wake-up on either side stops them all.
func TestNoRoomIsMissedConcurrentSafe(t *testing.T) {
	const producers, records = 4, 300
	r := newForTest(t, Config{Shards: 1, ShardSize: 4 << 10, MaxRecord: 1 << 10})
	var wg sync.WaitGroup
	for range producers {
		wg.Go(func() {
			timer := time.NewTimer(patience)
			defer timer.Stop()
			var hint uint32
			for range records {
				for {
					room := r.Room()
					res := r.Put(&hint, Header{}, make([]byte, 700)) // 5 of them fill the ring
					if res == OK {
						break
					}
					if res == Contention {
						runtime.Gosched()
						continue
					}
					select {
					case <-room:
					case <-timer.C:
						t.Error("Room: nothing came")
						return
					}
				}
			}
		})
	}
	go func() {
		wg.Wait()
		r.Close()
	}()
	n := 0
	consume(t, r, false, func(*Frame) { n++ })
	if want := producers * records; n != want && !t.Failed() {
		t.Errorf("records: got %d, want %d", n, want)
	}
}
