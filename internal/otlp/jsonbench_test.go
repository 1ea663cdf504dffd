package otlp_test

import (
	"fmt"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/logstream-go/logstream/internal/otlp"
)

// typicalRequest has n records as a web service logs them.
func typicalRequest(n int) []byte {
	id, span := [16]byte(traceID), [8]byte(spanID)
	record := appendTypical(nil, &id, &span)
	records := make([][]byte, n)
	for i := range records {
		records[i] = record
	}
	return appendRequest(nil, records...)
}

func TestJSONAllocatesNothing(t *testing.T) {
	record := appendRecord(nil, fullRecord())
	buf := make([]byte, 0, 64<<10)
	for name, v := range values() {
		if r := appendRecord(nil, body(v)); len(r) < 10_000 {
			wantAllocs(t, name, 0, func() { buf, _ = otlp.AppendJSONRecord(buf[:0], r) })
			text := inRequest(string(buf))
			wantAllocs(t, name+" read", 0, func() { buf, _ = otlp.AppendRequestFromJSON(buf[:0], text) })
		}
	}
	wantAllocs(t, "every field", 0, func() { buf, _ = otlp.AppendJSONRecord(buf[:0], record) })
	request := typicalRequest(10)
	wantAllocs(t, "request", 0, func() { buf, _ = otlp.AppendJSONRequest(buf[:0], request) })
	wantAllocs(t, "refusal", 0, func() { buf, _ = otlp.AppendJSONRecord(buf[:0], record[:len(record)-1]) })
	text := toJSON(t, request)
	wantAllocs(t, "request read", 0, func() { buf, _ = otlp.AppendRequestFromJSON(buf[:0], text) })
	wantAllocs(t, "refusal of a text", 1, func() { buf, _ = otlp.AppendRequestFromJSON(buf[:0], text[:len(text)-1]) })
}

// The bytes per second are those of the JSON, in both directions.
func BenchmarkJSON(b *testing.B) {
	const records = 100
	request := typicalRequest(records)
	text := toJSON(b, request)
	perRecord := func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		b.Cleanup(func() {
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/records, "ns/record")
		})
	}
	theirs := plogotlp.NewExportRequest()
	if err := theirs.UnmarshalProto(request); err != nil {
		b.Fatal(err)
	}
	m := unmarshal(b, request)
	buf := make([]byte, 0, 1<<20)

	b.Run("write", func(b *testing.B) {
		perRecord(b)
		for b.Loop() {
			buf, _ = otlp.AppendJSONRequest(buf[:0], request)
		}
	})
	b.Run("the Collector writes", func(b *testing.B) {
		perRecord(b)
		for b.Loop() {
			if _, err := theirs.MarshalJSON(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("protojson writes", func(b *testing.B) {
		perRecord(b)
		for b.Loop() {
			buf, _ = protojson.MarshalOptions{UseEnumNumbers: true}.MarshalAppend(buf[:0], m)
		}
	})
	b.Run("read", func(b *testing.B) {
		perRecord(b)
		for b.Loop() {
			buf, _ = otlp.AppendRequestFromJSON(buf[:0], text)
		}
	})
	b.Run("the Collector reads", func(b *testing.B) {
		perRecord(b)
		for b.Loop() {
			if err := plogotlp.NewExportRequest().UnmarshalJSON(text); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("protojson reads", func(b *testing.B) {
		perRecord(b)
		for b.Loop() {
			if err := protojson.Unmarshal(text, new(collogspb.ExportLogsServiceRequest)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkJSONText(b *testing.B) {
	for _, c := range []struct{ name, unit string }{{"ascii", "abcdefgh"}, {"escapes", "a\"b\n"}, {"japanese", "世界"}} {
		for _, n := range []int{3, 100} {
			record := recordOfText(strings.Repeat(c.unit, n))
			buf := make([]byte, 0, 4096)
			b.Run(fmt.Sprintf("%s of %d", c.name, len(c.unit)*n), func(b *testing.B) {
				b.SetBytes(int64(len(record)))
				b.ReportAllocs()
				for b.Loop() {
					buf, _ = otlp.AppendJSONRecord(buf[:0], record)
				}
			})
		}
	}
}
