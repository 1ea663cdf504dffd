package otlptest

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"
)

// exchange is one request on its way through the receiver, whatever transport
// carries it. It is used by one goroutine at a time.
//
// A transport calls Server.begin when the headers are there and fills in what
// it knows of the client. It then calls exactly one of
//
//   - body, with the request that was read completely, or
//   - fail, when there is none: it was cut off, too large or not decompressed,
//
// and each request is in the store once, before its answer leaves.
type exchange struct {
	srv   *Server   // immutable
	fault Fault     // what the request meets; immutable
	began time.Time // when the headers were there; immutable

	// Filled in by the transport, before body or fail.
	peer        string
	header      map[string][]string // nil when requests are only counted
	compression string
	wireSize    int
	protocol    string
	path        string
	decode      decodeFunc // nil when the body is protobuf
	malformed   codes.Code // what the transport answers to a body that is not decoded

	recorded bool // the request is in the store
}

// answer is what the transport is to reply.
type answer struct {
	code       codes.Code
	message    string // of the error, or of the partial success
	retryAfter time.Duration
	hasRetry   bool

	partial  bool // the answer is OK with partial_success
	rejected int64

	cut bool // no answer: the connection is to be cut

	http *httpAnswer // what is particular to HTTP; nil without
}

// begin takes the fault that the request will meet. Calls are in the order in
// which requests arrive.
func (s *Server) begin() *exchange {
	now := time.Now()
	return &exchange{srv: s, fault: s.script.take(now), began: now}
}

// pass is begin for a request that meets no fault, because it is none of OTLP.
func (s *Server) pass() *exchange {
	return &exchange{srv: s, began: time.Now()}
}

// body handles a request that was read completely and blocks for as long as the
// fault says. An end of ctx ends every wait.
func (x *exchange) body(ctx context.Context, body []byte) answer {
	f := x.fault
	if f.rate > 0 {
		// What was in the buffers of the transport before the rate was set
		// came too early. All of a small request can have been there.
		due := x.began.Add(time.Duration(float64(x.wireSize) / float64(f.rate) * float64(time.Second)))
		if err := sleep(ctx, time.Until(due)); err != nil {
			return x.fail(contextAnswer(err))
		}
	}
	// Counting does not see what is wrong inside a record, so records are
	// decoded although nobody keeps them when the fault looks at them.
	now := time.Now()
	m, err := x.parse(body, now)
	if err != nil {
		return x.fail(answer{code: x.malformed, message: "otlptest: cannot decode the request: " + err.Error()})
	}
	act := f.action
	if f.when != nil && !f.when(m) {
		act = accept
	}
	x.record(m, act, now)
	return x.act(ctx, m, act)
}

// parse reads the request with as little work as its fault and the store allow.
func (x *exchange) parse(body []byte, now time.Time) (*message, error) {
	if x.decode != nil {
		return parseWith(x.decode, body, now)
	}
	return parse(body, x.srv.store.records.keep || x.fault.open, now)
}

// act carries out the action on m. Each record ends up kept or refused, also
// when the client gives up meanwhile.
func (x *exchange) act(ctx context.Context, m *message, act action) answer {
	f, st := x.fault, x.srv.store
	// Settling first is what AfterAccept is for: the records are kept whatever
	// becomes of the answer, and Wait returns while the client still waits.
	if f.store {
		st.settle(m, m.count)
	}
	err := sleep(ctx, f.delay)
	if err == nil && act == hang {
		<-ctx.Done()
		err = ctx.Err()
	}
	if !f.store {
		keep := 0
		switch {
		case err != nil:
		case act == accept:
			keep = m.count
		case act == partial:
			keep = m.count - int(min(max(f.rejected, 0), int64(m.count)))
		}
		st.settle(m, keep)
	}
	if err != nil {
		return contextAnswer(err)
	}
	return f.answerTo(act)
}

// answerTo is the answer that act amounts to.
func (f Fault) answerTo(act action) answer {
	var own *httpAnswer
	if act == f.action { // else its condition does not hold
		own = f.http
	}
	switch act {
	case status:
		return answer{code: f.code, message: f.message, retryAfter: f.retryAfter, hasRetry: f.hasRetry, http: own}
	case partial:
		return answer{partial: true, rejected: f.rejected, message: f.message, http: own}
	case hang:
		return answer{code: codes.DeadlineExceeded}
	case reset:
		return answer{code: codes.Unavailable, cut: true}
	}
	return answer{http: own}
}

// record adds the request to the store with the answer that act amounts to.
func (x *exchange) record(m *message, act action, now time.Time) {
	a := x.fault.answerTo(act)
	r := x.request(now, a)
	r.Records, r.Size = m.count, len(m.body)
	if act == hang || act == reset {
		r.Status = 0
	}
	if x.srv.cfg.messages {
		r.Message = m.decoded
	}
	x.add(r)
}

// fail records a request that was not read or not decoded, and returns a.
func (x *exchange) fail(a answer) answer {
	r := x.request(time.Now(), a)
	if a.cut {
		r.Status = 0
	}
	x.add(r)
	return a
}

// request is what is known of the request when a was decided on.
func (x *exchange) request(now time.Time, a answer) Request {
	r := Request{
		ReceivedAt:  now,
		Peer:        x.peer,
		Protocol:    x.protocol,
		Path:        x.path,
		Header:      x.header,
		Compression: x.compression,
		WireSize:    x.wireSize,
		Fault:       x.fault.String(),
		Code:        a.code,
	}
	if x.protocol != protocolGRPC {
		r.Status = a.httpStatus()
	}
	return r
}

func (x *exchange) add(r Request) {
	x.recorded = true
	x.srv.store.arrived(r)
}

// contextAnswer is the answer, rarely seen by anyone, to a client that gave up.
func contextAnswer(err error) answer {
	if errors.Is(err, context.DeadlineExceeded) {
		return answer{code: codes.DeadlineExceeded, message: err.Error()}
	}
	return answer{code: codes.Canceled, message: err.Error()}
}

// sleep waits for d or the end of ctx, whose error it returns.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
