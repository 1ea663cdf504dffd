package otlpgrpc

import (
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

// dialOptions returns the options of every connection of the sink.
func dialOptions(c *config, cfg *otlpconfig.Config, target otlpconfig.Target) []grpc.DialOption {
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

		// Servers answer in the encoding of the request. gRPC bounds what its
		// own decompressor makes of an answer at maxReply.
		grpc.WithDecompressor(grpc.NewGZIPDecompressor()), //nolint:staticcheck // Deprecated for the process-wide registry, which is not ours to change; kept throughout grpc 1.x.
	}
	if cfg.Compression == otlpconfig.Gzip {
		opts = append(opts, grpc.WithCompressor(gzipped{})) //nolint:staticcheck // As above.
	}
	return append(opts, c.dial...)
}
