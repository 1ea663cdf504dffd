package workload

import (
	"log/slog"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/logstream-go/logstream/internal/interop/otlpjson"
)

func intSample(n int64) sample {
	return sample{value: slog.Int64Value(n), want: otlpjson.IntOf(n)}
}

// anyInt has a random number of significant bits.
func anyInt(r *rand.Rand) sample { return intSample(int64(r.Uint64()) >> r.IntN(64)) }

func edgeInt(r *rand.Rand) sample {
	return intSample(pick(r, []int64{
		0, 1, -1, 127, 128, 16383, 16384, math.MaxInt32, math.MinInt32,
		math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, math.MinInt64 + 1,
	}))
}

// smallUint fits an int64.
func smallUint(r *rand.Rand) sample {
	n := pick(r, []uint64{0, 1, math.MaxInt64, r.Uint64() >> (1 + r.IntN(63))})
	return sample{value: slog.Uint64Value(n), want: otlpjson.IntOf(int64(n))}
}

// bigUint does not, and arrives as text.
func bigUint(r *rand.Rand) sample {
	n := pick(r, []uint64{math.MaxInt64 + 1, math.MaxUint64, r.Uint64() | 1<<63})
	return sample{value: slog.Uint64Value(n), want: otlpjson.StringOf(strconv.FormatUint(n, 10))}
}

func doubleSample(f float64) sample {
	return sample{value: slog.Float64Value(f), want: otlpjson.DoubleOf(f)}
}

// anyDouble has random bits, so that every exponent occurs. NaNs are left to edgeDouble.
func anyDouble(r *rand.Rand) sample {
	f := math.Float64frombits(r.Uint64())
	if math.IsNaN(f) {
		f = r.Float64()
	}
	return doubleSample(f)
}

func edgeDouble(r *rand.Rand) sample {
	return doubleSample(pick(r, []float64{
		0, math.Copysign(0, -1), 1, 0.1, math.NaN(), math.Inf(1), math.Inf(-1),
		math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, 1 << 53, 1<<53 + 1, 1e21, 1e-7, math.Pi,
	}))
}

func boolean(r *rand.Rand) sample {
	b := r.IntN(2) == 0
	return sample{value: slog.BoolValue(b), want: otlpjson.BoolOf(b)}
}

// duration arrives in nanoseconds.
func duration(r *rand.Rand) sample {
	d := pick(r, []time.Duration{0, 1, -1, time.Second, math.MinInt64, math.MaxInt64, time.Duration(r.Int64())})
	return sample{value: slog.DurationValue(d), want: otlpjson.IntOf(int64(d))}
}

var zones = []*time.Location{
	time.UTC, time.FixedZone("CET", 3600), time.FixedZone("", -(9*3600 + 30*60)), time.FixedZone("NPT", 5*3600+45*60),
}

// instant arrives as text in its own zone, with as many digits as it needs.
func instant(r *rand.Rand) sample {
	t := pick(r, []time.Time{
		{},
		time.Unix(0, 0), time.Unix(-1, 999999999), time.Unix(1767225600, 120000000),
		time.Date(1677, 1, 2, 3, 4, 5, 6, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC),
		time.Unix(r.Int64N(4e9), r.Int64N(1e9)), time.Unix(r.Int64N(4e9), 0),
	})
	// The zero time has no zone to convert: slog drops it.
	if !t.IsZero() {
		t = t.In(pick(r, zones))
	}
	return sample{value: slog.TimeValue(t), want: otlpjson.StringOf(t.Format(time.RFC3339Nano))}
}

// sizedNumber is a number of another size or name than slog has a kind for.
func sizedNumber(r *rand.Rand) sample {
	n := r.Uint64()
	return pick(r, []sample{
		of(int8(n), otlpjson.IntOf(int64(int8(n)))),
		of(int16(n), otlpjson.IntOf(int64(int16(n)))),
		of(int32(n), otlpjson.IntOf(int64(int32(n)))),
		of(uint8(n), otlpjson.IntOf(int64(uint8(n)))),
		of(uint16(n), otlpjson.IntOf(int64(uint16(n)))),
		of(uint32(n), otlpjson.IntOf(int64(uint32(n)))),
		of(float32(n), otlpjson.DoubleOf(float64(float32(n)))),
	})
}
