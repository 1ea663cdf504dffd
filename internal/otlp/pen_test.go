package otlp

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// putString writes the string and nothing beside it, and knows ASCII.
func TestPutStringWritesTheStringAlone(t *testing.T) {
	for n := range 200 {
		for high := -1; high < n; high++ {
			text := bytes.Repeat([]byte("abcdefg"), n/7+1)[:n]
			if high >= 0 {
				text[high] |= 0x80
			}
			room := bytes.Repeat([]byte{'#'}, n+2)
			_, p := extendAt(room[:1], n)
			got := putString(p, string(text))
			if want := "#" + string(text) + "#"; string(room) != want {
				t.Fatalf("%q: got %q, want %q", text, room, want)
			}
			if (got != 0) != (high >= 0) {
				t.Errorf("%q: got high bits %#x", text, got)
			}
		}
	}
}

func TestExtendAtKeepsWhatIsThere(t *testing.T) {
	for _, room := range []int{0, 3, 4, 5, 100} {
		dst := append(make([]byte, 0, 6+room), "before"...)
		dst, p := extendAt(dst, 4)
		store32(p, 'a'|'b'<<8|'c'<<16|'d'<<24)
		if string(dst) != "beforeabcd" {
			t.Errorf("room for %d: got %q", room, dst)
		}
	}
}

// A number is written with one store, whose rest lies behind it.
func TestShortVarintsAreVarints(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	check := func(v uint64) {
		want := AppendVarint(nil, v)
		if len(want) > shortVarint {
			return
		}
		var got []byte
		for w := shortVarintOf(v, len(want)); len(got) < len(want) || w != 0; w >>= 8 {
			got = append(got, byte(w))
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%d: got %x, want %x", v, got, want)
		}
	}
	for shift := range 36 {
		for d := range uint64(5) {
			check(1<<shift + d - 2)
		}
		for range 1000 {
			check(r.Uint64() >> (63 - shift))
		}
	}
}

// An attribute is the same however little room there is behind what is there, and all
// that is before it stays.
func TestAttributesDoNotDependOnTheRoom(t *testing.T) {
	for _, key := range []string{"k", "key.of.some.length", "schlüssel", "\xff", strings.Repeat("x", 130)} {
		for _, v := range []int64{0, 1, 127, 128, 1 << 34, 1<<35 - 1, 1 << 35, -1} {
			want := AppendInt([]byte("before"), TagRecordAttribute, key, v)
			for room := range 40 {
				dst := append(make([]byte, 0, 6+room), "before"...)
				if got := AppendInt(dst, TagRecordAttribute, key, v); !bytes.Equal(got, want) {
					t.Fatalf("%q: %d with room for %d: got %x, want %x", key, v, room, got, want)
				}
			}
			slow := append(appendKeySlow([]byte("before"), TagRecordAttribute, key, 1+SizeVarint(uint64(v))), TagKeyValueValue)
			if slow = appendIntMember(slow, v, SizeVarint(uint64(v))); !bytes.Equal(slow, want) {
				t.Errorf("%q: %d: got %x, want %x", key, v, want, slow)
			}
		}
	}
}
