package otlp_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/otlp"
)

// specExample is the request that the specification of OTLP shows as JSON.
func specExample() *collogspb.ExportLogsServiceRequest {
	return &collogspb.ExportLogsServiceRequest{ResourceLogs: []*logspb.ResourceLogs{{
		Resource: &resourcepb.Resource{Attributes: []*commonpb.KeyValue{keyValue("service.name", stringValue("my.service"))}},
		ScopeLogs: []*logspb.ScopeLogs{{
			Scope: &commonpb.InstrumentationScope{
				Name: "my.library", Version: "1.0.0",
				Attributes: []*commonpb.KeyValue{keyValue("my.scope.attribute", stringValue("some scope attribute"))},
			},
			LogRecords: []*logspb.LogRecord{{
				TimeUnixNano:         1544712660300000000,
				ObservedTimeUnixNano: 1544712660300000000,
				SeverityText:         "Information",
				TraceId:              []byte{0x5b, 0x8e, 0xff, 0xf7, 0x98, 0x03, 0x81, 0x03, 0xd2, 0x69, 0xb6, 0x33, 0x81, 0x3f, 0xc6, 0x0c},
				SpanId:               []byte{0xee, 0xe1, 0x9b, 0x7e, 0xc3, 0xc1, 0xb1, 0x74},
				Body:                 stringValue("Example log record"),
				Attributes: []*commonpb.KeyValue{
					keyValue("string.attribute", stringValue("some string")),
					keyValue("boolean.attribute", boolValue(true)),
					keyValue("int.attribute", intValue(10)),
					keyValue("double.attribute", doubleValue(637.704)),
					keyValue("array.attribute", arrayValue(stringValue("many"), stringValue("values"))),
					keyValue("map.attribute", mapValue(keyValue("some.map.key", stringValue("some value")))),
				},
			}},
		}},
	}}}
}

func TestTheExampleOfTheSpecification(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "example.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := marshal(t, specExample())
	if got := fromJSON(t, text); !bytes.Equal(got, want) {
		t.Errorf("got %v, want %v", unmarshal(t, got), specExample())
	}
	if theirs, err := collectorFromJSON(text); err != nil || !proto.Equal(theirs, specExample()) {
		t.Errorf("the Collector: got %v, %v, want %v", theirs, err, specExample())
	}
	checkToJSON(t, want)
}

// A record goes to JSON from its bytes.
func ExampleAppendJSONRecord() {
	record := otlp.AppendSeverity(nil, 9, "INFO")
	record = otlp.AppendStringValue(record, otlp.TagRecordBody, "request done")
	record = otlp.AppendInt(record, otlp.TagRecordAttribute, "status", 200)

	text, err := otlp.AppendJSONRecord(nil, record)
	fmt.Printf("%s %v\n", text, err)
	// Output:
	// {"severityNumber":9,"severityText":"INFO","body":{"stringValue":"request done"},"attributes":[{"key":"status","value":{"intValue":"200"}}]} <nil>
}

// A request comes back from JSON as the bytes that it was.
func ExampleAppendRequestFromJSON() {
	request, err := otlp.AppendRequestFromJSON(nil, []byte(`{"resourceLogs": [{"schemaUrl": "u"}]}`))
	fmt.Printf("%x %v\n", request, err)

	_, err = otlp.AppendRequestFromJSON(nil, []byte(`{"resourceLogs": {}}`))
	fmt.Println(err)
	// Output:
	// 0a031a0175 <nil>
	// otlp: invalid JSON value of a field at byte 17
}
