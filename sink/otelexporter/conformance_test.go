package otelexporter_test

import (
	"testing"

	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"google.golang.org/grpc/codes"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otelexporter"
	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/sink/sinktest"
)

// answers are what a receiver says for the stream to treat it as a kind.
var answers = map[sink.Kind]otlptest.Fault{
	sink.Retry:    otlptest.Status(codes.Unavailable, "try later"),
	sink.Refused:  otlptest.Status(codes.Unauthenticated, "who are you"),
	sink.TooLarge: otlptest.TooLarge(),
	sink.Invalid:  otlptest.Status(codes.InvalidArgument, "bad times"),
}

func TestTheSinkConforms(t *testing.T) {
	sinktest.Run(t, func(t *testing.T) sinktest.Harness {
		srv, err := otlptest.New()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { srv.Close() })
		exporter, err := otlploggrpc.New(t.Context(),
			otlploggrpc.WithEndpointURL(srv.Endpoint()),
			otlploggrpc.WithHeaders(map[string]string{"authorization": "Bearer canary-credential"}),
			otlploggrpc.WithRetry(otlploggrpc.RetryConfig{}), // the stream's part
		)
		if err != nil {
			t.Fatal(err)
		}
		k, err := otelexporter.New(exporter)
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
}
