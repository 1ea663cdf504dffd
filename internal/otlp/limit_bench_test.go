package otlp_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/logstream-go/logstream/internal/otlp"
)

// hostileRecord is a record of about n bytes made of as many of the smallest
// parts as fit.
func hostileRecord(shape string, n int) []byte {
	var b []byte
	switch shape {
	case "unique attributes":
		for i := 0; len(b) < n; i++ {
			b = otlp.AppendNull(b, otlp.TagRecordAttribute, fmt.Sprintf("%x", i))
		}
	case "one key":
		for len(b) < n {
			b = otlp.AppendNull(b, otlp.TagRecordAttribute, "key")
		}
	case "empty attributes":
		return bytes.Repeat([]byte{otlp.TagRecordAttribute, 0}, n/2)
	case "empty maps in a map":
		b, m := otlp.OpenMapValue(b, otlp.TagRecordBody)
		for i := 0; len(b) < n; i++ {
			var inner otlp.MapMark
			b, inner = otlp.OpenMap(b, otlp.TagMapEntry, fmt.Sprintf("%x", i))
			b = otlp.CloseMap(b, inner)
		}
		return otlp.CloseMapValue(b, m)
	case "wide map at the bottom of deep ones":
		marks := make([]otlp.MapMark, otlp.MaxDepth-1)
		b, top := otlp.OpenMapValue(b, otlp.TagRecordBody)
		for i := range marks {
			b, marks[i] = otlp.OpenMap(b, otlp.TagMapEntry, "k")
		}
		for i := 0; len(b) < n; i++ {
			b = otlp.AppendNull(b, otlp.TagMapEntry, fmt.Sprintf("%x", i))
		}
		for _, m := range slices.Backward(marks) {
			b = otlp.CloseMap(b, m)
		}
		return otlp.CloseMapValue(b, top)
	case "arrays without end":
		// Written inside out, which is quadratic: 16 KiB whatever n is.
		for len(b) < 1<<14 {
			inner := otlp.AppendBytesField(nil, otlp.TagArrayElement, b)
			b = otlp.AppendBytesField(nil, 5<<3|2, inner)
		}
		return otlp.AppendBytesField(nil, otlp.TagRecordBody, b)
	}
	return b
}

var hostileShapes = []string{"unique attributes", "one key", "empty attributes", "empty maps in a map", "wide map at the bottom of deep ones", "arrays without end"}

func TestHostileRecordsAreLimited(t *testing.T) {
	for _, shape := range hostileShapes {
		record := hostileRecord(shape, 1<<16)
		for _, lim := range []otlp.Limits{{MaxBytes: 1024, MaxAttributes: -1}, {MaxBytes: 16 << 10, MaxAttributes: 128}, {MaxAttributes: -1}} {
			checkLimited(t, record, lim)
		}
	}
}

// BenchmarkHostileRecord shows by its MB/s that the cost is linear: it must
// not fall as the record grows.
func BenchmarkHostileRecord(b *testing.B) {
	for _, shape := range hostileShapes {
		for _, size := range []int{1 << 14, 1 << 17, 1 << 20} {
			record := hostileRecord(shape, size)
			b.Run(fmt.Sprintf("%s/size=%d", shape, size), func(b *testing.B) {
				var buf []byte
				b.SetBytes(int64(len(record)))
				b.ReportAllocs()
				for b.Loop() {
					buf = otlp.AppendLimited(buf[:0], record, otlp.Limits{MaxBytes: 8 << 10, MaxAttributes: 128})
				}
			})
		}
	}
}

func BenchmarkAppendLimited(b *testing.B) {
	id, span := [16]byte(traceID), [8]byte(spanID)
	typical := appendTypical(nil, &id, &span)
	grouped := appendRecord(nil, fullRecord())
	var many, twice []byte
	for i := range 100 {
		many = otlp.AppendInt(many, otlp.TagRecordAttribute, fmt.Sprint("key", i), 1)
	}
	twice = otlp.AppendInt(append(twice, typical...), otlp.TagRecordAttribute, "status", 500)
	large := otlp.AppendString(bytes.Clone(typical), otlp.TagRecordAttribute, "dump", string(bytes.Repeat([]byte("x"), 100_000)))
	for _, c := range []struct {
		name   string
		record []byte
		length int
	}{
		{"typical", typical, 0},
		{"with a map", grouped, 0},
		{"100 attributes", many, 0},
		{"duplicate key", twice, 0},
		{"too large", large, 0},
		{"typical with a length", typical, 256},
		{"too long", large, 256},
	} {
		b.Run(c.name, func(b *testing.B) {
			var buf []byte
			b.SetBytes(int64(len(c.record)))
			b.ReportAllocs()
			for b.Loop() {
				buf = otlp.AppendLimited(buf[:0], c.record, otlp.Limits{MaxBytes: 64 << 10, MaxAttributes: 128, MaxValueLength: c.length})
			}
		})
	}
}
