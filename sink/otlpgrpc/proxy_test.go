package otlpgrpc

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/credentials"

	"github.com/logstream-go/logstream/sink"
)

// Variables for the test's own child process. net/http reads the proxy variables
// once in a process, so each case needs one of its own.
const (
	proxyChildEnv = "OTLPGRPC_PROXY_CHILD" // endpoint to export to
	proxyCAEnv    = "OTLPGRPC_PROXY_CA"    // file with the authority
	proxyWantEnv  = "OTLPGRPC_PROXY_WANT"  // words of the error; empty is success
	proxyCanary   = "c4n4ry-proxy-password"
)

// A connectProxy is an HTTP proxy that knows CONNECT and leads to one address,
// whatever name it is asked for.
type connectProxy struct {
	to     string // address
	status string // of its answers

	mu    sync.Mutex // guards the following
	asked []string   // method, host, authorization
}

// start serves on a loopback port and returns its address.
func (p *connectProxy) start(t *testing.T) string {
	t.Helper()
	l := listen(t)
	var conns sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	conns.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { p.serve(ctx, c) })
		}
	})
	t.Cleanup(func() {
		cancel()
		l.Close()
		conns.Wait()
	})
	return l.Addr().String()
}

func (p *connectProxy) serve(ctx context.Context, c net.Conn) {
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	r := bufio.NewReader(c)
	req, err := http.ReadRequest(r)
	if err != nil {
		return
	}
	p.mu.Lock()
	p.asked = append(p.asked, req.Method+" "+req.Host+" "+req.Header.Get("Proxy-Authorization"))
	p.mu.Unlock()
	if _, err := io.WriteString(c, "HTTP/1.1 "+p.status+"\r\nX-Echo: "+proxyCanary+"\r\nContent-Length: 0\r\n\r\n"); err != nil || !strings.HasPrefix(p.status, "200") {
		return
	}
	out, err := new(net.Dialer).DialContext(ctx, "tcp", p.to)
	if err != nil {
		return
	}
	defer out.Close()
	quit := context.AfterFunc(ctx, func() { out.Close() })
	defer quit()
	back := make(chan struct{})
	go func() {
		defer close(back)
		_, _ = io.Copy(c, out)
		c.Close()
	}()
	_, _ = io.Copy(out, r)
	out.Close()
	<-back
}

// The proxy that HTTPS_PROXY names is used, with TLS to the endpoint's own name all
// the way through. The name is resolved by the proxy: here it exists nowhere.
func TestHTTPSProxyOfTheEnvironment(t *testing.T) {
	a := newAuthority(t)
	ca, _ := write(t, t.TempDir(), "ca", tls.Certificate{Certificate: [][]byte{a.cert.Raw}, PrivateKey: a.key})
	named := a.sign(t, &x509.Certificate{DNSNames: []string{"collector.invalid"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+proxyCanary))
	for _, tt := range []struct {
		name     string
		endpoint string
		proxy    string // PROXY is its address
		noProxy  string
		status   string
		want     string // words of the error; empty is success
		records  int
		asked    string // of the proxy, the first
	}{
		{"TLS", "https://collector.invalid:4317", "http://PROXY", "", "200 OK", "", 1, "CONNECT collector.invalid:4317 "},
		{"TLS, by host and port", "collector.invalid:4317", "http://PROXY", "", "200 OK", "", 1, "CONNECT collector.invalid:4317 "},
		{"a password for the proxy", "https://collector.invalid", "http://user:" + proxyCanary + "@PROXY", "", "200 OK", "", 1, "CONNECT collector.invalid:4317 " + basic},
		{"a proxy that wants a password", "https://collector.invalid", "http://user:" + proxyCanary + "@PROXY", "", "407 Proxy Authentication Required", "407", 0, "CONNECT collector.invalid:4317 " + basic},
		{"a certificate for another name", "https://other.invalid", "http://PROXY", "", "200 OK", "certificate", 0, "CONNECT other.invalid:4317 "},
		{"settings that are none", "https://collector.invalid", "http://user:" + proxyCanary + "%zz@PROXY", "", "200 OK", "HTTPS_PROXY", 0, ""},
		{"a host that goes without", "https://collector.invalid", "http://PROXY", "collector.invalid", "200 OK", "does not resolve", 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := secure(t, a, func(c *tls.Config) { c.Certificates = []tls.Certificate{named} })
			p := &connectProxy{to: strings.TrimPrefix(srv.Endpoint(), "https://"), status: tt.status}
			addr := p.start(t)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestChildExportsThroughTheProxy$", "-test.v")
			for _, kv := range os.Environ() {
				if name, _, _ := strings.Cut(kv, "="); !strings.HasSuffix(strings.ToLower(name), "_proxy") {
					child.Env = append(child.Env, kv)
				}
			}
			child.Env = append(child.Env,
				"HTTPS_PROXY="+strings.ReplaceAll(tt.proxy, "PROXY", addr), "NO_PROXY="+tt.noProxy,
				proxyChildEnv+"="+tt.endpoint, proxyCAEnv+"="+ca, proxyWantEnv+"="+tt.want)
			if out, err := child.CombinedOutput(); err != nil {
				t.Errorf("the child: %v\n%s", err, out)
			}
			if got := srv.Count(); got != tt.records {
				t.Errorf("got %d records, want %d", got, tt.records)
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			var first string
			if len(p.asked) > 0 {
				first = p.asked[0]
			}
			if first != tt.asked {
				t.Errorf("the proxy was asked %q, want %q", first, tt.asked)
			}
		})
	}
}

// TestChildExportsThroughTheProxy is the child's part of the test above.
func TestChildExportsThroughTheProxy(t *testing.T) {
	endpoint := os.Getenv(proxyChildEnv)
	if endpoint == "" {
		return // this is the parent
	}
	pem, err := os.ReadFile(os.Getenv(proxyCAEnv))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	s := open(t, WithEndpoint(endpoint), WithTimeout(10*time.Second),
		WithTLSCredentials(credentials.NewTLS(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12})))
	err = s.Export(t.Context(), some(t, 1).Batch)
	want := os.Getenv(proxyWantEnv)
	if want == "" {
		if err != nil {
			t.Error(err)
		}
		return
	}
	e := failure(t, err)
	if e.Kind != sink.Retry || !strings.Contains(e.Error(), want) {
		t.Errorf("got %q, want a retry with %q in it", e, want)
	}
	if strings.Contains(e.Error(), "c4n4ry") {
		t.Errorf("got error %q with the password", strings.ReplaceAll(e.Error(), proxyCanary, "<canary>"))
	}
}
