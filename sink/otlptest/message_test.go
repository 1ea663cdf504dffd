package otlptest

import (
	"testing"
	"time"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// grouped is a request with one ResourceLogs for each argument, which names the
// number of records in each of its ScopeLogs.
func grouped(resources ...[]int) *collogspb.ExportLogsServiceRequest {
	req := &collogspb.ExportLogsServiceRequest{}
	for _, scopes := range resources {
		rl := &logspb.ResourceLogs{SchemaUrl: "https://example.com/schema"}
		for _, n := range scopes {
			sl := &logspb.ScopeLogs{SchemaUrl: "https://example.com/schema"}
			for range n {
				sl.LogRecords = append(sl.LogRecords, &logspb.LogRecord{TimeUnixNano: 1, SeverityText: "INFO"})
			}
			rl.ScopeLogs = append(rl.ScopeLogs, sl)
		}
		req.ResourceLogs = append(req.ResourceLogs, rl)
	}
	return req
}

func encoded(t testing.TB, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCountingAgreesWithDecoding(t *testing.T) {
	unknown := protowire.AppendVarint(protowire.AppendTag(nil, 15, protowire.VarintType), 300)
	otherType := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 300)
	tests := map[string]struct {
		body []byte
		want int
	}{
		"empty request":          {nil, 0},
		"empty resource":         {encoded(t, grouped(nil)), 0},
		"empty scope":            {encoded(t, grouped([]int{0})), 0},
		"one":                    {encoded(t, grouped([]int{1})), 1},
		"several of each":        {encoded(t, grouped([]int{3, 0, 200}, nil, []int{5})), 208},
		"unknown field":          {append(unknown, encoded(t, grouped([]int{2}))...), 2},
		"field of another type":  {append(otherType, encoded(t, grouped([]int{2}))...), 2},
		"two requests in a row":  {append(encoded(t, grouped([]int{2})), encoded(t, grouped([]int{3}))...), 5},
		"records without fields": {encoded(t, &collogspb.ExportLogsServiceRequest{ResourceLogs: []*logspb.ResourceLogs{{ScopeLogs: []*logspb.ScopeLogs{{LogRecords: []*logspb.LogRecord{{}, {}}}}}}}), 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, decode := range []bool{false, true} {
				m, err := parse(tt.body, decode, time.Time{})
				if err != nil || m.count != tt.want {
					t.Errorf("decode %v: got %v, %v, want %d", decode, m, err, tt.want)
				}
			}
		})
	}
}

func TestCountingRefusesEveryTruncation(t *testing.T) {
	body := encoded(t, grouped([]int{1}))
	for n := 1; n < len(body); n++ {
		for _, decode := range []bool{false, true} {
			if m, err := parse(body[:n], decode, time.Time{}); err == nil {
				t.Errorf("decode %v, %d of %d bytes: got %d records, want an error", decode, n, len(body), m.count)
			}
		}
	}
}

func FuzzCountingAgreesWithDecoding(f *testing.F) {
	f.Add([]byte{})
	f.Add(encoded(f, grouped([]int{1, 2}, []int{3})))
	f.Add([]byte{0x0a, 0x03, 0x12, 0x01, 0x12})
	f.Fuzz(func(t *testing.T, body []byte) {
		decoded, err := parse(body, true, time.Time{})
		if err != nil {
			return // counting looks at less and may accept it
		}
		counted, err := parse(body, false, time.Time{})
		if err != nil || counted.count != decoded.count {
			t.Errorf("got %v, %v, want %d records", counted, err, decoded.count)
		}
	})
}
