package otlptest_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/logstream-go/logstream/sink/otlptest"
)

// inBubble runs f in a synctest bubble with a receiver in memory. The bubble
// also proves that nothing of the receiver or the client is left when both are
// closed.
func inBubble(t *testing.T, f func(t *testing.T, srv *otlptest.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f(t, newServer(t, otlptest.WithInMemory()))
	})
}

func TestStatusAnswersCodeAndMessageAndKeepsNothing(t *testing.T) {
	srv := newServer(t)
	c := newClient(t, srv)
	for code := codes.Canceled; code <= codes.Unauthenticated; code++ {
		srv.Script(otlptest.Status(code, "no: "+code.String()))
		_, err := c.Export(within(t), batch(0, 2))
		got := status.Convert(err)
		if got.Code() != code || got.Message() != "no: "+code.String() || len(got.Details()) != 0 {
			t.Errorf("%v: got %v %q %v, want the code, its message and no details", code, got.Code(), got.Message(), got.Details())
		}
	}
	counts(t, srv, 0, 16)
	if got := send(t, c, 2); got != codes.OK {
		t.Errorf("after the script: got %v, want OK", got)
	}
	counts(t, srv, 2, 17)
	if got := srv.Requests()[3]; got.Code != codes.DeadlineExceeded || got.Fault != "status DeadlineExceeded" || got.Records != 2 {
		t.Errorf("request: got %v %q %d records, want DeadlineExceeded, status DeadlineExceeded, 2", got.Code, got.Fault, got.Records)
	}
	if got := srv.Stats(); got.Refused != 32 || got.Records != 2 || got.Requests != 17 {
		t.Errorf("stats: got %+v, want 32 refused, 2 records, 17 requests", got)
	}
}

func TestStatusOKAccepts(t *testing.T) {
	srv := newServer(t)
	c := newClient(t, srv)
	srv.Script(otlptest.Status(codes.OK, "fine"), otlptest.OK(), otlptest.StatusRetryInfo(codes.OK, "fine", time.Second))
	for range 3 {
		if got := send(t, c, 1); got != codes.OK {
			t.Errorf("got %v, want OK", got)
		}
	}
	counts(t, srv, 3, 3)
}

func TestStatusRetryInfoCarriesTheDelay(t *testing.T) {
	srv := newServer(t)
	c := newClient(t, srv)
	srv.Script(otlptest.StatusRetryInfo(codes.ResourceExhausted, "slow down", 1500*time.Millisecond))
	_, err := c.Export(within(t), batch(0, 1))
	st := status.Convert(err)
	if st.Code() != codes.ResourceExhausted || st.Message() != "slow down" || len(st.Details()) != 1 {
		t.Fatalf("got %v %q %v, want ResourceExhausted, slow down and one detail", st.Code(), st.Message(), st.Details())
	}
	info, ok := st.Details()[0].(*errdetails.RetryInfo)
	if !ok || info.GetRetryDelay().AsDuration() != 1500*time.Millisecond {
		t.Errorf("detail: got %v, want a RetryInfo of 1.5 s", st.Details()[0])
	}
	counts(t, srv, 0, 1)
}

func TestDelayAnswersLaterAndThenAccepts(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *otlptest.Server) {
		c := newClient(t, srv)
		srv.Script(otlptest.OK(), otlptest.Delay(time.Hour), otlptest.Status(codes.Aborted, "late").After(time.Minute))
		send(t, c, 1) // connects
		start := time.Now()
		if _, err := c.Export(t.Context(), batch(0, 1)); err != nil || time.Since(start) != time.Hour {
			t.Errorf("Delay: got %v after %v, want no error after 1h", err, time.Since(start))
		}
		start = time.Now()
		_, err := c.Export(t.Context(), batch(0, 1))
		if status.Code(err) != codes.Aborted || time.Since(start) != time.Minute {
			t.Errorf("Status.After: got %v after %v, want Aborted after 1m", err, time.Since(start))
		}
		counts(t, srv, 2, 3)
	})
}

func TestDelayKeepsNothingWhenTheClientGivesUp(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *otlptest.Server) {
		c := newClient(t, srv)
		srv.Script(otlptest.Delay(time.Hour))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Export(ctx, batch(0, 3)); status.Code(err) != codes.DeadlineExceeded {
			t.Errorf("got %v, want DeadlineExceeded", err)
		}
		synctest.Wait()
		counts(t, srv, 0, 1)
		if got := srv.Stats().Refused; got != 3 {
			t.Errorf("refused: got %d, want 3", got)
		}
	})
}

func TestHangLastsUntilTheClientGivesUp(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *otlptest.Server) {
		c := newClient(t, srv)
		srv.SetFault(otlptest.Hang())
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		_, err := c.Export(ctx, batch(0, 1))
		if status.Code(err) != codes.DeadlineExceeded || time.Since(start) != time.Minute {
			t.Errorf("got %v after %v, want DeadlineExceeded after 1m", err, time.Since(start))
		}
		synctest.Wait()
		counts(t, srv, 0, 1)
		if got := srv.Requests()[0].Code; got != codes.DeadlineExceeded {
			t.Errorf("code: got %v, want DeadlineExceeded", got)
		}
		srv.ClearFault()
		if got := send(t, c, 1); got != codes.OK {
			t.Errorf("after ClearFault: got %v, want OK", got)
		}
	})
}

func TestHangEndsWithClose(t *testing.T) {
	srv := newServer(t)
	c := newClient(t, srv)
	srv.SetFault(otlptest.Hang())
	failed := make(chan codes.Code)
	go func() { failed <- send(t, c, 1) }()
	if _, err := srv.WaitRequests(within(t), 1); err != nil {
		t.Fatal(err)
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	if got := <-failed; got != codes.Unavailable {
		t.Errorf("got %v, want Unavailable", got)
	}
}

func TestResetCutsTheConnectionBeforeTheBody(t *testing.T) {
	tests := map[string][]otlptest.Option{
		"over TCP":           nil,
		"in memory":          {otlptest.WithInMemory()},
		"counting only":      {otlptest.WithDiscard()},
		"with small message": {otlptest.WithMaxMessageSize(1)},
	}
	for name, opts := range tests {
		t.Run(name, func(t *testing.T) {
			srv := newServer(t, opts...)
			c := newClient(t, srv)
			srv.Script(otlptest.Reset())
			if got := send(t, c, 2500); got != codes.Unavailable {
				t.Errorf("got %v, want Unavailable", got)
			}
			if got := srv.Stats(); got != (otlptest.Stats{Requests: 1}) {
				t.Errorf("stats: got %+v, want one request and nothing of it", got)
			}
			for _, r := range srv.Requests() {
				if r.Size != 0 || r.Code != codes.Unavailable || r.Fault != "reset" {
					t.Errorf("request: got size %d, %v, %q, want 0, Unavailable, reset", r.Size, r.Code, r.Fault)
				}
			}
		})
	}
}

func TestResetAfterAcceptKeepsTheRecords(t *testing.T) {
	srv := newServer(t)
	c := newClient(t, srv)
	srv.Script(otlptest.Reset().AfterAccept(), otlptest.Reset().After(time.Millisecond))
	for range 2 {
		if got := send(t, c, 5); got != codes.Unavailable {
			t.Errorf("got %v, want Unavailable", got)
		}
	}
	counts(t, srv, 5, 2)
	if got := send(t, c, 5); got != codes.OK {
		t.Errorf("after the script: got %v, want OK", got)
	}
	counts(t, srv, 10, 3)
}

func TestResetAfterADelayReadsTheRequestFirst(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *otlptest.Server) {
		c := newClient(t, srv)
		send(t, c, 1) // connects
		srv.Script(otlptest.Reset().After(time.Minute))
		start := time.Now()
		if got := send(t, c, 5); got != codes.Unavailable || time.Since(start) != time.Minute {
			t.Errorf("got %v after %v, want Unavailable after 1m", got, time.Since(start))
		}
		counts(t, srv, 1, 2)
		if got := srv.Requests()[1].Records; got != 5 {
			t.Errorf("the request had %d records, want 5", got)
		}
	})
}

func TestPartialSuccessRejectsTheLastRecords(t *testing.T) {
	tests := map[string]struct {
		rejected int64
		want     []int64
	}{
		"some":                  {2, []int64{0, 1, 2}},
		"all":                   {5, nil},
		"none, as a warning":    {0, []int64{0, 1, 2, 3, 4}},
		"more than there are":   {1 << 62, nil},
		"a hostile negative":    {-1 << 62, []int64{0, 1, 2, 3, 4}},
		"the most negative int": {-1 << 63, []int64{0, 1, 2, 3, 4}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			srv := newServer(t)
			c := newClient(t, srv)
			srv.Script(otlptest.PartialSuccess(tt.rejected, "too old"))
			resp, err := c.Export(within(t), batch(0, 5))
			if err != nil {
				t.Fatal(err)
			}
			ps := resp.GetPartialSuccess()
			if ps.GetRejectedLogRecords() != tt.rejected || ps.GetErrorMessage() != "too old" {
				t.Errorf("answer: got %v, want %d and too old", ps, tt.rejected)
			}
			if got := numbers(srv.Records()); !slices.Equal(got, tt.want) {
				t.Errorf("records: got %v, want %v", got, tt.want)
			}
			if got, want := srv.Stats().Refused, int64(5-len(tt.want)); got != want {
				t.Errorf("refused: got %d, want %d", got, want)
			}
		})
	}
}

func TestAHealthyAnswerHasNoPartialSuccess(t *testing.T) {
	srv := newServer(t)
	resp, err := newClient(t, srv).Export(within(t), batch(0, 1))
	if err != nil || resp.GetPartialSuccess() != nil {
		t.Errorf("got %v, %v, want an empty response", resp, err)
	}
}

func TestTooLargeHasNoRetryInfo(t *testing.T) {
	srv := newServer(t)
	srv.Script(otlptest.TooLarge())
	_, err := newClient(t, srv).Export(within(t), batch(0, 1))
	if st := status.Convert(err); st.Code() != codes.ResourceExhausted || len(st.Details()) != 0 {
		t.Errorf("got %v with details %v, want ResourceExhausted without", st, st.Details())
	}
	counts(t, srv, 0, 1)
}

func TestConditionsDecidePerRequest(t *testing.T) {
	size := func(n int) int { return batchSize(batch(0, n)) }
	odd := func(r otlptest.Record) bool { return r.Attributes["n"] == int64(3) }
	tests := map[string]struct {
		fault otlptest.Fault
		want  []codes.Code // for 1, 3, 4 and 8 records counted from 0
	}{
		"more bytes":   {otlptest.TooLargeOver(size(3)), []codes.Code{codes.OK, codes.OK, codes.ResourceExhausted, codes.ResourceExhausted}},
		"more records": {otlptest.TooManyOver(4), []codes.Code{codes.OK, codes.OK, codes.OK, codes.ResourceExhausted}},
		"a poison":     {otlptest.RejectIf(odd), []codes.Code{codes.OK, codes.OK, codes.InvalidArgument, codes.InvalidArgument}},
	}
	for name, tt := range tests {
		for mode, opts := range map[string][]otlptest.Option{"keeping": nil, "counting": {otlptest.WithDiscard()}} {
			t.Run(name+" "+mode, func(t *testing.T) {
				srv := newServer(t, opts...)
				c := newClient(t, srv)
				srv.SetFault(tt.fault)
				want := 0
				for i, n := range []int{1, 3, 4, 8} {
					if got := send(t, c, n); got != tt.want[i] {
						t.Errorf("%d records: got %v, want %v", n, got, tt.want[i])
					}
					if tt.want[i] == codes.OK {
						want += n
					}
				}
				if got := srv.Stats(); got.Records != int64(want) || got.Refused != int64(16-want) {
					t.Errorf("got %d records and %d refused, want %d and %d", got.Records, got.Refused, want, 16-want)
				}
			})
		}
	}
}

func TestAcceptThenFailMakesDuplicates(t *testing.T) {
	srv := newServer(t)
	c := newClient(t, srv)
	srv.Script(otlptest.AcceptThenFail(codes.Unavailable, "lost answer"))
	if got := send(t, c, 2); got != codes.Unavailable {
		t.Errorf("got %v, want Unavailable", got)
	}
	if got := send(t, c, 2); got != codes.OK {
		t.Errorf("again: got %v, want OK", got)
	}
	if got, want := numbers(srv.Records()), []int64{0, 1, 0, 1}; !slices.Equal(got, want) {
		t.Errorf("records: got %v, want %v", got, want)
	}
	if got := srv.Stats().Refused; got != 0 {
		t.Errorf("refused: got %d, want 0", got)
	}
}

func TestHangAfterAcceptKeepsTheRecordsBeforeTheClientGivesUp(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *otlptest.Server) {
		c := newClient(t, srv)
		srv.Script(otlptest.Hang().AfterAccept())
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan error, 1)
		go func() {
			_, err := c.Export(ctx, batch(0, 2))
			ended <- err
		}()
		if _, err := srv.Wait(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := <-ended; status.Code(err) != codes.Canceled {
			t.Errorf("got %v, want Canceled", err)
		}
	})
}

func TestOutageEndsByItself(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *otlptest.Server) {
		c := newClient(t, srv)
		srv.SetFault(otlptest.Outage(10 * time.Second))
		<-time.After(time.Hour) // it begins with the first request
		var answers []codes.Code
		for range 12 {
			answers = append(answers, send(t, c, 1))
			<-time.After(time.Second)
		}
		for i, got := range answers {
			want := codes.Unavailable
			if i >= 10 {
				want = codes.OK
			}
			if got != want {
				t.Errorf("after %d s: got %v, want %v", i, got, want)
			}
		}
	})
}

func TestScriptOfAnOutageThatAnswersThenHangs(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *otlptest.Server) {
		c := newClient(t, srv)
		srv.Script(
			otlptest.Status(codes.Unavailable, "starting").For(5*time.Second),
			otlptest.Hang().For(5*time.Second),
		)
		start := time.Now()
		seen := map[codes.Code]int{}
		for {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := c.Export(ctx, batch(0, 1))
			cancel()
			if err == nil {
				break
			}
			seen[status.Code(err)]++
			if status.Code(err) == codes.Unavailable {
				<-time.After(time.Second)
			}
		}
		if got := time.Since(start); got != 10*time.Second {
			t.Errorf("healthy after %v, want 10s", got)
		}
		if seen[codes.Unavailable] != 5 || seen[codes.DeadlineExceeded] != 5 {
			t.Errorf("answers: got %v, want 5 Unavailable and 5 DeadlineExceeded", seen)
		}
	})
}

func TestSlowReadMeetsTheClientWithAFullWindow(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *otlptest.Server) {
		c := newClient(t, srv)
		send(t, c, 1) // connects
		const rate = 10_000
		for _, n := range []int{1, 2500} { // in one buffer, and beyond every buffer
			srv.Script(otlptest.SlowRead(rate))
			size := batchSize(batch(0, n))
			start := time.Now()
			if got := send(t, c, n); got != codes.OK {
				t.Errorf("%d records: got %v, want OK", n, got)
			}
			want := time.Duration(size) * time.Second / rate
			if got := time.Since(start); got < want || got > want+want/5+time.Second {
				t.Errorf("%d records of %d bytes: took %v, want about %v", n, size, got, want)
			}
		}
		start := time.Now()
		if got := send(t, c, 2500); got != codes.OK || time.Since(start) > time.Second {
			t.Errorf("after it: got %v after %v, want OK at full speed", got, time.Since(start))
		}
		counts(t, srv, 5002, 4)
	})
}

func TestSlowReadSlowsTheConnectionOnlyUntilTheRequestIsRead(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *otlptest.Server) {
		c := newClient(t, srv)
		send(t, c, 1) // connects
		srv.Script(otlptest.SlowRead(1000).After(time.Hour))
		slow := make(chan codes.Code)
		go func() { slow <- send(t, c, 1) }()
		if _, err := srv.WaitRequests(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if got := send(t, c, 2500); got != codes.OK || time.Since(start) > time.Second {
			t.Errorf("another request: got %v after %v, want OK at full speed", got, time.Since(start))
		}
		if got := <-slow; got != codes.OK || time.Since(start) < time.Hour {
			t.Errorf("the slow request: got %v after %v, want OK after 1h", got, time.Since(start))
		}
	})
}

func TestSlowReadEndsWhenTheClientGivesUp(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *otlptest.Server) {
		c := newClient(t, srv)
		send(t, c, 1) // connects
		srv.Script(otlptest.SlowRead(1000))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := c.Export(ctx, batch(0, 2500)); status.Code(err) != codes.DeadlineExceeded {
			t.Errorf("got %v, want DeadlineExceeded", err)
		}
		if got := send(t, c, 1); got != codes.OK {
			t.Errorf("after it: got %v, want OK", got)
		}
		counts(t, srv, 2, 3)
		if got := srv.Requests()[1]; got.Size != 0 || got.Code == codes.OK {
			t.Errorf("the slow request: got size %d and %v, want 0 and an error", got.Size, got.Code)
		}
	})
}

func TestSlowReadEndsWithClose(t *testing.T) {
	for name, opts := range map[string][]otlptest.Option{"over TCP": nil, "in memory": {otlptest.WithInMemory()}} {
		t.Run(name, func(t *testing.T) {
			srv := newServer(t, opts...)
			c := newClient(t, srv)
			send(t, c, 1) // connects
			srv.Script(otlptest.SlowRead(1))
			failed := make(chan error)
			go func() {
				_, err := c.Export(within(t), batch(0, 2500))
				failed <- err
			}()
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if _, err := srv.WaitRequests(ctx, 2); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the request came at once: %v", err)
			}
			srv.Close()
			if err := <-failed; status.Code(err) != codes.Unavailable {
				t.Errorf("got %v, want Unavailable", err)
			}
		})
	}
}

func TestFaultSaysWhatItDoes(t *testing.T) {
	tests := map[string]otlptest.Fault{
		"ok":                                otlptest.OK(),
		"delay 2s":                          otlptest.Delay(2 * time.Second),
		"status NotFound":                   otlptest.Status(codes.NotFound, "x").For(time.Second).Times(3),
		"hang":                              otlptest.Hang().After(-time.Second),
		"accept, reset":                     otlptest.Reset().AfterAccept(),
		"partial success 3":                 otlptest.PartialSuccess(3, ""),
		"maybe, status ResourceExhausted":   otlptest.TooManyOver(1),
		"maybe, status InvalidArgument":     otlptest.RejectIf(func(otlptest.Record) bool { return false }),
		"read 1 B/s":                        otlptest.SlowRead(-5),
		"accept, delay 1s, status Internal": otlptest.AcceptThenFail(codes.Internal, "").After(time.Second),
	}
	for want, f := range tests {
		if got := f.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
