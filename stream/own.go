package stream

import (
	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/internal/otlp"
)

// OwnScope is the name of the instrumentation scope of the records that a stream
// makes itself. No other record of the stream has it: a bridge that asks for this
// scope gets one without a name. Nor has any other attributes whose keys begin with
// "logstream.", as theirs do: those of records get a ! before them, and
// [Stats.MaskedBy] counts them as "reserved".
const OwnScope = "github.com/logstream-go/logstream/stream"

// ownOrigins are the ids of the origins of what the stream says itself, one for
// each route, since it is said to one route.
type ownOrigins struct{ first, n uint32 }

// route returns the route that a record of this origin is for, if the stream
// made it.
func (o ownOrigins) route(origin uint32) (route int, ok bool) {
	i := origin - o.first // wraps around below first
	return int(i), i < o.n
}

// registerOwn makes the origins of a stream's own records.
func (s *Stream) registerOwn() {
	// The first origin is what the others stand in for when the table is full,
	// and that must not be the stream itself.
	s.addOrigin(block.Origin{Resource: s.resource})
	for i, r := range s.routes {
		scope := otlp.AppendScope(nil, OwnScope, Version)
		scope = otlp.AppendString(scope, otlp.TagScopeAttribute, attrRoute, r.cfg.name)
		id := s.addOrigin(block.Origin{Resource: s.resource, Scope: scope})
		if i == 0 {
			s.own = ownOrigins{first: id, n: uint32(len(s.routes))}
		}
		r.filter.own = s.own
	}
}

// maskRecord appends the masked form of record to dst. Nobody's records but a stream's
// own, this one's or a former one's, have attributes with the prefix of these.
func (s *Stream) maskRecord(dst, record []byte, origin uint32) []byte {
	if s.origins.At(origin).Own {
		return s.cfg.mask.AppendRecord(dst, record)
	}
	return s.cfg.mask.AppendForeign(dst, record, otlp.Foreign{})
}

// foreign returns scope unless it is the stream's own.
func foreign(scope []byte) []byte {
	if isOwnScope(scope) {
		return nil
	}
	return scope
}

// isOwnScope reports whether scope has the name of the stream's own.
func isOwnScope(scope []byte) bool {
	for msg := scope; len(msg) > 0; {
		f, rest, err := otlp.Next(msg)
		if err != nil {
			break
		}
		if f.Num == 1 && string(f.Data) == OwnScope {
			return true
		}
		msg = rest
	}
	return false
}
