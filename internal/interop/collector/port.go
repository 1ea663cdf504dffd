package collector

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// Ports are taken from below the range from which operating systems choose the
// local port of an outgoing connection. Otherwise a client that dials while the
// Collector is down could occupy the very port that it dials.
const (
	lowestPort  = 12000
	highestPort = 31999
)

// freePort returns a loopback TCP port that nobody listens on and that is none
// of taken.
func freePort(taken ...int) (int, error) {
	var last error
	for range 100 {
		port := lowestPort + rand.IntN(highestPort-lowestPort+1)
		used := false
		for _, p := range taken {
			used = used || p == port
		}
		if used {
			continue
		}
		l, err := net.Listen("tcp", address(port))
		if err != nil {
			last = err
			continue
		}
		if err := l.Close(); err != nil {
			return 0, fmt.Errorf("collector: %w", err)
		}
		return port, nil
	}
	return 0, fmt.Errorf("collector: no free port: %w", errors.Join(last))
}

// address returns port as an address on the loopback interface.
func address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
