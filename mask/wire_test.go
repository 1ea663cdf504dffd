package mask

import (
	"math/rand/v2"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// randomField returns a field of any wire type, tags and lengths also in
// longer encodings than they need, sometimes cut off.
func randomField(rng *rand.Rand) []byte {
	number := protowire.Number(1 + rng.IntN(20))
	if rng.IntN(10) == 0 {
		number = protowire.Number(1 + rng.Int32N(1<<29-1))
	}
	wire := protowire.Type(rng.IntN(8))
	b := padVarint(nil, protowire.EncodeTag(number, wire), rng.IntN(3))
	switch wire {
	case protowire.VarintType:
		b = padVarint(b, rng.Uint64()>>rng.IntN(64), rng.IntN(3))
	case protowire.Fixed64Type:
		b = protowire.AppendFixed64(b, rng.Uint64())
	case protowire.Fixed32Type:
		b = protowire.AppendFixed32(b, rng.Uint32())
	case protowire.BytesType:
		n := rng.IntN(300)
		b = append(padVarint(b, uint64(n), rng.IntN(3)), make([]byte, n)...)
	}
	if rng.IntN(4) == 0 {
		b = b[:rng.IntN(len(b)+1)]
	}
	return b
}

// padVarint appends v in up to pad bytes more than it needs, at most ten.
func padVarint(b []byte, v uint64, pad int) []byte {
	start := len(b)
	b = protowire.AppendVarint(b, v)
	for ; pad > 0 && len(b)-start < 10; pad-- {
		b[len(b)-1] |= 0x80
		b = append(b, 0)
	}
	return b
}

func TestFieldsEndWhereProtobufEndsThem(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	errors := 0
	for range 50000 {
		b := randomField(rng)
		number, wire, n := protowire.ConsumeField(b)
		tag, pos := longTag(b, 0)
		next := skip(b, tag, pos)
		switch {
		case n < 0 || wire == protowire.StartGroupType:
			errors++
			if next <= len(b) {
				t.Fatalf("field %x: got end %d, want an error", b, next)
			}
		case next != n:
			t.Fatalf("field %x: got end %d, want %d", b, next, n)
		case number < 16 && uint64(tag) != protowire.EncodeTag(number, wire):
			t.Fatalf("field %x: got tag %x, want number %d, type %d", b, tag, number, wire)
		case number >= 16 && (tag>>3 != 13 || protowire.Type(tag&7) != wire):
			t.Fatalf("field %x: got tag %x, want an unknown one of type %d", b, tag, wire)
		}
	}
	if errors < 1000 || errors > 40000 {
		t.Errorf("fields that are errors: got %d of 50000, which proves little", errors)
	}
}

func TestPositionsBehindTheInputAreTooFar(t *testing.T) {
	for _, b := range [][]byte{nil, {0x01}, {0xff}} {
		for pos := len(b); pos < len(b)+3; pos++ {
			if _, end := span(b, pos); end <= len(b) {
				t.Errorf("span of %x at %d: got end %d", b, pos, end)
			}
			if next := afterVarint(b, pos); next <= len(b) {
				t.Errorf("varint of %x at %d: got end %d", b, pos, next)
			}
			if _, next := longTag(b, pos); next <= len(b) {
				t.Errorf("tag of %x at %d: got end %d", b, pos, next)
			}
		}
	}
}

func TestNoLengthIsTooLongForAnInt(t *testing.T) {
	for _, n := range []uint64{1 << 31, 1<<31 - 1, 1 << 32, 1<<63 - 1, 1 << 63, 1<<64 - 1} {
		b := append(protowire.AppendVarint(nil, n), 0, 0)
		if start, end := span(b, 0); start != tooFar || end != tooFar {
			t.Errorf("length %d: got %d, %d, want %d", n, start, end, tooFar)
		}
	}
}
