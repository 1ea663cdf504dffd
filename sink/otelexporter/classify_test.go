package otelexporter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/logstream-go/logstream/sink"
)

// answer returns what Export makes of an exporter's error for a batch of three.
func answer(t *testing.T, err error, opts ...Option) error {
	t.Helper()
	b, _ := batchOf(t, scope, body("a"), body("b"), body("c"))
	return newSink(t, &fake{export: func(context.Context, []sdklog.Record) error { return err }}, opts...).Export(t.Context(), b)
}

// rpc is an error with the words of a gRPC status.
func rpc(code string) error { return errors.New("rpc error: code = " + code + " desc = some words") }

// web is an error with the words of otlploghttp.
func web(status string) error {
	return fmt.Errorf("failed to send logs to http://127.0.0.1:4318/v1/logs: %s (%w)", status, errors.New("body: some: words"))
}

func jsonError() error {
	_, err := json.Marshal(map[string]any{"v": math.NaN()})
	return err
}

func TestErrorsBecomeWhatTheStreamDoes(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want sink.Kind
	}{
		{"an unknown error", errors.New("the pipe is broken"), sink.Retry},
		{"the exporter was shut down", sdklog.ErrExporterShutdown, sink.Refused},
		{"wrapped", fmt.Errorf("x: %w", sdklog.ErrExporterShutdown), sink.Refused},
		{"a deadline", context.DeadlineExceeded, sink.Retry},
		{"no JSON form", jsonError(), sink.Invalid},
		{"no JSON form, wrapped", fmt.Errorf("stdout: %w", jsonError()), sink.Invalid},

		{"gRPC, cancelled", rpc("Canceled"), sink.Retry},
		{"gRPC, deadline", rpc("DeadlineExceeded"), sink.Retry},
		{"gRPC, aborted", rpc("Aborted"), sink.Retry},
		{"gRPC, out of range", rpc("OutOfRange"), sink.Retry},
		{"gRPC, unavailable", rpc("Unavailable"), sink.Retry},
		{"gRPC, data loss", rpc("DataLoss"), sink.Retry},
		{"gRPC, exhausted for good", rpc("ResourceExhausted"), sink.TooLarge},
		{"gRPC, exhausted for a while", fmt.Errorf("max retry time elapsed: %w", rpc("ResourceExhausted")), sink.Retry},
		{"gRPC, exhausted for long", fmt.Errorf("max retry time would elapse: %w", rpc("ResourceExhausted")), sink.Retry},
		{"gRPC, exhausted, exporter out of time", fmt.Errorf("%w: %w", errors.New("exporter export timeout"), rpc("ResourceExhausted")), sink.Retry},
		{"gRPC, exhausted, stream out of time", fmt.Errorf("%w: %w", context.DeadlineExceeded, rpc("ResourceExhausted")), sink.Retry},
		{"gRPC, unauthenticated", rpc("Unauthenticated"), sink.Refused},
		{"gRPC, permission", rpc("PermissionDenied"), sink.Refused},
		{"gRPC, no such service", rpc("Unimplemented"), sink.Refused},
		{"gRPC, invalid", rpc("InvalidArgument"), sink.Invalid},
		{"gRPC, internal", rpc("Internal"), sink.Invalid},
		{"gRPC, unknown", rpc("Unknown"), sink.Invalid},
		{"gRPC, a code of its own", rpc("Code(77)"), sink.Invalid},
		{"gRPC, joined", errors.Join(nil, rpc("InvalidArgument")), sink.Invalid},
		{"gRPC, above the exporter's limit", errors.New("request message too large: exceeded 100 bytes"), sink.TooLarge},

		{"HTTP, bad request", web("400 Bad Request"), sink.Invalid},
		{"HTTP, no credential", web("401 Unauthorized"), sink.Refused},
		{"HTTP, forbidden", web("403 Forbidden"), sink.Refused},
		{"HTTP, wrong path", web("404 Not Found"), sink.Refused},
		{"HTTP, method", web("405 Method Not Allowed"), sink.Refused},
		{"HTTP, proxy", web("407 Proxy Authentication Required"), sink.Refused},
		{"HTTP, redirect", web("302 Found"), sink.Refused},
		{"HTTP, too large", web("413 Request Entity Too Large"), sink.TooLarge},
		{"HTTP, internal", web("500 Internal Server Error"), sink.Invalid},
		{"HTTP, throttled", web("429 Too Many Requests"), sink.Retry},
		{"HTTP, unavailable", web("503 Service Unavailable"), sink.Retry},
		{"HTTP, gave up", fmt.Errorf("max retry time elapsed: %w", errors.New("retry-able request failure: body: 400 (empty)")), sink.Retry},
		{"HTTP, retry off", errors.New("retry-able request failure: body: (empty)"), sink.Retry},
		{"HTTP, above the exporter's limit", errors.New("request body too large: exceeded 100 bytes"), sink.TooLarge},
		{"HTTP, no status", web("what Bad Request"), sink.Retry},
		{"HTTP, a number that is no status", web("40000 Bad"), sink.Retry},
		{"HTTP, cut", errors.New("failed to send logs to "), sink.Retry},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := answer(t, tt.err)
			e, ok := errors.AsType[*sink.Error](err)
			if !ok {
				t.Fatalf("got %v, want a *sink.Error", err)
			}
			if e.Kind != tt.want || e.Rejected != 0 || e.Taken != 0 || e.RetryAfter != 0 {
				t.Errorf("got %+v, want kind %v", e, tt.want)
			}
			if !errors.Is(err, tt.err) && !strings.Contains(err.Error(), tt.err.Error()) {
				t.Errorf("got %q, want it to say %q", err, tt.err)
			}
		})
	}
}

func TestAnErrorAfterTheDeadlineIsTriedAgain(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := newSink(t, &fake{export: func(context.Context, []sdklog.Record) error {
		cancel()
		return rpc("Internal")
	}})
	b, _ := batchOf(t, scope, body("x"))
	if e := sink.AsError(s.Export(ctx, b)); e == nil || e.Kind != sink.Retry {
		t.Errorf("got %v, want it tried again", e)
	}
}

// partial is an error with the words of a partial success.
func partial(n int, msg string) error {
	return fmt.Errorf("OTLP partial success: %s (%d logs rejected)", msg, n)
}

func TestAPartialSuccessIsAnAnswerToTheWholeBatch(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want int // rejected; 0 is success
	}{
		{"some", partial(2, "too old"), 2},
		{"joined", errors.Join(partial(1, "too old"), nil), 1},
		{"something went wrong after it", errors.Join(partial(1, "too old"), errors.New("close: reset")), 1},
		{"a warning", partial(0, "deprecated"), 0},
		{"a negative number", partial(-5, "what"), 0},
		{"more than there were", partial(math.MaxInt, "all"), 3},
		{"words that look like a count", partial(2, "x (7 logs rejected) (3"), 2},
	} {
		err := answer(t, tt.err)
		if tt.want == 0 {
			if err != nil {
				t.Errorf("%s: got %v, want success", tt.name, err)
			}
			continue
		}
		if e := sink.AsError(err); e == nil || e.Rejected != tt.want {
			t.Errorf("%s: got %+v, want %d rejected", tt.name, e, tt.want)
		}
	}
	for _, words := range []string{"OTLP partial success: 3", "OTLP partial success: x (many logs rejected)", "partial (1 logs rejected)"} {
		if e := sink.AsError(answer(t, errors.New(words))); e == nil || e.Rejected != 0 || e.Kind != sink.Retry {
			t.Errorf("%q: got %+v, want an unknown error", words, e)
		}
	}
}

func TestAClassifierGoesFirst(t *testing.T) {
	busy, other := errors.New("busy"), rpc("Internal")
	opt := WithClassifier(func(err error) *sink.Error {
		if !errors.Is(err, busy) {
			return nil
		}
		return &sink.Error{Kind: sink.Retry, RetryAfter: time.Minute, Taken: 1}
	})
	e := sink.AsError(answer(t, fmt.Errorf("%w: %w", busy, other), opt))
	if e.Kind != sink.Retry || e.RetryAfter != time.Minute || e.Taken != 1 || !errors.Is(e, busy) {
		t.Errorf("got %+v, want what the classifier says, with the error", e)
	}
	if e := sink.AsError(answer(t, other, opt)); e.Kind != sink.Invalid {
		t.Errorf("got %+v, want the rules for what the classifier leaves", e)
	}
	calls := 0
	count := WithClassifier(func(error) *sink.Error { calls++; return nil })
	if err := answer(t, nil, count); err != nil || calls != 0 {
		t.Errorf("got %v and %d calls for a success, want none", err, calls)
	}
}

func TestAMessageIsCut(t *testing.T) {
	long := fmt.Errorf("failed to send logs to http://x: 400 Bad Request (body: %s: %w)", strings.Repeat("ü", 1<<20), context.Canceled)
	err := answer(t, long)
	if n := len(err.Error()); n > maxMessage+100 {
		t.Errorf("got a message of %d bytes, want at most about %d", n, maxMessage)
	}
	if !strings.HasSuffix(err.Error(), "...[cut]") || !strings.HasPrefix(err.Error(), "retry: otelexporter: failed to send logs") {
		t.Errorf("got %.60q, want the beginning and a mark", err)
	}
	if !errors.Is(err, context.Canceled) {
		t.Error("the cause is lost")
	}
}
