package otlphttp

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// quiet is a log for servers whose clients misbehave on purpose.
var quiet = log.New(io.Discard, "", 0)

// A certified is a certificate with its key.
type certified struct {
	cert *x509.Certificate
	pair tls.Certificate
}

// certify makes a certificate, signed by ca or by itself. change may alter what it
// says: by default it is valid for an hour, for 127.0.0.1 and for localhost.
func certify(tb testing.TB, ca *certified, change func(*x509.Certificate)) *certified {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber:          big.NewInt(time.Now().UnixNano()),
		Subject:               pkix.Name{CommonName: "otlphttp test"},
		NotBefore:             time.Now().Add(-2 * time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IsCA:                  ca == nil,
		BasicConstraintsValid: true,
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		DNSNames:              []string{"localhost"},
	}
	if change != nil {
		change(c)
	}
	parent, signer := c, key
	if ca != nil {
		parent, signer = ca.cert, ca.pair.PrivateKey.(*ecdsa.PrivateKey)
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		tb.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return &certified{parsed, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: parsed}}
}

// write writes c and its key into dir and returns the paths.
func (c *certified) write(tb testing.TB, dir, name string) (cert, key string) {
	tb.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.pair.PrivateKey)
	if err != nil {
		tb.Fatal(err)
	}
	put := func(file, kind string, der []byte) string {
		path := filepath.Join(dir, file)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			tb.Fatal(err)
		}
		return path
	}
	return put(name+".pem", "CERTIFICATE", c.cert.Raw), put(name+".key", "PRIVATE KEY", der)
}

// pool returns a pool with c in it.
func (c *certified) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(c.cert)
	return p
}

// A secureServer is an HTTPS server and the authority that signed for it.
type secureServer struct {
	*httptest.Server
	ca *certified
}

// trusted returns settings for a client that knows the authority.
func (s *secureServer) trusted() *tls.Config { return &tls.Config{RootCAs: s.ca.pool()} }

// tlsServer starts an HTTPS server for the test. It speaks HTTP/2 if proto says
// so.
func tlsServer(tb testing.TB, proto string, h http.HandlerFunc, change ...func(*tls.Config)) *secureServer {
	tb.Helper()
	ca := certify(tb, nil, nil)
	srv := httptest.NewUnstartedServer(h)
	srv.EnableHTTP2 = proto == "HTTP/2"
	srv.Config.ErrorLog = quiet
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{certify(tb, ca, nil).pair}}
	for _, c := range change {
		c(srv.TLS)
	}
	srv.StartTLS()
	tb.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	return &secureServer{srv, ca}
}

// unixServer starts an HTTP server on a Unix socket for the test.
func unixServer(tb testing.TB, path string, h http.HandlerFunc) {
	tb.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		tb.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(h)
	_ = srv.Listener.Close()
	srv.Listener = l
	srv.Start()
	tb.Cleanup(srv.Close)
}

// listener serves raw connections for the test: serve is called for each, in
// turn, and the connection closed when it returns.
func listener(tb testing.TB, serve func(net.Conn)) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c)
			_ = c.Close()
		}
	}()
	tb.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l.Addr().String()
}
