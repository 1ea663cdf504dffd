package otlpgrpc

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"google.golang.org/grpc/codes"

	"github.com/logstream-go/logstream/sink"
)

// What the endpoint thinks of a format.
const (
	untried int32 = iota
	accepted
	refused // the fallback from now on
)

// A lane is a format and the connections that have it: gRPC sets the compression
// for a connection and not for a request.
type lane struct {
	format   format // immutable
	links    links
	fallback *lane // for an endpoint that refuses the format; nil if it cannot; immutable

	verdict atomic.Int32          // on the format, if there is a fallback
	news    atomic.Pointer[error] // of a refusal, until somebody is told
}

// choose returns the lane for the next request.
func (ln *lane) choose() *lane {
	if ln.fallback != nil && ln.verdict.Load() == refused {
		return ln.fallback
	}
	return ln
}

// refuse gives the format up. Requests in flight over l, and over the other
// connections of the lane, come to their end there.
func (ln *lane) refuse(l *link, why error) {
	if ln.verdict.Swap(refused) != refused {
		if e, ok := errors.AsType[*callError](why); ok {
			why = e // without the kind: it is no matter of the client any more
		}
		err := fmt.Errorf("otlpgrpc: the endpoint does not take %s, so that it gets %s from now on: %w", ln.format.name, ln.fallback.format.name, why)
		ln.news.Store(&err)
	}
	ln.links.retire(l)
}

// tell returns err, the outcome of an export of n records. A full success that
// follows a refusal brings the news of it, once: all records are taken, and the
// stream tells its error handler why there is an error all the same.
func (ln *lane) tell(err error, n int) error {
	if err != nil || ln.fallback == nil || ln.news.Load() == nil {
		return err
	}
	if news := ln.news.Swap(nil); news != nil {
		return &sink.Error{Err: *news, Taken: n}
	}
	return nil
}

// delivered reports whether the endpoint has read the request that ended with err.
func delivered(err error) bool {
	if err == nil {
		return true
	}
	e, ok := errors.AsType[*sink.Error](err)
	return ok && (e.Rejected > 0 || e.Taken > 0)
}

// A doubt says how likely it is that the format is the reason of a failure.
type doubt uint8

const (
	none doubt = iota
	possible
	certain
)

// doubt tells whether the format may be the reason of err. gRPC says that a server
// answers UNIMPLEMENTED to an encoding that it does not know, as it does for a
// service; servers differ in their words. One that does not look at the encoding
// takes the request for garbage.
func (ln *lane) doubt(err error) doubt {
	e, ok := errors.AsType[*callError](err)
	if !ok {
		return none
	}
	switch e.code {
	case codes.InvalidArgument, codes.Internal:
		return possible
	case codes.Unimplemented:
		said := strings.ToLower(e.msg)
		for _, word := range []string{ln.format.name, "encoding", "compress"} {
			if strings.Contains(said, word) {
				return certain
			}
		}
		return possible
	}
	return none
}
