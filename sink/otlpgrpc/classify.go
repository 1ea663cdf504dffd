package otlpgrpc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/sink"
)

// A classifier turns what gRPC and the server say into what the stream does.
type classifier struct {
	secure  bool
	secrets *strings.Replacer // header values and the proxy's password become ***
}

// minSecret is the length from which a header value is looked for in messages.
// A shorter one protects nothing, and would turn up in any word.
const minSecret = 4

func newClassifier(secure bool, headers map[string]string, more ...string) classifier {
	var pairs []string
	add := func(s string) {
		if len(s) >= minSecret {
			pairs = append(pairs, s, "***")
		}
	}
	for _, v := range headers {
		add(v)
		// Of "Bearer token" a server may quote the token alone.
		if i := strings.LastIndexByte(v, ' '); i >= 0 {
			add(v[i+1:])
		}
	}
	for _, v := range more {
		add(v)
	}
	return classifier{secure, strings.NewReplacer(pairs...)}
}

// failure returns the outcome of a call that ended with an error.
func (c classifier) failure(ctx context.Context, err error) *sink.Error {
	st := read(err)
	kind, after := classify(st)
	cause := ctx.Err()
	if cause == nil && codes.Code(st.Code) == codes.DeadlineExceeded {
		cause = context.DeadlineExceeded // the server's clock was first
	}
	return &sink.Error{
		Err:        &callError{codes.Code(st.Code), c.message(st), cause},
		Kind:       kind,
		RetryAfter: after,
	}
}

// classify is OTLP's table of gRPC codes.
func classify(st otlp.Status) (kind sink.Kind, after time.Duration) {
	switch codes.Code(st.Code) {
	case codes.Canceled, // the server, or a proxy, or the caller gave up half way
		codes.DeadlineExceeded, // no answer in time: perhaps the next one comes
		codes.Aborted,          // lost against a concurrent operation
		codes.OutOfRange,       // OTLP: recoverable
		codes.Unavailable,      // not reachable, or overloaded
		codes.DataLoss:         // OTLP: recoverable
		return sink.Retry, st.RetryDelay
	case codes.ResourceExhausted:
		if st.HasRetryInfo {
			return sink.Retry, st.RetryDelay // throttled: the server recovers
		}
		return sink.TooLarge, 0 // above the server's limit for a message
	case codes.Unauthenticated, // the credential is missing or wrong
		codes.PermissionDenied, // it does not allow this
		codes.Unimplemented:    // no such service or encoding at this endpoint
		return sink.Refused, 0
	}
	// INVALID_ARGUMENT and its like: the same request will fail again.
	return sink.Invalid, 0
}

// read returns what the server said, with a bound on everything.
func read(err error) otlp.Status {
	p := status.Convert(err).Proto()
	p.Message = strings.ToValidUTF8(p.Message, "\uFFFD") // else it cannot be marshalled
	raw, err := proto.Marshal(p)
	if err == nil {
		if st, err := otlp.ParseStatus(raw); err == nil {
			return st
		}
	}
	return otlp.Status{Code: p.Code, Message: "the status of the answer cannot be read"}
}

// message returns the words of a status, with the cure if they tell of plain
// text on one side of the connection and TLS on the other, or of a name that is not
// known.
func (c classifier) message(st otlp.Status) string {
	msg := c.secrets.Replace(st.Message)
	hint := mismatch(st, c.secure)
	if hint == "" {
		hint = unresolved(st)
	}
	if hint != "" {
		return hint + " (" + msg + ")"
	}
	return msg
}

// unresolved tells from gRPC's words that it has no address to connect to. The
// words are round_robin's, which keeps the resolver's to itself; a test holds them.
func unresolved(st otlp.Status) string {
	if codes.Code(st.Code) != codes.Unavailable || st.Message != "no children to pick from" {
		return ""
	}
	return "the endpoint's name does not resolve to an address: look at the name, at the DNS of this host, and at HTTPS_PROXY where there is a proxy"
}

// mismatch tells from gRPC's words that one side speaks TLS and the other does
// not. They are words of grpc-go and crypto/tls; a test holds them.
func mismatch(st otlp.Status, secure bool) string {
	said := func(s string) bool { return strings.Contains(st.Message, s) }
	if codes.Code(st.Code) != codes.Unavailable || said("i/o timeout") || said("deadline exceeded") {
		return ""
	}
	switch {
	case secure && said("first record does not look like a TLS handshake"):
		return "the endpoint answered in plain text: use http:// or WithInsecure if that is as it should be"
	case secure && (said("authentication handshake failed: EOF") || said("authentication handshake failed: read tcp")):
		return "the endpoint hung up on the TLS handshake: if it speaks plain text, use http:// or WithInsecure"
	case !secure && (said("error reading server preface") || said("failed to write client preface")):
		return "the endpoint did not answer in plain-text HTTP/2: if it speaks TLS, use https://"
	}
	return ""
}

// answer returns the outcome of a call that ended without an error.
func (c classifier) answer(reply []byte, n int) error {
	resp, err := otlp.ParseResponse(reply)
	msg := c.secrets.Replace(resp.Message)
	switch {
	case err != nil || resp.Rejected < 0 || resp.Rejected == 0 && msg == "":
		// The status is OK, and that rules: servers differ in what they put
		// into the body.
		return nil
	case resp.Rejected == 0:
		return &sink.Error{Err: errors.New("otlpgrpc: the endpoint says: " + msg), Taken: n}
	}
	if resp.Rejected > int64(n) {
		msg = fmt.Sprintf("%s (the endpoint says %d of %d)", msg, resp.Rejected, n)
	}
	return &sink.Error{
		Err:      errors.New("otlpgrpc: partial success: " + msg),
		Kind:     sink.Invalid,
		Rejected: int(min(resp.Rejected, int64(n))),
	}
}

// A callError is a status without credentials.
type callError struct {
	code  codes.Code
	msg   string
	cause error // of the context, if it ended the call
}

// Error returns code and message.
func (e *callError) Error() string { return "otlpgrpc: " + e.code.String() + ": " + e.msg }

// Unwrap returns the error of the context, if it ended the call.
func (e *callError) Unwrap() error { return e.cause }

// GRPCStatus makes the error one of gRPC's, for status.Code.
func (e *callError) GRPCStatus() *status.Status { return status.New(e.code, e.msg) }
