package otlptest_test

import (
	"context"
	"fmt"
	"time"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/logstream-go/logstream/sink/otlptest"
)

// A script of faults, each for one request, met over a connection in memory.
func ExampleServer_Script() {
	srv, err := otlptest.New(otlptest.WithInMemory())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	srv.Script(
		otlptest.TooManyOver(100),
		otlptest.PartialSuccess(1, "one is too old"),
		otlptest.AcceptThenFail(codes.Unavailable, "the answer got lost"),
	)
	srv.SetFault(otlptest.Hang()) // once the script has ended

	conn, err := grpc.NewClient("passthrough:///memory",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(srv.Dialer()))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	client := collogspb.NewLogsServiceClient(conn)
	three := &collogspb.ExportLogsServiceRequest{ResourceLogs: []*logspb.ResourceLogs{{
		ScopeLogs: []*logspb.ScopeLogs{{LogRecords: []*logspb.LogRecord{{}, {}, {}}}},
	}}}
	for range 4 {
		ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
		resp, err := client.Export(ctx, three)
		cancel()
		fmt.Println(status.Code(err), resp.GetPartialSuccess().GetErrorMessage(), srv.Count())
	}
	for _, r := range srv.Requests() {
		fmt.Println(r.Records, r.Fault)
	}
	// Output:
	// OK  3
	// OK one is too old 5
	// Unavailable  8
	// DeadlineExceeded  8
	// 3 maybe, status ResourceExhausted
	// 3 partial success 1
	// 3 accept, status Unavailable
	// 3 hang
}
