package otlptest_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/logstream-go/logstream/sink/otlptest"
)

// A receiver that is down for one request, and a client that tries again.
func Example() {
	srv, err := otlptest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	srv.Script(otlptest.Status(codes.Unavailable, "try later"))

	// Any OTLP exporter does here; this is the generated client.
	conn, err := grpc.NewClient(strings.TrimPrefix(srv.Endpoint(), "http://"),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	client := collogspb.NewLogsServiceClient(conn)

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	request := &collogspb.ExportLogsServiceRequest{ResourceLogs: []*logspb.ResourceLogs{{
		ScopeLogs: []*logspb.ScopeLogs{{LogRecords: []*logspb.LogRecord{{
			SeverityText: "INFO",
			Body:         &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: "order placed"}},
			Attributes: []*commonpb.KeyValue{{
				Key:   "items",
				Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: 3}},
			}},
		}}}},
	}}}
	for {
		_, err := client.Export(ctx, request)
		if err == nil {
			break
		}
		fmt.Println(status.Code(err))
	}

	records, err := srv.Wait(ctx, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(records[0].SeverityText, records[0].Body, records[0].Attributes["items"])
	fmt.Println(srv.Stats().Requests, "requests")
	// Output:
	// Unavailable
	// INFO order placed 3
	// 2 requests
}
