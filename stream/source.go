package stream

import (
	"runtime"
	"time"

	"github.com/logstream-go/logstream/buffer"
	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/internal/otlp"
)

// FlagNormalize in [Meta.Flags] says that keys of the record may repeat or that it
// has more attributes than the limit. The worker then makes keys unique, the last
// value winning, and cuts what is too much.
const FlagNormalize uint8 = 1

// flagMasked in the flags of a frame says that a log call of this process has masked the
// record, with the stream's own masker, before it went into the ring. Nobody else can set
// it: Put takes no flag but FlagNormalize, and neither do pages, storage, and what is
// taken over from a former process, whose rules may have been others.
const flagMasked uint8 = 1 << 7

// Meta is what the stream needs to know of a record without decoding it.
type Meta struct {
	Observed int64 // nanoseconds since 1970
	Severity uint8 // OTLP severity number, 0 to 24
	Flags    uint8 // FlagNormalize or 0
}

// A Source is where a bridge, such as slogbridge, puts the records of one
// instrumentation scope.
type Source struct {
	s      *Stream
	origin uint32
}

// Source returns the source of the scope that is given as the body of an OTLP
// InstrumentationScope in protobuf encoding, and its schema URL. Equal scopes
// share their place; a stream knows at most 65,536 different ones and takes
// further ones for one without a name. The stream's own scope, [OwnScope], is
// taken for that one too.
//
// Programs use slogbridge.NewHandler; Source is for those who write a bridge.
func (s *Stream) Source(scope []byte, schemaURL string) *Source {
	return &Source{s: s, origin: s.addOrigin(block.Origin{
		Resource:       s.resource,
		Scope:          s.cfg.mask.AppendScope(nil, foreign(scope)),
		ScopeSchemaURL: schemaURL,
	})}
}

// Enabled reports whether the stream takes records. It is false once Shutdown has
// been called.
func (src *Source) Enabled() bool { return !src.s.closing.Load() }

// MaxRecord returns the size in bytes of the largest record that Put takes.
func (src *Source) MaxRecord() int { return src.s.ring.Load().MaxRecord() }

// Fit returns record if Put takes it. A larger one it returns as it is after masking, and
// after that cut to [Source.MaxRecord]: were it cut first, the head of a secret might
// be left that is not known by its head. It is for bridges, before Put.
func (src *Source) Fit(record []byte) []byte {
	most := src.MaxRecord()
	if len(record) <= most {
		return record
	}
	return otlp.AppendLimited(nil, src.s.maskRecord(nil, record, src.origin), otlp.Limits{MaxBytes: most, MaxAttributes: -1})
}

// Put hands the stream a copy of record, an OTLP LogRecord in protobuf encoding.
// From then on the record is delivered, held, or counted as dropped. Put takes no
// lock, and does not block unless the stream was made with [Block] or [WithDurable]. hint belongs
// to the caller, who passes the same one whenever it can; it spreads callers over
// the ring. A record that is larger than MaxRecord is dropped; see Fit.
//
// Any number of goroutines may call Put, each with a hint of its own.
func (src *Source) Put(hint *uint32, m Meta, record []byte) {
	h := buffer.Header{Time: m.Observed, Origin: src.origin, Severity: m.Severity, Flags: m.Flags & FlagNormalize}
	if m.Severity >= src.s.durable.least {
		src.s.putDurable(hint, h, record)
	} else if res := src.s.put(hint, h, record); res != buffer.OK {
		src.s.refused(hint, h, record, res, 0)
	}
}

// refused deals with a record that the ring did not take, and reports whether it has after
// all. The caller grants it a wait for room, if the policy does not grant more.
func (s *Stream) refused(hint *uint32, h buffer.Header, record []byte, res buffer.Result, wait time.Duration) bool {
	// On a busy machine a full ring mostly means that the worker is ready to run
	// and has no processor: the caller's own is the next one.
	for range fullYields {
		if res != buffer.Full {
			break
		}
		runtime.Gosched()
		res = s.put(hint, h, record)
	}
	wait = max(wait, time.Duration(s.cfg.overflow))
	if wait > 0 && (res == buffer.Full || res == buffer.Contention) {
		res = s.await(hint, h, record, wait)
	}
	reason := Closed
	switch res {
	case buffer.OK:
		return true
	case buffer.Full:
		reason = RingFull
	case buffer.Contention:
		reason = Contention
	case buffer.TooLarge:
		reason = TooLarge
	}
	if s.keeper != nil {
		s.keeper.refused(reason, levelOf(h.Severity))
	}
	s.ringDrops[reason][levelOf(h.Severity)].Add(1)
	s.drops.Add(1)
	return false
}

// await tries again, whenever the ring has got room or all its shards are owned,
// until the time is up.
func (s *Stream) await(hint *uint32, h buffer.Header, record []byte, wait time.Duration) buffer.Result {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		room := s.ring.Load().Room() // before the attempt, so that no freeing is missed
		switch res := s.put(hint, h, record); res {
		case buffer.Full:
			select {
			case <-room:
			case <-timer.C:
				return s.put(hint, h, record)
			}
		case buffer.Contention:
			// Nobody tells when a shard is free again. Put itself let others run
			// for a while, so this is no busy loop.
			select {
			case <-timer.C:
				return res
			default:
			}
		default:
			return res
		}
	}
}
