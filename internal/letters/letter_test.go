package letters

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// some returns n letters of different sizes.
func some(n int) []Letter {
	list := make([]Letter, n)
	for i := range list {
		list[i] = Letter{Route: "primary", Sink: "first", Reason: strings.Repeat("no ", i%5), Time: int64(i) << 40, Request: bytes.Repeat([]byte{byte(i)}, i*7%300)}
	}
	return list
}

// encode returns a file of letters.
func encode(salt uint64, list []Letter) []byte {
	b := appendHeader(nil, salt)
	for i := range list {
		b = appendLetter(b, salt, &list[i])
	}
	return b
}

// all decodes b.
func all(t testing.TB, b []byte) (list []Letter, damaged int) {
	t.Helper()
	damaged, err := decode(b, func(l Letter) { list = append(list, l) })
	if err != nil {
		t.Fatal(err)
	}
	return list, damaged
}

func TestWhatIsEncodedIsDecoded(t *testing.T) {
	for _, n := range []int{0, 1, 2, 100} {
		want := some(n)
		got, damaged := all(t, encode(rand.Uint64(), want))
		if damaged > 0 || len(got) != n {
			t.Fatalf("got %d letters and %d damaged places, want %d and none", len(got), damaged, n)
		}
		for i := range got {
			if got[i].Request == nil {
				got[i].Request = []byte{}
			}
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("letter %d: got %+v, want %+v", i, got[i], want[i])
			}
		}
	}
}

func TestDamageCostsTheLetterThatItIsIn(t *testing.T) {
	want := some(20)
	whole := encode(1, want)
	for at := headerSize; at < len(whole); at++ {
		b := bytes.Clone(whole)
		b[at] ^= 0x40
		got, damaged := all(t, b)
		if damaged != 1 || len(got) != len(want)-1 {
			t.Fatalf("a wrong byte at %d: got %d letters and %d damaged places, want %d and 1", at, len(got), damaged, len(want)-1)
		}
	}
	for size := headerSize; size < len(whole); size++ {
		got, damaged := all(t, whole[:size])
		if len(got) >= len(want) || damaged > 1 {
			t.Fatalf("cut off at %d: got %d letters and %d damaged places", size, len(got), damaged)
		}
	}
}

func TestAHeaderThatIsWrongIsAnError(t *testing.T) {
	whole := encode(1, some(2))
	version := bytes.Clone(whole)
	version[8] = 9
	sum := bytes.Clone(whole)
	sum[20] ^= 1
	for _, tt := range []struct {
		name string
		b    []byte
		want error
	}{
		{"nothing", nil, errHeader},
		{"a part", whole[:20], errHeader},
		{"other text", []byte(strings.Repeat("x", 100)), errHeader},
		{"another version", version, errVersion},
		{"a wrong salt", sum, errHeader},
	} {
		t.Run(tt.name, func(t *testing.T) {
			damaged, err := decode(tt.b, func(Letter) { t.Error("got a letter") })
			if damaged != 1 || !errors.Is(err, tt.want) {
				t.Errorf("got %d damaged places and %v, want 1 and %v", damaged, err, tt.want)
			}
		})
	}
}

// A request may hold anything, also what looks like a frame of another file.
func TestATextThatLooksLikeAFrameIsNone(t *testing.T) {
	inner := encode(7, some(3))
	b := encode(8, []Letter{{Request: inner}, {Request: []byte("next")}})
	b[headerSize+5] ^= 1 // the size of the first one
	got, damaged := all(t, b)
	if damaged != 1 || len(got) != 1 || string(got[0].Request) != "next" {
		t.Errorf("got %+v and %d damaged places, want the second letter and 1", got, damaged)
	}
}

// FuzzDecode reads any file without a panic, and never more than there is. What it reads can be
// written again.
func FuzzDecode(f *testing.F) {
	f.Add(encode(3, some(3)), uint64(3), true)
	f.Add([]byte("logsdead"), uint64(0), false)
	f.Fuzz(func(t *testing.T, b []byte, salt uint64, repair bool) {
		if repair { // so that the fuzzer gets behind the checksums
			b = mend(b, salt)
		}
		size := 0
		var list []Letter
		_, err := decode(b, func(l Letter) {
			size += frameSize + len(l.Route) + len(l.Sink) + len(l.Reason) + len(l.Request)
			list = append(list, l)
		})
		if size > len(b) {
			t.Fatalf("got letters of %d bytes out of %d", size, len(b))
		}
		if err != nil {
			return
		}
		again, damaged := all(t, encode(salt, list))
		if damaged > 0 || fmt.Sprint(again) != fmt.Sprint(list) {
			t.Errorf("got %v and %d damaged places, want %v", again, damaged, list)
		}
	})
}

// mend gives a file a header, and its frames the checksums that they would have.
func mend(b []byte, salt uint64) []byte {
	out := appendHeader(nil, salt)
	for len(b) > 8 {
		n := min(int(b[0])+int(b[1]), len(b)-2)
		frame := appendLetter(nil, salt, &Letter{Request: b[2 : 2+n]})
		content := frame[frameSize+3:] // without the three empty texts: whatever the fuzzer says
		out = appendRaw(out, salt, content)
		b = b[2+n:]
	}
	return append(out, b...)
}

// appendRaw appends a frame of any content.
func appendRaw(dst []byte, salt uint64, content []byte) []byte {
	at := len(dst)
	dst = appendLetter(dst, salt, &Letter{})[:at+frameSize]
	dst = append(dst, content...)
	h := dst[at : at+frameSize]
	binary.LittleEndian.PutUint32(h[4:], uint32(len(content)))
	binary.LittleEndian.PutUint32(h[16:], crc32.Checksum(content, castagnoli))
	binary.LittleEndian.PutUint32(h[20:], headSum(salt, h))
	return dst
}
