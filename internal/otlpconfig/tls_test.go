package otlpconfig

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// pair writes a self-signed certificate and its key into dir and returns their
// paths.
func pair(t *testing.T, dir, name string) (cert, key string) {
	t.Helper()
	priv, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: name},
		NotAfter:              time.Now().Add(time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
	}, &x509.Certificate{SerialNumber: big.NewInt(1)}, &priv.PublicKey, priv)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(priv)
	if err != nil {
		t.Fatal(err)
	}
	write := func(file, kind string, der []byte) string {
		path := filepath.Join(dir, file)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write(name+".pem", "CERTIFICATE", der), write(name+".key", "PRIVATE KEY", keyDER)
}

func TestFilesAreReadAtEachHandshake(t *testing.T) {
	dir := t.TempDir()
	ca, _ := pair(t, dir, "ca")
	cert, key := pair(t, dir, "client")
	setenv(t, vars{"CERTIFICATE": ca, "CLIENT_CERTIFICATE": cert, "CLIENT_KEY": key})
	c, err := Load(Options{})
	if err != nil {
		t.Fatal(err)
	}
	first, err := c.Files.Config()
	if err != nil {
		t.Fatal(err)
	}
	if first.MinVersion != tls.VersionTLS12 {
		t.Errorf("got minimum version %#x, want TLS 1.2", first.MinVersion)
	}
	if first.RootCAs == nil || len(first.Certificates) != 1 {
		t.Fatalf("got %v and %d certificates, want both", first.RootCAs, len(first.Certificates))
	}

	pair(t, dir, "ca") // renewed
	pair(t, dir, "client")
	second, err := c.Files.Config()
	if err != nil {
		t.Fatal(err)
	}
	if second.RootCAs.Equal(first.RootCAs) {
		t.Error("the authorities are those of the old file")
	}
	if string(second.Certificates[0].Certificate[0]) == string(first.Certificates[0].Certificate[0]) {
		t.Error("the client certificate is the old one")
	}
}

func TestBadFilesAreErrors(t *testing.T) {
	dir := t.TempDir()
	cert, key := pair(t, dir, "a")
	_, otherKey := pair(t, dir, "b")
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		env  vars
		want []string
	}{
		{"no such file", vars{"CERTIFICATE": dir + "/none"}, []string{"OTEL_EXPORTER_OTLP_CERTIFICATE", dir + "/none"}},
		{"no PEM", vars{"LOGS_CERTIFICATE": empty}, []string{"OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE", empty, "PEM"}},
		{"a certificate without a key", vars{"CLIENT_CERTIFICATE": cert}, []string{"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_KEY"}},
		{"a key without a certificate", vars{"LOGS_CLIENT_KEY": key}, []string{"OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY", "OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE"}},
		{"a pair of two levels", vars{"LOGS_CLIENT_CERTIFICATE": cert, "CLIENT_KEY": key}, []string{"OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY"}},
		{"another's key", vars{"CLIENT_CERTIFICATE": cert, "CLIENT_KEY": otherKey}, []string{"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_KEY"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			setenv(t, tt.env)
			_, err := Load(Options{})
			wantError(t, err, tt.want...)
			if _, err := Load(Options{TLS: "WithTLS"}); err != nil {
				t.Errorf("with TLS by option: got %v, want the files left alone", err)
			}
		})
	}
}

func TestThePairForLogsWins(t *testing.T) {
	dir := t.TempDir()
	cert, key := pair(t, dir, "logs")
	other, otherKey := pair(t, dir, "all")
	setenv(t, vars{"LOGS_CLIENT_CERTIFICATE": cert, "LOGS_CLIENT_KEY": key, "CLIENT_CERTIFICATE": other, "CLIENT_KEY": otherKey})
	c, err := Load(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Files.Cert.Value != cert || c.Files.Key.Value != key {
		t.Errorf("got %v and %v, want %s and %s", c.Files.Cert, c.Files.Key, cert, key)
	}
}
