package otlpgrpc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/logstream-go/logstream/internal/otlpconfig"
	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otlptest"
)

// An authority signs certificates for the test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := new(authority)
	c := a.sign(t, &x509.Certificate{IsCA: true, KeyUsage: x509.KeyUsageCertSign, Subject: pkix.Name{CommonName: "authority"}})
	a.key = c.PrivateKey.(*ecdsa.PrivateKey)
	a.cert = c.Leaf
	return a
}

// sign returns a certificate as the template says, signed by a, or by itself if
// a has no key yet.
func (a *authority) sign(t *testing.T, template *x509.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	template.BasicConstraintsValid = true
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// server returns a certificate for the loopback address.
func (a *authority) server(t *testing.T) tls.Certificate {
	t.Helper()
	return a.sign(t, &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// write writes c and its key as PEM files and returns their paths.
func write(t *testing.T, dir, name string, c tls.Certificate) (cert, key string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	file := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return file(name+".pem", "CERTIFICATE", c.Certificate[0]), file(name+".key", "PRIVATE KEY", der)
}

// secure starts a receiver that speaks TLS.
func secure(t *testing.T, a *authority, change ...func(*tls.Config)) *otlptest.Server {
	t.Helper()
	cfg := &tls.Config{Certificates: []tls.Certificate{a.server(t)}, MinVersion: tls.VersionTLS12}
	for _, f := range change {
		f(cfg)
	}
	return receiver(t, otlptest.WithTLS(cfg))
}

func TestTLSWithTheAuthorityOfAFile(t *testing.T) {
	a := newAuthority(t)
	ca, _ := write(t, t.TempDir(), "ca", tls.Certificate{Certificate: [][]byte{a.cert.Raw}, PrivateKey: a.key})
	t.Setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", ca)
	srv := secure(t, a)
	if err := to(t, srv).Export(t.Context(), some(t, 1).Batch); err != nil {
		t.Error(err)
	}
}

func TestTLSWithCredentials(t *testing.T) {
	a := newAuthority(t)
	srv := secure(t, a)
	creds := credentials.NewTLS(&tls.Config{RootCAs: a.pool(), MinVersion: tls.VersionTLS13})
	if err := to(t, srv, WithTLSCredentials(creds)).Export(t.Context(), some(t, 1).Batch); err != nil {
		t.Error(err)
	}
}

func TestAServerThatNobodyVouchesForIsNotTrusted(t *testing.T) {
	for _, tt := range []struct {
		name string
		srv  func(t *testing.T, a *authority) *otlptest.Server
		want string
	}{
		{"of another authority", func(t *testing.T, _ *authority) *otlptest.Server { return secure(t, newAuthority(t)) }, "certificate"},
		{"for another host", func(t *testing.T, a *authority) *otlptest.Server {
			other := a.sign(t, &x509.Certificate{IPAddresses: []net.IP{net.IPv4(10, 0, 0, 1)}})
			return secure(t, a, func(c *tls.Config) { c.Certificates = []tls.Certificate{other} })
		}, "certificate"},
		{"with TLS 1.1", func(t *testing.T, a *authority) *otlptest.Server {
			return secure(t, a, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 })
		}, "protocol version"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := newAuthority(t)
			ca, _ := write(t, t.TempDir(), "ca", tls.Certificate{Certificate: [][]byte{a.cert.Raw}, PrivateKey: a.key})
			t.Setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", ca)
			srv := tt.srv(t, a)
			e := failure(t, to(t, srv).Export(t.Context(), some(t, 1).Batch))
			if e.Kind != sink.Retry || !strings.Contains(e.Error(), tt.want) {
				t.Errorf("got %v, want a retry with %q in it", e, tt.want)
			}
		})
	}
}

// Certificates are renewed on disk while the sink runs: the next connection uses
// the new ones.
func TestRenewedCertificatesArePickedUp(t *testing.T) {
	dir := t.TempDir()
	old, renewed := newAuthority(t), newAuthority(t)
	put := func(a *authority) (ca, cert, key string) {
		client := a.sign(t, &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		ca, _ = write(t, dir, "ca", tls.Certificate{Certificate: [][]byte{a.cert.Raw}, PrivateKey: a.key})
		cert, key = write(t, dir, "client", client)
		return ca, cert, key
	}
	ca, cert, key := put(old)
	t.Setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", ca)
	t.Setenv("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", cert)
	t.Setenv("OTEL_EXPORTER_OTLP_CLIENT_KEY", key)

	current := old
	certs := map[*authority]tls.Certificate{old: old.server(t), renewed: renewed.server(t)}
	srv := secure(t, old, func(c *tls.Config) {
		c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return &tls.Config{
				Certificates: []tls.Certificate{certs[current]},
				ClientAuth:   tls.RequireAndVerifyClientCert,
				ClientCAs:    current.pool(),
				NextProtos:   []string{"h2"},
			}, nil
		}
	})
	s := to(t, srv)
	if err := s.Export(t.Context(), some(t, 1).Batch); err != nil {
		t.Fatal(err)
	}

	if err := srv.Stop(); err != nil {
		t.Fatal(err)
	}
	current = renewed
	if err := srv.Restart(); err != nil {
		t.Fatal(err)
	}
	failure(t, s.Export(t.Context(), some(t, 1).Batch)) // the files are still the old ones
	put(renewed)
	var err error
	for range 3 { // gRPC may have a handshake under way
		if err = s.Export(t.Context(), some(t, 1).Batch); err == nil {
			break
		}
	}
	if err != nil {
		t.Errorf("with renewed files: %v", err)
	}
	if err := os.Remove(ca); err != nil {
		t.Fatal(err)
	}
	if err := srv.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := srv.Restart(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the first may meet the old connection
		e := failure(t, s.Export(t.Context(), some(t, 1).Batch))
		if e.Kind != sink.Retry {
			t.Errorf("without the file: got %v, want a retry", e)
		}
	}
}

func TestPlainTextAgainstTLSNamesTheCure(t *testing.T) {
	a := newAuthority(t)
	plain := strings.TrimPrefix(receiver(t).Endpoint(), "http://")
	encrypted := strings.TrimPrefix(secure(t, a).Endpoint(), "https://")
	creds := WithTLSCredentials(credentials.NewTLS(&tls.Config{RootCAs: a.pool()}))

	// What else listens on ports: TLS by itself, as in front of many collectors,
	// and a server that hangs up on whatever it does not know.
	bare := hangup(t, func(c net.Conn) {
		_ = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{a.server(t)}}).Handshake()
	})
	web := hangup(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1<<10))
		_, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	})
	rude := hangup(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 1<<16)) })

	for _, tt := range []struct {
		name string
		opts []Option
		want string
	}{
		{"plain text to gRPC with TLS", []Option{WithEndpoint("http://" + encrypted)}, "use https://"},
		{"plain text to TLS", []Option{WithEndpoint(bare), WithInsecure()}, "use https://"},
		{"plain text to HTTP/1", []Option{WithEndpoint("http://" + web)}, "use https://"},
		{"TLS to gRPC in plain text", []Option{WithEndpoint("https://" + plain), creds}, "use http:// or WithInsecure"},
		{"TLS because nothing says otherwise", []Option{WithEndpoint(plain)}, "use http:// or WithInsecure"},
		{"TLS to HTTP/1", []Option{WithEndpoint("https://" + web)}, "use http:// or WithInsecure"},
		{"TLS to a server that hangs up", []Option{WithEndpoint("https://" + rude)}, "use http:// or WithInsecure"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := failure(t, open(t, tt.opts...).Export(t.Context(), some(t, 1).Batch))
			if e.Kind != sink.Retry || !strings.Contains(e.Error(), tt.want) {
				t.Errorf("got %q, want %q in it", e, tt.want)
			}
		})
	}
}

func TestOtherFailuresNameNoCure(t *testing.T) {
	srv := receiver(t)
	if err := srv.Stop(); err != nil {
		t.Fatal(err)
	}
	e := failure(t, to(t, srv).Export(t.Context(), some(t, 1).Batch))
	if strings.Contains(e.Error(), "https://") || !strings.Contains(e.Error(), "refused") {
		t.Errorf("got %q, want only that the connection was refused", e)
	}
}

// hangup starts a server that hands each connection to f and then closes it.
func hangup(t *testing.T, f func(net.Conn)) string {
	t.Helper()
	l := listen(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			f(c)
			c.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return l.Addr().String()
}

func TestCredentialsThatAreNone(t *testing.T) {
	for _, creds := range []credentials.TransportCredentials{nil, insecure.NewCredentials()} {
		_, err := New(WithEndpoint("https://localhost"), WithTLSCredentials(creds))
		if err == nil || !strings.Contains(err.Error(), "WithTLSCredentials") {
			t.Errorf("got %v, want an error about WithTLSCredentials", err)
		}
	}
}

func TestAClonePicksUpTheFilesToo(t *testing.T) {
	c, ok := newFileCredentials(otlpconfig.Files{CA: otlpconfig.Option("CA", "/ca.pem")}).Clone().(*fileCredentials)
	if !ok || c.files.CA.Value != "/ca.pem" {
		t.Errorf("got %+v, want the same files", c)
	}
}
