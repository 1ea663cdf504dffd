package block

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestWriteToWritesWhatAppendRequestAppends(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 50, 400} {
		b := New(1<<16, origins(3))
		for i := range n {
			add(t, b, plain{}, Slot{Origin: uint32(rng.IntN(6))}, record(fmt.Sprint(i)))
		}
		batch := batchOf(b)
		var got bytes.Buffer
		written, err := batch.WriteTo(&got)
		want := batch.AppendRequest(nil)
		if err != nil || written != int64(len(want)) || !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%d records: got %d bytes and %v, want the %d of AppendRequest", n, written, err, len(want))
		}
	}
}

// full is a writer that takes so many bytes, and then none.
type full struct{ left int }

var errFull = errors.New("full")

func (f *full) Write(p []byte) (int, error) {
	n := min(len(p), f.left)
	if f.left -= n; n < len(p) {
		return n, errFull
	}
	return n, nil
}

func TestWriteToStopsAtTheFirstError(t *testing.T) {
	b := New(1<<16, origins(2))
	for i := range 20 {
		add(t, b, plain{}, Slot{Origin: uint32(i % 4)}, record("text"))
	}
	batch := batchOf(b)
	size := len(batch.AppendRequest(nil))
	for room := range size {
		if n, err := batch.WriteTo(&full{room}); n != int64(room) || err != errFull {
			t.Fatalf("with room for %d of %d bytes: got %d and %v", room, size, n, err)
		}
	}
}
