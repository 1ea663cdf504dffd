package sinktest

import "github.com/logstream-go/logstream/sink"

// A Harness is a sink to be tested, with a destination of its own that obeys the
// test. The functions may be called at any time, also several at once; a check
// that needs one that is nil is left out, with a line in the log of the test.
type Harness struct {
	// Sink is the sink to be tested, new and healthy. The suite shuts it down.
	// Required.
	Sink sink.Sink

	// Received returns the messages (the text of the body) of all records that
	// the destination has accepted so far, in any order, each as often as it
	// came. It is called after Export has returned, and may wait for what is
	// still on its way inside the destination. Required.
	Received func() []string

	// Hang makes the destination take the next request and never answer it, so
	// that nothing but the end of its context ends the export.
	Hang func()

	// Fail makes the destination fail the next request in the way that the
	// stream is to treat as kind, and reports whether it can. It accepts
	// nothing of that request, and is healthy again after it.
	Fail func(kind sink.Kind) bool

	// Down takes the destination away for good: connections are refused, or
	// files cannot be written.
	Down func()

	// Secrets are the credentials that the sink was made with. None of them may
	// stand in an error, however it is printed.
	Secrets []string

	// Stateless says that Export works after Shutdown, because the sink holds
	// nothing that Shutdown could release, as with a sink.Func.
	Stateless bool
}
