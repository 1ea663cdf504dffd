package otlphttp

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/logstream-go/logstream/internal/otlp"
)

// retryAfter returns how long a Retry-After header asks to wait, from 0 to
// otlp.MaxRetryDelay, and whether there is one that makes sense: a number of
// seconds, or a date. A date is compared with the server's own clock where the
// answer tells it, because now may be off by more than the wait.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0, false
	}
	if strings.Trim(v, "0123456789") == "" {
		const most = int64(otlp.MaxRetryDelay / time.Second)
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			n = most // more digits than an int64 has
		}
		return time.Duration(min(n, most)) * time.Second, true
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	if server, err := http.ParseTime(h.Get("Date")); err == nil {
		now = server
	}
	return max(0, min(at.Sub(now), otlp.MaxRetryDelay)), true
}
