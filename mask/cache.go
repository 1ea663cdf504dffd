package mask

import (
	"encoding/binary"
	"math/rand/v2"
	"sync/atomic"
)

const (
	// cacheSlots bounds the verdicts that are remembered. A program uses a few
	// hundred keys; 1024 pointers are 8 KiB.
	cacheSlots = 1 << cacheBits
	cacheBits  = 10

	// maxCachedKey is the longest key, in bytes, that is remembered. With
	// cacheSlots it bounds the cache to about 200 KiB.
	maxCachedKey = 128

	// admitOneIn is how many unknown keys meet a full place before one of them
	// may replace what is there. A flood of keys that never return then costs
	// few allocations and leaves most of the useful verdicts in place.
	admitOneIn = 16
)

// keyCache remembers verdicts by the bytes of the key. A key has two places,
// neighbours in a table; each place holds one immutable entry, replaced as a
// whole by one atomic store. Lookups and stores may run at the same time: a
// lookup sees the old entry or the new one, and compares the whole key, so it
// finds the right verdict or none. Two stores that race for a place:
//
//	A: both places of key a are taken, it is a's turn, chooses place p
//	B: the same for key b, chooses p as well
//	A: stores the entry of a
//	B: stores the entry of b
//
// leave the entry of b; a is decided again when it comes back. An entry never
// changes, so no lookup can see a part of it.
type keyCache struct {
	spread [4]uint64 // Odd and random: nobody can aim keys at a place.
	misses atomic.Uint32
	slots  [cacheSlots]atomic.Pointer[cachedKey]
}

// cachedKey is a verdict and the key that it was made for.
type cachedKey struct {
	id      keyID
	verdict verdict
	key     string
}

func newKeyCache() *keyCache {
	c := new(keyCache)
	for i := range c.spread {
		c.spread[i] = rand.Uint64() | 1
	}
	return c
}

// lookup returns the verdict on key, if it is known. cut is as in words.split:
// a key with another cut is another key.
func (c *keyCache) lookup(key []byte, cut int) (verdict, bool) {
	id := identify(key, cut)
	place := c.place(id)
	if e := c.slots[place].Load(); e != nil && e.is(id, key) {
		return e.verdict, true
	}
	if e := c.slots[place^1].Load(); e != nil && e.is(id, key) {
		return e.verdict, true
	}
	return 0, false
}

// store remembers v for key, which it copies, unless both places are taken and
// it is not this key's turn to replace one.
func (c *keyCache) store(key []byte, cut int, v verdict) {
	if len(key) > maxCachedKey {
		return
	}
	id := identify(key, cut)
	place := c.place(id)
	if c.slots[place].Load() != nil {
		if place ^= 1; c.slots[place].Load() != nil {
			turn := c.misses.Add(1)
			if turn%admitOneIn != 0 {
				return
			}
			place ^= uint64(turn/admitOneIn) & 1
		}
	}
	c.slots[place].Store(&cachedKey{id, v, string(key)})
}

// place returns the first place of a key.
func (c *keyCache) place(id keyID) uint64 {
	sum := id.sizes*c.spread[0] + id.first*c.spread[1] + id.middle*c.spread[2] + id.last*c.spread[3]
	return sum >> (64 - cacheBits)
}

func (e *cachedKey) is(id keyID, key []byte) bool {
	return e.id.first == id.first && e.id.middle == id.middle && e.id.last == id.last &&
		e.id.sizes == id.sizes && (len(key) <= idBytes || e.key == string(key))
}

// keyID is a key of up to idBytes bytes in four words, so that most keys are
// compared without a call. Longer keys that differ only between the pieces
// have the same keyID.
type keyID struct {
	sizes               uint64 // The key's and its cut's.
	first, middle, last uint64 // Pieces of 8 bytes; they overlap below 24.
}

const idBytes = 24

func identify(key []byte, cut int) keyID {
	n := len(key)
	sizes := uint64(n) | uint64(cut)<<32
	switch {
	case n >= 8:
		return keyID{sizes, binary.LittleEndian.Uint64(key), binary.LittleEndian.Uint64(key[n/2-4:]), binary.LittleEndian.Uint64(key[n-8:])}
	case n >= 4:
		return keyID{sizes, uint64(binary.LittleEndian.Uint32(key)), 0, uint64(binary.LittleEndian.Uint32(key[n-4:]))}
	case n > 0:
		return keyID{sizes, uint64(key[0]), uint64(key[n/2]), uint64(key[n-1])}
	}
	return keyID{sizes: sizes}
}
