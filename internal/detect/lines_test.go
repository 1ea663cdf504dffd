package detect

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
)

// logs makes lines as web services write them: without a secret.
type logs struct{ *rand.Rand }

func (l logs) of(list ...string) string { return list[l.IntN(len(list))] }

func (l logs) hex(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(l.Uint32())
	}
	return hex.EncodeToString(b)
}

func (l logs) uuid() string {
	h := l.hex(16)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
}

func (l logs) ip() string {
	return fmt.Sprintf("%d.%d.%d.%d", 1+l.IntN(223), l.IntN(256), l.IntN(256), l.IntN(256))
}

func (l logs) when() time.Time {
	return time.UnixMicro(1_700_000_000_000_000 + l.Int64N(200_000_000_000_000)).UTC()
}

func (l logs) path() string {
	return l.of("/api/v1/orders/", "/v2/users/", "/cart/items/", "/healthz/", "/static/app.", "/admin/reports/", "/graphql/", "/oauth/authorize/", "/password/reset/", "/tokens/") +
		l.of(strconv.Itoa(l.IntN(1e6)), l.uuid(), l.hex(4), "search?q=red+shoes&page=2&sort=price_asc&key=name", "list?limit=50&offset=100&session_count=2", "a@b", "latest")
}

func (l logs) agent() string {
	return l.of("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
		"okhttp/4.12.0", "curl/8.5.0", "Go-http-client/2.0", "kube-probe/1.29", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)", "python-requests/2.31.0")
}

func (l logs) service() string {
	return l.of("checkout", "inventory", "auth-service", "token-service", "session-store", "gateway", "secrets-operator", "payments", "keycloak", "passport-api")
}

func (l logs) pod() string {
	return l.service() + "-" + l.hex(5) + "-" + l.of("x2x4k", "zq9vl", "7bn2p", "mm8tr")
}

// message is what people write.
func (l logs) message() string {
	n := l.IntN(1000)
	return l.of(
		"request completed", "user logged in", "password changed for user bob", "invalid password", "token expired", "session started", "cookie policy accepted",
		"cache miss for key user:"+strconv.Itoa(n), "retrying in "+strconv.Itoa(n)+"ms", "secret rotation finished in 1.2s", "passed="+strconv.Itoa(n)+" failed=0",
		"connection pool: size=20 idle=3 wait="+strconv.Itoa(n)+"us", "job "+l.uuid()+" finished", "loaded 3 signing keys, primary key id is "+l.hex(4),
		"dial tcp "+l.ip()+":5432: connect: connection refused", "authentication failed for user admin", "authorization: denied by policy",
		"primary_key=id partition_key=tenant sort_key=created_at", "max_tokens: 4096, prompt_tokens=512", "token_type=bearer expires_in=3600",
		"password must be at least 8 characters", "the secret is out", "no such key", "key=value pairs parsed: "+strconv.Itoa(n),
		"rows="+strconv.Itoa(n)+" took="+strconv.Itoa(n)+"ms keys: "+strconv.Itoa(n), "unexpected token < in JSON at position 0", "tls handshake error from "+l.ip(),
		"credentials: loaded from environment", "password: must not be empty", "skipping account: not found", "pin_mode=auto pan=12.5 tilt=3", "api key missing",
		"GET https://example.com:8080/path/@user?x=1 took 12ms", "git@github.com:org/repo.git cloned", "block blk_-"+strconv.FormatInt(l.Int64N(9e18), 10)+" replicated",
		"image registry.local/app@sha256:"+l.hex(32)+" pulled", "commit "+l.hex(20)+" deployed", "ETag: \""+l.hex(16)+"\"", "span_id="+l.hex(8)+" trace_id="+l.hex(16),
		"offset=17800000791"+strconv.Itoa(n)+" lag=0", "version 10.4.2."+strconv.Itoa(n)+" (build 20260101000202)", "size 4120552424171038.25 bytes", "phone screen test on 555-01"+strconv.Itoa(n),
		"order 2026-01-1289 shipped", "eyes wide shut", "SELECT password_hash FROM users WHERE id = $1", "UPDATE sessions SET seen_at = now()", "csrf check passed", "cookies=3 blocked=1",
		"ratio 3.1415926535897932", "range bytes=0-1023/146515", "goroutine 18 [running]: main.(*Server).Serve(0xc000123456, {0x1234560, 0xc0000a6000})",
		"next_page_token=CAUQAAoKZW"+l.hex(8), "cancel token: 17", "Set-Cookie not present", "x-request-id: "+l.uuid(), "idempotency_key="+l.uuid(), "cache_key=orders:"+l.uuid(),
	)
}

// line is one line in one of the formats of the day.
func (l logs) line() string {
	at := l.when()
	switch l.IntN(6) {
	case 0: // combined access log
		return fmt.Sprintf(`%s - - [%s] "%s %s HTTP/1.1" %d %d "https://shop.example.com/" "%s" %.3f`, l.ip(), at.Format("02/Jan/2006:15:04:05 -0700"),
			l.of("GET", "POST", "PUT", "DELETE"), l.path(), 200+l.IntN(304), l.IntN(1e6), l.agent(), l.Float64())
	case 1: // JSON
		return fmt.Sprintf(`{"level":"%s","ts":"%s","caller":"http/server.go:%d","msg":%q,"method":"GET","path":%q,"status":%d,"duration_ms":%.2f,"request_id":"%s","trace_id":"%s","span_id":"%s","user_id":%d,"bytes":%d}`,
			l.of("info", "warn", "error"), at.Format(time.RFC3339Nano), l.IntN(900), l.message(), l.path(), 200+l.IntN(304), l.Float64()*100, l.uuid(), l.hex(16), l.hex(8), l.IntN(1e8), l.IntN(1e9))
	case 2: // logfmt
		return fmt.Sprintf(`level=%s ts=%s component=%s msg=%q trace_id=%s dd.trace_id=%d took=%s rows=%d`,
			l.of("info", "debug"), at.Format(time.RFC3339Nano), l.service(), l.message(), l.hex(16), l.Int64(), time.Duration(l.IntN(1e9)), l.IntN(1e5))
	case 3: // klog
		return fmt.Sprintf(`I%s %7d %s.go:%d] "%s" pod="default/%s" uid=%q epoch=%d`,
			at.Format("0102 15:04:05.000000"), l.IntN(1e6), l.of("kubelet", "reconciler", "controller"), l.IntN(900), l.message(), l.pod(), l.uuid(), at.UnixMilli())
	case 4: // Java
		return fmt.Sprintf(`%s  INFO %d --- [nio-8080-exec-%d] c.e.%s.OrderController : %s id=%d ns=%d`,
			at.Format("2006-01-02 15:04:05.000"), l.IntN(99999), l.IntN(20), l.service(), l.message(), l.Int64N(1e10), at.UnixNano())
	default:
		return at.Format("2006/01/02 15:04:05 ") + l.message() + l.of("", "; "+l.message(), ", "+l.message())
	}
}

func TestOrdinaryLogsStay(t *testing.T) {
	e := engine(Default())
	l := logs{rand.New(rand.NewPCG(1, 2))}
	const lines = 40_000
	changed := map[string]int{}
	for range lines {
		line := l.line()
		for _, f := range e.Find(nil, []byte(line)) {
			changed[f.ID.String()]++
			if n := changed[f.ID.String()]; n <= 5 {
				t.Logf("%s: %s", f.ID, strings.ReplaceAll(masked(e, line), "\n", " "))
			}
		}
	}
	total := 0
	for _, n := range changed {
		total += n
	}
	if limit := lines * 5 / 10_000; total > limit {
		t.Errorf("changed lines: got %d of %d (%v), want at most %d", total, lines, changed, limit)
	}
}
