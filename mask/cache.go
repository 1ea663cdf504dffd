package mask

import (
	"encoding/binary"
	"math/rand/v2"
	"sync/atomic"

	"github.com/logstream-go/logstream/internal/keyname"
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
	verdict keyname.Verdict
	key     string
}

func newKeyCache() *keyCache {
	c := new(keyCache)
	for i := range c.spread {
		c.spread[i] = rand.Uint64() | 1
	}
	return c
}

// lookup returns the verdict on key, if it is known. cut is as in keyname.Rule.Verdict:
// a key with another cut is another key.
func (c *keyCache) lookup(key []byte, cut int) (keyname.Verdict, bool) {
	e := c.find(identify(key, cut))
	if e == nil || len(key) > idBytes && e.key != string(key) {
		return 0, false
	}
	return e.verdict, true
}

// find returns the entry of a keyID, or nil. That of a key of more than idBytes
// bytes may be another key's.
func (c *keyCache) find(id keyID) *cachedKey {
	place := c.place(id)
	if e := c.slots[place].Load(); e != nil && e.id.is(id) {
		return e
	}
	if e := c.slots[place^1].Load(); e != nil && e.id.is(id) {
		return e
	}
	return nil
}

// store remembers v for key, which it copies, unless both places are taken and
// it is not this key's turn to replace one.
func (c *keyCache) store(key []byte, cut int, v keyname.Verdict) {
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

// keyID is a key of up to idBytes bytes in four words, so that most keys are
// compared without a call. Longer keys that differ only between the pieces
// have the same keyID.
type keyID struct {
	sizes               uint64 // The key's and its cut's.
	first, middle, last uint64 // Pieces of 8 bytes: from 0, from 8, and up to the end.
}

const idBytes = 24

// identify returns the keyID of a key.
func identify(key []byte, cut int) keyID {
	id := keyID{}
	if n := len(key); n >= 8 {
		id = identifyIn(key, 0, n)
	} else {
		var b [8]byte
		copy(b[:], key)
		id = identifyIn(b[:], 0, n)
	}
	id.sizes |= uint64(cut) << 32
	return id
}

// identifyIn is identify for the key of n bytes at b[p:], where at least 8 bytes
// can be read. Its pieces are those that the key has bytes for; the rest is 0.
func identifyIn(b []byte, p, n int) keyID {
	id := keyID{sizes: uint64(n), first: binary.LittleEndian.Uint64(b[p:])}
	switch {
	case n > 16:
		id.middle = binary.LittleEndian.Uint64(b[p+8:])
		fallthrough
	case n >= 8:
		id.last = binary.LittleEndian.Uint64(b[p+n-8:])
	default:
		id.first &= 1<<(8*n) - 1
	}
	return id
}

func (id keyID) is(other keyID) bool {
	return (id.sizes^other.sizes)|(id.first^other.first)|(id.middle^other.middle)|(id.last^other.last) == 0
}
