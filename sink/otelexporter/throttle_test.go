package otelexporter

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/logstream-go/logstream/sink"
)

// rpcWith returns a status with details.
func rpcWith(t *testing.T, code codes.Code, details ...protoadapt.MessageV1) error {
	t.Helper()
	st, err := status.New(code, "words").WithDetails(details...)
	if err != nil {
		t.Fatal(err)
	}
	return st.Err()
}

func TestATimeThatTheServerNamesIsObeyed(t *testing.T) {
	after := func(d time.Duration) *errdetails.RetryInfo {
		return &errdetails.RetryInfo{RetryDelay: durationpb.New(d)}
	}
	for _, tt := range []struct {
		name string
		err  error
		kind sink.Kind
		want time.Duration
	}{
		{"throttled", rpcWith(t, codes.ResourceExhausted, after(time.Minute)), sink.Retry, time.Minute},
		{"throttled, wrapped", fmt.Errorf("max retry time elapsed: %w", rpcWith(t, codes.ResourceExhausted, after(time.Hour))), sink.Retry, time.Hour},
		{"throttled, joined", errors.Join(errors.New("x"), rpcWith(t, codes.ResourceExhausted, after(1))), sink.Retry, 1},
		{"throttled, for no time", rpcWith(t, codes.ResourceExhausted, after(0)), sink.Retry, 0},
		{"throttled, without a time", rpcWith(t, codes.ResourceExhausted, &errdetails.RetryInfo{}), sink.Retry, 0},
		{"throttled, for less than no time", rpcWith(t, codes.ResourceExhausted, after(-time.Minute)), sink.Retry, 0},
		{"one of several details", rpcWith(t, codes.Unavailable, &errdetails.DebugInfo{Detail: "x"}, after(time.Second)), sink.Retry, time.Second},
		{"another detail", rpcWith(t, codes.ResourceExhausted, &errdetails.QuotaFailure{}), sink.TooLarge, 0},
		{"no detail", rpcWith(t, codes.ResourceExhausted), sink.TooLarge, 0},
		{"not about time", rpcWith(t, codes.InvalidArgument, after(time.Second)), sink.Invalid, time.Second},
	} {
		e := sink.AsError(answer(t, tt.err))
		if e == nil || e.Kind != tt.kind || e.RetryAfter != tt.want {
			t.Errorf("%s: got %+v, want %v after %v", tt.name, e, tt.kind, tt.want)
		}
	}
}

// Errors that look like a status.
type (
	takesOne    struct{ error }
	returnsNone struct{ error }
	returnsNil  struct{ error }
	details     struct{ list []any }
	hasDetails  struct{ details }
	// RetryInfo has the name of the detail, and no time.
	RetryInfo struct{ RetryDelay string }
)

func (takesOne) GRPCStatus(int) any      { return nil }
func (returnsNone) GRPCStatus()          {}
func (returnsNil) GRPCStatus() *details  { return nil }
func (d details) Details() []any         { return d.list }
func (h hasDetails) GRPCStatus() details { return h.details }
func (hasDetails) Error() string         { return "rpc error: code = ResourceExhausted desc = x" }

func TestWhatOnlyLooksLikeAStatusDoesNoHarm(t *testing.T) {
	x := errors.New("x")
	for _, err := range []error{
		takesOne{x},
		returnsNone{x},
		returnsNil{x},
		hasDetails{},
		hasDetails{details: details{[]any{nil, 5, "RetryInfo", struct{}{}, (*RetryInfo)(nil), &RetryInfo{}, errors.New("detail")}}},
	} {
		if delay, ok := throttled(err); ok {
			t.Errorf("%T: got a time, %v", err, delay)
		}
	}
}
