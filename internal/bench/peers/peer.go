package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	axiomslog "github.com/axiomhq/axiom-go/adapters/slog"
	"github.com/axiomhq/axiom-go/axiom"
	"github.com/getsentry/sentry-go"
	sentryslog "github.com/getsentry/sentry-go/slog"
	"github.com/grafana/loki-client-go/loki"
	"github.com/rs/zerolog"
	"github.com/rs/zerolog/diode"
	slogloki "github.com/samber/slog-loki/v3"
	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/logstream-go/logstream/sink/otlphttp"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// A peer is a way from a log call to an endpoint.
type peer struct {
	log   func(text, user string)
	close func(ctx context.Context) error // ctx is ignored by those that take none
}

// names of the peers in the order of the table.
var names = []string{"logstream", "otel sdk", "axiom-go", "sentry-go", "slog-loki", "zerolog diode"}

// open opens the peer of a name, with the configuration that it comes with. dir is for
// what it keeps over a restart, if it can.
func open(name, endpoint, dir string) (*peer, error) {
	switch name {
	case "logstream":
		return openLogstream(endpoint, dir)
	case "otel sdk":
		return openOtel(endpoint)
	case "axiom-go":
		return openAxiom(endpoint)
	case "sentry-go":
		return openSentry(endpoint)
	case "slog-loki":
		return openLoki(endpoint)
	case "zerolog diode":
		return openZerolog(endpoint)
	}
	return nil, fmt.Errorf("peers: no peer %q", name)
}

// viaSlog is the peer of a handler.
func viaSlog(h slog.Handler, closeIt func(ctx context.Context) error) *peer {
	l := slog.New(h)
	return &peer{func(text, user string) { l.Info(text, "user", user) }, closeIt}
}

func openLogstream(endpoint, dir string) (*peer, error) {
	exp, err := otlphttp.New(otlphttp.WithEndpoint(endpoint))
	if err != nil {
		return nil, err
	}
	s, err := stream.New(exp, stream.WithCrashRing(filepath.Join(dir, "ring"), stream.OnDisk))
	if err != nil {
		return nil, err
	}
	return viaSlog(slogbridge.NewHandler(s), s.Shutdown), nil
}

func openOtel(endpoint string) (*peer, error) {
	exp, err := otlploghttp.New(context.Background(), otlploghttp.WithEndpointURL(endpoint+"/v1/logs"))
	if err != nil {
		return nil, err
	}
	lp := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(exp)))
	return viaSlog(otelslog.NewHandler("peers", otelslog.WithLoggerProvider(lp)), lp.Shutdown), nil
}

func openAxiom(endpoint string) (*peer, error) {
	h, err := axiomslog.New(axiomslog.SetDataset("peers"), axiomslog.SetClientOptions(
		axiom.SetNoEnv(), axiom.SetURL(endpoint), axiom.SetAPITokenConfig("xaat-"+nobody)))
	if err != nil {
		return nil, err
	}
	return viaSlog(h, func(context.Context) error {
		h.Close()
		return nil
	}), nil
}

// nobody is a token in the form that clients demand.
const nobody = "00000000-0000-0000-0000-000000000000"

func openSentry(endpoint string) (*peer, error) {
	host, ok := bytes.CutPrefix([]byte(endpoint), []byte("http://"))
	if !ok {
		return nil, fmt.Errorf("peers: endpoint %q", endpoint)
	}
	if err := sentry.Init(sentry.ClientOptions{Dsn: fmt.Sprintf("http://nobody@%s/1", host)}); err != nil {
		return nil, err
	}
	h := sentryslog.Option{}.NewSentryHandler(context.Background())
	return viaSlog(h, func(ctx context.Context) error {
		if !sentry.FlushWithContext(ctx) {
			return errors.New("flush timed out")
		}
		return nil
	}), nil
}

func openLoki(endpoint string) (*peer, error) {
	client, err := loki.NewWithDefault(endpoint + "/loki/api/v1/push")
	if err != nil {
		return nil, err
	}
	return viaSlog(slogloki.Option{Client: client}.NewLokiHandler(), func(context.Context) error {
		client.Stop()
		return nil
	}), nil
}

// openZerolog has the diode of zerolog's own documentation.
func openZerolog(endpoint string) (*peer, error) {
	w := diode.NewWriter(poster{endpoint}, 1000, 10*time.Millisecond, func(int) {})
	l := zerolog.New(w)
	return &peer{
		func(text, user string) { l.Info().Str("user", user).Msg(text) },
		func(context.Context) error { return w.Close() },
	}, nil
}

// A poster sends what is written to it, and says whether it was taken.
type poster struct{ endpoint string }

var posterClient = &http.Client{Timeout: 10 * time.Second}

func (p poster) Write(line []byte) (int, error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, p.endpoint, bytes.NewReader(line))
	if err != nil {
		return 0, err
	}
	resp, err := posterClient.Do(req)
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	if err := resp.Body.Close(); err != nil {
		return 0, err
	}
	if resp.StatusCode/100 != 2 {
		return 0, errors.New(resp.Status)
	}
	return len(line), nil
}
