package otlphttp_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otlphttp"
	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/sink/sinktest"
	"github.com/logstream-go/logstream/sink/zstdc"
)

// answers are what a receiver says for the stream to treat it as a kind.
var answers = map[sink.Kind]otlptest.Fault{
	sink.Retry:    otlptest.Status(codes.Unavailable, "you are canary-credential"),
	sink.Refused:  otlptest.HTTPStatus(401, "canary-credential is not known"),
	sink.TooLarge: otlptest.TooLarge(),
	sink.Invalid:  otlptest.Status(codes.InvalidArgument, "bad times"),
}

func TestTheSinkConforms(t *testing.T) {
	for name, opt := range map[string]otlphttp.Option{
		"gzip": otlphttp.WithCompression(otlphttp.GzipCompression),
		"none": otlphttp.WithCompression(otlphttp.NoCompression),
		"zstd": otlphttp.WithCompressor(zstdc.New()),
		"JSON": otlphttp.WithEncoding(otlphttp.JSON),
	} {
		t.Run(name, func(t *testing.T) {
			sinktest.Run(t, func(t *testing.T) sinktest.Harness {
				srv, err := otlptest.New()
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { srv.Close() })
				k, err := otlphttp.New(
					otlphttp.WithEndpointURL(srv.HTTPURL()),
					opt,
					otlphttp.WithHeaders(map[string]string{"authorization": "Bearer canary-credential"}),
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
