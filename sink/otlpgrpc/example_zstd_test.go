package otlpgrpc_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/logstream-go/logstream/sink/otlpgrpc"
	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/sink/zstdc"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// The receiver does not know zstd. Its logs arrive all the same, with gzip.
func ExampleWithCompressor() {
	srv, err := otlptest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	exp, err := otlpgrpc.New(otlpgrpc.WithEndpoint(srv.Endpoint()), otlpgrpc.WithCompressor(zstdc.New()))
	if err != nil {
		fmt.Println(err)
		return
	}
	said := make(chan error, 1)
	s, err := stream.New(exp, stream.WithErrorHandler(func(err error) { said <- err }))
	if err != nil {
		fmt.Println(err)
		return
	}
	slog.New(slogbridge.NewHandler(s)).Info("hello")
	if err := s.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	for _, r := range srv.Records() {
		fmt.Println(r.Body)
	}
	before, _, _ := strings.Cut((<-said).Error(), ": otlpgrpc: Unimplemented")
	fmt.Println(before)
	// Output:
	// hello
	// stream: route "primary": 1 record delivered, with a warning: otlpgrpc: the endpoint does not take zstd, so that it gets gzip from now on
}
