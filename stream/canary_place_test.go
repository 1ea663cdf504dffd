//go:build linux || darwin

package stream_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otlphttp"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// canaries are secrets as they stand in texts. Package mask has the same ones, and more
// encodings of them.
var canaries = []struct{ text, secret string }{
	{"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", "cat9ag498dyT5bl5GhcqrGi0qx020v3p9svG"},
	{"AKIAQRSTUVWXYZ234567", "QRSTUVWXYZ234567"},
	{"xoxb-" + "246813579024-abcdefghijkl-Zyxwvutsrqpo", "246813579024-abcdefghijkl-Zyxwvutsrqpo"},
	{"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.c2lnbmF0dXJlc2ln", "eyJzdWIiOiJib2IifQ.c2lnbmF0dXJlc2ln"},
	{"password=correct-horse-battery", "correct-horse-battery"},
	{"postgres://app:correcthorse77@db/x", "correcthorse77"},
	{"Authorization: Bearer b3BlbnNlc2FtZW9wZW4", "b3BlbnNlc2FtZW9wZW4"},
	{"https://h/p?sig=Zm9vYmFyYmF6cXV4MTIz&x=1", "Zm9vYmFyYmF6cXV4MTIz"},
	{"4111111111111111", "4111111111111111"},
	{"5500-0055-5555-5559", "5500-0055-5555-5559"},
	{"GB82WEST12345698765432", "GB82WEST12345698765432"},
	{"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n-----END PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj"},
}

// ways are the encodings and surroundings of a canary.
var ways = map[string]func(text string) string{
	"alone":           func(s string) string { return s },
	"in prose":        func(s string) string { return "it failed: " + s + " was refused" },
	"on a line":       func(s string) string { return "first\n" + s + "\nlast" },
	"in quotes":       func(s string) string { return fmt.Sprintf("%q", s) },
	"in JSON":         func(s string) string { return inJSON(s, 1) },
	"in JSON in JSON": func(s string) string { return inJSON(s, 2) },
	"printed":         func(s string) string { return fmt.Sprintf("%+v", struct{ A []string }{[]string{s}}) },
	"behind much":     func(s string) string { return strings.Repeat("x ", 20<<10) + s },
}

func inJSON(text string, levels int) string {
	for range levels {
		b, _ := json.Marshal(map[string]string{"msg": text})
		text = string(b)
	}
	return text
}

type (
	valuer   string
	stringer string
	fields   struct {
		Text string `json:"text"`
		Deep struct{ List []string }
	}
)

func (v valuer) LogValue() slog.Value { return slog.StringValue(string(v)) }
func (s stringer) String() string     { return string(s) }

// positions put a text wherever a log call can.
var positions = map[string]func(log *slog.Logger, text string){
	"message":    func(log *slog.Logger, s string) { log.Info(s) },
	"attribute":  func(log *slog.Logger, s string) { log.Info("m", "a", s) },
	"key":        func(log *slog.Logger, s string) { log.Info("m", s, 1) },
	"group":      func(log *slog.Logger, s string) { log.Info("m", slog.Group("g", slog.Group("h", "a", s), s, 2)) },
	"name":       func(log *slog.Logger, s string) { log.WithGroup(s).Info("m", "a", 1) },
	"With":       func(log *slog.Logger, s string) { log.With("a", s).Info("m") },
	"bytes":      func(log *slog.Logger, s string) { log.Info("m", "a", []byte(s)) },
	"error":      func(log *slog.Logger, s string) { log.Error("m", "err", fmt.Errorf("call: %w", errors.New(s))) },
	"Stringer":   func(log *slog.Logger, s string) { log.Info("m", "a", stringer(s)) },
	"LogValuers": func(log *slog.Logger, s string) { log.Info("m", "a", []any{valuer(s), map[string]any{"b": valuer(s)}}) },
	"map":        func(log *slog.Logger, s string) { log.Info("m", "a", map[string]string{s: s}) },
	"struct": func(log *slog.Logger, s string) {
		f := &fields{Text: s}
		f.Deep.List = []string{s}
		log.Info("m", "a", f)
	},
	"RawMessage":  func(log *slog.Logger, s string) { log.Info("m", "a", json.RawMessage(inJSON(s, 1))) },
	"header":      func(log *slog.Logger, s string) { log.Info("m", "a", http.Header{"X-Note": {s}}) },
	"level":       func(log *slog.Logger, s string) { log.Log(context.Background(), slog.LevelWarn+1, s) },
	"stack trace": func(log *slog.Logger, s string) { log.Error("m", "exception.stacktrace", "goroutine 1:\n"+s) },
}

// A collection is what a stream shows, by place.
type collection struct {
	mu    sync.Mutex
	shown map[string][]string
}

func (c *collection) show(place, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shown == nil {
		c.shown = map[string][]string{}
	}
	c.shown[place] = append(c.shown[place], text)
}

// files shows every file of a directory.
func (c *collection) files(t *testing.T, place, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		c.show(place, string(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// check looks for pieces of eight bytes of the secrets in every place.
func (c *collection) check(t *testing.T, places map[string]int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for place, least := range places {
		all := strings.Join(c.shown[place], "\n")
		if len(all) < least {
			t.Errorf("%s: got %d bytes to look at, want at least %d", place, len(all), least)
		}
		for _, k := range canaries {
			for i := 0; i+8 <= len(k.secret); i++ {
				if at := strings.Index(all, k.secret[i:i+8]); at >= 0 {
					t.Errorf("%s: %q of %q is left in %q", place, k.secret[i:i+8], k.text, all[max(0, at-100):min(len(all), at+100)])
					break
				}
			}
		}
	}
}

// times are numbers in JSON by chance like those of a card.
var times = regexp.MustCompile(`imeUnixNano":"\d+"`)

// raw is an endpoint that shows the bodies of requests.
func (c *collection) raw(t *testing.T, place string) string {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		c.show(place, times.ReplaceAllString(string(b), ""))
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		if place == "JSON" {
			_, _ = io.WriteString(w, "{}")
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// Each secret, in every way, in every position of a record, leaves no piece of itself in
// any place that a stream has: what it sends over gRPC and HTTP, in protobuf and JSON, the
// storage, while the stream runs and behind it, the file of the crash ring, dead letters
// with the words of who refused them, what it reports, its statistics and the errors of
// Flush and Shutdown.
func TestNoCanaryIsLeftInAnyPlaceOfAStream(t *testing.T) {
	var c collection
	quote := ""
	for _, k := range canaries {
		quote += k.text + " "
	}
	srv, grpc := receiver(t, true)
	over := func(place string, e otlphttp.Encoding) sink.Sink {
		k, err := otlphttp.New(otlphttp.WithEndpointURL(c.raw(t, place)), otlphttp.WithEncoding(e), otlphttp.WithCompression(otlphttp.NoCompression))
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	refuses := sink.Func(func(context.Context, *sink.Batch) error {
		return &sink.Error{Kind: sink.Invalid, Err: errors.New("I do not like " + quote)}
	})
	dead := sink.Func(func(context.Context, *sink.Batch) error { return errors.New("nobody there: " + quote) })
	storage, ring := filepath.Join(t.TempDir(), "storage"), filepath.Join(t.TempDir(), "ring")
	s, err := stream.New(grpc,
		stream.WithRoute("http", over("HTTP", otlphttp.Protobuf)), stream.WithRoute("json", over("JSON", otlphttp.JSON)),
		stream.WithRoute("refuses", refuses), stream.WithRoute("dead", dead),
		stream.WithStorage(storage), stream.WithCrashRing(ring, stream.OnDisk), stream.WithQueueSize(8<<20), stream.WithBatchBytes(64<<10), stream.WithRingSize(1<<20),
		stream.WithOverflow(stream.Block(time.Minute)), stream.WithHeartbeat(time.Second), stream.WithRetry(time.Millisecond, 10*time.Millisecond),
		stream.WithResource(slog.String("process.command_line", quote), slog.String(quote, "x")), stream.WithDeadLetters(64<<20),
		stream.WithErrorHandler(func(err error) { c.show("diagnostics", err.Error()) }))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slogbridge.NewHandler(s, slogbridge.WithScope(quote, quote)))
	sent := 0
	for _, k := range canaries {
		for _, way := range ways {
			for _, put := range positions {
				put(log, way(k.text))
				sent++
			}
		}
	}
	var hint uint32 // what a slog.Logger has no place for
	scope := otlp.AppendString(otlp.AppendScope(nil, "x", quote), otlp.TagScopeAttribute, quote, quote)
	src := s.Source(scope, "")
	for _, k := range canaries {
		rec := otlp.AppendSeverity(nil, 9, "INFO "+k.text)
		rec = otlp.AppendStringValue(rec, otlp.TagRecordBody, "m")
		src.Put(&hint, stream.Meta{Severity: 9}, otlp.AppendEventName(rec, k.text))
		sent++
	}
	c.files(t, "crash ring", ring)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	c.show("errors", fmt.Sprintf("%v %+v", s.Flush(ctx), s.Flush(ctx)))
	c.files(t, "crash ring", ring)
	c.files(t, "storage", storage)
	for _, d := range s.DeadLetters() {
		c.show("dead letters", fmt.Sprintf("%s %v %v %v %v", d.Request, d.Reason, d.Route, d.Sink, d.Time))
	}
	c.show("statistics", fmt.Sprintf("%v %+v", s.Stats(), s.Stats()))
	end, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	c.show("errors", fmt.Sprint(s.Shutdown(end)))
	c.files(t, "storage behind it", storage)
	arrived := 0
	for _, r := range srv.Records() {
		c.show("gRPC", fmt.Sprintf("%s %s %s %s %s %s %s", r.Body, r.Attributes, r.Resource.Attributes, r.Scope.Name+r.Scope.Version, r.Scope.Attributes, r.EventName, r.SeverityText))
		if r.Scope.Name != stream.OwnScope {
			arrived++
		}
	}
	if arrived != sent {
		t.Errorf("got %d records over gRPC, want %d", arrived, sent)
	}
	much := 1 << 20
	c.check(t, map[string]int{"gRPC": much, "HTTP": much, "JSON": much, "crash ring": much, "storage": 64 << 10, "storage behind it": much, "dead letters": much, "diagnostics": 20, "statistics": 100, "errors": 10})
}
