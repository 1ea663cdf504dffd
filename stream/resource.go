package stream

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/logstream-go/logstream/internal/attrs"
	"github.com/logstream-go/logstream/internal/otlp"
)

// Version is the version of this module, as telemetry.sdk.version says it.
const Version = otlp.Version

// encodeResource returns the body of the OTLP Resource: what the stream knows by
// itself, the environment and the options, of which the later win.
func (c *config) encodeResource() ([]byte, error) {
	list := []slog.Attr{
		slog.String("service.name", "unknown_service:"+filepath.Base(os.Args[0])),
		slog.String("service.instance.id", uuid()),
		slog.Int("process.pid", os.Getpid()),
		slog.String("telemetry.sdk.name", "logstream"),
		slog.String("telemetry.sdk.language", "go"),
		slog.String("telemetry.sdk.version", Version),
	}
	if host, err := os.Hostname(); err == nil {
		list = append(list, slog.String("host.name", host))
	}
	env, err := envResource()
	if err != nil {
		return nil, err
	}
	list = append(list, env...)
	list = append(list, c.resource...)

	// Of equal keys the last one stays.
	e := attrs.Encoder{Level: attrs.Level{Tag: otlp.TagResourceAttribute}, Types: c.mask.TypeMask()}
	e.Reset(DefaultMaxRecordSize, 0)
	var dst []byte
	for i, a := range list {
		if !repeated(a.Key, list[i+1:]) {
			dst = e.Append(dst, a)
		}
	}
	return dst, nil
}

func repeated(key string, later []slog.Attr) bool {
	for _, a := range later {
		if a.Key == key {
			return true
		}
	}
	return false
}

// envResource reads OTEL_RESOURCE_ATTRIBUTES (key=value pairs, percent-encoded,
// separated by commas) and OTEL_SERVICE_NAME, which wins. See
// https://opentelemetry.io/docs/specs/otel/resource/sdk/.
func envResource() ([]slog.Attr, error) {
	var list []slog.Attr
	var errs []error
	for i, pair := range strings.Split(os.Getenv("OTEL_RESOURCE_ATTRIBUTES"), ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		key, value, ok := strings.Cut(pair, "=")
		key = strings.TrimSpace(key)
		v, err := url.PathUnescape(strings.TrimSpace(value))
		if !ok || key == "" || err != nil {
			errs = append(errs, fmt.Errorf("stream: OTEL_RESOURCE_ATTRIBUTES: pair %d is not key=value, percent-encoded", i+1))
			continue
		}
		list = append(list, slog.String(key, v))
	}
	if name := os.Getenv("OTEL_SERVICE_NAME"); name != "" {
		list = append(list, slog.String("service.name", name))
	}
	return list, errors.Join(errs...)
}

// uuid returns a random UUID, version 4 of RFC 9562.
func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
