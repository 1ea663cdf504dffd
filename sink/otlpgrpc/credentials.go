package otlpgrpc

import (
	"context"
	"net"

	"google.golang.org/grpc/credentials"

	"github.com/logstream-go/logstream/internal/otlpconfig"
)

// fileCredentials is TLS with certificates from files that are read at each
// handshake. What does not depend on the files, the embedded credentials answer.
type fileCredentials struct {
	credentials.TransportCredentials
	files otlpconfig.Files
}

func newFileCredentials(files otlpconfig.Files) credentials.TransportCredentials {
	return &fileCredentials{credentials.NewTLS(nil), files}
}

// ClientHandshake reads the files and makes the handshake with them.
func (c *fileCredentials) ClientHandshake(ctx context.Context, authority string, conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	cfg, err := c.files.Config()
	if err != nil {
		return nil, nil, err
	}
	return credentials.NewTLS(cfg).ClientHandshake(ctx, authority, conn)
}

// Clone returns a copy.
func (c *fileCredentials) Clone() credentials.TransportCredentials {
	return &fileCredentials{c.TransportCredentials.Clone(), c.files}
}
