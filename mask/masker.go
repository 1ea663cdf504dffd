package mask

import (
	"reflect"
	"sync/atomic"

	"github.com/logstream-go/logstream/internal/detect"
	"github.com/logstream-go/logstream/internal/keyname"
	"github.com/logstream-go/logstream/internal/otlp"
)

// Masker masks encoded log records. It is made by New or None; the zero Masker
// can read nothing and takes every record for malformed. All methods may be
// called concurrently.
type Masker struct {
	// Immutable after New.
	off        bool          // Made by None.
	tailor     tailor        // nil without options.
	dryRun     bool          // Count, and change nothing.
	controls   controls      // nil without WithEscapedControls.
	rule       *keyname.Rule // nil in the zero Masker.
	keyActions []Action      // By the ranks of rule.
	engine     *detect.Engine
	patterns   []matcher
	glances    bool   // There are none: what is quiet is clean.
	rules      []rule // One for each detector, then one for each pattern.
	hashKeys   []hashKey
	limits     Limits
	maxPath    int
	types      map[reflect.Type]Action
	tags       map[string]Action // by the struct tag mask
	showsParts bool              // Of values that are masked for key, type or tag.
	typeRule   rule
	tagRule    rule
	frames     []frame

	// Shared by all callers; they synchronise themselves.
	cache  *keyCache
	bodies *keyCache // Bodies that are clean.

	// Written by every caller, for each record that changed.
	masked    atomic.Uint64
	malformed atomic.Uint64
	reserved  atomic.Uint64
	found     []atomic.Uint64 // By rule.
}

// New returns a Masker with the default rules, changed by opts; a nil Option
// changes nothing. The error joins everything that is wrong with the options.
func New(opts ...Option) (*Masker, error) {
	c := newConfig()
	for _, o := range opts {
		if o != nil {
			o.apply(c)
		}
	}
	return c.build()
}

// None returns a Masker that passes everything on unchanged and unchecked. It
// is the off switch: every password, token and card number that the program
// logs leaves the process. Records that cannot be read leave it too.
func None() *Masker {
	return &Masker{off: true}
}

// AppendRecord appends the masked form of record, the encoding of one OTLP
// LogRecord, to dst and returns the longer slice. A record in which nothing
// matches is copied as it is. A value whose key names a secret is replaced by
// the string MarkerKey, and what a detector finds inside a text by its marker; the
// bytes around it stay as they are, but for the lengths of the messages that hold
// it.
//
// Fields that OTLP does not define are removed, and values of unknown kind
// replaced by MarkerUnsupported. A record that cannot be read, that nests
// arrays and maps deeper than 64, or that makes the Masker panic, is replaced
// by one with the body MarkerMalformed and what could be read of times,
// severity number and trace context. The UTF-8 of strings is not checked.
//
// It does not retain record, which must not overlap dst, and allocates only
// when dst has no room or a key is seen for the first time.
func (m *Masker) AppendRecord(dst, record []byte) []byte {
	out, ok := m.rewrite(dst, record, &recordSchema, false)
	if !ok {
		m.malformed.Add(1)
		return appendMalformedRecord(dst, record)
	}
	return out
}

// AppendResource appends the masked form of resource, the encoding of one OTLP
// Resource, to dst as AppendRecord does for records. One that cannot be read is
// replaced by a Resource whose only attribute is "mask.error".
func (m *Masker) AppendResource(dst, resource []byte) []byte {
	return m.appendOrigin(dst, resource, &resourceSchema, otlp.TagResourceAttribute)
}

// AppendScope appends the masked form of scope, the encoding of one OTLP
// InstrumentationScope, to dst as AppendRecord does for records. One that
// cannot be read is replaced by a scope whose only attribute is "mask.error".
func (m *Masker) AppendScope(dst, scope []byte) []byte {
	return m.appendOrigin(dst, scope, &scopeSchema, otlp.TagScopeAttribute)
}

// appendOrigin is AppendResource and AppendScope, whose attributes have tag.
func (m *Masker) appendOrigin(dst, msg []byte, sc *schema, tag byte) []byte {
	out, ok := m.rewrite(dst, msg, sc, false)
	if !ok {
		m.malformed.Add(1)
		return otlp.AppendString(dst, tag, errorKey, MarkerMalformed)
	}
	return out
}

// rewrite appends msg to dst with everything masked. It reports false, and dst
// is as before, when msg cannot be read. foreign is as in AppendForeign.
func (m *Masker) rewrite(dst, msg []byte, sc *schema, foreign bool) (out []byte, ok bool) {
	defer func() {
		if recover() != nil { // Memory that is mapped may be gone, too.
			out, ok = dst, false // A scratch buffer in use is left to the collector.
		}
	}()
	switch {
	case m.off && foreign:
		return m.appendMarked(dst, msg), true
	case m.off:
		return append(dst, msg...), true
	case m.rule == nil:
		return dst, false
	case sc == &recordSchema && m.plain(msg):
		return append(dst, msg...), true
	}
	w := walker{m: m, msg: msg, foreign: foreign}
	ok = w.fields(sc, 0, len(msg))
	if w.s == nil {
		if !ok {
			return dst, false
		}
		return append(dst, msg...), true
	}
	out = dst
	switch {
	case !ok:
	case len(w.s.edits) == 0:
		out = append(dst, msg...)
	default:
		m.countEdits(w.s)
		if m.dryRun {
			w.s.keepReserved(msg)
		}
		out = w.s.appendTo(dst, msg)
	}
	w.s.release()
	return out, ok
}
