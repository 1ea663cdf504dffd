package otlp_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/logstream-go/logstream/internal/otlp"
)

// TestRandomRecordsWholeAndDamaged does in every test run, with fixed seeds,
// what the fuzz targets do for longer.
func TestRandomRecordsWholeAndDamaged(t *testing.T) {
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 2))
		data := randomBytes(seed, 1+r.IntN(600))
		record := appendRecord(nil, (&generator{data}).record())
		if len(record) > 50_000 {
			continue
		}
		lim := otlp.Limits{MaxBytes: r.IntN(4000) - 100, MaxAttributes: r.IntN(30) - 1, MaxValueLength: r.IntN(60) - 20}
		checkEncode(t, data)
		checkLimited(t, record, lim)
		for range 5 {
			damaged := damage(r, record)
			checkRead(t, damaged)
			checkLimited(t, damaged, lim)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// damage flips bits, overwrites bytes and cuts pieces out.
func damage(r *rand.Rand, record []byte) []byte {
	d := bytes.Clone(record)
	for range 1 + r.IntN(3) {
		if len(d) == 0 {
			break
		}
		at := r.IntN(len(d))
		switch r.IntN(3) {
		case 0:
			d[at] ^= 1 << r.IntN(8)
		case 1:
			d[at] = byte(r.IntN(256))
		default:
			d = append(d[:at:at], d[at+r.IntN(len(d)-at):]...)
		}
	}
	return d
}
