package otlphttp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/logstream-go/logstream/sink"
)

// The cases of the Collector's OTLP/HTTP exporter. Their names stand at the end.

func TestErrorAnswers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		header []string
		body   string
		kind   sink.Kind
		after  time.Duration
		text   string
	}{
		{"400 with a status", 400, nil, status(t, 3, "Bad field", 0), sink.Invalid, 0, "400 Bad Request: Bad field"},
		{"402 with a status", 402, nil, status(t, 3, "Bad field", 0), sink.Invalid, 0, "402 Payment Required: Bad field"},
		{"404 without one", 404, nil, "", sink.Refused, 0, "404 Not Found"},
		{"405 with a status", 405, nil, status(t, 3, "Bad field", 0), sink.Refused, 0, "405 Method Not Allowed: Bad field"},
		{"413 with a status", 413, nil, status(t, 3, "Bad field", 0), sink.TooLarge, 0, "413 Request Entity Too Large: Bad field"},
		{"414 with a status", 414, nil, status(t, 3, "Bad field", 0), sink.Invalid, 0, "414 Request URI Too Long: Bad field"},
		{"429 with a status", 429, nil, status(t, 3, "Quota exceeded", 0), sink.Retry, 0, "429 Too Many Requests: Quota exceeded"},
		{"431 with a status", 431, nil, status(t, 3, "Bad field", 0), sink.Invalid, 0, "431 Request Header Fields Too Large: Bad field"},
		{"500 with a status", 500, nil, status(t, 13, "Internal server error", 0), sink.Invalid, 0, "500 Internal Server Error: Internal server error"},
		{"502 with a status", 502, nil, status(t, 3, "Bad gateway", 0), sink.Retry, 0, "502 Bad Gateway: Bad gateway"},
		{"503 with a status", 503, nil, status(t, 3, "Server overloaded", 0), sink.Retry, 0, "503 Service Unavailable: Server overloaded"},
		{"503 with Retry-After", 503, []string{"Retry-After", "30"}, status(t, 3, "Server overloaded", 0), sink.Retry, 30 * time.Second, "Server overloaded"}, // 503-Retry-After
		{"504 with a status", 504, nil, status(t, 3, "Gateway timeout", 0), sink.Retry, 0, "504 Gateway Timeout: Gateway timeout"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			header := append([]string{"Content-Type", typeProtobuf}, tt.header...)
			e := failureOf(t, to(t, server(t, answering(tt.status, tt.body, header...))).Export(t.Context(), some(t, 1).Batch))
			if e.Kind != tt.kind || e.RetryAfter != tt.after || !strings.Contains(e.Error(), tt.text) {
				t.Errorf("got %v after %v, %q; want %v after %v, %q", e.Kind, e.RetryAfter, e, tt.kind, tt.after, tt.text)
			}
		})
	}
}

// What the head of an answer says of its body may be wrong. A body that is not whole
// says nothing; the status of a success has been received.
func TestAnswersOfAWrongLength(t *testing.T) {
	some1, long := partial(t, 1, "hello"), partial(t, 1, strings.Repeat("x", 100))
	for _, tt := range []struct {
		name     string
		head     string
		body     string
		rejected int
	}{
		{"the length is right", fmt.Sprintf("Content-Length: %d", len(some1)), some1, 1},
		{"the length is too small", "Connection: close\r\nContent-Length: 4", some1, 0},                    // PartialResponse_shortContentLengthHeader
		{"the length is too large", fmt.Sprintf("Content-Length: %d", len(some1)+5), some1, 0},             // PartialResponse_longContentLengthHeader
		{"no length and a body", "Connection: close", some1, 1},                                            // PartialResponse_missingHeaderButHasBody
		{"no length and no body", "Connection: close", "", 0},                                              // PartialResponse_missingHeaderAndBody
		{"chunks", "Transfer-Encoding: chunked", fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(long), long), 1}, // PartialSuccess_logs
		{"chunks that break off", "Transfer-Encoding: chunked", fmt.Sprintf("%x\r\n%s", len(long), long[:50]), 0},
		{"a length that is none", "Content-Length: 0", "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			addr := listener(t, func(c net.Conn) {
				r, err := http.ReadRequest(bufio.NewReader(c))
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: "+typeProtobuf+"\r\n"+tt.head+"\r\n\r\n"+tt.body)
			})
			err := open(t, WithEndpoint("http://"+addr)).Export(t.Context(), some(t, 2).Batch)
			if tt.rejected == 0 {
				if err != nil {
					t.Errorf("got %v, want success", err)
				}
				return
			}
			if e := failureOf(t, err); e.Rejected != tt.rejected || e.Kind != sink.Invalid {
				t.Errorf("got %v, want %d rejected", e, tt.rejected)
			}
		})
	}
}

// The bound holds for what a small body unpacks to, exactly.
func TestTheBoundHoldsAfterDecompression(t *testing.T) {
	plain := partial(t, 1, strings.Repeat("x", 10_000))
	packed := zipped(func(w io.Writer) { _, _ = io.WriteString(w, plain) })
	for _, tt := range []struct {
		most int
		want bool // the rejection is seen
	}{{len(plain), true}, {len(plain) - 1, false}, {len(packed), false}} {
		srv := server(t, answering(200, string(packed), "Content-Type", typeProtobuf, "Content-Encoding", "gzip"))
		err := to(t, srv, WithMaxResponseSize(tt.most)).Export(t.Context(), some(t, 2).Batch)
		if (err != nil) != tt.want {
			t.Errorf("%d: got %v, want it seen: %v", tt.most, err, tt.want)
		}
	}
}

// A context that has ended is an end of the attempt, and no answer about the data:
// ClientHonorsContextErrors of the official exporter.
func TestAContextThatHasEndedSendsNothing(t *testing.T) {
	var j journal
	s := to(t, server(t, j.taking(answering(200, ""))))
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	for _, ctx := range []context.Context{cancelled, late} {
		e := failureOf(t, s.Export(ctx, some(t, 1).Batch))
		if e.Kind != sink.Retry || !errors.Is(e, ctx.Err()) {
			t.Errorf("got %v, want retry and %v", e, ctx.Err())
		}
	}
	if j.len() != 0 {
		t.Errorf("got %d requests, want none", j.len())
	}
}
