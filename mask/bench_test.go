package mask

import (
	"fmt"
	"testing"
)

// benchRecord is a line of a web service: 6 attributes, about 220 bytes.
func benchRecord(b *testing.B, key string) []byte {
	return encode(b, record(
		attr("http.request.method", str("GET")),
		attr("url.path", str("/api/v1/orders/4711")),
		attr("http.response.status_code", num(200)),
		attr("duration_ms", double(12.5)),
		attr(key, str("u-4711")),
		attr("cached", boolean(true)),
	))
}

// BenchmarkAppendRecord has the plain copy beside it: no Masker can be faster.
func BenchmarkAppendRecord(b *testing.B) {
	run := func(name string, record []byte, mask func(dst, record []byte) []byte) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(record)))
			var dst []byte
			for b.Loop() {
				dst = mask(dst[:0], record)
			}
		})
	}
	m := newForTest(b)
	clean := benchRecord(b, "user.id")
	run("clean", clean, m.AppendRecord)
	run("copy", clean, func(dst, record []byte) []byte { return append(dst, record...) })
	run("masked", benchRecord(b, "password"), m.AppendRecord)
	deep := attr("password", str(secret))
	for range 8 {
		deep = attr("nested", object(attr("id", num(1)), deep))
	}
	run("masked in 8 maps", encode(b, record(deep)), m.AppendRecord)
}

// BenchmarkUnknownKeys is the worst that a flood of new keys can cost.
func BenchmarkUnknownKeys(b *testing.B) {
	m := newForTest(b)
	var records [][]byte
	for i := range 10000 {
		records = append(records, benchRecord(b, fmt.Sprint("some_key_of_a_user_", i*7919)))
	}
	b.ReportAllocs()
	var dst []byte
	for i := 0; b.Loop(); i++ {
		dst = m.AppendRecord(dst[:0], records[i%len(records)])
	}
}

func BenchmarkAppendRecordParallel(b *testing.B) {
	m := newForTest(b)
	clean := benchRecord(b, "user.id")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		var dst []byte
		for pb.Next() {
			dst = m.AppendRecord(dst[:0], clean)
		}
	})
}
