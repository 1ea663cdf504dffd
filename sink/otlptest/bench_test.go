package otlptest_test

import (
	"testing"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/sink/otlptest"
)

// bytesCodec sends requests that are encoded already, so that a benchmark
// measures the receiver more than its client.
type bytesCodec struct{ encoding.CodecV2 }

func (c bytesCodec) Marshal(v any) (mem.BufferSlice, error) {
	if b, ok := v.(*[]byte); ok {
		return mem.BufferSlice{mem.SliceBuffer(*b)}, nil
	}
	return c.CodecV2.Marshal(v)
}

// BenchmarkReceive takes requests of 4,096 records with 6 attributes each over
// TCP; an operation is one record.
func BenchmarkReceive(b *testing.B) {
	const each = 4096
	body, err := proto.Marshal(batch(0, each))
	if err != nil {
		b.Fatal(err)
	}
	for name, opts := range map[string][]otlptest.Option{
		"keep":     nil,
		"messages": {otlptest.WithMessages()},
		"discard":  {otlptest.WithDiscard()},
	} {
		b.Run(name, func(b *testing.B) {
			srv := newServer(b, opts...)
			conn, err := grpc.NewClient(hostport(srv), plaintext,
				grpc.WithDefaultCallOptions(grpc.ForceCodecV2(bytesCodec{encoding.GetCodecV2("proto")})))
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close()
			var resp collogspb.ExportLogsServiceResponse
			b.ReportAllocs()
			b.SetBytes(int64(len(body) / each))
			n := 0
			for b.Loop() {
				if n++; n%each != 0 {
					continue
				}
				if err := conn.Invoke(b.Context(), collogspb.LogsService_Export_FullMethodName, &body, &resp); err != nil {
					b.Fatal(err)
				}
				if n%(64*each) == 0 {
					srv.Reset()
				}
			}
		})
	}
}
