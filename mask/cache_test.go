package mask

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/logstream-go/logstream/internal/keyname"
)

func TestTheCacheFindsWhatItStored(t *testing.T) {
	for n := range maxCachedKey + 1 {
		c := newKeyCache()
		key := bytes.Repeat([]byte("k"), n)
		c.store(key, 3, keyname.MasksText)
		if got, ok := c.lookup(key, 3); !ok || got != keyname.MasksText {
			t.Errorf("key of %d bytes: got %v, %v, want %v, true", n, got, ok, keyname.MasksText)
		}
		if _, ok := c.lookup(key, 0); ok {
			t.Errorf("key of %d bytes: found under another cut", n)
		}
	}
}

func TestTheCacheComparesWholeKeys(t *testing.T) {
	for n := 1; n <= 100; n++ {
		c := newKeyCache()
		key := bytes.Repeat([]byte("a"), n)
		c.store(key, 0, keyname.MasksText)
		for i := range key {
			other := bytes.Clone(key)
			other[i] = 'b'
			if _, ok := c.lookup(other, 0); ok {
				t.Errorf("%d bytes: the key that differs at %d was found", n, i)
			}
		}
	}
}

func TestAnEntryIsOfOneLengthAndCut(t *testing.T) {
	key := []byte("aaaaaaaaaa")
	e := cachedKey{id: identify(key, 0), key: string(key)}
	if !e.id.is(identify(key, 0)) {
		t.Error("the entry is not of its key")
	}
	if e.id.is(identify(key[1:], 0)) {
		t.Error("the entry is of a shorter key")
	}
	if e.id.is(identify(key, 2)) {
		t.Error("the entry is of the key with a cut")
	}
}

func TestTheCacheCopiesItsKeys(t *testing.T) {
	c := newKeyCache()
	key := []byte(strings.Repeat("long key ", 5))
	c.store(key, 0, keyname.MasksText)
	stored := string(key)
	key[12] = 'X'
	if _, ok := c.lookup([]byte(stored), 0); !ok {
		t.Error("the stored key changed with the caller's buffer")
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	c := newKeyCache()
	c.store(bytes.Repeat([]byte("x"), maxCachedKey+1), 0, keyname.MasksText)
	if got := c.used(); got != 0 {
		t.Errorf("entries after a key that is too long: got %d, want 0", got)
	}
	for i := range 20 * cacheSlots {
		c.store(fmt.Append(nil, "key", i), 0, 0)
	}
	if got := c.used(); got < cacheSlots/2 || got > cacheSlots {
		t.Errorf("entries: got %d, want %d to %d", got, cacheSlots/2, cacheSlots)
	}
}

func TestANewKeyGetsInAfterAFlood(t *testing.T) {
	c := newKeyCache()
	for i := range 20 * cacheSlots {
		c.store(fmt.Append(nil, "key", i), 0, 0)
	}
	key := []byte("new")
	for range 4 * admitOneIn {
		c.store(key, 0, keyname.MasksText)
	}
	if got, ok := c.lookup(key, 0); !ok || got != keyname.MasksText {
		t.Errorf("got %v, %v, want %v, true", got, ok, keyname.MasksText)
	}
}

func TestAFloodAllocatesForFewOfItsKeys(t *testing.T) {
	c := newKeyCache()
	for i := range 20 * cacheSlots {
		c.store(fmt.Append(nil, "key", i), 0, 0)
	}
	before := c.entries()
	for i := range 1600 {
		c.store(fmt.Append(nil, "other", i), 0, 0)
	}
	changed := 0
	for i, e := range c.entries() {
		if e != before[i] {
			changed++
		}
	}
	if changed == 0 || changed > 1600/admitOneIn {
		t.Errorf("entries replaced by 1600 keys: got %d, want 1 to %d", changed, 1600/admitOneIn)
	}
}

// entries returns the content of all places.
func (c *keyCache) entries() (all [cacheSlots]*cachedKey) {
	for i := range c.slots {
		all[i] = c.slots[i].Load()
	}
	return all
}

func (c *keyCache) used() (n int) {
	for _, e := range c.entries() {
		if e != nil {
			n++
		}
	}
	return n
}

// TestAppendRecordConcurrentSafe masks from many goroutines with more keys than
// the cache has places, so that entries are replaced while others read them.
func TestAppendRecordConcurrentSafe(t *testing.T) {
	const goroutines, rounds, kinds = 8, 3, 400
	m := newForTest(t)
	var ins, wants [][]byte
	for i := range kinds {
		other := fmt.Sprintf("key%d_of_a_record", i%7*i)
		strong := fmt.Sprintf("k%s_password", strings.Repeat("x", i%90))
		ins = append(ins, encode(t, record(attr(other, object(attr(strong, str(secret)))), attr(fmt.Sprint("n", i, "e"), num(1)))))
		wants = append(wants, encode(t, record(attr(other, object(attr(strong, redacted))), attr(fmt.Sprint("n", i, "e"), num(1)))))
	}
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			var dst []byte
			for i := range rounds * kinds {
				k := (i*7 + g*13) % kinds
				dst = m.AppendRecord(dst[:0], ins[k])
				if !bytes.Equal(dst, wants[k]) {
					t.Errorf("record %d: got %x, want %x", k, dst, wants[k])
					return
				}
			}
		})
	}
	wg.Wait()
	if got := m.Masked(); got != goroutines*rounds*kinds {
		t.Errorf("masked: got %d, want %d", got, goroutines*rounds*kinds)
	}
}
