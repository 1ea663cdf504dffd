package otlptest_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/leak"
	"github.com/logstream-go/logstream/sink/otlptest"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m)) }

// newServer starts a receiver that is closed with the test.
func newServer(t testing.TB, opts ...otlptest.Option) *otlptest.Server {
	t.Helper()
	srv, err := otlptest.New(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Errorf("Close: got %v, want nil", err)
		}
	})
	return srv
}

// newClient returns the generated client, connected by srv.Dialer, which is
// closed with the test.
func newClient(t testing.TB, srv *otlptest.Server, opts ...grpc.DialOption) collogspb.LogsServiceClient {
	t.Helper()
	opts = append([]grpc.DialOption{
		plaintext,
		grpc.WithContextDialer(srv.Dialer()),
		grpc.WithDisableRetry(),
	}, opts...)
	return dial(t, "passthrough:///receiver", opts...)
}

// dial connects to a gRPC target.
func dial(t testing.TB, target string, opts ...grpc.DialOption) collogspb.LogsServiceClient {
	t.Helper()
	conn, err := grpc.NewClient(target, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return collogspb.NewLogsServiceClient(conn)
}

// plaintext is the way of clients to receivers without WithTLS.
var plaintext = grpc.WithTransportCredentials(insecure.NewCredentials())

// within is the test's context with a limit that only a hanging test reaches.
func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func text(s string) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
}

func integer(n int64) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: n}}
}

func attr(key string, v *commonpb.AnyValue) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: v}
}

// batch is a request with n records whose attribute "n" counts from first.
func batch(first, n int) *collogspb.ExportLogsServiceRequest {
	records := make([]*logspb.LogRecord, n)
	for i := range records {
		records[i] = &logspb.LogRecord{
			TimeUnixNano:   1_700_000_000_000_000_000 + uint64(first+i),
			SeverityNumber: logspb.SeverityNumber_SEVERITY_NUMBER_INFO,
			SeverityText:   "INFO",
			Body:           text("request served"),
			Attributes: []*commonpb.KeyValue{
				attr("n", integer(int64(first+i))),
				attr("method", text("GET")),
				attr("path", text("/api/v1/orders/4711")),
				attr("status", integer(200)),
				attr("user", text("u-83a1b2c3")),
				attr("region", text("eu-central-1")),
			},
		}
	}
	return &collogspb.ExportLogsServiceRequest{ResourceLogs: []*logspb.ResourceLogs{{
		Resource:  &resourcepb.Resource{Attributes: []*commonpb.KeyValue{attr("service.name", text("shop"))}},
		ScopeLogs: []*logspb.ScopeLogs{{Scope: &commonpb.InstrumentationScope{Name: "shop/http"}, LogRecords: records}},
	}}}
}

// send exports n records and returns the code of the answer.
func send(t testing.TB, c collogspb.LogsServiceClient, n int, opts ...grpc.CallOption) codes.Code {
	t.Helper()
	_, err := c.Export(t.Context(), batch(0, n), opts...)
	return status.Code(err)
}

// numbers returns the attribute "n" of each record.
func numbers(records []otlptest.Record) []int64 {
	var out []int64
	for _, r := range records {
		n, _ := r.Attributes["n"].(int64)
		out = append(out, n)
	}
	return out
}

// counts checks how many records and requests came.
func counts(t testing.TB, srv *otlptest.Server, records, requests int) {
	t.Helper()
	if got := srv.Count(); got != records {
		t.Errorf("records: got %d, want %d", got, records)
	}
	if got := len(srv.Requests()); got != requests {
		t.Errorf("requests: got %d, want %d", got, requests)
	}
}

// hostport is the endpoint without its scheme.
func hostport(srv *otlptest.Server) string {
	_, rest, _ := strings.Cut(srv.Endpoint(), "://")
	return rest
}

// batchSize is the encoded size of a request.
func batchSize(r *collogspb.ExportLogsServiceRequest) int { return proto.Size(r) }
