package otlptest_test

import (
	"crypto/tls"
	"path/filepath"
	"strings"
	"testing"

	"github.com/logstream-go/logstream/sink/otlptest"
)

func TestNewReturnsEveryProblemOfItsOptions(t *testing.T) {
	tests := map[string]struct {
		opts []otlptest.Option
		want []string
	}{
		"no TLS configuration": {[]otlptest.Option{otlptest.WithTLS(nil)}, []string{"WithTLS: the configuration has no certificate"}},
		"no certificate":       {[]otlptest.Option{otlptest.WithTLS(&tls.Config{})}, []string{"WithTLS: the configuration has no certificate"}},
		"no size":              {[]otlptest.Option{otlptest.WithMaxMessageSize(0)}, []string{"WithMaxMessageSize: 0 is below 1"}},
		"no address":           {[]otlptest.Option{otlptest.WithAddress("")}, []string{"WithAddress: the address is empty"}},
		"no path":              {[]otlptest.Option{otlptest.WithUnixSocket("")}, []string{"WithUnixSocket: the path is empty"}},
		"two places":           {[]otlptest.Option{otlptest.WithInMemory(), otlptest.WithAddress("127.0.0.1:0")}, []string{"exclude each other"}},
		"nil":                  {[]otlptest.Option{nil}, []string{"nil Option"}},
		"several at once": {
			[]otlptest.Option{otlptest.WithDiscard(), otlptest.WithMaxMessageSize(-7), otlptest.WithMessages()},
			[]string{"-7 is below 1", "WithDiscard and WithMessages exclude each other"},
		},
		"an address that cannot be": {[]otlptest.Option{otlptest.WithAddress("127.0.0.1:70000")}, []string{"otlptest: ", "70000"}},
		"a socket in no directory":  {[]otlptest.Option{otlptest.WithUnixSocket(filepath.Join(t.TempDir(), "no", "s"))}, []string{"otlptest: ", "no such file"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			srv, err := otlptest.New(tt.opts...)
			if err == nil {
				srv.Close()
				t.Fatal("got no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want %q in it", err, want)
				}
			}
		})
	}
}
