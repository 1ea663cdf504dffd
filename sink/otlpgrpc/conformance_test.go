package otlpgrpc_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"testing"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/grpc/codes"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otlpgrpc"
	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/sink/sinktest"
	"github.com/logstream-go/logstream/sink/zstdc"
)

// answers are what a receiver says for the stream to treat it as a kind.
var answers = map[sink.Kind]otlptest.Fault{
	sink.Retry:    otlptest.Status(codes.Unavailable, "you are canary-credential"),
	sink.Refused:  otlptest.Status(codes.Unauthenticated, "canary-credential is not known"),
	sink.TooLarge: otlptest.TooLarge(),
	sink.Invalid:  otlptest.Status(codes.InvalidArgument, "bad times"),
}

// zipped is gzip in the shape of a compressor that a program brings: a receiver
// takes it.
type zipped struct{}

func (zipped) Encoding() string { return "gzip" }

func (zipped) AppendCompressed(dst, src []byte) ([]byte, error) {
	out := bytes.NewBuffer(dst)
	z := gzip.NewWriter(out)
	_, err := z.Write(src)
	err = errors.Join(err, z.Close())
	return out.Bytes(), err
}

func (zipped) AppendDecompressed([]byte, []byte, int) ([]byte, error) {
	return nil, errors.New("answers are not compressed here")
}

func TestTheSinkConforms(t *testing.T) {
	for name, compression := range map[string]otlpgrpc.Option{
		"gzip":              otlpgrpc.WithCompression(otlpgrpc.GzipCompression),
		"none":              otlpgrpc.WithCompression(otlpgrpc.NoCompression),
		"with a compressor": otlpgrpc.WithCompressor(zipped{}),
		"after a fallback":  otlpgrpc.WithCompressor(zstdc.New()),
	} {
		t.Run(name, func(t *testing.T) {
			sinktest.Run(t, func(t *testing.T) sinktest.Harness {
				srv, err := otlptest.New()
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { srv.Close() })
				k, err := otlpgrpc.New(
					otlpgrpc.WithEndpoint(srv.Endpoint()),
					compression,
					otlpgrpc.WithHeaders(map[string]string{"authorization": "Bearer canary-credential"}),
				)
				if err != nil {
					t.Fatal(err)
				}
				if name == "after a fallback" {
					b := sinktest.NewBatch(t, new(logspb.LogRecord))
					if e, ok := errors.AsType[*sink.Error](k.Export(t.Context(), b.Batch)); !ok || e.Taken != 1 {
						t.Fatalf("got %v, want the record taken and a warning", e)
					}
					srv.Reset()
				}
				return sinktest.Harness{
					Sink: k,
					Received: func() []string {
						var messages []string
						for _, r := range srv.Records() {
							m, _ := r.Body.(string)
							messages = append(messages, m)
						}
						return messages
					},
					Hang: func() { srv.Script(otlptest.Hang()) },
					Fail: func(kind sink.Kind) bool {
						srv.Script(answers[kind])
						return true
					},
					Down:    func() { srv.Stop() },
					Secrets: []string{"canary-credential"},
				}
			})
		})
	}
}
