package otlphttp

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otlptest"
)

func TestMistakesWithTLSNameTheirCure(t *testing.T) {
	secure := func(change func(*x509.Certificate), more ...func(*tls.Config)) func(*testing.T) []Option {
		return func(t *testing.T) []Option {
			ca := certify(t, nil, nil)
			srv := tlsServer(t, "", answering(200, ""), append(more, func(c *tls.Config) {
				c.Certificates = []tls.Certificate{certify(t, ca, change).pair}
			})...)
			return []Option{WithEndpoint(srv.URL), WithTLSClientConfig(&tls.Config{RootCAs: ca.pool()})}
		}
	}
	for _, tt := range []struct {
		name string
		open func(*testing.T) []Option
		want string
	}{
		{"plain text behind https", func(t *testing.T) []Option {
			srv := server(t, answering(200, ""))
			srv.Config.ErrorLog = quiet
			return []Option{WithEndpoint(strings.Replace(srv.URL, "http:", "https:", 1))}
		}, "use http:// or WithInsecure"},
		{"another protocol behind https", func(t *testing.T) []Option {
			return []Option{WithEndpoint("https://" + listener(t, func(c net.Conn) {
				_, _ = io.WriteString(c, "220 mail ready\r\n")
				_, _ = io.Copy(io.Discard, c)
			}))}
		}, "does not speak TLS"},
		{"TLS behind http", func(t *testing.T) []Option {
			srv := tlsServer(t, "", answering(200, ""))
			return []Option{WithEndpoint(strings.Replace(srv.URL, "https:", "http:", 1))}
		}, "use https://"},
		{"TLS behind http, told by an alert", func(t *testing.T) []Option {
			return []Option{WithEndpoint("http://" + listener(t, func(c net.Conn) {
				_, _ = http.ReadRequest(bufio.NewReader(c))
				_, _ = c.Write([]byte{0x15, 0x03, 0x01, 0, 2, 2, 70})
			}))}
		}, "use https://"},
		{"the port of gRPC", func(t *testing.T) []Option {
			srv, err := otlptest.New()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = srv.Close() })
			return []Option{WithEndpoint(srv.Endpoint())}
		}, "4318"},
		{"an expired certificate", secure(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }), "has expired"},
		{"a certificate of tomorrow", secure(func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(time.Hour), time.Now().Add(2*time.Hour)
		}), "not valid yet"},
		{"a certificate for another name", secure(func(c *x509.Certificate) {
			c.IPAddresses, c.DNSNames = nil, []string{"other.example.com"}
		}), "for another name"},
		{"an authority that nobody knows", func(t *testing.T) []Option {
			return []Option{WithEndpoint(tlsServer(t, "", answering(200, "")).URL)}
		}, "OTEL_EXPORTER_OTLP_CERTIFICATE"},
		{"TLS 1.0", secure(nil, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS10 }), "TLS 1.2 or later"},
		{"no client certificate", secure(nil, func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }), "wants a client certificate"},
		{"no client certificate, TLS 1.2", secure(nil, func(c *tls.Config) {
			c.ClientAuth, c.MaxVersion = tls.RequireAnyClientCert, tls.VersionTLS12
		}), "want a client certificate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t, tt.open(t)...)
			// The other side may hang up before its words are read. That is a
			// broken connection, and the next attempt tells.
			var e *sink.Error
			for range 50 {
				if e = failureOf(t, s.Export(t.Context(), some(t, 1).Batch)); e.Kind != sink.Retry {
					break
				}
			}
			if e.Kind != sink.Refused || !strings.Contains(e.Error(), tt.want) {
				t.Errorf("got %q, want refused and %q", e, tt.want)
			}
		})
	}
}

func TestTheLeastVersionIsTLS12(t *testing.T) {
	s := open(t, WithEndpoint("https://a"), WithTLSClientConfig(&tls.Config{}))
	if got := s.balancer.endpoints[0].transport.TLSClientConfig.MinVersion; got != tls.VersionTLS12 {
		t.Errorf("got %x", got)
	}
	s = open(t, WithEndpoint("https://a"), WithTLSClientConfig(&tls.Config{MinVersion: tls.VersionTLS13}))
	if got := s.balancer.endpoints[0].transport.TLSClientConfig.MinVersion; got != tls.VersionTLS13 {
		t.Errorf("got %x", got)
	}
}

// present makes a server present what cert holds at each handshake.
func present(c *tls.Config, cert *tls.Certificate) {
	c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		now := c.Clone()
		now.Certificates = []tls.Certificate{*cert}
		return now, nil
	}
}

// The files are the environment's: authority, certificate and key. They are read
// at each handshake, so a renewal needs no restart, and what is verified is what
// crypto/tls would verify.
func TestFilesAreReadAtEachHandshake(t *testing.T) {
	dir := t.TempDir()
	old, renewed, clients := certify(t, nil, nil), certify(t, nil, nil), certify(t, nil, nil)
	caFile, _ := old.write(t, dir, "ca")
	client := certify(t, clients, func(c *x509.Certificate) { c.Subject.CommonName = "first" })
	certFile, keyFile := client.write(t, dir, "client")
	t.Setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", caFile)
	t.Setenv("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", certFile)
	t.Setenv("OTEL_EXPORTER_OTLP_CLIENT_KEY", keyFile)

	serving := certify(t, old, nil).pair
	var j journal
	srv := tlsServer(t, "HTTP/2", j.taking(answering(200, "")), func(c *tls.Config) {
		c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, clients.pool()
		present(c, &serving)
	})
	s := to(t, srv.Server)
	export := func() error {
		s.balancer.endpoints[0].transport.CloseIdleConnections() // the next one makes a handshake
		return s.Export(t.Context(), some(t, 1).Batch)
	}
	name := func() string {
		r, _ := j.last(t)
		return r.TLS.PeerCertificates[0].Subject.CommonName
	}
	if err := export(); err != nil {
		t.Fatal(err)
	}
	if got := name(); got != "first" {
		t.Errorf("got client %q, want first", got)
	}

	serving = certify(t, renewed, nil).pair
	if e := failureOf(t, export()); e.Kind != sink.Refused || !strings.Contains(e.Error(), "authority") {
		t.Errorf("got %v, want an authority that is not trusted", e)
	}
	renewed.write(t, dir, "ca")
	certify(t, clients, func(c *x509.Certificate) { c.Subject.CommonName = "second" }).write(t, dir, "client")
	if err := export(); err != nil {
		t.Fatal(err)
	}
	if got := name(); got != "second" {
		t.Errorf("got client %q, want second", got)
	}

	for _, tt := range []struct {
		change func(*x509.Certificate)
		want   string
	}{
		{func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 2)} }, "for another name"},
		{func(c *x509.Certificate) { c.IPAddresses = nil }, "for another name"},
		{func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }, "expired"},
	} {
		serving = certify(t, renewed, tt.change).pair
		if e := failureOf(t, export()); e.Kind != sink.Refused || !strings.Contains(e.Error(), tt.want) {
			t.Errorf("got %v, want %q", e, tt.want)
		}
	}
}

func TestAServerNameIsVerifiedToo(t *testing.T) {
	ca := certify(t, nil, nil)
	caFile, _ := ca.write(t, t.TempDir(), "ca")
	t.Setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", caFile)
	serving := certify(t, ca, func(c *x509.Certificate) { c.IPAddresses = nil }).pair
	srv := tlsServer(t, "", answering(200, ""), func(c *tls.Config) { present(c, &serving) })
	s := open(t, WithEndpoint("https://localhost:"+strings.TrimPrefix(srv.URL, "https://127.0.0.1:")))
	if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
		t.Fatal(err)
	}
	s.balancer.endpoints[0].transport.CloseIdleConnections()
	serving = certify(t, ca, func(c *x509.Certificate) { c.DNSNames = []string{"localhost.example.com"} }).pair
	if e := failureOf(t, s.Export(t.Context(), some(t, 1).Batch)); !strings.Contains(e.Error(), "for another name") {
		t.Errorf("got %v, want another name", e)
	}
}
