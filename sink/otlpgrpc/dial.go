package otlpgrpc

import (
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/logstream-go/logstream/internal/otlpconfig"
)

const (
	// serviceConfig spreads requests over all addresses of the endpoint's name.
	serviceConfig = `{"loadBalancingConfig":[{"round_robin":{}}]}`

	// connectTimeout bounds one connection attempt where exports have no bound
	// of their own. It is gRPC's default.
	connectTimeout = 20 * time.Second
)

// dialOptions returns the options of every connection for requests in f.
func dialOptions(c *config, cfg *otlpconfig.Config, target otlpconfig.Target, f format) []grpc.DialOption {
	creds := c.credentials
	switch {
	case !target.Secure:
		creds = insecure.NewCredentials()
	case creds == nil:
		creds = newFileCredentials(cfg.Files)
	}
	connect := cfg.Timeout
	if connect == 0 {
		connect = connectTimeout
	}
	opts := []grpc.DialOption{
		grpc.WithTransportCredentials(creds),
		grpc.WithUserAgent(otlpconfig.UserAgent("logstream-otlp-grpc")),

		// The name's own service config, from a TXT record of the DNS, could
		// turn on retries and time-outs that nobody here knows of.
		grpc.WithDisableServiceConfig(),
		grpc.WithDefaultServiceConfig(serviceConfig),
		grpc.WithDisableRetry(),

		// Connecting must not outlast the export that waits for it.
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoff.DefaultConfig, MinConnectTimeout: connect}),
	}
	return slices.Concat(opts, f.dialOptions(c.maxReply), c.dial)
}
