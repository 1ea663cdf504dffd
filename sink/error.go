package sink

import (
	"errors"
	"fmt"
	"time"
)

// A Kind says what a failed export is about, and so what the stream does next.
type Kind uint8

const (
	// Retry is a failure that passes: the same batch is sent again after a
	// back-off. It is the kind of every error that is not an [*Error].
	Retry Kind = iota

	// Refused is an answer about the client and not about the data: a missing
	// credential, a wrong path, an unknown service. The data is kept; the stream
	// probes with one batch at a time until the destination accepts again.
	Refused

	// TooLarge means that the batch exceeds what the destination takes. It is
	// halved and sent again.
	TooLarge

	// Invalid is an answer about the data: it will never be accepted as it is.
	// A batch of several records is halved to isolate the culprit; a single
	// record is rejected.
	Invalid
)

// String returns the name of k.
func (k Kind) String() string {
	switch k {
	case Retry:
		return "retry"
	case Refused:
		return "refused"
	case TooLarge:
		return "too large"
	case Invalid:
		return "invalid"
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// An Error is the outcome of an export that did not deliver the whole batch.
// The stream bounds every number in it before it is believed.
type Error struct {
	// Err says what went wrong. It must not contain a credential.
	Err error

	// Kind says what to do with the records that were not taken.
	Kind Kind

	// RetryAfter is how long the destination asked to be left alone; 0 if it did
	// not say. It is obeyed up to five minutes.
	RetryAfter time.Duration

	// Taken is the number of records, counted from the first, that the
	// destination has accepted; only the rest is tried again. If it has accepted
	// all, the batch is delivered, and Err is a warning for the error handler.
	Taken int

	// Rejected, when positive, says that the destination has answered for the
	// whole batch and refused that many records of it. They count as rejected,
	// the others as delivered, and nothing is sent again; Kind is ignored. It
	// is OTLP's partial success.
	Rejected int

	// Failed names records that the destination refused one by one, if it does
	// so. They count as rejected whatever Kind says.
	Failed []Failure
}

// A Failure is a single record that a destination refused.
type Failure struct {
	Index  int    // position in the batch
	Reason string // the destination's words
}

// Error returns the message of e.Err, preceded by what kind of failure it is.
func (e *Error) Error() string {
	msg := "unknown error"
	if e.Err != nil {
		msg = e.Err.Error()
	}
	if e.Rejected > 0 {
		return fmt.Sprintf("%d records rejected: %s", e.Rejected, msg)
	}
	return fmt.Sprintf("%s: %s", e.Kind, msg)
}

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }

// AsError returns the [*Error] in err's chain, or else a new one of kind [Retry]
// around err. It returns nil for nil, and for a nil *Error, which is what an Export returns
// that has such a variable for its result and nothing to put into it.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := err.(*Error); ok { //nolint:errorlint // a nil one that is wrapped comes with words, so it is a failure
		return e
	}
	if e, ok := errors.AsType[*Error](err); ok && e != nil {
		return e
	}
	return &Error{Err: err, Kind: Retry}
}
