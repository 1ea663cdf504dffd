package otlp_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/otlp"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
)

func BenchmarkAppendString(b *testing.B) {
	key := "http.route"
	for _, n := range []int{0, 4, 8, 16, 40, 100, 300, 2000} {
		v := strings.Repeat("v", n)
		b.Run(fmt.Sprintf("value=%d", n), func(b *testing.B) {
			buf := make([]byte, 0, 4096)
			b.ReportAllocs()
			for b.Loop() {
				buf = otlp.AppendString(buf[:0], otlp.TagRecordAttribute, key, v)
			}
		})
	}
	b.Run("value of 16 multibyte", func(b *testing.B) {
		v := strings.Repeat("é", 16)
		buf := make([]byte, 0, 4096)
		b.ReportAllocs()
		for b.Loop() {
			buf = otlp.AppendString(buf[:0], otlp.TagRecordAttribute, key, v)
		}
	})
}

func BenchmarkAppendScalar(b *testing.B) {
	key := "http.status"
	buf := make([]byte, 0, 256)
	b.Run("int", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf = otlp.AppendInt(buf[:0], otlp.TagRecordAttribute, key, 200)
		}
	})
	b.Run("negative int", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf = otlp.AppendInt(buf[:0], otlp.TagRecordAttribute, key, -200)
		}
	})
	b.Run("bool", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf = otlp.AppendBool(buf[:0], otlp.TagRecordAttribute, key, true)
		}
	})
	b.Run("double", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf = otlp.AppendDouble(buf[:0], otlp.TagRecordAttribute, key, 0.25)
		}
	})
	b.Run("time", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf = otlp.AppendTime(buf[:0], 1700000000123456789)
		}
	})
	b.Run("string value", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf = otlp.AppendStringValue(buf[:0], otlp.TagRecordBody, "request done")
		}
	})
	b.Run("map of one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var m otlp.MapMark
			buf, m = otlp.OpenMap(buf[:0], otlp.TagRecordAttribute, "http")
			buf = otlp.AppendInt(buf, otlp.TagMapEntry, "status", 200)
			buf = otlp.CloseMap(buf, m)
		}
	})
}

// appendTypical is a record as a web service logs it: six attributes, 218
// bytes or so, trace context.
func appendTypical(dst []byte, id *[16]byte, span *[8]byte) []byte {
	dst = otlp.AppendTime(dst, 1700000000123456789)
	dst = otlp.AppendSeverity(dst, 9, "INFO")
	dst = otlp.AppendStringValue(dst, otlp.TagRecordBody, "request done")
	dst = otlp.AppendString(dst, otlp.TagRecordAttribute, "method", "GET")
	dst = otlp.AppendString(dst, otlp.TagRecordAttribute, "path", "/api/v1/orders/1234567")
	dst = otlp.AppendInt(dst, otlp.TagRecordAttribute, "status", 200)
	dst = otlp.AppendDouble(dst, otlp.TagRecordAttribute, "seconds", 0.0125)
	dst = otlp.AppendBool(dst, otlp.TagRecordAttribute, "cached", true)
	dst = otlp.AppendString(dst, otlp.TagRecordAttribute, "user", "4f2c1e9a-77b0")
	dst = otlp.AppendTrace(dst, 1, id, span)
	return otlp.AppendObservedTime(dst, 1700000000123456999)
}

func BenchmarkRecord(b *testing.B) {
	id, span := [16]byte(traceID), [8]byte(spanID)
	record := appendTypical(nil, &id, &span)
	b.Run("append", func(b *testing.B) {
		buf := make([]byte, 0, 512)
		b.SetBytes(int64(len(record)))
		b.ReportAllocs()
		for b.Loop() {
			buf = appendTypical(buf[:0], &id, &span)
		}
	})
	b.Run("parse and walk", func(b *testing.B) {
		b.SetBytes(int64(len(record)))
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			r, err := otlp.ParseRecord(record)
			if err != nil {
				b.Fatal(err)
			}
			for kv, err := range r.Attributes() {
				if err != nil {
					b.Fatal(err)
				}
				n += len(kv.Key)
			}
		}
	})
	b.Run("validate", func(b *testing.B) {
		b.SetBytes(int64(len(record)))
		b.ReportAllocs()
		for b.Loop() {
			if err := otlp.Validate(record, otlp.MaxDepth); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("generated code marshals", func(b *testing.B) {
		var m logspb.LogRecord
		if err := proto.Unmarshal(record, &m); err != nil {
			b.Fatal(err)
		}
		buf := make([]byte, 0, 512)
		b.SetBytes(int64(len(record)))
		b.ReportAllocs()
		for b.Loop() {
			buf, _ = proto.MarshalOptions{}.MarshalAppend(buf[:0], &m)
		}
	})
	b.Run("generated code unmarshals", func(b *testing.B) {
		b.SetBytes(int64(len(record)))
		b.ReportAllocs()
		for b.Loop() {
			var m logspb.LogRecord
			if err := proto.Unmarshal(record, &m); err != nil {
				b.Fatal(err)
			}
		}
	})
}
