//go:build !unix

package otlpgrpc

import (
	"testing"
	"time"
)

var start = time.Now()

// cpuTime returns elapsed time where the system does not tell a process's share.
func cpuTime(testing.TB) int64 { return int64(time.Since(start)) }
