package mask

import (
	"testing"

	"github.com/logstream-go/logstream/internal/otlp"
)

func benchRecord(key string) []byte {
	var b []byte
	b = otlp.AppendTime(b, 1780000079190000000)
	b = otlp.AppendSeverity(b, 9, "INFO")
	b = otlp.AppendStringValue(b, otlp.TagRecordBody, "request handled")
	b = otlp.AppendString(b, otlp.TagRecordAttribute, "http.request.method", "GET")
	b = otlp.AppendString(b, otlp.TagRecordAttribute, "url.path", "/api/v1/orders/4711")
	b = otlp.AppendInt(b, otlp.TagRecordAttribute, "http.response.status_code", 200)
	b = otlp.AppendDouble(b, otlp.TagRecordAttribute, "duration_ms", 12.5)
	b = otlp.AppendString(b, otlp.TagRecordAttribute, key, "u-4711")
	b = otlp.AppendBool(b, otlp.TagRecordAttribute, "cached", true)
	return otlp.AppendObservedTime(b, 1780000079190000001)
}

func BenchmarkAppendRecord(b *testing.B) {
	m, err := New()
	if err != nil {
		b.Fatal(err)
	}
	for _, bc := range []struct{ name, key string }{{"clean", "user.id"}, {"masked", "api_key"}} {
		record := benchRecord(bc.key)
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(record)))
			var dst []byte
			for b.Loop() {
				dst = m.AppendRecord(dst[:0], record)
			}
		})
		b.Run(bc.name+"-append", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(record)))
			var dst []byte
			for b.Loop() {
				dst = append(dst[:0], record...)
			}
		})
	}
}
