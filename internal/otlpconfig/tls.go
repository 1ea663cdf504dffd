package otlpconfig

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// Files are the PEM files of a TLS client. What is not set is not used: without
// CA the system's authorities are trusted.
type Files struct {
	CA   Setting[string] // certificates of the authorities
	Cert Setting[string] // the client's own certificate, and its Key
	Key  Setting[string]
}

// lookupFiles finds the files that the environment names and reads them once, so
// that a wrong one is an error of the constructor.
func lookupFiles() (Files, error) {
	f := Files{CA: lookup("CERTIFICATE")}
	for _, level := range levels {
		f.Cert, f.Key = getenv(level+"CLIENT_CERTIFICATE"), getenv(level+"CLIENT_KEY")
		// Certificate and key belong together, so both come from one level.
		if f.Cert.IsSet() != f.Key.IsSet() {
			have, lack := f.Cert.From, level+"CLIENT_KEY"
			if f.Key.IsSet() {
				have, lack = f.Key.From, level+"CLIENT_CERTIFICATE"
			}
			return f, fmt.Errorf("%s: is set without %s; a client certificate needs both", have, lack)
		}
		if f.Cert.IsSet() {
			break
		}
	}
	_, err := f.Config()
	return f, err
}

// Config reads the files and returns the settings of one TLS connection. It is
// called for each handshake, so that renewed certificates are used as soon as
// the files have changed. The result is the caller's.
func (f Files) Config() (*tls.Config, error) {
	// TLS 1.2 is Go's own minimum too; it is said here so that no GODEBUG setting
	// of the program lowers it.
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	var errs []error
	if f.CA.IsSet() {
		pem, err := os.ReadFile(f.CA.Value)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f.CA.From, err))
		} else if c.RootCAs = x509.NewCertPool(); !c.RootCAs.AppendCertsFromPEM(pem) {
			errs = append(errs, fmt.Errorf("%s: %s holds no certificate in PEM form", f.CA.From, f.CA.Value))
		}
	}
	if f.Cert.IsSet() {
		pair, err := tls.LoadX509KeyPair(f.Cert.Value, f.Key.Value)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s and %s: %w", f.Cert.From, f.Key.From, err))
		}
		c.Certificates = []tls.Certificate{pair}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return c, nil
}

// Live returns settings for a transport that keeps one for all its connections
// to host. The files are read again at each handshake. The result is the caller's.
func (f Files) Live(host string) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if f.Cert.IsSet() {
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			now, err := f.Config()
			if err != nil {
				return nil, err
			}
			return &now.Certificates[0], nil
		}
	}
	if f.CA.IsSet() {
		// crypto/tls asks nobody for authorities, so its own check, which would
		// be made with those of the first day, is replaced by the same check with
		// those of today.
		c.InsecureSkipVerify = true
		c.VerifyConnection = func(cs tls.ConnectionState) error {
			now, err := f.Config()
			if err != nil {
				return err
			}
			return verify(cs, host, now.RootCAs)
		}
	}
	return c
}

// verify is what crypto/tls does with a server's certificates.
func verify(cs tls.ConnectionState, host string, roots *x509.CertPool) error {
	if len(cs.PeerCertificates) == 0 || cs.ServerName == "" && host == "" {
		return errors.New("there is no server certificate or no name to compare it with")
	}
	opts := x509.VerifyOptions{DNSName: cs.ServerName, Roots: roots, Intermediates: x509.NewCertPool()}
	if opts.DNSName == "" {
		// An address is not sent as a server name, and without a name nothing
		// would be compared.
		opts.DNSName = host
	}
	for _, cert := range cs.PeerCertificates[1:] {
		opts.Intermediates.AddCert(cert)
	}
	if _, err := cs.PeerCertificates[0].Verify(opts); err != nil {
		return &tls.CertificateVerificationError{UnverifiedCertificates: cs.PeerCertificates, Err: err}
	}
	return nil
}
