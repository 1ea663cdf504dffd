package otlphttp

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/logstream-go/logstream/sink"
)

// A tunnel is a proxy that connects everybody to one address.
type tunnel struct {
	to string

	mu       sync.Mutex // guards the following
	connects []*http.Request
	ends     []chan struct{} // closed when one direction of a tunnel has ended
}

// serve is the handler of the proxy. The test ends when all tunnels have.
func (p *tunnel) serve(tb testing.TB) http.HandlerFunc {
	tb.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, end := range p.ends {
			<-end
		}
	})
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		p.mu.Lock()
		p.connects = append(p.connects, r)
		p.mu.Unlock()
		far, err := net.Dial("tcp", p.to)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		near, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			tb.Errorf("the proxy: %v", err)
			return
		}
		_, _ = io.WriteString(near, "HTTP/1.1 200 Connection established\r\n\r\n")
		for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
			end := make(chan struct{})
			p.mu.Lock()
			p.ends = append(p.ends, end)
			p.mu.Unlock()
			go func() {
				defer close(end)
				_, _ = io.Copy(way[0], way[1])
				_ = way[0].Close()
				_ = way[1].Close()
			}()
		}
	}
}

// last returns the last request for a tunnel.
func (p *tunnel) last(tb testing.TB) *http.Request {
	tb.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.connects) == 0 {
		tb.Fatal("nobody has asked for a tunnel")
	}
	return p.connects[len(p.connects)-1]
}

// through returns an option for the proxy at rawURL, with a user whose password is
// the canary.
func through(tb testing.TB, rawURL string) Option {
	tb.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		tb.Fatal(err)
	}
	u.User = url.UserPassword("user", canary)
	return WithProxy(http.ProxyURL(u))
}

// localhost returns the URL of a server with a name in place of its address.
func localhost(rawURL string) string { return strings.Replace(rawURL, "127.0.0.1", "localhost", 1) }

func TestTLSGoesThroughAProxy(t *testing.T) {
	for _, tt := range []struct {
		name      string
		secure    bool // the way to the proxy too
		proto     string
		wantMajor int
	}{
		{"HTTP/1.1 through a proxy", false, "", 1},
		{"HTTP/2 through a proxy", false, "HTTP/2", 2},
		{"HTTP/1.1 through a proxy that speaks TLS", true, "", 1},
		{"HTTP/2 through a proxy that speaks TLS", true, "HTTP/2", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var j journal
			srv := tlsServer(t, tt.proto, j.taking(answering(200, "")))
			p := &tunnel{to: srv.Listener.Addr().String()}
			roots := srv.ca.pool()
			var proxy string
			if tt.secure {
				s := tlsServer(t, "", p.serve(t))
				roots.AddCert(s.ca.cert)
				proxy = s.URL
			} else {
				proxy = server(t, p.serve(t)).URL
			}
			// The proxy resolves the name, which nobody knows here.
			s := open(t, WithEndpoint("https://localhost:4318"), through(t, proxy), WithTLSClientConfig(&tls.Config{RootCAs: roots}),
				WithHeaders(map[string]string{"api-key": "the-endpoint-only"}))
			for range 3 {
				if err := s.Export(t.Context(), some(t, 2).Batch); err != nil {
					t.Fatal(err)
				}
			}
			r, b := j.last(t)
			if got := texts(decode(t, r, b)); len(got) != 2 || r.ProtoMajor != tt.wantMajor || r.Header.Get("Api-Key") == "" {
				t.Errorf("got %v over %s with %v", got, r.Proto, r.Header)
			}
			if r.Header.Get("Proxy-Authorization") != "" {
				t.Error("the proxy's credential has reached the endpoint")
			}
			c := p.last(t)
			want := "Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+canary))
			if c.Host != "localhost:4318" || c.Header.Get("Proxy-Authorization") != want || c.Header.Get("Api-Key") != "" {
				t.Errorf("the proxy was asked for %q with %v", c.Host, c.Header)
			}
			if n := len(p.connects); n != 1 {
				t.Errorf("got %d tunnels, want one that is kept", n)
			}
			mustHide(t, s)
		})
	}
}

// The certificate that counts at the end of a tunnel is the endpoint's, also when the
// authorities come from a file.
func TestTheEndOfATunnelIsVerified(t *testing.T) {
	ca := certify(t, nil, nil)
	file, _ := ca.write(t, t.TempDir(), "ca")
	t.Setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", file)
	serving, proxying := certify(t, ca, nil).pair, certify(t, ca, nil).pair
	srv := tlsServer(t, "", answering(200, ""), func(c *tls.Config) { present(c, &serving) })
	p := &tunnel{to: srv.Listener.Addr().String()}
	proxy := tlsServer(t, "", p.serve(t), func(c *tls.Config) { present(c, &proxying) })
	s := open(t, WithEndpoint("https://localhost:4318"), through(t, localhost(proxy.URL)))
	export := func() error {
		s.balancer.endpoints[0].transport.CloseIdleConnections()
		return s.Export(t.Context(), some(t, 1).Batch)
	}
	if err := export(); err != nil {
		t.Fatal(err)
	}
	other := certify(t, ca, func(c *x509.Certificate) { c.DNSNames = []string{"other.example.com"} }).pair
	serving = other
	if e := failureOf(t, export()); e.Kind != sink.Refused || !strings.Contains(e.Error(), "the endpoint's certificate is for another name") {
		t.Errorf("got %v, want the endpoint's name to be wrong", e)
	}
	serving, proxying = certify(t, ca, nil).pair, other
	if e := failureOf(t, export()); e.Kind != sink.Refused || !strings.Contains(e.Error(), "the proxy's certificate is for another name") {
		t.Errorf("got %v, want the proxy's name to be wrong", e)
	}
}

func TestAProxyThatSpeaksTLSForwardsPlainText(t *testing.T) {
	var j journal
	proxy := tlsServer(t, "", j.taking(answering(200, "")))
	file, _ := proxy.ca.write(t, t.TempDir(), "ca")
	t.Setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", file)
	s := open(t, WithEndpoint("http://collector.example.com:4318"), through(t, localhost(proxy.URL)))
	if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
		t.Fatal(err)
	}
	if r, _ := j.last(t); r.RequestURI != "http://collector.example.com:4318/v1/logs" || r.Header.Get("Proxy-Authorization") == "" {
		t.Errorf("got %s, want a request to a proxy", r.RequestURI)
	}
}

func TestBrokenProxiesNameTheProxyAndNoCredential(t *testing.T) {
	raw := func(answer string) func(*testing.T) string {
		return func(t *testing.T) string {
			return "http://" + listener(t, func(c net.Conn) {
				_, _ = http.ReadRequest(bufio.NewReader(c))
				_, _ = io.WriteString(c, answer)
			})
		}
	}
	status := func(code int) func(*testing.T) string {
		return func(t *testing.T) string {
			return server(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Proxy-Authenticate", "Basic realm="+canary)
				w.WriteHeader(code)
				fmt.Fprint(w, "you are ", r.Header.Get("Proxy-Authorization"), " ", canary)
			}).URL
		}
	}
	for _, tt := range []struct {
		name  string
		proxy func(*testing.T) string
		kind  sink.Kind
		want  string
	}{
		{"nobody is there", func(t *testing.T) string { return "http://" + refusing(t) }, sink.Retry, "proxyconnect"},
		{"it has no name", func(*testing.T) string { return "http://proxy.invalid:3128" }, sink.Retry, "proxyconnect"},
		{"it hangs up", raw(""), sink.Retry, "EOF (through the proxy http://127.0.0.1:"},
		{"it talks nonsense", raw("hello " + canary + "\r\n\r\n"), sink.Retry, "(through the proxy"},
		{"it wants another credential", status(407), sink.Refused, "the proxy answered 407"},
		{"it does not let through", status(403), sink.Refused, "the proxy answered 403"},
		{"it does not reach the endpoint", status(502), sink.Retry, "the proxy answered 502"},
		{"it is overloaded", status(503), sink.Retry, "the proxy answered 503"},
		{"it sends elsewhere", status(302), sink.Retry, "the proxy answered 302"},
		{"it fails", status(500), sink.Retry, "the proxy answered 500"},
		{"its authority is not known", func(t *testing.T) string { return tlsServer(t, "", answering(200, "")).URL }, sink.Refused, "the proxy's certificate comes from an authority"},
		{"it speaks plain text where TLS is expected", func(t *testing.T) string {
			srv := server(t, answering(200, ""))
			srv.Config.ErrorLog = quiet
			return strings.Replace(srv.URL, "http:", "https:", 1)
		}, sink.Refused, "the proxy answered in plain text: use http:// for it"},
		{"nobody is there for SOCKS", func(t *testing.T) string { return "socks5://" + refusing(t) }, sink.Retry, "connection refused"},
		{"it hangs up on SOCKS", func(t *testing.T) string { return "socks5://" + listener(t, func(net.Conn) {}) }, sink.Retry, "socks"},
		{"it does not take the credential for SOCKS", func(t *testing.T) string {
			return "socks5://" + listener(t, func(c net.Conn) {
				_, _ = io.ReadFull(c, make([]byte, 4)) // version 5, two methods
				_, _ = c.Write([]byte{5, 2})           // user and password
				_, _ = io.ReadFull(c, make([]byte, 1+1+len("user")+1+len(canary)))
				_, _ = c.Write([]byte{1, 1})
			})
		}, sink.Retry, "authentication failed"},
		{"it has a scheme that nobody knows", func(t *testing.T) string { return "ftp://" + refusing(t) }, sink.Retry, ""},
		{"it speaks TLS where plain text is expected", func(t *testing.T) string {
			return strings.Replace(tlsServer(t, "", answering(200, "")).URL, "https:", "http:", 1)
		}, sink.Retry, "EOF (through the proxy http://127.0.0.1:"}, // Go's server says no more to CONNECT
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t, WithEndpoint("https://collector.example.com"), through(t, tt.proxy(t)), WithHeaders(map[string]string{"api-key": canary}))
			e := failureOf(t, s.Export(t.Context(), some(t, 1).Batch))
			if e.Kind != tt.kind || !strings.Contains(e.Error(), tt.want) {
				t.Errorf("got %v: %v, want %v and %q", e.Kind, e, tt.kind, tt.want)
			}
			mustHide(t, e)
			mustHide(t, s)
		})
	}
}
