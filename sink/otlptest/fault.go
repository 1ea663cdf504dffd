package otlptest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
)

// A Fault says how the receiver treats one request. The zero Fault accepts it,
// as a healthy receiver does. Faults are values: methods return a changed copy,
// and one Fault can be used many times and on several servers.
type Fault struct {
	action action

	code       codes.Code
	message    string
	retryAfter time.Duration
	hasRetry   bool
	rejected   int64

	rate  int                 // bytes per second in which the request is read; 0 is full speed
	delay time.Duration       // before the action
	store bool                // the records are kept before the action
	when  func(*message) bool // the action is taken only when it says so; nil is always
	open  bool                // when looks at records, which must be decoded therefore

	http *httpAnswer // what is particular to HTTP; nil without

	times  int           // how many requests it serves: 0 is as usual, below 0 none
	window time.Duration // how long it lasts: 0 is without limit, below 0 never
}

// action is what the receiver does with a request in the end.
type action uint8

const (
	accept  action = iota
	status         // answer code and message
	partial        // accept all but some and say so
	hang           // do not answer
	reset          // cut the connection
)

// OK accepts the request. It is the zero Fault, to name the healthy requests in
// a script.
func OK() Fault { return Fault{} }

// Status answers with code and msg. Nothing is kept. With codes.OK it accepts.
func Status(code codes.Code, msg string) Fault {
	if code == codes.OK {
		return Fault{}
	}
	return Fault{action: status, code: code, message: msg}
}

// StatusRetryInfo answers with code, msg and a google.rpc.RetryInfo that asks
// to wait for delay. Nothing is kept. With codes.OK it accepts.
func StatusRetryInfo(code codes.Code, msg string, delay time.Duration) Fault {
	f := Status(code, msg)
	f.retryAfter, f.hasRetry = delay, true
	return f
}

// TooLarge answers RESOURCE_EXHAUSTED without RetryInfo, as a receiver does
// that finds the request too big. Nothing is kept.
func TooLarge() Fault { return Status(codes.ResourceExhausted, "request too large") }

// TooLargeOver answers as TooLarge a request of more than size bytes,
// uncompressed, and accepts others.
func TooLargeOver(size int) Fault {
	f := TooLarge()
	f.message = fmt.Sprintf("request larger than %d bytes", size)
	f.when = func(m *message) bool { return len(m.body) > size }
	return f
}

// TooManyOver answers as TooLarge a request of more than n records and accepts
// others.
func TooManyOver(n int) Fault {
	f := TooLarge()
	f.message = fmt.Sprintf("request with more than %d records", n)
	f.when = func(m *message) bool { return m.count > n }
	return f
}

// RejectIf answers INVALID_ARGUMENT when match reports true for any record of
// the request, and keeps none of it: one poisoned record spoils its whole
// batch. Other requests are accepted. match runs on the goroutines of requests,
// several at once; it must not stop or close the receiver, which waits for
// them.
func RejectIf(match func(Record) bool) Fault {
	f := Status(codes.InvalidArgument, "a record was rejected")
	f.open = true
	f.when = func(m *message) bool {
		return slices.ContainsFunc(m.records, match)
	}
	return f
}

// PartialSuccess answers OK with partial_success{rejected, msg}. The last
// rejected records of the request are not kept. Any number is sent as it is,
// also one that is negative or larger than the request; 0 is a warning only.
func PartialSuccess(rejected int64, msg string) Fault {
	return Fault{action: partial, rejected: rejected, message: msg}
}

// Delay waits for d after the request was read, then accepts it. When the
// client gives up during it, nothing is kept.
func Delay(d time.Duration) Fault { return Fault{}.After(d) }

// SlowRead reads the request with bytesPerSecond, at least 1, then accepts it.
// The whole connection is read that slowly until then, so that the client meets
// a full send window; a request small enough to be in the receiver's buffers
// already waits until its time would have come.
func SlowRead(bytesPerSecond int) Fault { return Fault{rate: max(bytesPerSecond, 1)} }

// Hang reads the request and never answers, until the client gives up or the
// connection or the receiver is closed. Nothing is kept.
func Hang() Fault { return Fault{action: hang} }

// Reset cuts the connection once the headers of the request are there, with a
// TCP RST where there is TCP. All requests on that connection fail. Nothing is
// kept. After After or AfterAccept it cuts when the request was read.
func Reset() Fault { return Fault{action: reset} }

// Outage answers UNAVAILABLE to every request until d after the first one that
// met it, then the receiver is healthy or goes on with the script. It is
// Status(codes.Unavailable, ...).For(d). Stop and Restart make an outage that
// refuses connections.
func Outage(d time.Duration) Fault { return Status(codes.Unavailable, "outage").For(d) }

// AcceptThenFail keeps the records and answers with code and msg in spite of
// it, so that a client that tries again makes duplicates. It is Status(code,
// msg).AfterAccept().
func AcceptThenFail(code codes.Code, msg string) Fault { return Status(code, msg).AfterAccept() }

// AfterAccept returns f with all records of the request kept before f acts, as
// a receiver does whose answer gets lost. A condition in f (TooLargeOver,
// TooManyOver, RejectIf) still decides on the answer.
func (f Fault) AfterAccept() Fault {
	f.store = true
	return f
}

// After returns f with its action d later, counted from when the request was
// read. A negative d is none.
func (f Fault) After(d time.Duration) Fault {
	f.delay = max(d, 0)
	return f
}

// Times returns f for n requests, none when n is below 1. Without it a scripted
// fault serves one and a standing fault any number.
func (f Fault) Times(n int) Fault {
	f.times = n
	if n < 1 {
		f.times = -1
	}
	return f
}

// For returns f for all requests until d after the first one that met it, none
// when d is not above 0. With Times as well, it ends with whichever comes
// first.
func (f Fault) For(d time.Duration) Fault {
	f.window = d
	if d <= 0 {
		f.window = -1
	}
	return f
}

// String describes what f does in a few words, "ok" for the zero Fault.
func (f Fault) String() string {
	var parts []string
	if f.rate > 0 {
		parts = append(parts, fmt.Sprintf("read %d B/s", f.rate))
	}
	if f.store {
		parts = append(parts, "accept")
	}
	if f.delay > 0 {
		parts = append(parts, "delay "+f.delay.String())
	}
	if f.when != nil {
		parts = append(parts, "maybe")
	}
	if s := f.httpAnswer().status; s != 0 {
		parts = append(parts, fmt.Sprintf("HTTP %d", s))
	}
	switch f.action {
	case status:
		if f.httpAnswer().status == 0 {
			parts = append(parts, "status "+f.code.String())
		}
	case partial:
		parts = append(parts, fmt.Sprintf("partial success %d", f.rejected))
	case hang:
		parts = append(parts, "hang")
	case reset:
		parts = append(parts, "reset")
	}
	if len(parts) == 0 {
		return "ok"
	}
	return strings.Join(parts, ", ")
}

// cutsEarly reports whether f acts before the body of the request is read.
func (f Fault) cutsEarly() bool { return f.action == reset && f.delay == 0 && !f.store && f.rate == 0 }
