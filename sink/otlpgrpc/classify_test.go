package otlpgrpc

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otlptest"
)

func TestEveryCodeHasItsKind(t *testing.T) {
	kinds := map[codes.Code]sink.Kind{
		codes.Canceled:           sink.Retry,
		codes.Unknown:            sink.Invalid,
		codes.InvalidArgument:    sink.Invalid,
		codes.DeadlineExceeded:   sink.Retry,
		codes.NotFound:           sink.Invalid,
		codes.AlreadyExists:      sink.Invalid,
		codes.PermissionDenied:   sink.Refused,
		codes.ResourceExhausted:  sink.TooLarge,
		codes.FailedPrecondition: sink.Invalid,
		codes.Aborted:            sink.Retry,
		codes.OutOfRange:         sink.Retry,
		codes.Unimplemented:      sink.Refused,
		codes.Internal:           sink.Invalid,
		codes.Unavailable:        sink.Retry,
		codes.DataLoss:           sink.Retry,
		codes.Unauthenticated:    sink.Refused,
		codes.Code(17):           sink.Invalid,
	}
	srv := receiver(t)
	s := to(t, srv)
	b := some(t, 3)
	for code, kind := range kinds {
		t.Run(code.String(), func(t *testing.T) {
			srv.Script(otlptest.Status(code, "the reason"))
			err := s.Export(t.Context(), b.Batch)
			e := failure(t, err)
			if e.Kind != kind || e.RetryAfter != 0 || e.Rejected != 0 || e.Taken != 0 || e.Failed != nil {
				t.Errorf("got %+v, want kind %v and nothing else", e, kind)
			}
			if got, want := e.Err.Error(), "otlpgrpc: "+code.String()+": the reason"; got != want {
				t.Errorf("got error %q, want %q", got, want)
			}
			if got := status.Code(err); got != code {
				t.Errorf("status.Code: got %v, want %v", got, code)
			}
		})
	}
	if err := s.Export(t.Context(), b.Batch); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestRetryInfoIsObeyedWhereTheCodeMayBeRetried(t *testing.T) {
	srv := receiver(t)
	s := to(t, srv)
	for _, tt := range []struct {
		code  codes.Code
		delay time.Duration
		kind  sink.Kind
		after time.Duration
	}{
		{codes.Unavailable, 1500 * time.Millisecond, sink.Retry, 1500 * time.Millisecond},
		{codes.ResourceExhausted, 3 * time.Second, sink.Retry, 3 * time.Second},
		{codes.ResourceExhausted, 0, sink.Retry, 0},
		{codes.Unavailable, -time.Second, sink.Retry, 0},
		{codes.Unavailable, math.MaxInt64, sink.Retry, otlp.MaxRetryDelay},
		{codes.InvalidArgument, time.Second, sink.Invalid, 0},
		{codes.Unauthenticated, time.Second, sink.Refused, 0},
	} {
		t.Run(fmt.Sprint(tt.code, tt.delay), func(t *testing.T) {
			srv.Script(otlptest.StatusRetryInfo(tt.code, "wait", tt.delay))
			e := failure(t, s.Export(t.Context(), some(t, 1).Batch))
			if e.Kind != tt.kind || e.RetryAfter != tt.after {
				t.Errorf("got kind %v after %v, want %v after %v", e.Kind, e.RetryAfter, tt.kind, tt.after)
			}
		})
	}
}

func TestRetryInfoIsFoundAmongOtherDetails(t *testing.T) {
	wait := func(d time.Duration) protoadapt.MessageV1 {
		return protoadapt.MessageV1Of(&errdetails.RetryInfo{RetryDelay: durationpb.New(d)})
	}
	other := protoadapt.MessageV1Of(&errdetails.ErrorInfo{Reason: "quota"})
	for _, tt := range []struct {
		name    string
		details []protoadapt.MessageV1
		kind    sink.Kind
		after   time.Duration
	}{
		{"none", nil, sink.TooLarge, 0},
		{"one", []protoadapt.MessageV1{wait(15 * time.Millisecond)}, sink.Retry, 15 * time.Millisecond},
		{"something else", []protoadapt.MessageV1{other}, sink.TooLarge, 0},
		{"after something else", []protoadapt.MessageV1{other, wait(2 * time.Minute)}, sink.Retry, 2 * time.Minute},
		{"two, of which the last counts", []protoadapt.MessageV1{wait(2 * time.Minute), wait(3 * time.Minute)}, sink.Retry, 3 * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			st := status.New(codes.ResourceExhausted, "throttled")
			if len(tt.details) > 0 {
				var err error
				if st, err = st.WithDetails(tt.details...); err != nil {
					t.Fatal(err)
				}
			}
			e := newClassifier(false, nil).failure(t.Context(), st.Err())
			if e.Kind != tt.kind || e.RetryAfter != tt.after {
				t.Errorf("got kind %v after %v, want %v after %v", e.Kind, e.RetryAfter, tt.kind, tt.after)
			}
		})
	}
}

func TestPartialSuccessRejectsWhatItSays(t *testing.T) {
	srv := receiver(t)
	s := to(t, srv)
	for _, tt := range []struct {
		name     string
		rejected int64
		message  string
		want     int // 0 is success
		words    string
	}{
		{"some", 2, "too old", 2, "too old"},
		{"all", 5, "", 5, "partial success"},
		{"more than there were", 6, "odd", 5, "6 of 5"},
		{"far more", math.MaxInt64, "odd", 5, "of 5"},
		{"none, with a warning", 0, "slow down", 0, "slow down"},
		{"none, with nothing to say", 0, "", 0, ""},
		{"fewer than none", -1, "odd", 0, ""},
		{"far fewer than none", math.MinInt64, "odd", 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv.Script(otlptest.PartialSuccess(tt.rejected, tt.message))
			err := s.Export(t.Context(), some(t, 5).Batch)
			if tt.want == 0 && tt.words == "" {
				if err != nil {
					t.Errorf("got %v, want success", err)
				}
				return
			}
			e := failure(t, err)
			if taken := e.Taken == 5; taken != (tt.want == 0) {
				t.Errorf("got %d taken, want all of them with a warning only", e.Taken)
			}
			if e.Rejected != tt.want {
				t.Errorf("got %d rejected, want %d", e.Rejected, tt.want)
			}
			if !strings.Contains(e.Error(), tt.words) {
				t.Errorf("got error %q, want %q in it", e, tt.words)
			}
		})
	}
}

func TestARequestAboveTheServersLimitIsTooLarge(t *testing.T) {
	for _, c := range compressions {
		t.Run(c.name, func(t *testing.T) {
			srv := receiver(t, otlptest.WithMaxMessageSize(10_000))
			s := to(t, srv, WithCompression(c.opt))
			if e := failure(t, s.Export(t.Context(), some(t, 1000).Batch)); e.Kind != sink.TooLarge {
				t.Errorf("got %v, want too large", e)
			}
			if err := s.Export(t.Context(), some(t, 100).Batch); err != nil {
				t.Errorf("a smaller one: %v", err)
			}
		})
	}
}

func TestAnOKAnswerIsASuccessWhateverIsInIt(t *testing.T) {
	c := newClassifier(false, nil)
	for _, reply := range [][]byte{nil, {}, {0x0a, 0x00}, {0xff}, []byte("<html>")} {
		if err := c.answer(reply, 7); err != nil {
			t.Errorf("%x: got %v, want success", reply, err)
		}
	}
}

func TestAMessageThatIsNoUTF8KeepsTheRetryInfo(t *testing.T) {
	err := status.Error(codes.Unavailable, "a\xffb")
	if got := read(err); got.Code != int32(codes.Unavailable) || got.Message != "a\uFFFDb" {
		t.Errorf("got %+v", got)
	}
}

func TestAnEndedContextIsInTheChain(t *testing.T) {
	srv := receiver(t)
	srv.SetFault(otlptest.Hang())
	s := to(t, srv)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Export(ctx, some(t, 1).Batch)
	if e := failure(t, err); e.Kind != sink.Retry || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want a retry because of context.Canceled", err)
	}
}

func TestNoErrorShowsACredential(t *testing.T) {
	const token = "c4n4ry-0123456789"
	srv := receiver(t)
	s := to(t, srv, WithHeaders(map[string]string{"Authorization": "Bearer " + token, "x": "1"}))
	for _, f := range []otlptest.Fault{
		otlptest.Status(codes.Unauthenticated, "bad header: Bearer "+token),
		otlptest.Status(codes.InvalidArgument, "token "+token+" has expired; 1 left"),
		otlptest.PartialSuccess(1, "quota of "+token),
	} {
		srv.Script(f)
		err := s.Export(t.Context(), some(t, 1).Batch)
		if e := failure(t, err); strings.Contains(e.Error(), "c4n4ry") {
			t.Errorf("got error %q", e)
		}
		st, _ := status.FromError(err)
		if strings.Contains(st.Message(), "c4n4ry") {
			t.Errorf("got status %v", st)
		}
	}
	srv.Script(otlptest.Status(codes.InvalidArgument, "line 1"))
	if e := failure(t, s.Export(t.Context(), some(t, 1).Batch)); !strings.Contains(e.Error(), "line 1") {
		t.Errorf("got error %q, want a short value left alone", e)
	}
	if got := srv.Requests()[0].Header["authorization"]; len(got) != 1 || got[0] != "Bearer "+token {
		t.Errorf("got authorization %q", got)
	}
}
