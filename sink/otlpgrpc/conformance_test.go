package otlpgrpc_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otlpgrpc"
	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/sink/sinktest"
)

// answers are what a receiver says for the stream to treat it as a kind.
var answers = map[sink.Kind]otlptest.Fault{
	sink.Retry:    otlptest.Status(codes.Unavailable, "you are canary-credential"),
	sink.Refused:  otlptest.Status(codes.Unauthenticated, "canary-credential is not known"),
	sink.TooLarge: otlptest.TooLarge(),
	sink.Invalid:  otlptest.Status(codes.InvalidArgument, "bad times"),
}

func TestTheSinkConforms(t *testing.T) {
	for name, compression := range map[string]otlpgrpc.Compression{
		"gzip": otlpgrpc.GzipCompression,
		"none": otlpgrpc.NoCompression,
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
					otlpgrpc.WithCompression(compression),
					otlpgrpc.WithHeaders(map[string]string{"authorization": "Bearer canary-credential"}),
				)
				if err != nil {
					t.Fatal(err)
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
