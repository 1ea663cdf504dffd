package otlpgrpc_test

import (
	"fmt"
	"time"

	"github.com/logstream-go/logstream/sink/otlpgrpc"
)

// New finds every problem at once, and says what would be right.
func ExampleNew() {
	_, err := otlpgrpc.New(
		otlpgrpc.WithEndpoint("https://otlp.example.com/v1/logs"),
		otlpgrpc.WithInsecure(),
		otlpgrpc.WithTimeout(-time.Second),
	)
	fmt.Println(err)
	// Output:
	// otlpgrpc: WithTimeout: -1s is negative; the least is 0, no limit
	// WithEndpoint: "https://otlp.example.com/..." has a path, and gRPC has no room for one; use http://host:port, https://host:port, host:port, unix:///path or dns:///host:port
	// WithInsecure contradicts the https:// of WithEndpoint; leave one out
}
