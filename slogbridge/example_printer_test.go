package slogbridge_test

import (
	"context"
	"fmt"
	"strings"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/sink"
)

// printer is the sink of the examples: it prints severity, message and attributes
// of each record.
var printer = sink.Func(func(_ context.Context, b *sink.Batch) error {
	var req collogspb.ExportLogsServiceRequest
	if err := proto.Unmarshal(b.AppendRequest(nil), &req); err != nil {
		return err
	}
	for _, rl := range req.ResourceLogs {
		for _, sl := range rl.ScopeLogs {
			for _, r := range sl.LogRecords {
				fmt.Println(r.SeverityText, show(r.Body), list(r.Attributes))
			}
		}
	}
	return nil
})

func list(attrs []*commonpb.KeyValue) string {
	var parts []string
	for _, a := range attrs {
		parts = append(parts, a.Key+"="+show(a.Value))
	}
	return strings.Join(parts, " ")
}

func show(v *commonpb.AnyValue) string {
	switch x := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return x.StringValue
	case *commonpb.AnyValue_IntValue:
		return fmt.Sprint(x.IntValue)
	case *commonpb.AnyValue_BoolValue:
		return fmt.Sprint(x.BoolValue)
	case *commonpb.AnyValue_KvlistValue:
		return "{" + list(x.KvlistValue.Values) + "}"
	}
	return fmt.Sprint(v)
}
